import json
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from evote.encoding import canonical_json
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.note import SigningKey, sign_note
from evote.tlog.rotation import KIND, sign_rotation
from evote.tlog.tiles import BundleAddress, TileAddress, encode_bundle
from evote.tlog.witness import origin_hash
from tests.factories.log_server import serve_log
from tests.factories.logs import ORIGIN, FolderLog, digest, election_events, event

OTHER_ELECTION = "zzzzzzzzzzzzzz"


@pytest.fixture
def log(tmp_path):
    log = FolderLog(tmp_path / "log", entries=election_events(300))
    log.publish()
    return log


@pytest.fixture
def serve():
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serve_log(folder))


@pytest.fixture
def web(log, serve):
    return serve(log.folder)


@pytest.fixture
def watch(run, log, web):
    """Look once, at the server unless told otherwise, without patience."""

    def watch(*arguments, address=web[1], key=log.vkey, patience=0):
        trust = ("--key", key) if "--policy" not in arguments else ()
        return run(
            "monitor", address, *trust, "--state", "watch.db", "--once",
            "--patience", patience, "--evidence", "kept", *arguments,
        )  # fmt: skip

    return watch


def kept(kind):
    """Give the one folder of evidence, which must be of this kind."""
    folders = [path for path in Path("kept").iterdir() if not path.name.startswith(".")]
    assert len(folders) == 1
    assert json.loads((folders[0] / "finding.json").read_text())["finding"] == kind
    return folders[0]


@pytest.fixture
def judge(run, log):
    """Check the kept evidence offline; give the exit status."""
    return lambda kind, key=log.vkey: run("finding", kept(kind), "--key", key)


class TestAnHonestLog:
    def test_is_checked_to_its_last_entry(self, watch, log):
        status, output, _ = watch()
        assert status == 0
        assert f"300 entries, all checked; root {log.root().hex()}" in output
        assert Path("watch.db.checkpoint").read_bytes() == log.note()

    def test_each_entry_is_read_once(self, watch, log, web):
        watch()
        web[0].asked.clear()
        log.grow(*(event(height) for height in range(300, 600)))
        assert watch()[0] == 0
        bundles = [path for path in web[0].asked if "entries" in path]
        assert bundles == ["tile/entries/001", "tile/entries/002.p/88"]

    def test_from_a_folder_too(self, watch, log):
        assert watch(address=log.folder)[0] == 0

    @pytest.mark.parametrize("size", [1, 2, 256, 257, 512, 70_000])
    def test_of_any_size_and_growth(self, watch, tmp_path, size):
        other = FolderLog(tmp_path / "other", entries=election_events(size))
        other.publish()
        assert watch(address=other.folder)[0] == 0
        other.grow(event(size))
        assert watch(address=other.folder)[0] == 0

    def test_while_nothing_is_new_nothing_is_said(self, watch):
        watch()
        assert watch()[:2] == (0, "")

    def test_a_server_that_is_away_is_asked_again(self, run, log, web):
        server, address = web

        def away_at_first(path):
            if len(server.asked) < 3:
                server.instead = {"checkpoint": (503, {}, b"")}
            elif path.startswith("tile"):
                server.instead = {"checkpoint": (200, {}, fork)}
            elif len(server.asked) == 3:
                server.instead = {}

        fork = log.note(root=b"\1" * 32)
        server.before = away_at_first
        status, output, _ = run(
            "monitor", address, "--key", log.vkey, "--state", "watch.db", "--every", "0"
        )
        # It went on until it was shown a second history, which is what ends this test.
        assert output.count("not reached, will ask again") == 2
        assert "300 entries, all checked" in output
        assert status == 1

    def test_a_server_that_is_away_ends_a_single_look(self, watch, web):
        web[0].instead["checkpoint"] = (503, {}, b"")
        assert watch()[0] == 2


class TestTwoHistories:
    @pytest.mark.parametrize(("old", "size"), [(300, 301), (256, 300), (1, 2), (300, 300)])
    def test_a_fork_ends_the_watch_with_a_proof(self, watch, judge, tmp_path, old, size):
        first = FolderLog(tmp_path / "first", entries=election_events(old))
        first.publish()
        assert watch(address=first.folder)[0] == 0
        other = first.fork(
            tmp_path / "fork",
            size=old - 1,
            entries=[event(height, payload=digest("x")) for height in range(old - 1, size)],
        )
        other.publish()
        status, output, _ = watch(address=other.folder, patience=1000)
        assert status == 1
        assert "THE LOG IS WRONG (fork)" in output
        status, output, _ = judge("fork")
        assert status == 0
        assert "PROVEN: the log signed two histories" in output

    def test_a43_a_fork_shown_to_one_of_two_addresses(self, watch, judge, log, serve, tmp_path):
        for_others = log.fork(tmp_path / "fork", size=299, entries=[event(299, payload="0" * 64)])
        for_others.publish()
        status, _, _ = watch("--also", serve(for_others.folder)[1], patience=1000)
        assert status == 1
        assert judge("fork")[0] == 0

    @pytest.mark.parametrize("more", [1, 5, 300])
    def test_a43_a_longer_fork_elsewhere_is_seen_at_once(
        self, watch, judge, log, serve, tmp_path, more
    ):
        entries = [event(height, payload="0" * 64) for height in range(299, 300 + more)]
        longer = log.fork(tmp_path / "fork", size=299, entries=entries)
        longer.publish()
        assert watch("--also", serve(longer.folder)[1])[0] == 1
        assert judge("fork")[0] == 0

    def test_a43_a_longer_fork_that_shows_no_tiles_is_remembered(
        self, watch, judge, log, serve, tmp_path
    ):
        longer = log.fork(tmp_path / "fork", size=299, entries=[event(299, payload="0" * 64)] * 2)
        server, address = serve(tmp_path / "nothing")
        server.instead["checkpoint"] = (200, {}, longer.note())
        assert watch("--also", address)[0] == 0
        server.instead["checkpoint"] = (503, {}, b"")
        log.grow(event(300), event(301))
        assert watch("--also", address)[0] == 1
        assert judge("fork")[0] == 0

    def test_a_rollback_that_is_only_shorter(self, watch, judge, log, web, tmp_path):
        watch()
        shorter = log.fork(tmp_path / "short", size=280)
        shorter.publish()
        status, output, _ = watch(address=shorter.folder)
        assert status == 1
        assert "shows 280 entries and had shown 300: the log has shrunk" in output
        status, output, _ = judge("shrunk")
        assert status == 3
        assert output.count("signed by the log") == 2

    def test_a_shorter_log_with_another_beginning_is_proven_by_a_mirrors_tiles(
        self, watch, judge, log, serve, tmp_path
    ):
        watch()
        rewritten = log.fork(tmp_path / "short", size=200, entries=[event(200, payload="0" * 64)])
        rewritten.publish()
        status, _, _ = watch("--also", serve(log.folder)[1], address=rewritten.folder)
        assert status == 1
        assert judge("fork")[0] == 0

    def test_what_others_are_shown_is_not_withheld_from_us_for_long(
        self, watch, judge, log, serve, tmp_path
    ):
        longer = log.fork(tmp_path / "longer", size=300, entries=[event(300)])
        longer.publish()
        also = ("--also", serve(longer.folder)[1])
        assert watch(*also)[0] == 0
        time.sleep(1.1)
        assert watch(*also, "--lag", "0")[0] == 1
        assert judge("withheld")[0] == 3

    def test_an_address_that_is_behind_or_away_proves_nothing(self, watch, log, serve, tmp_path):
        behind = log.fork(tmp_path / "behind", size=100)
        behind.publish()
        away, address = serve(tmp_path / "away")
        away.instead["checkpoint"] = (200, {}, b"<html>Please sign in</html>")
        also = ("--also", serve(behind.folder)[1], "--also", address)
        status, output, _ = watch(*also, "--also", "http://127.0.0.1:1/log")
        assert status == 0
        assert output.count("not compared") == 2


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


def outcome(**members):
    entry = {
        "kind": "election-outcome",
        "election": OTHER_ELECTION,
        "fingerprint": "53KNlIhNVc/QsIVMKYREKvJsWfjn6oyi5NZ922v7qNo",
        "outcome": "below-minimum",
    }
    return canonical_json(entry | members)


class TestEntries:
    @pytest.mark.parametrize(
        ("entries", "complaint"),
        [
            ([b"no JSON"], "not JSON"),
            ([b'{"kind": "booth"}'], "canonical"),
            ([b"\xff\xfe"], "not JSON"),
            ([canonical_json({"kind": "lottery"})], "kind 'lottery'; update evote"),
            ([canonical_json({"kind": "booth", "name": "a"})], "'sha256' is missing"),
            ([event(300, voter="Ada")], "'voter' is unknown"),
            ([event(300, election="short")], "not of the form"),
            ([event(0, type="Setup")], "height 0; the next of its election is 300"),
            ([event(0, election=OTHER_ELECTION)], "cannot stand at the beginning"),
            ([event(300, type="Result")], "Result cannot stand after Ballot"),
            ([outcome(), outcome(note="0" * 64)], "outcome already"),
        ],
    )
    def test_one_that_may_not_stand_there_is_proven(self, watch, judge, log, entries, complaint):
        assert watch()[0] == 0
        log.grow(*entries, event(300))
        status, output, _ = watch(patience=1000)
        assert status == 1
        assert complaint in output
        status, output, _ = judge("entry")
        assert status == 0
        assert "PROVEN" in output

    def test_a_gap_is_the_observers_word(self, watch, judge, log):
        log.grow(event(301))
        status, output, _ = watch()
        assert status == 1
        assert "height 301; the next of its election is 300" in output
        status, output, _ = judge("entry")
        assert status == 3
        assert "any copy of the log shows" in output

    def test_the_evidence_of_an_entry_is_an_ordinary_receipt(self, watch, run, log):
        log.grow(b"no JSON")
        watch()
        receipt = kept("entry") / "entry-300.tlog-proof"
        assert run("receipt", "check", receipt, "--key", log.vkey)[0] == 0

    def test_a_kind_that_the_observer_knows_is_accepted(self, watch, log, tmp_path):
        schema = {"type": "object", "properties": {"kind": {"const": "lottery"}}}
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "lottery.json").write_text(json.dumps(schema))
        log.grow(canonical_json({"kind": "lottery"}))
        assert watch("--schemas", tmp_path / "more")[0] == 0

    def test_a_finding_is_found_again_after_a_restart(self, watch, log):
        log.grow(event(0, type="Setup"))
        assert [watch()[0] for _ in range(2)] == [1, 1]

    def test_elections_may_overlap(self, watch, log):
        log.grow(
            event(0, type="Setup", election=OTHER_ELECTION),
            event(300),
            event(1, election=OTHER_ELECTION),
            event(301, type="EndBallots"),
            outcome(),
        )
        assert watch()[0] == 0


class TestKeys:
    @pytest.fixture
    def new(self):
        return SigningKey(name=ORIGIN, seed=b"\2" * 32)

    def change(self, old, new):
        return canonical_json({"kind": KIND, **sign_rotation(old=old, new=new).body()})

    @pytest.mark.parametrize("has_seen_the_old", [True, False])
    @pytest.mark.parametrize("is_given_the_new", [True, False])
    def test_a_change_of_keys_is_followed(
        self, watch, log, new, has_seen_the_old, is_given_the_new
    ):
        if has_seen_the_old:
            assert watch()[0] == 0
            is_given_the_new = False
        log.grow(self.change(log.key, new))  # still signed by the old key
        if has_seen_the_old:
            status, output, _ = watch()
            assert status == 0
            assert f"the log changed its key, now {new.verifier.encode()}" in output
        old_key, log.key = log.vkey, new
        log.grow(event(300))
        assert watch(key=log.vkey if is_given_the_new else old_key)[0] == 0
        log.grow(event(301))
        assert watch(key=log.vkey if is_given_the_new else old_key)[0] == 0

    def test_the_last_checkpoint_of_the_old_key_may_be_shown_again(self, watch, log, new):
        log.grow(self.change(log.key, new))
        assert [watch()[0] for _ in range(2)] == [0, 0]

    def test_the_old_key_signs_nothing_more(self, watch, judge, log, new):
        log.grow(self.change(log.key, new))
        assert watch()[0] == 0
        log.grow(event(300))
        assert watch()[0] == 1
        kept("unsigned")

    def test_a_key_that_the_old_one_did_not_sign_is_not_believed(self, watch, log, new):
        old = log.key
        stranger = SigningKey(name=ORIGIN, seed=b"\3" * 32)
        log.append(self.change(stranger, new))
        log.key = new
        log.publish()
        assert watch(key=old.verifier.encode())[0] == 1
        kept("unsigned")

    def test_a_change_that_does_not_lead_to_the_given_key_is_said(self, watch, log, new):
        stranger = SigningKey(name=ORIGIN, seed=b"\3" * 32)
        log.grow(self.change(stranger, new))
        status, output, _ = watch()
        assert status == 1
        assert "no change leads to the key that was given" in output


class TestWitnesses:
    @pytest.fixture
    def witness(self):
        return CosigningKey(name="w.example.net", algorithm=Algorithm.ED25519, seed=b"\5" * 32)

    @pytest.fixture
    def policy(self, log, witness, tmp_path):
        def policy(url=""):
            path = tmp_path / "policy.txt"
            path.write_text(
                f"log {log.vkey}\nwitness W {witness.verifier.encode()} {url}\nquorum W\n"
            )
            return ("--policy", path)

        return policy

    def publish(self, log, witness, *, age):
        at = int(time.time()) - age
        log.write("checkpoint", log.note(cosigners=[witness], at=at))

    def test_a_fresh_quorum_is_enough(self, watch, log, witness, policy):
        self.publish(log, witness, age=5)
        assert watch(*policy())[0] == 0

    def test_without_the_quorum_it_is_not(self, watch, judge, policy):
        status, output, _ = watch(*policy())
        assert status == 1
        assert "the quorum W is not met: cosigned by nobody" in output
        assert judge("unsigned")[0] == 3

    @pytest.mark.parametrize(("limit", "expected"), [(3600, 1), (10_000, 0), (0, 0)])
    def test_stale_cosignatures(self, watch, log, witness, policy, limit, expected):
        self.publish(log, witness, age=7200)
        assert watch(*policy(), "--fresh", limit)[0] == expected
        if expected:
            kept("stale")

    def test_a43_the_witnesses_copy_is_compared(
        self, watch, judge, log, witness, policy, serve, tmp_path
    ):
        self.publish(log, witness, age=5)
        server, address = serve(tmp_path / "witness")
        forked = log.fork(tmp_path / "fork", size=299, entries=[event(299, payload="0" * 64)])
        note = forked.note(cosigners=[witness], at=int(time.time()))
        server.instead[f"{origin_hash(ORIGIN)}/checkpoint"] = (200, {}, note)
        assert watch(*policy(address))[0] == 1
        assert judge("fork")[0] == 0


class TestPromises:
    def promise(self, log, text):
        Path("promise.json").write_text(
            json.dumps({"promise": sign_note(text=text, key=log.key).decode()})
        )
        return ("--promise", "promise.json")

    def ballot(self, log, height):
        from evote.encoding import b64_of_hash

        tracker = b64_of_hash(digest(f"hfd19JUwUteUwr payload {height}"))
        text = (
            f"pnyx promise 1\nelection hfd19JUwUteUwr\nfingerprint x\ntracker {tracker}\nprev A\n"
        )
        return self.promise(log, text)

    def test_a_kept_promise_is_found_wherever_it_is(self, watch, log):
        status, output, _ = watch(*self.ballot(log, 17))
        assert status == 0
        assert "the promised entry is there: 17" in output
        assert "promised" not in watch(*self.ballot(log, 17))[1]

    def test_a44_a_promise_whose_entry_never_comes(self, watch, judge, log):
        asked = self.ballot(log, 300)
        assert watch(*asked, "--promised", "1")[0] == 0
        time.sleep(2.1)
        status, output, _ = watch("--promised", "1")
        assert status == 1
        assert "does not hold what its server promised" in output
        status, output, _ = judge("promise")
        assert status == 3
        assert "tracker" in output

    def test_a44_a_promise_with_a_date(self, watch, log):
        entry = canonical_json({"kind": "evidence", "document": "0" * 64})
        identity = digest_of(entry)
        text = f"pnyx promise 1\nevidence document {'0' * 64}\nentry {identity}\nbefore "
        asked = self.promise(log, text + "2026-01-01T00:00:00Z\n")
        assert watch(*asked)[0] == 1
        kept("promise")
        log.grow(entry)
        status, output, _ = watch()
        assert status == 0
        assert "the promised entry is there: 300" in output

    def test_a_promise_that_comes_late_is_waited_for(self, watch, log):
        assert watch(*self.ballot(log, 300))[0] == 0
        log.grow(event(300))
        assert "the promised entry is there: 300" in watch()[1]

    @pytest.mark.parametrize("text", ["pnyx promise 1\nnothing\n", "pnyx result 1\nentry 00\n"])
    def test_what_is_no_promise_is_refused(self, watch, log, text):
        assert watch(*self.promise(log, text))[0] == 2

    def test_a_promise_by_another_key_is_refused(self, watch, log):
        stranger = FolderLog("x", key=SigningKey(name=ORIGIN, seed=b"\3" * 32))
        assert watch(*self.ballot(stranger, 3))[0] == 2


def digest_of(entry):
    import hashlib

    return hashlib.sha256(entry).hexdigest()


class TestState:
    def test_is_of_one_log(self, watch, tmp_path):
        watch()
        other = FolderLog(tmp_path / "o", key=SigningKey(name="other.example/log", seed=b"\1" * 32))
        other.grow(*election_events(3))
        status, _, errors = watch(address=other.folder, key=other.vkey)
        assert status == 2
        assert "state of another log" in errors

    def test_is_no_other_file(self, watch):
        Path("watch.db").write_bytes(b"something else, of some length" * 100)
        assert watch()[0] == 2

    @pytest.mark.parametrize(
        "arguments", [("--every", "-1"), ("--fresh", "x"), ("--policy", "nowhere")]
    )
    def test_wrong_usage_is_said(self, watch, arguments):
        assert watch(*arguments)[0] == 2
