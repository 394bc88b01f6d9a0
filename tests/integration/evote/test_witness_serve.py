import contextlib
import resource
import socket
import stat
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest

from evote.tlog.cosignature import verify_cosignature
from evote.tlog.note import SigningKey, decode_note
from evote.tlog.policy import decode_policy, verify_under_policy
from evote.tlog.witness import REQUEST_LIMIT_BYTES, decode_cosignatures, origin_hash
from tests.factories.witnessing import (
    ORIGIN,
    VKEY,
    SmallLog,
    WitnessPlace,
    ask,
    evote,
    post,
    refused_to_start,
    served_witness,
)

LOG = SmallLog()
FORK = LOG.fork(3)
FOLDER = origin_hash(ORIGIN)


@pytest.fixture
def place(tmp_path):
    return WitnessPlace(tmp_path)


# --- The protocol over HTTP ---------------------------------------------------------------------


def test_a_log_is_cosigned_as_it_grows_with_both_kinds_of_keys(place):
    with served_witness(*place.options()) as (_, url):
        for old, new in ((0, 5), (5, 9), (9, 9)):
            status, content_type, body = post(url, LOG.request(old, new))
            lines = decode_cosignatures(body)

            assert (status, content_type) == (200, "text/plain; charset=utf-8")
            checkpoint = verify_under_policy(
                LOG.checkpoint(new), decode_policy(f"log {VKEY}\nquorum none\n".encode())
            ).checkpoint
            assert len(lines) == 2
            for line, key in zip(lines, place.vkeys, strict=True):
                assert verify_cosignature(line, checkpoint=checkpoint, key=key) > 1_700_000_000
        published = ask(f"{url}/{FOLDER}/checkpoint")

        assert published[:2] == (200, "text/plain; charset=utf-8")
        assert (
            decode_note(published[2]).signatures[0] == decode_note(LOG.checkpoint(9)).signatures[0]
        )
        assert (place.published / FOLDER / "checkpoint").read_bytes() == published[2]


def test_a_conflict_is_answered_with_the_recorded_size(place):
    with served_witness(*place.options()) as (_, url):
        post(url, LOG.request(0, 5))

        assert post(url, LOG.request(3, 9)) == (409, "text/x.tlog.size", b"5\n")
        assert post(url, LOG.request(0, 9)) == (409, "text/x.tlog.size", b"5\n")


def test_d10_a_fork_is_refused_and_its_evidence_verifies_offline(place, tmp_path):
    with served_witness(*place.options()) as (_, url):
        post(url, LOG.request(0, 5))
        assert post(url, FORK.request(5, 9))[0] == 422
        status, content_type, refused = ask(f"{url}/{FOLDER}/refused")

    assert (status, content_type) == (200, "application/json")
    (tmp_path / "refused.json").write_bytes(refused)
    checked = evote("witness", "refused", tmp_path / "refused.json", "--key", VKEY)
    assert checked.returncode == 1
    assert "PROVEN at 9 entries" in checked.stdout
    other = SigningKey.generate(name=ORIGIN).verifier.encode()
    assert evote("witness", "refused", tmp_path / "refused.json", "--key", other).returncode == 0


def test_several_logs_and_several_keys_of_one_log_are_watched(place, tmp_path):
    new_key, other = SigningKey.generate(name=ORIGIN), SigningKey.generate(name="other.example/log")
    (tmp_path / "policy").write_text(f"log {other.verifier.encode()}\nquorum none\n")
    options = ("--log", new_key.verifier.encode(), "--policy", tmp_path / "policy")
    with served_witness(*place.options(), *options) as (_, url):
        assert post(url, LOG.request(0, 5))[0] == 200
        assert post(url, SmallLog(key=new_key).request(5, 9))[0] == 200
        assert post(url, SmallLog(key=other).request(0, 3))[0] == 200
        introduction = ask(f"{url}/")[2].decode()

        assert place.vkeys[1].encode() in introduction
        assert "other.example/log" in introduction
        for origin, size in ((ORIGIN, b"9"), ("other.example/log", b"3")):
            assert ask(f"{url}/{origin_hash(origin)}/checkpoint")[2].split(b"\n")[1] == size


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/add-checkpoint", "GET", 405),
        ("/add-checkpoint", "DELETE", 405),
        (f"/{FOLDER}/checkpoint", "POST", 405),
        (f"/{FOLDER}/checkpoint", "GET", 404),
        (f"/{FOLDER}/checkpoint", "HEAD", 404),
        (f"/{FOLDER}/refused", "GET", 200),
        (f"/{'0' * 64}/checkpoint", "GET", 404),
        (f"/{'0' * 64}/refused", "GET", 404),
        (f"/{FOLDER.upper()}/checkpoint", "GET", 404),
        ("/../state.sqlite", "GET", 404),
        ("/sign-subtree", "POST", 404),
        ("/", "GET", 200),
        ("/", "HEAD", 200),
    ],
)
def test_every_path_has_its_answer(one_witness, path, method, status):
    body = b"x" if method == "POST" else None

    assert ask(one_witness + path, body=body, method=method)[0] == status


@pytest.fixture(scope="module")
def one_witness(tmp_path_factory):
    place = WitnessPlace(tmp_path_factory.mktemp("witness"))
    with served_witness(*place.options()) as (_, url):
        yield url


# --- Bad guests -----------------------------------------------------------------------------------


def raw(url, data, *, is_read=True):
    address = urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    connection.sendall(data)
    if not is_read:
        return connection
    with connection, contextlib.suppress(ConnectionError):
        return connection.makefile("rb").readline()
    return b""


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff" * 1000 + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: x\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: -1\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: x\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: w\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /%00%ff%0d%0a HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_garbage_is_answered_with_an_error_and_the_witness_lives(one_witness, data):
    line = raw(one_witness, data)

    assert not line or line.split()[1] in {b"400", b"404", b"431", b"501"}
    assert ask(f"{one_witness}/")[0] == 200


@pytest.mark.parametrize("body", [b"", b"\n", b"\xff" * 100, b"x" * 500_000, b"old 0\n\nx\n\n\n"])
def test_a_body_that_is_no_request_is_a_bad_request(one_witness, body):
    assert post(one_witness, body)[0] == 400


def test_a_body_beyond_the_limit_is_refused_unread(one_witness):
    length = REQUEST_LIMIT_BYTES + 1
    head = f"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {length}\r\n\r\n"

    assert b" 413 " in raw(one_witness, head.encode())
    chunk = b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n"
    head = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b" 413 " in raw(one_witness, head + chunk + chunk)
    assert ask(f"{one_witness}/")[0] == 200


def test_slow_guests_do_not_keep_others_waiting(one_witness):
    head = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 1000\r\n\r\nold 0"
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(contextlib.closing(raw(one_witness, head, is_read=False)))

        assert post(one_witness, b"old 0\n\n")[0] == 400


def test_of_many_requests_at_once_each_growth_is_cosigned_once_and_nothing_shrinks(place):
    seen = []
    with served_witness(*place.options()) as (_, url):
        post(url, LOG.request(0, 5))

        def climb(step):
            old = 5
            for size in range(6, 60, step):
                status, _, body = post(url, LOG.request(min(old, size), size))
                if status == 409:
                    old = int(body)
                elif status == 200:
                    old = size
                note = ask(f"{url}/{FOLDER}/checkpoint")[2]
                seen.append((threading.get_ident(), int(note.split(b"\n")[1])))

        threads = [threading.Thread(target=climb, args=(step,)) for step in (5, 7, 9, 11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    for thread in {thread for thread, _ in seen}:
        sizes = [size for other, size in seen if other == thread]
        assert sizes == sorted(sizes)


# --- Trouble at home ----------------------------------------------------------------------------


def test_d14_a_full_disk_takes_answers_away_until_there_is_room(place):
    with served_witness(*place.options()) as (process, url):
        assert post(url, LOG.request(0, 5))[0] == 200
        unlimited = resource.prlimit(
            process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY)
        )
        assert post(url, LOG.request(5, 9))[0] == 503
        assert ask(f"{url}/{FOLDER}/checkpoint")[2].split(b"\n")[1] == b"5"
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)
        assert post(url, LOG.request(5, 9))[0] == 200


def test_a_witness_that_is_asked_to_stop_stops(place):
    with served_witness(*place.options()) as (process, url):
        post(url, LOG.request(0, 5))
        process.terminate()

        assert process.wait(timeout=30) == 0
    with served_witness(*place.options()) as (_, url):
        assert post(url, LOG.request(0, 9))[2] == b"5\n"


def test_two_witnesses_on_one_state_cannot_be(place):
    with served_witness(*place.options()):
        assert "another witness runs" in refused_to_start(*place.options())


# --- Keys and options -----------------------------------------------------------------------------


def test_keys_are_for_their_owner_alone_and_never_overwritten(place):
    for path in (place.folder / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = evote("witness", "key", "--name", "w", place.folder / "keys")
    assert again.returncode == 2
    assert "exists already" in again.stderr
    one = evote("witness", "key", "--name", "w", "--algorithm", "ed25519", place.folder / "one")
    assert [path.name for path in (place.folder / "one").iterdir()] == ["ed25519.key"]
    assert len(one.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"--listen": "8700"}, "not HOST:PORT"),
        ({"--listen": "127.0.0.1:70000"}, "not HOST:PORT"),
        ({"--listen": "192.0.2.1:80"}, "cannot listen"),
        ({"--key": "/nowhere/key"}, "/nowhere/key"),
        ({"--log": "nonsense"}, "--log"),
        ({"--policy": "/nowhere/policy"}, "/nowhere/policy"),
        ({"--peer": "witness.example"}, "is not an address"),
        ({"--log": SigningKey.generate(name="x" * 256).verifier.encode()}, "too long"),
    ],
)
def test_wrong_options_stop_the_witness_before_it_serves(place, change, message):
    options = [word for option in change.items() for word in option]

    assert message in refused_to_start(*place.options(), *options)


def test_a_witness_without_a_log_or_with_one_key_twice_does_not_serve(place, tmp_path):
    (tmp_path / "policy").write_text("quorum none\n")
    options = place.options()[:-2]
    assert "at least one log" in refused_to_start(*options, "--policy", tmp_path / "policy")
    assert "given already" in refused_to_start(*place.options(), *place.options()[:2])


def test_only_the_witness_needs_its_extra_package(place):
    code = "import sys; sys.modules['waitress'] = None; sys.modules['waitress.server'] = None\n"
    code += "from evote.cli.main import main; sys.exit(main(sys.argv[1:]))"
    options = ["--listen", "127.0.0.1:0", *map(str, place.options())]
    stopped = subprocess.run(
        [sys.executable, "-c", code, "witness", "serve", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert stopped.returncode == 2
    assert "pip install 'pnyx[witness]'" in stopped.stderr
