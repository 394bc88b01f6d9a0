"""What a witness may answer instead of a cosignature, and what becomes of it: nothing."""

import socket
import threading
import time
from datetime import UTC, date, datetime

import pytest
from django.conf import settings

from audit.models import Cosignature, WitnessHealth
from audit.selectors import Standing, witnesses
from audit.selectors.key import signing_key
from audit.services import cosigning, exchanges
from audit.services.cosigning import cosign
from audit.services.exchanges import Exchanges
from audit.services.sequencing import sequence
from evote.tlog.checkpoint import Checkpoint, decode_checkpoint
from evote.tlog.cosignature import Algorithm
from evote.tlog.note import decode_note
from evote.tlog.policy import verify_under_policy
from evote.tlog.witness import AddCheckpoint, encode_cosignatures
from tests.factories.audit import append_ballots
from tests.factories.witnesses import HonestScript, Reply, loopback, policy_of, witness_key

NOW = datetime.now(tz=UTC)
Problem = WitnessHealth.Problem


def statement_in(body) -> Checkpoint:
    return decode_checkpoint(decode_note(AddCheckpoint.decode(body).checkpoint))


def lines(*signatures) -> Reply:
    return Reply(body=encode_cosignatures(signatures))


@pytest.fixture
def odd(use_policy):
    """One witness that answers as the test says, beside two honest ones; two have to agree."""
    log = signing_key().verifier
    keys = [witness_key("odd"), witness_key("second"), witness_key("third")]
    with (
        loopback(lambda body: Reply(status=500)) as server,
        loopback(HonestScript(keys=keys[1:2], log=log)) as second,
        loopback(HonestScript(keys=keys[2:], log=log)) as third,
    ):
        servers = [server, second, third]
        policy = policy_of(
            log,
            [(k.name.split(".")[0], k, s.url) for k, s in zip(keys, servers, strict=True)],
            threshold=2,
        )
        use_policy(policy)
        server.key, server.policy, server.second = keys[0], policy, second
        yield server


def assert_harmless(odd, problem, *, within=12.0):
    append_ballots(3)
    sequence(today=date(2026, 11, 21))
    started = time.monotonic()

    cosign(now=NOW)

    assert time.monotonic() - started < within
    assert WitnessHealth.objects.get(url=odd.url).problem == problem
    assert not Cosignature.objects.filter(witness=odd.key.name).exists()
    note = (settings.DATA_DIR / "log" / "checkpoint").read_bytes()
    assert len(verify_under_policy(note, odd.policy).cosignatures) == 2


def speak_like_a_mail_server(listener):
    while True:
        try:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 mail.example ESMTP\r\n" + b"\0" * 100)
                connection.recv(100_000)
        except OSError:
            return


@pytest.mark.django_db
class TestAnswersThatAreNone:
    @pytest.mark.parametrize(
        ("reply", "problem"),
        [
            (Reply(body=b""), Problem.GARBLED),
            (Reply(body=b"\n"), Problem.GARBLED),
            (Reply(body=b"<!doctype html><title>Welcome</title>"), Problem.GARBLED),
            (Reply(body=b"\xff\xfe\0" * 100), Problem.GARBLED),
            (Reply(body="— w.example/x AAAAA\n".encode()), Problem.GARBLED),
            (Reply(body="— w.example/x AAAAAAAA\n".encode() * 101), Problem.GARBLED),
            (Reply(body=b"x" * 2_000_000), Problem.SILENT),
            (Reply(status=0), Problem.SILENT),
            (Reply(status=400), Problem.GARBLED),
            (Reply(status=403), Problem.UNKNOWN_LOG),
            (Reply(status=404), Problem.UNKNOWN_LOG),
            (Reply(status=422), Problem.REFUSED),
            (Reply(status=500), Problem.GARBLED),
            (Reply(status=204), Problem.GARBLED),
            (Reply(headers={"X-Long": "x" * 70_000}), Problem.SILENT),
            (Reply(headers={"Content-Length": "-3"}), Problem.GARBLED),
            (Reply(headers={"Transfer-Encoding": "chunked"}, body=b"zz\r\n"), Problem.SILENT),
        ],
    )
    def test_garbage_empty_and_two_megabytes(self, odd, reply, problem):
        odd.script = lambda body: reply

        assert_harmless(odd, problem)

        assert len(odd.requests) == 1

    def test_a_redirect_is_not_followed(self, odd):
        to = odd.second.url + "/add-checkpoint"
        odd.script = lambda body: Reply(status=307, headers={"Location": to})

        assert_harmless(odd, Problem.GARBLED)

        assert len(odd.second.requests) == 1, "its own request, and no other"

    @pytest.mark.parametrize("where", ["body", "head"])
    def test_a_byte_now_and_then_holds_nobody(self, odd, where, monkeypatch):
        monkeypatch.setattr(exchanges, "TOTAL_SECONDS", 1.0)
        monkeypatch.setattr(cosigning, "Exchanges", lambda: Exchanges(seconds=1.0))
        before = threading.active_count()
        if where == "body":
            odd.script = lambda body: Reply(pieces=[b"x"] * 400, pause=0.1)
        else:
            odd.script = lambda body: time.sleep(20) or Reply()

        assert_harmless(odd, Problem.SILENT)

        deadline = time.monotonic() + 12
        while exchange_threads() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not exchange_threads(), f"a thread still waits; there were {before}"

    def test_the_others_do_not_wait_for_it(self, odd):
        published = []

        def late(body):
            time.sleep(1.5)
            published.append((settings.DATA_DIR / "log" / "checkpoint").exists())
            return Reply(status=500)

        odd.script = late

        assert_harmless(odd, Problem.GARBLED)

        assert published == [True]

    def test_an_address_where_nobody_listens(self, odd):
        odd.stop()

        assert_harmless(odd, Problem.SILENT)

    def test_an_address_that_speaks_something_else(self, odd, use_policy):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=speak_like_a_mail_server, args=[listener], daemon=True).start()
            odd.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            policy = odd.policy.encode().decode()
            first = next(row for row in policy.splitlines() if row.startswith("witness odd "))
            use_policy(policy.replace(first, first.rsplit(" ", 1)[0] + f" {odd.url}").encode())

            assert_harmless(odd, Problem.SILENT)

        assert "\0" not in WitnessHealth.objects.get(url=odd.url).detail


@pytest.mark.django_db
class TestWrongCosignatures:
    def test_a_signature_that_does_not_fit(self, odd):
        def forge(body):
            line = odd.key.cosign(statement_in(body), at=int(NOW.timestamp()))
            blob = line.signature[:-1] + bytes([line.signature[-1] ^ 1])
            return lines(type(line)(name=line.name, key_id=line.key_id, signature=blob))

        odd.script = forge

        assert_harmless(odd, Problem.WRONG_LINE)

        assert witnesses()[0].state is Standing.TROUBLED

    @pytest.mark.parametrize("change", [{"size": 2}, {"root": bytes(32)}, {"origin": "o"}])
    def test_a_cosignature_of_another_checkpoint(self, odd, change):
        def other(body):
            real = statement_in(body)
            fields = {"origin": real.origin, "size": real.size, "root": real.root} | change
            return lines(odd.key.cosign(Checkpoint(**fields), at=int(NOW.timestamp())))

        odd.script = other

        assert_harmless(odd, Problem.WRONG_LINE)

    @pytest.mark.parametrize("algorithm", list(Algorithm))
    def test_a_cosignature_by_another_key_of_the_same_name(self, odd, algorithm):
        stranger = witness_key("odd", algorithm=algorithm)
        odd.script = lambda body: lines(
            stranger.cosign(statement_in(body), at=int(NOW.timestamp()))
        )

        assert_harmless(odd, Problem.GARBLED)

    @pytest.mark.parametrize("at", [1, 2**63 - 1, int(NOW.timestamp()) + 2 * 86_400])
    def test_a_time_that_cannot_be(self, odd, at):
        odd.script = lambda body: lines(odd.key.cosign(statement_in(body), at=at))

        assert_harmless(odd, Problem.WRONG_LINE)

    def test_the_log_itself_is_no_witness(self, odd):
        odd.script = lambda body: lines(
            decode_note(AddCheckpoint.decode(body).checkpoint).signatures[0]
        )

        assert_harmless(odd, Problem.GARBLED)

    def test_a_right_line_beside_a_wrong_one_counts(self, odd, use_policy):
        second = witness_key("odd-2")
        policy = policy_of(
            signing_key().verifier,
            [("odd", odd.key, odd.url), ("odd-2", second, odd.url)],
            threshold=1,
        )
        use_policy(policy)

        def answer(body):
            good = odd.key.cosign(statement_in(body), at=int(NOW.timestamp()))
            bad = second.cosign(statement_in(body), at=2**40)
            return lines(bad, good)

        odd.script = answer
        append_ballots(1)
        sequence(today=date(2026, 11, 21))

        assert cosign(now=NOW) == 1

        assert WitnessHealth.objects.get(url=odd.url).problem == Problem.WRONG_LINE
        note = (settings.DATA_DIR / "log" / "checkpoint").read_bytes()
        assert [c.name for c in verify_under_policy(note, policy).cosignatures] == ["odd"]


def exchange_threads():
    return [t for t in threading.enumerate() if type(t).__name__ == "_Exchange"]
