import json
import resource
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from evote.cli.log_source import open_log
from evote.cli.mirror.web import application
from evote.encoding import canonical_json
from evote.tlog.checkpoint import verify_checkpoint
from evote.tlog.cosignature import Algorithm, CosignerKey, verify_cosignature
from evote.tlog.note import SigningKey, decode_note
from evote.tlog.rotation import KIND, sign_rotation
from evote.tlog.signed_tree import SignedTree
from evote.tlog.witness import origin_hash
from tests.factories.log_server import serve_log
from tests.factories.logs import ORIGIN, FolderLog, election_events, event
from tests.integration.evote.processes import (
    command,
    environment,
    run_until_request,
    running,
    wait_for,
)

FOLDER = origin_hash(ORIGIN)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def log(tmp_path):
    log = FolderLog(tmp_path / "log", entries=election_events(700))
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
def mirror(run, log, web):
    """Copy once, from the server unless told otherwise, without patience."""

    def mirror(*arguments, address=web[1], key=log.vkey):
        return run("mirror", address, "copy", "--key", key, "--once", "--patience", "0", *arguments)

    return mirror


@pytest.fixture
def check(run, log):
    return lambda folder="copy", key=log.vkey: run("mirror", "check", folder, "--key", key)


@pytest.fixture
def mirror_key(run):
    run("witness", "key", "--name", "mirror.example.net/m1", "--algorithm", "ed25519", "keys")
    return "keys/ed25519.key"


def copy_file(path):
    return Path("copy") / FOLDER / path


def evidence(kind):
    folders = [path for path in Path("copy/evidence").iterdir() if path.name[0] != "."]
    assert len(folders) == 1
    assert json.loads((folders[0] / "finding.json").read_text())["finding"] == kind
    return folders[0]


class TestCopy:
    @pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 700, 66_000])
    def test_is_whole_whatever_the_size(self, mirror, check, tmp_path, size):
        log = FolderLog(tmp_path / "other", entries=election_events(size))
        log.publish()
        status, output, _ = mirror(address=log.folder)
        assert status == 0
        assert f"{size} entries, all copied" in output
        assert check()[0] == 0
        log.grow(*(event(height) for height in range(size, size + 300)))
        assert mirror(address=log.folder)[0] == 0
        status, output, _ = check()
        assert status == 0
        assert f"{size + 300} entries, whole; kept checkpoints: 2" in output

    def test_asks_for_each_full_bundle_once(self, mirror, log, web):
        mirror()
        log.grow(*(event(height) for height in range(700, 800)))
        web[0].asked.clear()
        mirror()
        bundles = [path for path in web[0].asked if "entries" in path]
        assert bundles == ["tile/entries/002", "tile/entries/003.p/32"]

    def test_partial_tiles_go_once_the_full_one_is_here(self, mirror, check, log):
        mirror()
        assert copy_file("tile/0/002.p/188").exists()
        log.grow(*(event(height) for height in range(700, 800)))
        mirror()
        assert not copy_file("tile/0/002.p").exists()
        assert not copy_file("tile/entries/002.p").exists()
        assert check()[0] == 0

    def test_keeps_what_the_log_forgets(self, mirror, check, log):
        mirror()
        (log.folder / "tile/entries/000").unlink()
        (log.folder / "checkpoints/700").unlink()
        log.grow(event(700))
        assert mirror()[0] == 0
        assert check()[0] == 0
        assert copy_file("checkpoints/700").exists()

    def test_follows_a_change_of_keys(self, mirror, check, log):
        mirror()
        new = SigningKey(name=ORIGIN, seed=b"\2" * 32)
        old_key = log.vkey
        change = {"kind": KIND, **sign_rotation(old=log.key, new=new).body()}
        log.grow(canonical_json(change))
        assert mirror(key=old_key)[0] == 0
        log.key = new
        for height in (700, 701):
            log.grow(event(height))
            assert mirror(key=old_key)[0] == 0
        assert check(key=old_key)[0] == 0
        assert check(key=log.vkey)[0] == 0

    @pytest.mark.parametrize(
        "entry",
        [
            b'"key-rotation"',
            b'{"kind":"key-rotation"}',
            b'{"kind":"key-rotation",',
            b"[" * 40_000 + b'"key-rotation"',
            canonical_json(
                {
                    "kind": KIND,
                    **sign_rotation(
                        old=SigningKey(name=ORIGIN, seed=b"\3" * 32),
                        new=SigningKey(name=ORIGIN, seed=b"\4" * 32),
                    ).body(),
                }
            ),
        ],
    )
    def test_copies_faulty_entries_too_and_believes_none(self, mirror, check, log, entry):
        mirror()
        log.grow(entry)
        assert mirror()[0] == 0
        log.grow(event(700))
        assert mirror()[0] == 0
        assert check()[0] == 0


class TestWhatIsWrong:
    def test_a_fork_is_refused_with_a_proof_and_the_copy_stays(
        self, mirror, check, run, log, tmp_path
    ):
        mirror()
        before = copy_file("checkpoint").read_bytes()
        other = log.fork(tmp_path / "f", size=600, entries=[event(600, payload="0" * 64)] * 200)
        other.publish()
        status, output, _ = mirror(address=other.folder)
        assert status == 1
        assert "THE LOG IS WRONG (fork), it is not followed further" in output
        assert run("finding", evidence("fork"), "--key", log.vkey)[0] == 0
        assert copy_file("checkpoint").read_bytes() == before
        assert check()[0] == 0

    def test_a_log_that_has_shrunk_is_refused(self, mirror, check, run, log, tmp_path):
        mirror()
        shorter = log.fork(tmp_path / "f", size=600)
        shorter.publish()
        assert mirror(address=shorter.folder)[0] == 1
        assert run("finding", evidence("shrunk"), "--key", log.vkey)[0] == 3
        assert "700 entries, whole" in check()[1]

    def test_a_shorter_log_with_another_beginning_is_proven_by_the_copy(
        self, mirror, run, log, tmp_path
    ):
        mirror()
        other = log.fork(tmp_path / "f", size=500, entries=[event(500, payload="0" * 64)])
        other.publish()
        assert mirror(address=other.folder)[0] == 1
        assert run("finding", evidence("fork"), "--key", log.vkey)[0] == 0

    def test_what_was_seen_is_remembered_before_it_is_copied(self, mirror, log, web, tmp_path):
        mirror()
        log.grow(*(event(height) for height in range(700, 900)))
        (log.folder / "tile/entries/003.p/132").unlink()
        assert mirror()[0] == 1  # one bundle is missing
        back = log.fork(tmp_path / "back", size=800)
        back.publish()
        status, output, _ = mirror(address=back.folder)
        assert status == 1
        assert "shows 800 entries and had shown 900" in output

    @pytest.mark.parametrize("path", ["tile/entries/001", "tile/0/001", "tile/1/000.p/2"])
    @pytest.mark.parametrize("is_missing", [True, False])
    def test_a_wrong_file_is_never_copied(self, mirror, log, path, is_missing):
        data = (log.folder / path).read_bytes()
        if is_missing:
            (log.folder / path).unlink()
        else:
            log.write(path, data[:-1] + bytes([data[-1] ^ 1]))
        assert mirror()[0] == 1
        evidence("missing" if is_missing else "tampered")
        assert not copy_file("checkpoint").exists()
        assert not copy_file(path).exists()
        log.write(path, data)
        assert mirror()[0] == 0

    def test_a_server_that_is_away_is_only_said(self, mirror, web):
        web[0].instead["checkpoint"] = (503, {}, b"")
        status, output, _ = mirror()
        assert status == 2
        assert "will try again" in output

    def test_a_second_mirror_on_the_same_copy_is_refused(self, mirror, log, web):
        with running("mirror", web[1], "copy", "--key", log.vkey, "--every", "1") as process:
            wait_for(lambda: copy_file("checkpoint").exists(), process)
            status, _, errors = mirror()
        assert status == 2
        assert "another mirror is at work" in errors

    @pytest.mark.parametrize(
        "arguments", [("--serve", "nowhere"), ("--every", "soon"), ("--cosign", "none.key")]
    )
    def test_wrong_usage_is_said(self, mirror, arguments):
        assert mirror(*arguments)[0] == 2

    def test_a_key_with_the_logs_name_cosigns_nothing(self, mirror, run):
        run("witness", "key", "--name", ORIGIN, "--algorithm", "ed25519", "keys")
        assert mirror("--cosign", "keys/ed25519.key")[0] == 2


class TestCheck:
    @pytest.mark.parametrize(
        "path", ["tile/entries/001", "tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/188"]
    )
    @pytest.mark.parametrize("is_missing", [True, False])
    def test_damage_is_found_and_named(self, mirror, check, path, is_missing):
        mirror()
        file = copy_file(path)
        if is_missing:
            file.unlink()
        else:
            data = file.read_bytes()
            file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        status, output, _ = check()
        assert status == 1
        assert "NOT WHOLE" in output

    def test_a_checkpoint_by_nobody_is_found(self, mirror, check, log):
        mirror()
        stranger = FolderLog("x", key=SigningKey(name=ORIGIN, seed=b"\3" * 32))
        stranger.append(*log.entries)
        copy_file("checkpoint").write_bytes(stranger.note())
        assert check()[0] == 1

    def test_a_kept_checkpoint_of_another_history_is_found(self, mirror, check, log, run):
        mirror()
        note = log.note(300, root=b"\1" * 32)
        copy_file("checkpoints/300").write_bytes(note)
        status, output, _ = check()
        assert status == 1
        assert "two histories" in output

    def test_the_folder_of_one_log_may_be_named_itself(self, mirror, check):
        mirror()
        assert check(Path("copy") / FOLDER)[0] == 0
        assert check("nowhere")[0] == 2


class TestRestore:
    def test_writes_what_the_log_itself_would_publish(self, mirror, run, log):
        mirror()
        status, output, _ = run("mirror", "restore", "copy", "back", "--key", log.vkey)
        assert status == 0
        assert "python manage.py recover_log back" in output
        source = open_log("back")
        assert source.checkpoint() == log.note()
        tree = SignedTree(size=700, root=log.root(), read_tile=source.tile)
        read = [
            entry for index in range(3) for entry in tree.entries(index, read_bundle=source.bundle)
        ]
        assert read == log.entries
        assert source.kept_checkpoint(700) is not None

    def test_a_damaged_copy_is_not_handed_on(self, mirror, run, log):
        mirror()
        copy_file("tile/entries/001").unlink()
        assert run("mirror", "restore", "copy", "back", "--key", log.vkey)[0] == 1
        assert not Path("back").exists()

    def test_nothing_is_overwritten(self, mirror, run, log):
        mirror()
        Path("back").mkdir()
        Path("back/file").write_text("mine")
        assert run("mirror", "restore", "copy", "back", "--key", log.vkey)[0] == 2


class TestServing:
    def test_the_copy_is_served_and_cosigned(self, log, web, mirror_key, run, tmp_path):
        with running(
            "mirror", web[1], "copy", "--key", log.vkey, "--every", "1",
            "--cosign", mirror_key, "--serve", "127.0.0.1:0",
        ) as process:  # fmt: skip
            address = process.stdout.readline().split()[-1].removesuffix("/checkpoint")
            wait_for(lambda: copy_file("checkpoint").exists(), process)
            source = open_log(address)
            note = source.checkpoint()
            checkpoint = verify_checkpoint(note, key=log.key.verifier)
            assert checkpoint.size == 700
            introduction = open_log(address.rsplit("/", 1)[0]).read("", limit_bytes=10_000)
            key = CosignerKey.decode(introduction.decode().splitlines()[-1])
            assert key.algorithm is Algorithm.ED25519
            at = verify_cosignature(
                decode_note(note).signatures[-1], checkpoint=checkpoint, key=key
            )
            assert abs(at - time.time()) < 60
            # A mirror is an address like any other: monitored, compared, mirrored.
            policy = tmp_path / "policy.txt"
            policy.write_text(f"log {log.vkey}\nwitness M {key.encode()}\nquorum M\n")
            watched = ("monitor", address, "--policy", policy, "--state", "w.db", "--once")
            assert run(*watched, "--also", web[1])[0] == 0
            log.grow(event(700))
            wait_for(lambda: b"\n701\n" in source.checkpoint(), process)
            assert source.read("../keys", limit_bytes=1000) is None
            assert source.read("seen", limit_bytes=1000) is None
            assert source.read("tile/0/0", limit_bytes=1000) is None

    def test_it_goes_on_serving_when_the_log_lies(self, log, web, tmp_path):
        other = log.fork(tmp_path / "f", size=600, entries=[event(600, payload="0" * 64)] * 200)
        with running(
            "mirror", web[1], "copy", "--key", log.vkey, "--every", "1",
            "--serve", "127.0.0.1:0",
        ) as process:  # fmt: skip
            address = process.stdout.readline().split()[-1].removesuffix("/checkpoint")
            wait_for(lambda: copy_file("checkpoint").exists(), process)
            web[0].instead["checkpoint"] = (200, {}, other.note())
            other.folder = log.folder
            other.publish()
            wait_for(lambda: Path("copy/evidence").exists(), process)
            time.sleep(1.5)
            assert open_log(address).checkpoint() == log.note()
        evidence("fork")

    @pytest.mark.parametrize(
        ("method", "path", "expected"),
        [
            ("GET", "/", "200 OK"),
            ("HEAD", f"/{FOLDER}/checkpoint", "200 OK"),
            ("GET", f"/{FOLDER}/tile/0/000", "200 OK"),
            ("GET", f"/{FOLDER}/checkpoints/700", "200 OK"),
            ("POST", f"/{FOLDER}/checkpoint", "405 Method Not Allowed"),
            ("GET", f"/{FOLDER}/tile/0/00", "404 Not Found"),
            ("GET", f"/{FOLDER}/tile/../checkpoint", "404 Not Found"),
            ("GET", f"/{FOLDER}/checkpoints/../checkpoint", "404 Not Found"),
            ("GET", f"/{FOLDER}/seen", "404 Not Found"),
            ("GET", f"/{FOLDER}/.lock", "404 Not Found"),
            ("GET", "/evidence", "404 Not Found"),
            ("GET", f"/{'0' * 64}/checkpoint", "404 Not Found"),
        ],
    )
    def test_nothing_but_the_logs_own_files_is_served(self, mirror, method, path, expected):
        mirror()
        pages = application(Path("copy"), origin=ORIGIN, folder=FOLDER, cosigners=[])
        answered = []
        body = pages(
            {"REQUEST_METHOD": method, "PATH_INFO": path},
            lambda status, headers: answered.append((status, dict(headers))),
        )
        [(status, headers)] = answered
        assert status == expected
        assert (body == []) == (method == "HEAD")
        is_tile = status == "200 OK" and "/tile/" in path
        assert ("immutable" in headers["Cache-Control"]) == is_tile


class TestFaults:
    @pytest.mark.parametrize("cosign", [False, True])
    def test_killed_before_any_answer_it_goes_on_where_it_was(
        self, log, web, check, mirror_key, cosign
    ):
        server, address = web
        arguments = ["mirror", address, "copy", "--key", log.vkey, "--once"]
        arguments += ["--cosign", mirror_key] if cosign else []
        for round_ in range(2):
            for count in range(1, 40):
                if run_until_request(server, count, arguments) == 0:
                    break
            else:
                pytest.fail("it never came to an end")
            assert count > 3
            status, output, _ = check()
            assert status == 0
            assert f"{log.size} entries, whole" in output
            if round_ == 0:
                log.grow(*(event(height) for height in range(700, 1100)))

    def test_killed_at_any_moment_the_copy_is_whole_or_as_it_was(self, log, web, mirror, check):
        mirror()
        server, address = web
        sizes = [700]
        for number in range(12):
            log.grow(*(event(height) for height in range(log.size, log.size + 150)))
            server.asked.clear()
            with running("mirror", address, "copy", "--key", log.vkey, "--every", "0") as process:
                wait_for(lambda: server.asked, process)
                time.sleep(0.001 * 2**number)
            status, output, _ = check()
            assert status == 0
            sizes.append(int(output.split(" entries")[0].rsplit(" ", 1)[1]))
        assert sizes == sorted(sizes)
        assert sizes[-1] > 700

    @pytest.mark.parametrize("limit_bytes", [100, 5000, 20_000])
    def test_d14_a_full_disk_in_the_middle_of_a_tile_changes_nothing(
        self, log, web, mirror, check, limit_bytes
    ):
        mirror()
        before = copy_file("checkpoint").read_bytes()
        log.grow(*(event(height) for height in range(700, 1100)))

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

        arguments = ["mirror", web[1], "copy", "--key", log.vkey, "--once"]
        done = subprocess.run(
            command(arguments),
            capture_output=True,
            text=True,
            preexec_fn=limit,
            check=False,
            env=environment(),
        )
        assert done.returncode == 2
        assert "cannot be written" in done.stdout
        assert copy_file("checkpoint").read_bytes() == before
        assert "700 entries, whole" in check()[1]
        assert list(copy_file(".unfinished").iterdir()) == []
        assert mirror()[0] == 0
        assert "1100 entries, whole" in check()[1]

    def test_what_was_left_unfinished_is_cleared(self, mirror):
        copy_file(".unfinished").mkdir(parents=True)
        copy_file(".unfinished/abc").write_bytes(b"half a tile")
        mirror()
        assert not copy_file(".unfinished/abc").exists()

    def test_a_file_of_ours_that_was_damaged_before_the_end_is_taken_anew(
        self, log, web, mirror, check
    ):
        (log.folder / "tile/entries/002.p/188").rename(log.folder / "away")
        assert mirror()[0] == 1
        damaged = copy_file("tile/entries/000")
        damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
        (log.folder / "away").rename(log.folder / "tile/entries/002.p/188")
        assert mirror()[0] == 0
        assert check()[0] == 0
