"""Talking to servers of other people: answers, silence, deadlines, TLS."""

import ipaddress
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from audit.services.exchanges import Answer, Exchanges, Silence
from tests.factories.witnesses import Reply, loopback


def ask(url, *, seconds=3.0, body=b"x"):
    together = Exchanges(seconds=seconds)
    together.ask(url, body=body, key="1")
    [(key, answer)] = together.answers()
    assert key == "1"
    return answer


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that nobody trusts yet, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(tz=UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def over_tls(certificate):
    """A server on loopback behind TLS."""
    with loopback(lambda body: Reply(body=b"sealed:" + body)) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.wrap(context)
        yield server


class TestAnswers:
    def test_gives_each_under_its_key(self):
        with (
            loopback(lambda body: Reply(body=b"one:" + body)) as one,
            loopback(lambda body: Reply(status=418)) as two,
        ):
            together = Exchanges(seconds=3)
            together.ask(one.url, body=b"x", key="1")
            together.ask(two.url, body=b"y", key="2")

            assert dict(together.answers()) == {
                "1": Answer(status=200, body=b"one:x"),
                "2": Answer(status=418, body=b""),
            }

    def test_lets_whoever_reads_them_ask_again(self):
        with loopback(lambda body: Reply(body=body + b"!")) as server:
            together = Exchanges(seconds=3)
            together.ask(server.url, body=b"1", key="k")
            bodies = []
            for key, answer in together.answers():
                bodies.append(answer.body)
                if len(bodies) < 3:
                    together.ask(server.url, body=answer.body, key=key)

            assert bodies == [b"1!", b"1!!", b"1!!!"]

    @pytest.mark.parametrize(
        "url", ["ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://[::1", "http://a:b/"]
    )
    def test_an_address_that_is_none_is_silence(self, url):
        assert isinstance(ask(url), Silence)


class TestTls:
    def test_speaks_with_a_server_whose_certificate_it_trusts(
        self, over_tls, certificate, monkeypatch
    ):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        answer = ask(over_tls.url.replace("http://", "https://"))

        assert answer == Answer(status=200, body=b"sealed:x")

    def test_says_nothing_to_one_whose_certificate_it_does_not_trust(self, over_tls):
        answer = ask(over_tls.url.replace("http://", "https://"))

        assert "CERTIFICATE_VERIFY_FAILED" in answer.reason
        assert over_tls.requests == []

    def test_says_nothing_to_one_of_another_name(self, over_tls, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        answer = ask(over_tls.url.replace("http://127.0.0.1", "https://localhost"))

        assert isinstance(answer, Silence)
        assert over_tls.requests == []


class TestDeadline:
    def test_cuts_off_a_server_that_never_ends_its_answer(self):
        with loopback(lambda body: Reply(pieces=[b"x"] * 1000, pause=0.05)) as server:
            started = time.monotonic()

            assert ask(server.url, seconds=0.5) == Silence(reason="no whole answer in time")

            assert time.monotonic() - started < 2
        assert_no_thread_is_left()

    def test_cuts_off_a_handshake_that_never_ends(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"https://127.0.0.1:{listener.getsockname()[1]}/"

            assert isinstance(ask(url, seconds=0.5), Silence)
        assert_no_thread_is_left()


def assert_no_thread_is_left():
    end = time.monotonic() + 60
    while left := [t for t in threading.enumerate() if type(t).__name__ == "_Exchange"]:
        assert time.monotonic() < end, left
        time.sleep(0.02)
