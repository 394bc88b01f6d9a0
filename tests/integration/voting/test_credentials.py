import re
import smtplib

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from evote.credential import derive_public_credential
from tests.factories.accounts import make_roll
from tests.factories.voting import DRAFTED, LINK, TREES, make_draft
from voting import tasks
from voting.models import Credential, CredentialIssue
from voting.selectors.setup import refused_addresses, setup_of
from voting.services.credentials import IssueRefused, issue_credentials, send_credential_batch
from voting.services.elections import RollRefused, choose_roll

pytestmark = pytest.mark.django_db

DEAD = "dead@example.org"
UNWRITABLE = "unwritable@example.org"


class Moody(EmailBackend):
    """A mail server that refuses one address, and goes away after two mails when told to."""

    is_going = False
    delivered = 0

    def send_messages(self, messages):
        if any(DEAD in message.to for message in messages):
            raise smtplib.SMTPRecipientsRefused({DEAD: (550, b"no such user")})
        if any(UNWRITABLE in message.to for message in messages):
            raise UnicodeEncodeError("ascii", UNWRITABLE, 0, 1, "ordinal not in range")
        if Moody.is_going and Moody.delivered == 2:
            raise smtplib.SMTPServerDisconnected
        Moody.delivered += 1
        return super().send_messages(messages)


@pytest.fixture
def moody(settings, monkeypatch):
    monkeypatch.setattr(Moody, "delivered", 0)
    monkeypatch.setattr(Moody, "is_going", False)
    settings.EMAIL_BACKEND = f"{__name__}.Moody"
    return Moody


def with_roll(*, emails):
    made = make_draft(questions=[TREES])
    roll = make_roll(organisation=made.election.organisation, emails=emails, sealed_at=DRAFTED)
    made.election = choose_roll(election=made.election, roll=roll)
    return made


def test_everybody_on_the_roll_gets_one_mail_and_the_list_holds_the_public_part():
    made = with_roll(emails=["ada@example.org", "bo@example.org"])
    issue_credentials(election=made.election)

    assert send_credential_batch(election=made.election) == 2

    assert sorted(message.to[0] for message in mail.outbox) == ["ada@example.org", "bo@example.org"]
    private = [LINK.search(message.body)[1] for message in mail.outbox]
    assert len(set(private)) == 2
    assert set(Credential.objects.values_list("public", flat=True)) == {
        derive_public_credential(uuid=made.election.uuid, credential=credential)
        for credential in private
    }
    assert set(CredentialIssue.objects.values_list("state", flat=True)) == {"SENT"}


def test_the_mail_opens_the_booth_and_says_that_this_is_the_weaker_way():
    made = with_roll(emails=["ada@example.org"])
    issue_credentials(election=made.election)
    send_credential_batch(election=made.election)

    message = mail.outbox[0]
    assert f"/elections/{made.election.uuid}/booth/#credential=" in message.body
    assert "weaker way" in message.body
    assert "tracker" in message.body
    assert made.election.title in message.subject
    assert not re.search(r"<[a-z]", message.body)


def test_a_private_credential_is_nowhere_in_the_database():
    made = with_roll(emails=["ada@example.org"])
    issue_credentials(election=made.election)
    send_credential_batch(election=made.election)
    private = LINK.search(mail.outbox[0].body)[1]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{private}%"]
            )
            assert cursor.fetchone() == (0,), table


def test_credentials_go_out_in_batches_until_nobody_waits(monkeypatch):
    monkeypatch.setattr("voting.services.credentials.MAILS_PER_BATCH", 2)
    made = with_roll(emails=[f"v{number}@example.org" for number in range(5)])
    issue_credentials(election=made.election)

    sizes = [send_credential_batch(election=made.election) for _ in range(4)]

    assert sizes == [2, 2, 1, 0]
    assert setup_of(election=made.election).has_all_credentials


def test_a_refused_address_gets_no_credential_and_can_be_tried_again(moody):
    made = with_roll(emails=["ada@example.org", DEAD])
    issue_credentials(election=made.election)
    send_credential_batch(election=made.election)

    assert Credential.objects.count() == 1
    assert refused_addresses(election=made.election) == [DEAD]
    assert not setup_of(election=made.election).has_all_credentials

    issue_credentials(election=made.election)
    assert setup_of(election=made.election).mails_waiting == 1


def test_what_went_out_before_the_mail_server_left_is_kept_and_the_rest_goes_later(moody):
    made = with_roll(emails=[f"v{number}@example.org" for number in range(4)])
    issue_credentials(election=made.election)
    moody.is_going = True

    assert send_credential_batch(election=made.election) == 2
    assert Credential.objects.count() == 2
    moody.is_going = False
    assert send_credential_batch(election=made.election) == 2

    assert Credential.objects.count() == len(mail.outbox) == 4


def test_an_address_nobody_can_write_to_does_not_send_the_others_a_second_mail(moody):
    made = with_roll(emails=["ada@example.org", UNWRITABLE, "bo@example.org"])
    issue_credentials(election=made.election)

    assert send_credential_batch(election=made.election) == 3
    assert refused_addresses(election=made.election) == [UNWRITABLE]
    assert send_credential_batch(election=made.election) == 0
    assert [message.to for message in mail.outbox] == [["ada@example.org"], ["bo@example.org"]]


def test_a_slow_mail_server_ends_the_batch_and_nobody_gets_a_second_mail(monkeypatch):
    monkeypatch.setattr("voting.services.credentials.BATCH_LIMIT_SECONDS", -1)
    made = with_roll(emails=[f"{name}@example.org" for name in ("ada", "bo", "cy")])
    issue_credentials(election=made.election)

    sent = [send_credential_batch(election=made.election) for _ in range(4)]

    assert sent == [1, 1, 1, 0]
    assert Credential.objects.count() == len({message.to[0] for message in mail.outbox}) == 3
    assert len(mail.outbox) == 3


def test_a_batch_that_dies_before_it_is_written_leaves_no_credential_on_the_list(monkeypatch):
    made = with_roll(emails=["ada@example.org", "bo@example.org"])
    issue_credentials(election=made.election)

    class Killed(BaseException):
        pass

    def die(*_args, **_fields):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Credential.objects, "bulk_create", die)
        with pytest.raises(Killed):
            send_credential_batch(election=made.election)
    lost = {LINK.search(message.body)[1] for message in mail.outbox}
    send_credential_batch(election=made.election)

    public = {derive_public_credential(uuid=made.election.uuid, credential=one) for one in lost}
    assert Credential.objects.count() == 2
    assert not public & set(Credential.objects.values_list("public", flat=True))


def test_the_sweep_finds_what_waits():
    made = with_roll(emails=["ada@example.org"])
    issue_credentials(election=made.election)

    tasks.send_credentials()
    tasks.send_credentials()

    assert len(mail.outbox) == Credential.objects.count() == 1
    assert setup_of(election=made.election).has_all_credentials


def test_credentials_need_a_roll():
    made = make_draft()

    with pytest.raises(IssueRefused):
        issue_credentials(election=made.election)


def test_the_roll_does_not_change_once_credentials_go_out():
    made = with_roll(emails=["ada@example.org"])
    issue_credentials(election=made.election)
    other = make_roll(organisation=made.election.organisation, sealed_at=DRAFTED)

    with pytest.raises(RollRefused):
        choose_roll(election=made.election, roll=other)
