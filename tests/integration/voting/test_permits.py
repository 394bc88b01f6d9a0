import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from tests.factories.accounts import make_user
from tests.factories.voting import TREES, make_election
from tests.integration.voting.conftest import tracker_in
from voting import tasks
from voting.models import Ballot, Election, Registration
from voting.selectors.registrations import has_used_account, person_on_roll
from voting.services.casting import cast_ballot
from voting.services.permits import issue_permit, read_permit
from voting.services.refusals import BallotRejected
from voting.services.registrations import (
    PermitRefused,
    forget_registrations,
    mingle_registrations,
    take_permit,
)

pytestmark = pytest.mark.django_db

YES, NO = [1, 0], [0, 1]
ADA, BOB, CLEO = "ada@example.org", "bob@example.org", "cleo@example.org"


def make(**fields):
    now = timezone.now()
    return make_election(
        **{
            "emails": [ADA, BOB, CLEO],
            "trustees": 1,
            "questions": [TREES],
            "access": Election.Access.ACCOUNT_AND_CREDENTIAL,
            "opens_at": now - timedelta(hours=1),
            "closes_at": now + timedelta(days=1),
        }
        | fields
    )


@pytest.fixture
def made():
    """An open election that asks for an account and a credential."""
    return make()


def permit_of(made, email=ADA, *, now=None):
    return take_permit(election=made.election, email=email, now=now or timezone.now())


def code_of(response):
    return response.status_code, response.json()["code"]


def test_with_a_permit_and_a_credential_the_ballot_is_taken(made, post_ballot):
    response = post_ballot(made, made.ballot(0, [YES]), permit=permit_of(made))

    assert response.status_code == 201
    assert not response.cookies
    [registration] = Registration.objects.all()
    assert registration.credential == made.public(0)
    assert bytes(registration.person) == person_on_roll(uuid=made.election.uuid, email=ADA)


def test_a47_a_credential_alone_casts_nothing(made, post_ballot, client):
    ballot = made.ballot(0, [YES])
    without = post_ballot(made, ballot)
    empty = post_ballot(made, ballot, permit="")
    signed_in = make_user(email=ADA)
    client.force_login(signed_in)
    with_a_session_alone = post_ballot(made, ballot)

    assert code_of(without) == code_of(with_a_session_alone) == (400, "non_canonical")
    assert code_of(empty) == (403, "bad_permit")
    assert not Ballot.objects.exists()
    assert not Registration.objects.exists()


def test_a47_inside_the_server_too_nothing_is_cast_without_a_doorkeeper(made):
    with pytest.raises(BallotRejected, match="permit_needed"):
        cast_ballot(
            election=made.election,
            submission=made.submission(0, made.ballot(0, [YES])),
            doorkeeper=None,
            received_at=timezone.now(),
        )


def test_a47_one_account_cannot_use_the_credentials_of_abstainers(made, post_ballot):
    post_ballot(made, made.ballot(0, [YES]), permit=permit_of(made))

    response = post_ballot(made, made.ballot(1, [YES]), permit=permit_of(made))

    assert code_of(response) == (409, "other_account")
    assert Ballot.objects.count() == 1
    assert Registration.objects.count() == 1


def test_a_credential_in_use_cannot_be_used_from_another_account(made, post_ballot):
    first = tracker_in(post_ballot(made, made.ballot(0, [YES]), permit=permit_of(made)))

    response = post_ballot(made, made.ballot(0, [NO]), prev=first, permit=permit_of(made, BOB))

    assert code_of(response) == (409, "other_account")
    assert Ballot.objects.count() == 1


def test_voting_again_takes_a_new_permit_of_the_same_account(made, post_ballot):
    permit = permit_of(made)
    first = tracker_in(post_ballot(made, made.ballot(0, [YES]), permit=permit))
    second = made.ballot(0, [NO])

    used = post_ballot(made, second, prev=first, permit=permit)
    fresh = post_ballot(made, second, prev=first, permit=permit_of(made))

    assert code_of(used) == (403, "bad_permit")
    assert fresh.status_code == 201
    assert Registration.objects.count() == 1


def test_the_same_ballot_again_gets_its_receipt_though_its_permit_is_used(made, post_ballot):
    ballot, permit = made.ballot(0, [YES]), permit_of(made)
    post_ballot(made, ballot, permit=permit)

    again = post_ballot(made, ballot, permit=permit)

    assert (again.status_code, again.json()["status"]) == (200, "accepted")


def test_after_a_stale_prev_the_same_permit_is_still_good(made, post_ballot):
    first = tracker_in(post_ballot(made, made.ballot(0, [YES]), permit=permit_of(made)))
    permit, ballot = permit_of(made), made.ballot(0, [NO])
    stale = post_ballot(made, ballot, permit=permit)

    assert code_of(stale) == (409, "stale_prev")
    assert post_ballot(made, ballot, prev=first, permit=permit).status_code == 201


def test_somebody_elses_credential_cannot_be_bound_without_its_signature(made, post_ballot):
    forged = json.loads(made.ballot(0, [YES]))
    forged["signature"]["proof"]["response"] = "5"
    text = json.dumps(forged, separators=(",", ":")).encode()

    response = post_ballot(made, text, permit=permit_of(made, BOB))

    assert code_of(response) == (400, "bad_signature")
    assert not Registration.objects.exists()
    assert post_ballot(made, made.ballot(0, [YES]), permit=permit_of(made)).status_code == 201


def test_a60_who_comes_without_a_good_permit_costs_no_proof(made, post_ballot, monkeypatch):
    def fail(**_arguments):
        msg = "the proofs were checked"
        raise AssertionError(msg)

    monkeypatch.setattr("voting.services.arrivals.refused_ballots", fail)

    assert code_of(post_ballot(made, made.ballot(0, [YES]), permit="x")) == (403, "bad_permit")


# --- The permit itself -------------------------------------------------------------------


def test_a_permit_of_another_election_is_refused(made, post_ballot):
    other = make(emails=[ADA])

    response = post_ballot(made, made.ballot(0, [YES]), permit=permit_of(other))

    assert code_of(response) == (403, "bad_permit")


def test_a_permit_runs_out_within_two_hours():
    now = timezone.now().replace(minute=59, second=59)
    permit = issue_permit(uuid="hfd19JUwUteUwr", email=ADA, now=now)

    read_permit(permit, uuid="hfd19JUwUteUwr", now=now + timedelta(minutes=59))
    with pytest.raises(BallotRejected, match="bad_permit"):
        read_permit(permit, uuid="hfd19JUwUteUwr", now=now + timedelta(hours=2))


def test_every_changed_character_of_a_permit_is_noticed():
    now = timezone.now()
    permit = issue_permit(uuid="hfd19JUwUteUwr", email=ADA, now=now)
    for place, character in enumerate(permit):
        changed = permit[:place] + ("A" if character != "A" else "B") + permit[place + 1 :]
        with pytest.raises(BallotRejected, match="bad_permit"):
            read_permit(changed, uuid="hfd19JUwUteUwr", now=now)


@pytest.mark.parametrize("text", ["", "x", "A" * 112, "é" * 112, "=" * 8, "A" * 10_000, " "])
def test_a_text_that_is_no_permit_is_refused(text):
    with pytest.raises(BallotRejected, match="bad_permit"):
        read_permit(text, uuid="hfd19JUwUteUwr", now=timezone.now())


def test_two_permits_of_one_account_are_never_the_same(made):
    assert permit_of(made) != permit_of(made)


def test_a_permit_names_nobody_and_holds_no_time_but_the_hour(made):
    now = timezone.now().replace(minute=17, second=3, microsecond=5)
    first = read_permit(permit_of(made, now=now), uuid=made.election.uuid, now=now)
    later = now.replace(minute=51, second=44)
    second = read_permit(permit_of(made, now=later), uuid=made.election.uuid, now=later)

    assert first.ends_at_hour == second.ends_at_hour
    assert first.person == second.person
    assert ADA.encode() not in first.person


def test_nobody_is_the_same_person_in_two_elections(made):
    other = make(emails=[ADA])

    assert person_on_roll(uuid=made.election.uuid, email=ADA) != person_on_roll(
        uuid=other.election.uuid, email=ADA
    )


def test_a_permit_is_only_for_people_on_the_roll_while_voting_is_open(made):
    with pytest.raises(PermitRefused, match="roll"):
        permit_of(made, "eve@example.org")
    with pytest.raises(PermitRefused, match="not open"):
        permit_of(made, now=made.election.closes_at)
    with pytest.raises(PermitRefused, match="credential alone"):
        permit_of(make(access=Election.Access.CREDENTIAL))


def test_an_election_that_asks_for_no_account_refuses_permits(post_ballot):
    made = make(access=Election.Access.CREDENTIAL)

    response = post_ballot(made, made.ballot(0, [YES]), permit="x")

    assert code_of(response) == (400, "non_canonical")


def test_a82_without_valkey_a_permit_still_lets_its_credential_vote(made, post_ballot, settings):
    permit = permit_of(made)
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}
    }

    assert post_ballot(made, made.ballot(0, [YES]), permit=permit).status_code == 201


# --- What is kept, and for how long ------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a51_the_binding_and_the_ballot_are_never_written_in_one_transaction(post_ballot):
    made = make()
    post_ballot(made, made.ballot(0, [YES]), permit=permit_of(made))
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text FROM voting_registration")
        [(binding,)] = cursor.fetchall()
        cursor.execute("SELECT xmin::text FROM voting_ballot")
        [(ballot,)] = cursor.fetchall()

    assert binding != ballot


def test_registrations_are_rewritten_in_the_order_of_their_credentials(made, post_ballot):
    for voter, email in ((2, CLEO), (0, ADA), (1, BOB)):
        post_ballot(made, made.ballot(voter, [YES]), permit=permit_of(made, email))

    assert mingle_registrations(election=made.election) == 3
    assert mingle_registrations(election=made.election) == 0
    tasks.mingle_registrations()
    with connection.cursor() as cursor:
        cursor.execute("SELECT credential FROM voting_registration ORDER BY ctid")
        stored = [credential for (credential,) in cursor.fetchall()]
    assert stored == sorted(stored)


def test_registrations_are_deleted_after_the_appeal_period(made, post_ballot, settings):
    post_ballot(made, made.ballot(0, [YES]), permit=permit_of(made))
    over = made.election.closes_at + timedelta(days=settings.APPEAL_DAYS)

    assert forget_registrations(now=over + timedelta(seconds=1)) == 0  # still open
    made.close()
    assert forget_registrations(now=over - timedelta(seconds=1)) == 0
    assert forget_registrations(now=over + timedelta(seconds=1)) == 1
    assert not Registration.objects.exists()
    assert Ballot.objects.exists()


def test_a_registration_has_no_column_for_a_time():
    kinds = {field.get_internal_type() for field in Registration._meta.concrete_fields}

    assert not kinds & {"DateTimeField", "DateField", "TimeField"}


def test_what_valkey_keeps_of_a_permit_names_neither_person_nor_credential(made, post_ballot):
    permit = permit_of(made)
    post_ballot(made, made.ballot(0, [YES]), permit=permit)
    kept = [key.decode() for key in cache._cache.get_client(None).keys("*permit*")]

    assert len(kept) == 1
    read = person_on_roll(uuid=made.election.uuid, email=ADA).hex()
    assert all(text not in kept[0] for text in (permit, read, made.public(0)))


def test_the_mail_with_the_credential_leads_to_the_permit(mailoutbox):
    made = make(emails=[ADA])
    make(emails=[BOB], access=Election.Access.CREDENTIAL)
    letters = {message.to[0]: message.body for message in mailoutbox}

    assert f"/elections/{made.election.uuid}/permit/" in letters[ADA]
    assert "/permit/" not in letters[BOB]


def test_the_record_says_what_casting_asked_for(made):
    assert made.description.context["access"] == "account-and-credential"


# --- The page ----------------------------------------------------------------------------


def address(made):
    return f"/elections/{made.election.uuid}/permit/"


def test_the_page_asks_to_sign_in(made, client):
    response = client.get(address(made))

    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


def test_a_person_on_the_roll_takes_a_permit_and_votes_with_it(made, client, post_ballot):
    client.force_login(make_user(email=ADA))
    assert "no ballot was cast" in client.get(address(made)).content.decode()

    response = client.post(address(made), {"address": ADA})
    permit = response.context["permit"]

    assert f"/booth/#permit={permit}" in response.content.decode()
    assert response["Cache-Control"] == "private, no-store"
    assert post_ballot(made, made.ballot(0, [YES]), permit=permit).status_code == 201
    assert has_used_account(election=made.election, email=ADA)
    assert "a credential was used" in client.get(address(made)).content.decode()


def test_a_person_takes_no_permit_for_somebody_else(made, client):
    client.force_login(make_user(email=ADA))
    for posted in ({"address": BOB}, {"address": ""}, {}):
        assert client.post(address(made), posted).context["permit"] == ""

    client.force_login(make_user(email="eve@example.org"))
    response = client.post(address(made), {"address": ADA})
    assert response.context["permit"] == ""
    assert "None of your confirmed addresses" in response.content.decode()


def test_there_is_no_such_page_where_the_credential_is_enough(client):
    made = make(access=Election.Access.CREDENTIAL)
    client.force_login(make_user(email=ADA))

    assert client.get(address(made)).status_code == 302


def test_after_closing_no_permit_is_given(client):
    now = timezone.now()
    made = make(opens_at=now - timedelta(days=2), closes_at=now - timedelta(days=1))
    made.close()
    client.force_login(make_user(email=ADA))

    response = client.post(address(made), {"address": ADA})

    assert response.context["permit"] == ""
    assert "Voting is not open." in response.content.decode()
