import hashlib
import secrets
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection, transaction
from django.db.utils import DatabaseError

from tests.factories.voting import TREES, make_election
from voting.models import (
    Ballot,
    BallotAlpha,
    Credential,
    CredentialIssue,
    Election,
    Registration,
)
from voting.models.ballot import NO_PREVIOUS_BALLOT
from voting.selectors.registrations import person_on_roll
from voting.services.bounds import check_attempts, count_attempt
from voting.services.recording import record_waiting_ballots
from voting.services.registrations import mingle_registrations, receive_ballot, take_permit

pytestmark = pytest.mark.django_db(transaction=True)

YES, NO = [1, 0], [0, 1]


def row_versions(table, *, where="true"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT xmin::text FROM {table} WHERE {where}")
        return [version for (version,) in cursor.fetchall()]


def in_order_of_rows(table, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} ORDER BY ctid")
        return [value for (value,) in cursor.fetchall()]


def moved_out_of(table):
    """Hash the long values of a table in the order in which they were moved out of its rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = %s", [table]
        )
        cursor.execute(
            "SELECT sha256(string_agg(chunk_data, ''::bytea ORDER BY chunk_seq))"
            f" FROM {cursor.fetchone()[0]} GROUP BY chunk_id ORDER BY chunk_id"
        )
        return [bytes(digest) for (digest,) in cursor.fetchall()]


def forward_relations(model):
    return {
        field.related_model
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model
    }


def test_a51_no_foreign_key_path_leads_from_a_ballot_to_a_person():
    reached, frontier = set(), {Ballot, BallotAlpha, Credential}
    while frontier:
        reached |= frontier
        frontier = set().union(*map(forward_relations, frontier)) - reached

    assert get_user_model() not in reached
    assert CredentialIssue not in reached
    assert "RollEntry" not in {model.__name__ for model in reached}


def test_a51_the_ballot_box_has_no_column_for_a_time_an_address_or_a_sequence():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type, column_default, is_identity"
            " FROM information_schema.columns"
            " WHERE table_name IN ('voting_ballot', 'voting_ballotalpha', 'voting_challenge',"
            " 'voting_credential', 'voting_registration')"
        )
        columns = cursor.fetchall()

    assert {kind for _table, _name, kind, *_rest in columns} == {
        "uuid", "bigint", "bytea", "character varying", "integer", "boolean",
    }  # fmt: skip
    assert {name for _table, name, kind, *_rest in columns if kind == "bigint"} == {"election_id"}
    assert all(default is None and identity == "NO" for *_rest, default, identity in columns)


def test_a51_row_versions_tell_neither_who_got_a_credential_nor_when_a_ballot_came():
    made = make_election(
        questions=[TREES], voters=6, trustees=1, votes=[(voter, [YES]) for voter in range(4)]
    )

    credentials = row_versions("voting_credential")
    ballots = row_versions("voting_ballot")
    alphas = row_versions("voting_ballotalpha")
    people = row_versions("voting_credentialissue") + row_versions("accounts_rollentry")
    assert len(set(credentials)) == 1
    assert set(ballots) == set(alphas)
    assert len(set(ballots)) == 1
    assert not set(people) & set(credentials + ballots)
    assert made.record() == 0


def test_a51_who_has_the_database_alone_cannot_tell_whose_account_used_a_credential(settings):
    made = make_election(
        questions=[TREES],
        emails=["ada@example.org", "bob@example.org"],
        trustees=1,
        access=Election.Access.ACCOUNT_AND_CREDENTIAL,
    )
    now = made.election.opens_at
    for voter, email in enumerate(["ada@example.org", "bob@example.org"]):
        receive_ballot(
            election=made.election,
            submission=made.submission(voter, made.ballot(voter, [YES])),
            permit=take_permit(election=made.election, email=email, now=now),
            received_at=now,
        )
    made.record()
    mingle_registrations(election=made.election)
    kept = {bytes(row.person) for row in Registration.objects.all()}
    settings.SECRET_KEY = "a guess"
    guesses = {
        person_on_roll(uuid=made.election.uuid, email=email)
        for email in ("ada@example.org", "bob@example.org")
    }

    assert len(kept) == 2
    assert not kept & guesses
    assert len(set(row_versions("voting_registration"))) == 1
    assert not set(row_versions("voting_registration")) & set(row_versions("voting_ballot"))
    assert not set(row_versions("voting_registration")) & set(row_versions("accounts_rollentry"))


def test_a51_credentials_of_small_batches_look_like_all_others_once_sealed(monkeypatch):
    monkeypatch.setattr("voting.services.credentials.MAILS_PER_BATCH", 1)
    make_election(phase=Election.Phase.SEALED, questions=[TREES], voters=4, trustees=1)

    assert len(set(row_versions("voting_credential"))) == 1
    assert in_order_of_rows("voting_credential", "position") == [0, 1, 2, 3]


def test_a51_rows_of_a_batch_lie_in_the_order_of_the_record_not_of_arrival():
    made = make_election(questions=[TREES], voters=1, trustees=1)
    for number in range(40):
        # Incompressible and long, so that PostgreSQL moves it out of the row.
        body = secrets.token_bytes(5_000)
        Ballot.objects.create(
            election=made.election,
            tracker=hashlib.sha256(body).digest(),
            credential=f"{number:064x}",
            prev=NO_PREVIOUS_BALLOT,
            body=body,
        )
        BallotAlpha.objects.create(election=made.election, alpha=secrets.token_bytes(32))
    arrived = in_order_of_rows("voting_ballot", "credential")

    assert record_waiting_ballots(election=made.election) == 40
    assert in_order_of_rows("voting_ballot", "height") == list(range(1, 41))
    assert in_order_of_rows("voting_ballot", "credential") != arrived
    alphas = in_order_of_rows("voting_ballotalpha", "alpha")
    assert alphas == sorted(alphas)
    trackers = Ballot.objects.order_by("height").values_list("tracker", flat=True)
    assert moved_out_of("voting_ballot") == [bytes(tracker) for tracker in trackers]


def test_a54_the_counters_name_no_credential_and_end_together():
    made = make_election(questions=[TREES], voters=2, trustees=1)
    now = made.election.opens_at
    for voter in (0, 1):
        counter = check_attempts(uuid=made.election.uuid, credential=made.public(voter), now=now)
        count_attempt(counter=counter, now=now + timedelta(seconds=voter))

    client = cache._cache.get_client()
    keys = [key.decode() for key in client.keys("*")]
    counters = [key for key in keys if ":cast:" in key]
    assert len(counters) == 2
    assert not any(made.public(voter) in key for key in keys for voter in (0, 1))
    assert len({client.ttl(key) for key in counters}) <= 2
    assert all(0 < client.ttl(key) <= 3600 for key in counters)


APPEND_ONLY = [
    ("voting_ballot", "body = '\\x00'"),
    ("voting_ballot", "credential = 'x'"),
    ("voting_ballot", "prev = '\\x00'"),
    ("voting_ballot", "height = 9, batch = 9"),
    ("voting_ballotalpha", "alpha = '\\x00'"),
    ("voting_credential", "public = 'x'"),
    ("voting_credential", "position = 99"),
    ("voting_recordevent", "height = 99"),
    ("voting_recordobject", "body = '\\x00'"),
    ("voting_election", "title = 'x'"),
    ("voting_election", "phase = 'SEALED'"),
    ("voting_election", "closes_at = closes_at + interval '1 day'"),
    ("voting_question", "text = 'x'"),
    ("voting_trustee", "public_key = 'x'"),
]


@pytest.fixture
def cast_and_recorded():
    return make_election(questions=[TREES], voters=2, trustees=1, votes=[(0, [YES])])


def attempt(statement, *, role="origin"):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL session_replication_role = {role}")
        with (
            pytest.raises(DatabaseError, match=r"possible|change|move|sealed|recorded"),
            transaction.atomic(),
        ):
            cursor.execute(statement)


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_what_was_accepted_cannot_be_changed_deleted_or_emptied(cast_and_recorded, role):
    for table, change in APPEND_ONLY:
        attempt(f"UPDATE {table} SET {change}", role=role)
    for table in sorted({table for table, _change in APPEND_ONLY} | {"voting_record"}):
        attempt(f"DELETE FROM {table}", role=role)
        attempt(f"TRUNCATE {table} CASCADE", role=role)


def test_a46_no_credential_can_be_added_once_the_election_is_sealed(cast_and_recorded):
    with pytest.raises(DatabaseError, match="sealed"), transaction.atomic():
        Credential.objects.create(election=cast_and_recorded.election, public="ab" * 32)

    assert Credential.objects.count() == 2
