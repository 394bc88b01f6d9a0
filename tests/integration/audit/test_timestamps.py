"""Checkpoints stamped by an outside authority: what is believed, and what never is."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from audit.models import Checkpoint, Evidence, Timestamp, TimestampAuthority
from audit.selectors.evidence import state_of
from audit.selectors.timestamps import timestamp_covering
from audit.services import timestamps
from audit.services.evidence import Filing, file_evidence
from audit.services.timestamps import (
    FIRST_REST,
    LONGEST_REST,
    CertificatesUnusable,
    stamp_checkpoints,
)
from audit.tasks import stamp as sweep
from tests.factories.accounts import make_user
from tests.factories.growth import grow
from tests.factories.timestamps import make_authority, serving
from tests.factories.witnesses import Reply, loopback

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def configured(settings, authority):
    """The authority on loopback is the installation's."""
    with serving(authority) as server:
        settings.TIMESTAMP_URL = server.url
        settings.TIMESTAMP_CERTIFICATES = str(authority.roots)
        yield server


def stamp(now=None):
    return stamp_checkpoints(now=now or datetime.now(tz=UTC))


class TestStamping:
    def test_a_token_is_kept_over_the_checkpoint_as_the_log_signed_it(
        self, configured, authority, tmp_path, client
    ):
        grow(3)
        assert stamp() == 1

        token = client.get("/log/checkpoints/3.tsr")
        assert token["Content-Type"] == "application/timestamp-reply"
        (tmp_path / "token.tsr").write_bytes(token.content)
        (tmp_path / "note").write_bytes(bytes(Checkpoint.objects.get().note))
        (tmp_path / "roots.pem").write_bytes(client.get("/log/timestamp-roots.pem").content)
        printed = subprocess.run(
            [
                "openssl",
                "ts",
                "-verify",
                "-data",
                "note",
                "-in",
                "token.tsr",
                "-CAfile",
                "roots.pem",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert "Verification: OK" in printed.stdout, printed.stderr
        age = datetime.now(tz=UTC) - Timestamp.objects.get().stamped_at
        assert timedelta(0) <= age < timedelta(minutes=5)

    def test_the_commands_on_the_page_hold_for_a_receipt_and_its_token(
        self, configured, tmp_path, client
    ):
        user = make_user(password=None)
        filing = Filing(form=Evidence.Form.DOCUMENT, digest=b"\1" * 32)
        owner = str(user.pk)
        evidence = file_evidence(owner=owner, filing=filing, now=datetime.now(tz=UTC)).evidence
        grow(2)
        stamp()
        grow(2)

        client.force_login(user)
        page = client.get(f"/evidence/{evidence.pk}/")
        commands = page.context["timestamp_commands"]
        receipt = client.get(f"/evidence/{evidence.pk}/receipt")
        (tmp_path / "receipt-0.tlog-proof").write_bytes(receipt.content)
        (tmp_path / "checkpoint-3.tsr").write_bytes(client.get("/log/checkpoints/3.tsr").content)
        (tmp_path / "authority.pem").write_bytes(client.get("/log/timestamp-roots.pem").content)
        printed = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert "Verification: OK" in printed.stdout, printed.stderr
        assert "Time stamp: " in printed.stdout

    def test_the_newest_comes_first_and_older_ones_follow_in_bounded_numbers(self, configured):
        for _ in range(5):
            grow()
        assert stamp() == timestamps.STAMPS_PER_RUN
        assert sorted(Timestamp.objects.values_list("pk", flat=True)) == [3, 4, 5]
        grow()

        assert stamp() == 3
        assert sorted(Timestamp.objects.values_list("pk", flat=True)) == [1, 2, 3, 4, 5, 6]
        assert stamp() == 0
        assert len(configured.requests) == 6

    def test_evidence_rests_on_the_earliest_stamped_checkpoint_that_covers_it(self, configured):
        filing = Filing(form=Evidence.Form.DOCUMENT, digest=b"\1" * 32)
        evidence = file_evidence(owner="1", filing=filing, now=datetime.now(tz=UTC)).evidence
        grow(2)
        assert state_of(evidence).timestamp is None
        stamp()
        grow(2)
        stamp()

        state = state_of(evidence)
        assert (state.proof.size, state.timestamp.pk) == (3, 3)
        assert timestamp_covering(3).pk == 5
        assert timestamp_covering(5) is None

    def test_a_checkpoint_that_is_not_public_yet_is_not_shown_to_the_authority(
        self, configured, three
    ):
        grow()
        assert stamp() == 0
        assert configured.requests == []

    def test_without_an_authority_nothing_is_asked_and_nothing_is_served(self, client, settings):
        settings.TIMESTAMP_URL = ""
        grow()

        assert sweep() == 0
        assert client.get("/log/checkpoints/1.tsr").status_code == 404
        assert client.get("/log/checkpoints/99999999999999999999.tsr").status_code == 404
        assert client.get("/log/timestamp-roots.pem").status_code == 404
        assert not TimestampAuthority.objects.exists()

    def test_the_sweep_stamps(self, configured):
        grow()

        assert sweep() == 1

    @pytest.mark.parametrize("change", ["update", "delete"])
    def test_a_kept_token_is_never_changed(self, configured, change):
        grow()
        stamp()
        act = {
            "update": lambda: Timestamp.objects.update(token=b""),
            "delete": lambda: Timestamp.objects.all().delete(),
        }[change]
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            act()

        assert Timestamp.objects.exists()


def last_byte_changed(token):
    return token[:-1] + bytes([token[-1] ^ 1])


def rejection(authority):
    """What an authority answers that does not know the hash that was asked for."""
    query = authority.query(b"x").replace(
        bytes.fromhex("0609608648016503040201"), bytes.fromhex("0609608648016503040204")
    )
    return Reply(body=authority.stamp(query))


# name -> what the authority answers, and what is said about it
WRONG_ANSWERS = {
    "nothing": (lambda a, q: Reply(), "not one of RFC 3161"),
    "no connection": (lambda a, q: Reply(status=0), "RemoteDisconnected"),
    "garbage": (lambda a, q: Reply(body=b"<html>Unavailable</html>"), "not one of RFC 3161"),
    "an error": (lambda a, q: Reply(status=503, body=a.stamp(q)), "status 503"),
    "a way elsewhere": (lambda a, q: Reply(status=302, headers={"Location": "/x"}), "status 302"),
    "two megabytes": (lambda a, q: Reply(body=a.stamp(q) + b"\0" * 2_000_000), "more than"),
    "a token cut short": (lambda a, q: Reply(body=a.stamp(q)[:-20]), "not one of RFC 3161"),
    "a changed signature": (lambda a, q: Reply(body=last_byte_changed(a.stamp(q))), "not hold"),
    "a token of another message": (lambda a, q: Reply(body=a.stamp(a.query(b"x"))), "not hold"),
    "a token without a nonce": (
        lambda a, q: Reply(body=a.stamp(a.query(NOTE[0], nonce=False))),
        "Nonce mismatch",
    ),
    "another nonce": (lambda a, q: Reply(body=a.stamp(a.query(NOTE[0]))), "Nonce mismatch"),
    "another hash": (
        lambda a, q: Reply(body=a.stamp(a.query(NOTE[0], digest="-sha512"))),
        "another hash than SHA-256",
    ),
    "a rejection": (lambda a, q: rejection(a), "not hold"),
}
NOTE = [b""]


class TestRefusing:
    @pytest.mark.parametrize("name", WRONG_ANSWERS)
    def test_a_wrong_answer_is_not_kept_and_the_authority_rests(self, authority, settings, name):
        answer, reason = WRONG_ANSWERS[name]
        grow()
        NOTE[0] = bytes(Checkpoint.objects.get().note)
        settings.TIMESTAMP_CERTIFICATES = str(authority.roots)
        with loopback(lambda query: answer(authority, query)) as server:
            settings.TIMESTAMP_URL = server.url
            now = datetime.now(tz=UTC)

            assert stamp(now) == 0
            assert stamp(now + FIRST_REST / 2) == 0
        assert len(server.requests) == 1
        assert not Timestamp.objects.exists()
        state = TimestampAuthority.objects.get()
        assert (state.failures, state.rests_until) == (1, now + FIRST_REST)
        assert reason in state.reason

    def test_an_answer_that_drips_is_cut_off(self, authority, settings):
        grow()
        settings.TIMESTAMP_CERTIFICATES = str(authority.roots)
        drip = Reply(pieces=[b"0"] * 600, pause=0.05)
        with loopback(lambda query: drip) as server:
            settings.TIMESTAMP_URL = server.url
            start = datetime.now(tz=UTC)
            assert stamp(start) == 0

        assert datetime.now(tz=UTC) - start < timedelta(seconds=15)
        assert TimestampAuthority.objects.get().reason == "no whole answer in time"

    def test_a_token_by_an_expired_certificate_is_refused(self, settings, tmp_path):
        expired = make_authority(tmp_path / "expired", signer_ends=-timedelta(days=1))
        grow()
        settings.TIMESTAMP_CERTIFICATES = str(expired.roots)
        with serving(expired) as server:
            settings.TIMESTAMP_URL = server.url
            assert stamp() == 0

        assert not Timestamp.objects.exists()
        assert "does not hold" in TimestampAuthority.objects.get().reason

    def test_a_token_of_an_authority_that_nobody_configured_is_refused(
        self, configured, settings, tmp_path
    ):
        settings.TIMESTAMP_CERTIFICATES = str(make_authority(tmp_path / "other").roots)
        grow()

        assert stamp() == 0
        assert not Timestamp.objects.exists()

    def test_a_clock_far_from_ours_is_not_believed(self, configured):
        grow()

        assert stamp(datetime.now(tz=UTC) - timedelta(hours=1)) == 0
        assert "clock" in TimestampAuthority.objects.get().reason

    def test_rests_get_longer_up_to_an_hour_and_end_with_the_first_good_answer(
        self, authority, settings
    ):
        grow()
        settings.TIMESTAMP_CERTIFICATES = str(authority.roots)
        is_ill = True

        def script(query):
            return Reply(status=500) if is_ill else Reply(body=authority.stamp(query))

        with loopback(script) as server:
            settings.TIMESTAMP_URL = server.url
            now, rests = datetime.now(tz=UTC), []
            for _ in range(11):
                stamp(now)
                until = TimestampAuthority.objects.get().rests_until
                rests.append(until - now)
                now = until
            assert rests[:3] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
            assert rests[-1] == LONGEST_REST
            is_ill = False
            TimestampAuthority.objects.update(rests_until=datetime.now(tz=UTC))
            assert stamp() == 1

        state = TimestampAuthority.objects.get()
        assert (state.failures, state.reason) == (0, "")

    @pytest.mark.parametrize("content", [None, b"", b"not PEM", "signer.pem"])
    def test_certificates_that_cannot_be_used_are_named_and_nobody_is_asked(
        self, configured, settings, tmp_path, authority, content
    ):
        path = tmp_path / "certificates.pem"
        if isinstance(content, str):
            content = (authority.folder / content).read_bytes()
        if content is not None:
            path.write_bytes(content)
        settings.TIMESTAMP_CERTIFICATES = str(path)
        grow()

        with pytest.raises(CertificatesUnusable, match="PNYX_TIMESTAMP_CERTIFICATES"):
            stamp()
        assert configured.requests == []
