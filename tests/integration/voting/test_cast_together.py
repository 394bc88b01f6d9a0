import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.cache import cache, caches
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from evote.credential import generate_credential
from tests.factories.forgeries import signed
from tests.factories.voting import TREES, make_election, tracker_of
from voting.models import Ballot, BallotAlpha, Election
from voting.models.ballot import NO_PREVIOUS_BALLOT
from voting.services import casting_together
from voting.services.bounds import (
    BALLOTS_PER_HOUR,
    Toll,
    TollRefused,
    check_attempts,
    count_attempts,
)
from voting.services.casting import cast_ballot
from voting.services.casting_together import gathering_of
from voting.services.challenging import challenge_ballot
from voting.services.refusals import BallotRejected, StalePrev, TooManyBallots

pytestmark = pytest.mark.django_db(transaction=True)

YES, NO = [1, 0], [0, 1]
SECONDS = 60


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Let the ballots of this test's elections wait for each other as long as it takes."""

    def be_patient(seconds):
        monkeypatch.setattr(casting_together, "PATIENCE_SECONDS", seconds)

    be_patient(3 * SECONDS)
    gathering_of.cache_clear()
    return be_patient


@pytest.fixture(params=[0, 1])
def made(request):
    return make_open_election(profile=request.param, voters=52)


def make_open_election(*, profile, voters):
    now = timezone.now()
    return make_election(
        questions=[TREES],
        trustees=1,
        profile=profile,
        voters=voters,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )


def cast(made, submission, *, toll=None):
    """Cast in a thread of its own; return the outcome, whatever it is."""
    try:
        return cast_ballot(
            election=made.election,
            submission=submission,
            doorkeeper=None,
            received_at=timezone.now(),
            toll=toll,
        )
    except (BallotRejected, DatabaseError, TollRefused) as refusal:
        return refusal
    finally:
        connection.close()


@contextmanager
def held_up(made):
    """Let nobody store a ballot yet."""
    with transaction.atomic():
        Election.objects.select_for_update().get(pk=made.election.pk)
        yield


def cast_in_one_turn(made, submissions, *, toll=None):
    """Have the first one wait for the election's row while all the others gather behind it.

    `toll` is that of all the others.
    """
    made.election.refresh_from_db()
    with ThreadPoolExecutor(len(submissions)) as pool:
        with held_up(made):
            futures = [pool.submit(cast, made, submissions[0])]
            wait_until(somebody_waits_for_a_lock)
            futures += [pool.submit(cast, made, one, toll=toll) for one in submissions[1:]]
            wait_until(lambda: guests_of(made) == len(submissions) - 1)
        return [future.result(SECONDS) for future in futures]


def guests_of(made):
    return gathering_of(made.election.pk).waiting_count


def somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def wait_until(question):
    deadline = time.monotonic() + SECONDS
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def transactions_of(submissions):
    """The transactions in which these ballots were stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT xmin::text FROM voting_ballot WHERE tracker = ANY(%s)",
            [[tracker_of(one.body) for one in submissions]],
        )
        return {row[0] for row in cursor.fetchall()}


def altered(ballot, change):
    item = json.loads(ballot)
    change(item)
    return item


def digit_changed(text):
    return text[:-1] + str((int(text[-1]) + 1) % 10)


def test_each_of_sixty_four_gets_the_answer_that_it_gets_alone(made):
    uuid, description = made.election.uuid, made.description
    compact = {"separators": (",", ":")}

    def forge_signature(item):
        proof = item["signature"]["proof"]
        proof["response"] = digit_changed(proof["response"])

    def forge_proof(item):
        proof = item["answers"][0]["individual_proofs"][0][0]
        proof["response"] = digit_changed(proof["response"])

    good = [made.submission(voter, made.ballot(voter, [YES])) for voter in range(40)]
    ballot = made.ballot(40, [YES])
    unsigned = made.submission(40, json.dumps(altered(ballot, forge_signature), **compact).encode())
    unproven = made.submission(
        41,
        signed(
            altered(made.ballot(41, [YES]), forge_proof),
            uuid=uuid,
            credential=made.credentials[41],
        ),
    )
    made.credentials.append(generate_credential())
    stranger = made.submission(52, made.ballot(52, [YES]))
    twice = made.submission(42, made.ballot(42, [YES]))
    first = {voter: made.cast(voter, [YES], at=timezone.now()) for voter in (43, 44)}
    stale = made.submission(43, made.ballot(43, [NO]))
    revotes = [
        made.submission(44, made.ballot(44, [NO]), prev=first[44].receipt.tracker) for _ in range(2)
    ]
    opened = made.ballot(45, [YES])
    challenge_ballot(
        election=made.election,
        tracker=tracker_of(opened),
        alphas=alphas_of(opened),
        received_at=timezone.now(),
    )
    challenged = made.submission(45, opened)
    busy = made.submission(46, made.ballot(46, [YES]))
    counter = check_attempts(uuid=uuid, credential=made.public(46), now=timezone.now())
    count_attempts(counters=[counter] * BALLOTS_PER_HOUR, now=timezone.now())
    copied = json.loads(made.ballot(47, [YES]))
    copied["answers"] = json.loads(good[5].body)["answers"]
    copy = made.submission(47, signed(copied, uuid=uuid, credential=made.credentials[47]))
    late = [made.submission(voter, made.ballot(voter, [NO])) for voter in range(48, 51)]
    wrong_statement = made.submission(51, made.ballot(51, [YES]), prev=bytes(range(32)))
    assert description.uuid == uuid

    special = [unsigned, unproven, stranger, twice, twice, stale, *revotes, challenged, busy, copy]
    outcomes = cast_in_one_turn(made, [*good, *special, *late, wrong_statement])

    accepted = outcomes[:40] + outcomes[51:54]
    assert all(outcome.is_new for outcome in accepted)
    assert [outcome.receipt.tracker for outcome in accepted] == [
        tracker_of(one.body) for one in [*good, *late]
    ]
    # The fifth may come after its copy, and then it goes alone.
    assert len(transactions_of([*good[1:5], *good[6:], *late])) == 1
    assert codes(outcomes[40:43]) == ["bad_signature", "bad_proof", "unknown_credential"]
    assert sorted(outcome.is_new for outcome in outcomes[43:45]) == [False, True]
    assert outcomes[43].receipt == outcomes[44].receipt
    assert isinstance(outcomes[45], StalePrev)
    assert outcomes[45].current == first[43].receipt.tracker
    (winner,) = [one for one in outcomes[46:48] if not isinstance(one, Exception)]
    (loser,) = [one for one in outcomes[46:48] if isinstance(one, StalePrev)]
    assert winner.is_new
    assert loser.current == winner.receipt.tracker
    assert codes([outcomes[48]]) == ["challenged"]
    assert isinstance(outcomes[49], TooManyBallots)
    assert outcomes[49].retry_after_seconds is not None
    # In the box or on its way there: the copy is seen as one, or its proofs fail.
    assert codes([outcomes[50]])[0] in {"duplicate_ciphertext", "bad_proof"}
    assert isinstance(outcomes[54], StalePrev)
    assert outcomes[54].current == NO_PREVIOUS_BALLOT
    in_box = {bytes(tracker) for tracker in Ballot.objects.values_list("tracker", flat=True)}
    assert in_box == {
        *(tracker_of(one.body) for one in [*good, *late, twice]),
        *(one.receipt.tracker for one in first.values()),
        winner.receipt.tracker,
    }
    rows = Ballot.objects.count()
    assert BallotAlpha.objects.filter(is_challenged=False).count() == 2 * rows
    assert Ballot.objects.filter(election=made.election).count() == rows == 47


def codes(outcomes):
    return [outcome.code for outcome in outcomes]


def alphas_of(ballot):
    return [
        bytes.fromhex(choice["alpha"])
        for answer in json.loads(ballot)["answers"]
        for choice in answer["choices"]
    ]


def test_a86_polls_that_close_before_a_turn_is_stored_close_for_all_of_it(made):
    submissions = [made.submission(voter, made.ballot(voter, [YES])) for voter in range(12)]
    made.election.refresh_from_db()
    with ThreadPoolExecutor(len(submissions)) as pool:
        with held_up(made):
            futures = [pool.submit(cast, made, submissions[0])]
            wait_until(somebody_waits_for_a_lock)
            futures += [pool.submit(cast, made, one) for one in submissions[1:]]
            wait_until(lambda: guests_of(made) == len(submissions) - 1)
            Election.objects.filter(pk=made.election.pk).update(phase=Election.Phase.CLOSED)
        outcomes = [future.result(SECONDS) for future in futures]

    assert codes(outcomes) == ["not_open"] * 12
    assert not Ballot.objects.exists()
    assert not BallotAlpha.objects.exists()


@pytest.fixture
def refused_credential():
    """Have the database itself fail for one credential."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'the disk is on fire'; END $$"
        )

    def refuse(credential):
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TRIGGER refuse_one BEFORE INSERT ON voting_ballot FOR EACH ROW"
                f" WHEN (NEW.credential = '{credential}') EXECUTE FUNCTION refuse_one()"
            )

    yield refuse
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse_one CASCADE")


def test_an_error_of_the_database_in_one_ballot_harms_no_other(made, refused_credential):
    submissions = [made.submission(voter, made.ballot(voter, [YES])) for voter in range(12)]
    refused_credential(made.public(7))

    outcomes = cast_in_one_turn(made, submissions)

    assert isinstance(outcomes.pop(7), DatabaseError)
    assert all(outcome.is_new for outcome in outcomes)
    assert Ballot.objects.count() == 11


def test_the_log_says_what_kind_of_error_sent_a_turn_apart(made, refused_credential, caplog):
    submissions = [made.submission(voter, made.ballot(voter, [YES])) for voter in range(3)]
    refused_credential(made.public(1))

    cast_in_one_turn(made, submissions)

    assert "2 threads at once failed (ProgrammingError)" in caplog.text
    assert "fire" not in caplog.text


def test_attempts_are_counted_once_for_each_ballot_of_a_turn(made):
    submissions = [made.submission(voter, made.ballot(voter, [YES])) for voter in range(6)]
    stale = made.submission(5, made.ballot(5, [NO]), prev=bytes(range(32)))

    cast_in_one_turn(made, [*submissions, stale])

    counters = [
        check_attempts(uuid=made.election.uuid, credential=made.public(voter), now=timezone.now())
        for voter in range(6)
    ]
    assert [cache.get(counter) for counter in counters] == [1] * 5 + [2]
    assert len(transactions_of(submissions[1:5])) == 1


def attempts_of(made, voter):
    uuid, credential = made.election.uuid, made.public(voter)
    return cache.get(check_attempts(uuid=uuid, credential=credential, now=timezone.now()))


def test_a86_whoever_comes_after_the_end_is_told_at_once_and_nothing_is_counted(made):
    made.close()
    submission = made.submission(0, made.ballot(0, [YES]))
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Election.objects.select_for_update(no_key=True).get(pk=made.election.pk)

        outcome = pool.submit(cast, made, submission).result(SECONDS)

    assert codes([outcome]) == ["not_open"]
    assert attempts_of(made, 0) is None
    assert gathering_of.cache_info().currsize == 0


def test_no_election_waits_for_another(made):
    other = make_open_election(profile=1, voters=1)
    made.election.refresh_from_db()
    with ThreadPoolExecutor(2) as pool:
        with held_up(made):
            stuck = pool.submit(cast, made, made.submission(0, made.ballot(0, [YES])))
            wait_until(somebody_waits_for_a_lock)

            elsewhere = pool.submit(cast, other, other.submission(0, other.ballot(0, [YES])))

            assert elsewhere.result(SECONDS).is_new
            assert not stuck.done()
        assert stuck.result(SECONDS).is_new


@contextmanager
def stuck(alpha, *, election):
    """Let nobody store this α until the end: whoever comes waits for what becomes of it."""
    with transaction.atomic():
        BallotAlpha.objects.create(election=election, alpha=alpha)
        yield
        transaction.set_rollback(True)


def test_whoever_has_waited_long_enough_for_a_turn_to_begin_goes_alone(made, patience):
    patience(0.2)
    first, second = (made.submission(voter, made.ballot(voter, [YES])) for voter in range(2))
    made.election.refresh_from_db()
    with ThreadPoolExecutor(2) as pool:
        with stuck(min(alphas_of(first.body)), election=made.election):
            leader = pool.submit(cast, made, first)
            wait_until(somebody_waits_for_a_lock)

            assert pool.submit(cast, made, second).result(SECONDS).is_new

            assert not leader.done()
        assert leader.result(SECONDS).is_new

    assert Ballot.objects.count() == 2
    assert [attempts_of(made, voter) for voter in range(2)] == [1, 1]


def test_whoever_has_waited_long_enough_for_a_turn_to_end_is_stored_once(made, patience):
    patience(3)
    submissions = [made.submission(voter, made.ballot(voter, [YES])) for voter in range(3)]
    # A turn writes every α by size: it stops before it has written anything of the follower's.
    leading, following, first = sorted(submissions, key=lambda one: min(alphas_of(one.body)))
    made.election.refresh_from_db()
    with ThreadPoolExecutor(3) as pool:
        with stuck(min(alphas_of(leading.body)), election=made.election):
            with transaction.atomic():
                Election.objects.select_for_update().get(pk=made.election.pk)
                futures = [pool.submit(cast, made, first)]
                wait_until(somebody_waits_for_a_lock)
                for number, one in enumerate((leading, following), start=1):
                    futures.append(pool.submit(cast, made, one))
                    wait_until(lambda number=number: guests_of(made) == number)
                transaction.set_rollback(True)

            assert futures[2].result(SECONDS).is_new

            assert not futures[1].done()
        assert all(future.result(SECONDS).is_new for future in futures)

    trackers = sorted(bytes(one) for one in Ballot.objects.values_list("tracker", flat=True))
    assert trackers == sorted(tracker_of(one.body) for one in submissions)
    assert BallotAlpha.objects.count() == 6
    assert [attempts_of(made, voter) for voter in range(3)] == [1, 1, 1]


def test_a60_a_turn_stores_no_more_than_its_toll_allows(made):
    toll = Toll(counter="one-turn", seconds=SECONDS, limit=4)
    submissions = [made.submission(voter, made.ballot(voter, [YES])) for voter in range(11)]

    first, *outcomes = cast_in_one_turn(made, submissions, toll=toll)

    stored = [one for one in outcomes if not isinstance(one, TollRefused)]
    assert first.is_new
    assert [one.is_new for one in stored] == [True] * 4
    assert Ballot.objects.count() == 5
    assert len(transactions_of(submissions[1:])) == 1
    assert cache.get(toll.counter) == 10


def test_a82_without_valkey_a_turn_is_counted_by_the_process(made, settings):
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}
    }
    caches["process"].delete("one-turn")
    toll = Toll(counter="one-turn", seconds=SECONDS, limit=4)
    submissions = [made.submission(voter, made.ballot(voter, [YES])) for voter in range(10)]
    made.election.refresh_from_db()

    with ThreadPoolExecutor(len(submissions)) as pool:
        outcomes = list(pool.map(lambda one: cast(made, one, toll=toll), submissions))

    stored = [one for one in outcomes if not isinstance(one, TollRefused)]
    assert [one.is_new for one in stored] == [True] * 4
    assert Ballot.objects.count() == 4
    assert caches["process"].get(toll.counter) == 10
