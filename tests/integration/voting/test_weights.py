import json
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import RollEntry
from accounts.services.rolls import import_roll, seal_roll
from audit.models import LogEntry
from evote.credential import decode_credentials, encode_credentials, generate_credential
from evote.encoding import sha256_hex
from evote.tally import decode_sized_tally
from evote.verify import Verdict, verify_record
from tests.factories.voting import (
    DRAFTED,
    LINK,
    TREES,
    add_trustees,
    make_draft,
    run_log,
)
from voting.models import Credential, Election
from voting.selectors.elections import result_of, turnout_of
from voting.selectors.overview import election_overview, question_results
from voting.selectors.record import archived_object, record_bytes
from voting.services.credential_lists import ListRefused, upload_credentials
from voting.services.credentials import (
    choose_access,
    issue_credentials,
    send_credential_batch,
)
from voting.services.elections import choose_roll
from voting.services.polls import open_election
from voting.services.sealing import seal_election

pytestmark = pytest.mark.django_db

SHAREHOLDERS = b"""email,name,weight
ada@example.org,Ada,700
bob@example.org,Bob,200
cleo@example.org,Cleo,99
dan@example.org,Dan,1
"""
YES, NO, NEITHER = [1, 0], [0, 1], [0, 0]


def make(data=SHAREHOLDERS):
    now = timezone.now()
    made = make_draft(
        questions=[TREES], opens_at=now - timedelta(hours=1), closes_at=now + timedelta(days=1)
    )
    add_trustees(made, emails=["trustee@example.org"])
    roll = import_roll(
        organisation=made.election.organisation, name="Shareholders", data=data, now=DRAFTED
    )
    seal_roll(roll=roll, now=DRAFTED)
    made.election = choose_roll(election=made.election, roll=roll)
    return made


def mail_credentials(made):
    made.election = issue_credentials(election=made.election)
    while send_credential_batch(election=made.election):
        pass
    found = {message.to[0]: LINK.search(message.body)[1] for message in mail.outbox}
    emails = RollEntry.objects.order_by("email").values_list("email", flat=True)
    made.credentials = [found[email] for email in emails]


def open_it(made):
    made.election = seal_election(election=made.election, now=made.election.opens_at, profile=0)
    run_log()
    made.election = open_election(election=made.election, now=timezone.now())


@pytest.fixture
def opened():
    made = make()
    mail_credentials(made)
    open_it(made)
    return made


def count(made):
    made.record()
    made.close()
    made.tally()
    made.decrypt()
    made.publish()


def entry(kind):
    return json.loads(bytes(LogEntry.objects.get(kind=kind).body))


def test_each_credential_has_the_weight_of_its_voter(opened):
    listed = decode_credentials(archived_object(election=opened.election, name="credentials"))

    assert {opened.public(voter): weight for voter, weight in enumerate([700, 200, 99, 1])} == dict(
        listed
    )
    assert entry("credentials-listed")["weight"] == 1000
    assert entry("credentials-listed")["credentials"] == 4


def test_the_rolls_commitment_binds_the_weights(opened):
    salted = bytes(opened.election.roll_salt) + (
        b"ada@example.org,700\nbob@example.org,200\ncleo@example.org,99\ndan@example.org,1\n"
    )

    assert entry("roll-sealed")["commitment"] == sha256_hex(salted)


def test_the_result_counts_votes_and_the_verifier_agrees(opened):
    first = opened.cast(0, [NO]).receipt.tracker
    opened.cast(0, [YES], prev=first)
    opened.cast(1, [NO])
    opened.cast(3, [NEITHER])
    count(opened)

    sizes = decode_sized_tally(
        archived_object(election=opened.election, name="sized_encrypted_tally")
    )
    assert (sizes.num_tallied, sizes.total_weight) == (3, 901)
    [question] = result_of(election=opened.election)
    assert [answer.count for answer in question.answers] == [700, 200]
    report = verify_record(record_bytes(election=opened.election), progress=lambda *_: None)
    assert report.verdict == Verdict.COMPLETE


def test_the_pages_say_votes_where_votes_differ(opened, client):
    opened.cast(0, [YES])
    opened.cast(3, [NEITHER])
    page = client.get(f"/elections/{opened.election.uuid}/").content.decode()
    assert "votes do not all weigh the same" in page
    assert "0 of 1,000" in page
    count(opened)

    figures = election_overview(election=opened.election)
    assert (figures.people, figures.voters, figures.votes_on_roll, figures.votes_cast) == (
        4,
        2,
        1000,
        701,
    )
    [question] = question_results(election=opened.election)
    assert question.ballots == 701
    assert question.none_chosen == 1
    page = client.get(f"/elections/{opened.election.uuid}/").content.decode()
    assert "701 of 1,000" in page
    assert "can be recognised" in page


def test_the_result_page_counts_votes_not_ballots(opened, client):
    opened.cast(0, [YES])
    opened.cast(1, [NO])
    count(opened)

    page = client.get(f"/elections/{opened.election.uuid}/result/").content.decode()

    assert "together they have 900 of 1,000" in page
    assert "of 900 votes (77" in page
    assert "of 900 ballots" not in page


def test_programs_read_the_votes_too(opened, client):
    opened.cast(1, [YES])
    opened.record()
    turnout = client.get(f"/api/elections/{opened.election.uuid}").json()["turnout"]

    assert turnout == {
        "people": 4,
        "voters": 1,
        "ballots": 1,
        "votes_of_all": 1000,
        "votes_cast": 200,
    }
    assert turnout_of(election=opened.election).votes_cast == 200


def test_where_all_weigh_the_same_the_list_has_no_weights(client):
    made = make(SHAREHOLDERS.replace(b"700", b"1").replace(b"200", b"1").replace(b"99", b"1"))
    mail_credentials(made)
    open_it(made)

    assert b"," not in archived_object(election=made.election, name="credentials").replace(
        b'","', b""
    )
    page = client.get(f"/elections/{made.election.uuid}/").content.decode()
    assert "weigh the same" not in page


def test_a_registrars_list_has_the_weights_of_the_roll_or_is_refused():
    made = make()
    choose_access(
        election=made.election,
        access=Election.Access.CREDENTIAL,
        credentials_by=Election.CredentialsBy.REGISTRAR,
    )
    made.credentials = [generate_credential() for _ in range(4)]
    publics = [made.public(voter) for voter in range(4)]
    for wrong in (None, [700, 200, 99, 2], [700, 200, 200, 1], [1, 1, 1, 1]):
        weights = None if wrong is None else dict(zip(publics, wrong, strict=True))
        with pytest.raises(ListRefused, match="Of weight"):
            upload_credentials(
                election=made.election, data=encode_credentials(publics, weights=weights)
            )

    right = dict(zip(publics, [1, 99, 200, 700], strict=True))
    upload_credentials(election=made.election, data=encode_credentials(publics, weights=right))
    assert dict(Credential.objects.values_list("public", "weight")) == right
