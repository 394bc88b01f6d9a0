import pytest

from evote.tlog.note import SigningKey, sign_note
from evote.tlog.tiles import BundleAddress, TileAddress, encode_bundle
from tests.factories.logs import ORIGIN, FolderLog
from tests.integration.evote.monitor.evidence import kept


class TestWhatIsServed:
    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (b"", "garbage"),
            (b"<html>502</html>", "garbage"),
            (b"\0" * 1000, "garbage"),
            (b"x" * 2_000_000, "garbage"),
        ],
    )
    def test_a_checkpoint_that_is_none(self, watch, judge, web, answer, kind):
        web[0].instead["checkpoint"] = (200, {}, answer)
        assert watch()[0] == 1
        assert judge(kind)[0] == 3

    def test_garbage_that_passes_ends_nothing(self, watch, web):
        server, _ = web
        server.instead["checkpoint"] = (200, {}, b"<html>")
        server.before = lambda path: server.asked.count("checkpoint") > 1 and server.instead.clear()
        status, output, _ = watch("--every", "0", patience=60)
        assert status == 0
        assert output.count("will look again") == 1

    def test_a_checkpoint_of_another_key(self, watch, judge, log, web, tmp_path):
        other = FolderLog(tmp_path / "o", key=SigningKey(name=ORIGIN, seed=b"\1" * 32))
        other.append(*log.entries)
        web[0].instead["checkpoint"] = (200, {}, other.note())
        assert watch()[0] == 1
        assert judge("unsigned")[0] == 3

    @pytest.mark.parametrize("lines", ["extension\n", "", "timestamp 1\nx\n"])
    def test_a_signed_checkpoint_with_other_lines_is_proven_wrong(self, watch, judge, log, lines):
        text = f"{ORIGIN}\n300\n" + (log.note().decode().split("\n")[2] + "\n" if lines else "")
        note = sign_note(text=text + lines, key=log.key)
        log.write("checkpoint", note)
        assert watch(patience=1000)[0] == 1
        assert judge("malformed")[0] == 0

    def test_another_note_of_the_logs_key_accuses_nobody(self, watch, judge, log):
        log.write("checkpoint", sign_note(text="pnyx promise 1\nx\n", key=log.key))
        assert watch()[0] == 1
        assert judge("unsigned")[0] == 3

    @pytest.mark.parametrize(
        "path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"]
    )
    def test_a_missing_file_is_named(self, watch, judge, log, path):
        (log.folder / path).unlink()
        status, output, _ = watch()
        assert status == 1
        assert path in output
        assert judge("missing")[0] == 3

    @pytest.mark.parametrize(
        "path",
        [
            "tile/0/000",
            "tile/0/001.p/44",
            "tile/1/000.p/1",
            "tile/entries/000",
            "tile/entries/001.p/44",
        ],
    )
    def test_a_tampered_file_is_kept(self, watch, judge, log, path):
        data = bytearray((log.folder / path).read_bytes())
        data[-1] ^= 1
        log.write(path, bytes(data))
        assert watch()[0] == 1
        assert (kept("tampered") / "served" / path).read_bytes() == data
        assert judge("tampered")[0] == 3

    @pytest.mark.parametrize("address", [TileAddress(level=0, index=0), BundleAddress(index=0)])
    def test_two_megabytes_or_twenty_are_no_tile(self, watch, judge, web, address):
        size = 2_000_000 if isinstance(address, TileAddress) else 20_000_000
        web[0].instead[address.path] = (200, {}, b"x" * size)
        assert watch()[0] == 1
        assert judge("garbage")[0] == 3

    def test_too_few_or_too_many_entries_in_a_bundle(self, watch, judge, log):
        log.write("tile/entries/001.p/44", encode_bundle(log.entries[256:299]))
        assert watch()[0] == 1
        assert judge("tampered")[0] == 3
