import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from config.demo import place
from config.demo.processes import Child, ChildDied
from config.embedded import folders, postgres, valkey
from config.embedded.child import NO_NAMESPACE, CannotStart, die_with_parent, stop
from config.embedded.folders import data_folder, socket_folder
from config.embedded.postgres import Postgres, find_binaries

ROOT = Path(__file__).resolve().parent.parent.parent.parent


class TestFolders:
    def test_sockets_lie_beside_the_data_and_are_ours_alone(self, tmp_path):
        folder = socket_folder(tmp_path / "postgres")

        assert folder == tmp_path / "sockets"
        assert folder.stat().st_mode & 0o777 == 0o700

    def test_sockets_of_a_long_path_lie_in_the_temporary_folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        deep = tmp_path / ("d" * 100)
        deep.mkdir()

        folder = socket_folder(deep / "postgres")

        assert folder.parent == tmp_path
        assert len(os.fsencode(folder / folders.LONGEST_SOCKET_NAME)) <= 107

    def test_a_folder_that_others_may_enter_is_refused(self, tmp_path):
        (tmp_path / "sockets").mkdir(mode=0o755)

        with pytest.raises(CannotStart, match="not yours alone"):
            socket_folder(tmp_path / "postgres")

    def test_a_link_in_the_folders_place_is_refused(self, tmp_path):
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        (tmp_path / "sockets").symlink_to(tmp_path / "elsewhere")

        with pytest.raises(CannotStart, match="not yours alone"):
            socket_folder(tmp_path / "postgres")

    def test_a_full_disk_gets_one_sentence(self, tmp_path, monkeypatch):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))

        with pytest.raises(CannotStart, match="is full"):
            data_folder(tmp_path / "data")

    def test_a_file_in_the_folders_place_gets_one_sentence(self, tmp_path):
        (tmp_path / "data").write_text("")

        with pytest.raises(CannotStart, match="cannot be written"):
            data_folder(tmp_path / "data" / "deeper")


class TestServers:
    def test_no_postgresql_at_all_gets_one_sentence(self, monkeypatch):
        monkeypatch.setenv("PATH", "")
        monkeypatch.setattr(postgres.importlib.util, "find_spec", lambda name: None)

        with pytest.raises(CannotStart, match="set DATABASE_URL"):
            find_binaries()

    def test_no_valkey_at_all_gets_one_sentence(self, monkeypatch):
        monkeypatch.setenv("PATH", "")
        monkeypatch.setattr(valkey.importlib.util, "find_spec", lambda name: None)

        with pytest.raises(CannotStart, match="set REDIS_URL"):
            valkey.find_binary()

    def test_an_old_postgresql_on_the_path_gives_way_to_the_wheels(self, tmp_path, monkeypatch):
        for name in ("postgres", "initdb"):
            program = tmp_path / name
            program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 12.4'\n")
            program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

        assert find_binaries() != tmp_path

    def test_a_refused_user_namespace_gets_one_sentence(self, tmp_path, monkeypatch):
        for name in ("postgres", "initdb"):
            program = tmp_path / name
            program.write_text(
                f"#!/bin/sh\n[ $1 = --version ] && echo 'x y 18.1' || exit {NO_NAMESPACE}\n"
            )
            program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

        with pytest.raises(CannotStart, match="run as an ordinary user, or set DATABASE_URL"):
            Postgres(tmp_path / "postgres-data").start(settings={})

    def test_another_versions_files_get_one_sentence(self, tmp_path):
        server = Postgres(tmp_path / "data")
        server.data.mkdir()
        (server.data / "PG_VERSION").write_text("9.6\n")

        with pytest.raises(CannotStart, match=r"made by PostgreSQL 9\.6"):
            server.start(settings={})

    def test_a_killed_server_starts_again_and_keeps_what_was_committed(self, tmp_path):
        import psycopg

        server = Postgres(tmp_path / "data")
        server.start(settings={})
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        again = Postgres(tmp_path / "data")
        again.start(settings={})
        try:
            with psycopg.connect(again.url) as connection:
                assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
                settings = dict(connection.execute("SELECT name, setting FROM pg_settings"))
        finally:
            again.stop()

        assert settings["fsync"] == settings["synchronous_commit"] == "on"
        assert settings["listen_addresses"] == ""
        assert settings["log_min_error_statement"] == "panic"
        assert list(again.sockets.iterdir()) == []


class TestChildren:
    def test_a_child_dies_with_a_parent_that_is_killed(self):
        program = (
            "import subprocess, sys, time, signal\n"
            "from config.embedded.child import die_with_parent\n"
            "child = subprocess.Popen(['sleep', '60'],"
            " preexec_fn=die_with_parent(by=signal.SIGTERM))\n"
            "print(child.pid, flush=True)\n"
            "time.sleep(60)\n"
        )
        parent = subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
        parent.wait()
        parent.stdout.close()

        assert ends_within(seconds=60, pid=child)

    def test_stopping_a_stubborn_child_ends_its_whole_session(self, tmp_path):
        script = "trap '' TERM; sleep 60 & echo $! > pid; while :; do sleep 1; done"
        process = subprocess.Popen(
            ["sh", "-c", script], cwd=tmp_path, preexec_fn=die_with_parent(by=signal.SIGKILL)
        )
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.02)
        stop(process, by=signal.SIGTERM, seconds=0.3)

        assert process.returncode == -signal.SIGKILL
        assert ends_within(seconds=60, pid=int((tmp_path / "pid").read_text()))

    def test_who_died_is_named_with_its_last_words(self, tmp_path):
        log = tmp_path / "web.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(["sh", "-c", "echo no such port; exit 3"], stdout=stream)
        process.wait()

        with pytest.raises(ChildDied, match=r"web ended with 3(.|\n)*no such port"):
            Child(name="web", process=process, log=log).see_alive()


class TestPlace:
    def test_a_second_start_in_the_same_place_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(place, "LOCAL", tmp_path)
        first = place.take_place()

        with pytest.raises(CannotStart, match=f"process {os.getpid()}"):
            place.take_place()

        first.lock.close()
        place.take_place().lock.close()

    def test_a_taken_port_moves_to_a_free_one(self):
        with socket.socket() as listener:
            listener.bind((place.HOST, 0))
            listener.listen()
            taken = listener.getsockname()[1]
            port = place.free_port(taken)

            assert port != taken
            assert place.free_port(port) == port

    def test_the_secret_is_made_once_and_read_by_its_owner_alone(self, tmp_path, monkeypatch):
        monkeypatch.setattr(place, "LOCAL", tmp_path)
        here = place.take_place()
        secret = here.secret()

        assert len(secret) > 50
        assert here.secret() == secret
        assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
        here.lock.close()

    def test_a_fresh_start_forgets_the_state_and_keeps_what_was_downloaded(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(place, "LOCAL", tmp_path)
        here = place.take_place()
        for name in ("postgres", "valkey", "data", "mail", "demo", "node"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "file").write_text("x")
        here.secret()
        here.forget()

        assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "node"]
        here.lock.close()


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ends_within(*, seconds, pid):
    end = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_running(pid)
