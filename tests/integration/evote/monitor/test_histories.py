import time
from pathlib import Path

import pytest

from evote.tlog.note import SigningKey
from tests.factories.logs import FolderLog, digest, election_events, event


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

    @pytest.mark.parametrize("mirrored", [300, 700])
    def test_a_shorter_log_with_another_beginning_is_proven_by_a_mirrors_tiles(
        self, watch, judge, log, serve, tmp_path, mirrored
    ):
        watch()
        if mirrored > 300:
            log.grow(*(event(height) for height in range(300, mirrored)))
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
        assert output.count("not compared") == 3


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
