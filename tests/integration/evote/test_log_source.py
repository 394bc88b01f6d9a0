import gzip
import socket
import threading
import time

import pytest

from evote.cli import log_source
from evote.cli.errors import CommandFailed
from evote.cli.log_source import LogAnswerRefused, LogUnreachable, open_log
from evote.tlog.tiles import BundleAddress, TileAddress, TiledTree, decode_bundle
from tests.factories.log_server import serve_log
from tests.factories.logs import FolderLog, election_events

FIRST = BundleAddress(index=0)


@pytest.fixture
def log(tmp_path):
    log = FolderLog(tmp_path / "log", entries=election_events(300))
    log.publish()
    return log


@pytest.fixture
def web(log):
    with serve_log(log.folder) as (server, address):
        yield server, open_log(address)


@pytest.mark.parametrize("kind", ["folder", "web"])
def test_a_log_is_read_from_its_folder_and_from_its_address_alike(log, web, kind):
    source = open_log(str(log.folder)) if kind == "folder" else web[1]
    assert source.checkpoint() == log.note()
    assert source.kept_checkpoint(300) == log.note()
    assert source.kept_checkpoint(299) is None
    assert decode_bundle(source.bundle(FIRST), width=256) == log.entries[:256]
    assert source.bundle(BundleAddress(index=1)) is None
    assert source.tile(TileAddress(level=1, index=0)) is None
    assert TiledTree(size=300, read_tile=source.tile).root() == log.root()


def test_what_is_no_log_is_named(tmp_path, web):
    with pytest.raises(CommandFailed, match="neither the address of a log"):
        open_log(str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(LogUnreachable, match="empty has no checkpoint"):
        open_log(str(tmp_path / "empty")).checkpoint()


def test_a_bundle_may_come_packed(log, web):
    server, source = web
    data = (log.folder / FIRST.path).read_bytes()
    server.instead[FIRST.path] = (200, {"Content-Encoding": "gzip"}, gzip.compress(data))
    assert source.bundle(FIRST) == data
    assert server.headers[-1]["Accept-Encoding"] == "gzip"


# No time inside what is packed: it would name the test, and workers must agree on the names.
@pytest.mark.parametrize(
    ("headers", "body", "complaint"),
    [
        ({}, b"x" * 2_000_000, "larger than 8192 bytes"),
        (
            {"Content-Encoding": "gzip"},
            gzip.compress(b"\0" * 100_000_000, mtime=0),
            "larger than 8192",
        ),
        ({"Content-Encoding": "gzip"}, b"no gzip at all", "cannot be unpacked"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"a", mtime=0) + b"b", "something follows"),
        ({"Content-Encoding": "br"}, b"abc", "packed as 'br'"),
    ],
)
def test_an_answer_that_no_log_gives_is_refused(web, headers, body, complaint):
    server, source = web
    address = TileAddress(level=0, index=0)
    server.instead[address.path] = (200, headers, body)
    with pytest.raises(LogAnswerRefused, match=complaint) as refusal:
        source.tile(address)
    assert f"{source.name}/{address.path}" in str(refusal.value)


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (503, {}, b"later"),
        (500, {}, b""),
        (200, {"Content-Length": "9000"}, b"broken off"),
        (200, {"Content-Encoding": "gzip"}, gzip.compress(b"a" * 500, mtime=0)[:-9]),
    ],
)
def test_a_server_in_trouble_is_only_out_of_reach(web, status, headers, body):
    server, source = web
    server.instead["checkpoint"] = (status, headers | {"Connection": "close"}, body)
    with pytest.raises(LogUnreachable, match="checkpoint"):
        source.checkpoint()


def test_nobody_at_the_address_is_out_of_reach():
    with pytest.raises(LogUnreachable, match=r":1/log/checkpoint"):
        open_log("http://127.0.0.1:1/log").checkpoint()


def test_redirects_are_followed_on_the_same_host_only(log, web):
    server, source = web
    server.instead["checkpoint"] = (302, {"Location": f"{source.name}/checkpoints/300"}, b"")
    assert source.checkpoint() == log.note()
    server.instead["checkpoint"] = (302, {"Location": "http://127.0.0.1:1/checkpoint"}, b"")
    with pytest.raises(LogAnswerRefused, match="to another host"):
        source.checkpoint()
    server.instead["checkpoint"] = (302, {"Location": f"file://{log.folder}/checkpoint"}, b"")
    with pytest.raises((LogAnswerRefused, LogUnreachable)):
        source.checkpoint()


def test_an_answer_that_drips_for_ever_ends_at_the_limit(monkeypatch):
    monkeypatch.setattr(log_source, "_ANSWER_LIMIT_SECONDS", 0.5)
    listener = socket.create_server(("127.0.0.1", 0))
    is_over = threading.Event()

    def drip():
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not is_over.wait(0.05):
                try:
                    connection.sendall(b"X-Drop: 1\r\n")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        started = time.monotonic()
        with pytest.raises(LogUnreachable, match="not finished after"):
            open_log(f"http://127.0.0.1:{listener.getsockname()[1]}/log").checkpoint()
        assert time.monotonic() - started < 5
    finally:
        is_over.set()
        thread.join()
        listener.close()


def test_the_reader_does_not_say_that_it_is_a_checker(web):
    server, source = web
    source.checkpoint()
    assert "evote" not in server.headers[-1]["User-Agent"]
