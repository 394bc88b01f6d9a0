import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from evote.verify import Verdict, verify_record
from tests.factories.threads import many_at_once
from tests.factories.voting import TREES, make_election, run_log, tracker_of
from voting import tasks
from voting.models import Ballot, Challenge, Election, Record, RecordEvent, Registration, TallyChunk
from voting.models.ballot import NO_PREVIOUS_BALLOT
from voting.selectors.elections import result_of
from voting.selectors.record import record_bytes
from voting.services.box import open_slot
from voting.services.casting import cast_ballot
from voting.services.challenging import challenge_ballot
from voting.services.decrypting import accept_partial_decryption
from voting.services.phases import Refused
from voting.services.polls import close_election
from voting.services.record_file import check_record_file
from voting.services.recording import append_batch, record_waiting_ballots
from voting.services.refusals import BallotRejected, ChallengeRefused, StalePrev
from voting.services.registrations import receive_ballot, take_permit

pytestmark = pytest.mark.django_db(transaction=True)

YES, NO = [1, 0], [0, 1]


def make(**fields):
    now = timezone.now()
    return make_election(
        **{
            "questions": [TREES],
            "trustees": 1,
            "profile": 0,
            "opens_at": now - timedelta(hours=1),
            "closes_at": now + timedelta(days=1),
        }
        | fields
    )


def cast(made, ballot, *, prev=NO_PREVIOUS_BALLOT, at=None, voter=0):
    try:
        return cast_ballot(
            election=made.election,
            submission=made.submission(voter, ballot, prev=prev),
            doorkeeper=None,
            received_at=at or timezone.now(),
        )
    except BallotRejected as refusal:
        return refusal


def verdict(made):
    return verify_record(record_bytes(election=made.election), progress=lambda *_: None).verdict


@pytest.mark.parametrize("profile", [0, 1])
def test_a41_of_fifty_ballots_with_the_same_prev_one_wins_and_the_others_learn_which(
    monkeypatch, profile
):
    monkeypatch.setattr("voting.services.bounds.BALLOTS_PER_HOUR", 100)
    made = make(voters=1, profile=profile)
    ballots = [made.ballot(0, [YES if number % 2 else NO]) for number in range(50)]

    outcomes = many_at_once(lambda number: cast(made, ballots[number]), times=50)

    winners = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    losers = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(winners) == 1
    assert winners[0].is_new
    assert all(isinstance(loser, StalePrev) for loser in losers)
    assert {loser.current for loser in losers} == {winners[0].receipt.tracker}
    assert Ballot.objects.count() == 1


def test_a48_of_casting_and_challenging_the_same_ballot_at_once_one_happens():
    made = make(voters=8)
    ballots = [made.ballot(voter, [YES]) for voter in range(8)]

    def act(number):
        ballot = ballots[number // 2]
        if number % 2:
            return cast(made, ballot, voter=number // 2)
        answers = json.loads(ballot)["answers"]
        alphas = [choice["alpha"] for answer in answers for choice in answer["choices"]]
        try:
            return challenge_ballot(
                election=made.election,
                tracker=tracker_of(ballot),
                alphas=[bytes.fromhex(alpha) for alpha in alphas],
                received_at=timezone.now(),
            )
        except ChallengeRefused as refusal:
            return refusal

    outcomes = many_at_once(act, times=16)

    for challenged, was_cast in zip(outcomes[::2], outcomes[1::2], strict=True):
        refused = [one for one in (challenged, was_cast) if isinstance(one, Exception)]
        assert [refusal.code in {"already_cast", "challenged"} for refusal in refused] == [True]
    in_box = set(Ballot.objects.values_list("tracker", flat=True))
    opened = set(Challenge.objects.values_list("tracker", flat=True))
    assert len(in_box) + len(opened) == 8
    assert not {bytes(one) for one in in_box} & {bytes(one) for one in opened}


def test_two_accounts_that_race_for_one_credential_do_not_both_get_it():
    made = make(
        emails=[f"voter{number}@example.org" for number in range(8)],
        access=Election.Access.ACCOUNT_AND_CREDENTIAL,
    )
    permits = [
        take_permit(election=made.election, email=f"voter{number}@example.org", now=timezone.now())
        for number in range(8)
    ]
    ballots = [made.ballot(0, [YES]) for _ in range(8)]

    def act(number):
        try:
            return receive_ballot(
                election=made.election,
                submission=made.submission(0, ballots[number]),
                permit=permits[number],
                received_at=timezone.now(),
            )
        except BallotRejected as refusal:
            return refusal

    outcomes = many_at_once(act, times=8)

    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [refusal.code for refusal in refused] == ["other_account"] * 7
    assert Registration.objects.count() == Ballot.objects.count() == 1


def test_a41_a_revote_races_too_and_the_chain_never_forks():
    made = make(voters=1)
    first = made.cast(0, [YES]).receipt.tracker
    ballots = [made.ballot(0, [NO]) for _ in range(20)]

    outcomes = many_at_once(lambda number: cast(made, ballots[number], prev=first), times=20)

    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
    assert Ballot.objects.filter(prev=first).count() == 1


def test_the_same_ballot_sent_twenty_times_at_once_is_one_ballot_with_one_receipt():
    made = make(voters=1)
    ballot = made.ballot(0, [YES])

    outcomes = many_at_once(lambda _number: cast(made, ballot), times=20)

    assert sum(outcome.is_new for outcome in outcomes) == 1
    assert {outcome.receipt for outcome in outcomes} == {outcomes[0].receipt}
    assert Ballot.objects.count() == 1


def test_a86_while_the_polls_close_each_ballot_is_in_the_record_or_refused():
    made = make(voters=40)
    ballots = [made.ballot(voter, [YES]) for voter in range(40)]
    made.election.refresh_from_db()
    closes_at = made.election.closes_at

    def act(number):
        if number % 20 == 7:
            try:
                return close_election(election=made.election, now=closes_at)
            except Refused as refusal:
                return refusal
        if number % 20 == 13:
            return record_waiting_ballots(election=made.election)
        return cast(made, ballots[number])

    outcomes = many_at_once(act, times=40)

    accepted = {
        tracker_of(ballots[number])
        for number, outcome in enumerate(outcomes)
        if number % 20 not in {7, 13} and not isinstance(outcome, Exception)
    }
    refused = [outcome for outcome in outcomes if isinstance(outcome, BallotRejected)]
    recorded = {
        bytes(payload)
        for payload in RecordEvent.objects.filter(type="Ballot").values_list("payload", flat=True)
    }
    assert accepted == recorded
    assert {refusal.code for refusal in refused} <= {"not_open"}
    assert len(accepted) + len(refused) == 36
    assert not Ballot.objects.filter(height__isnull=True).exists()
    assert verdict(made) == Verdict.UNFINISHED


def test_closing_waits_for_a_batch_that_is_being_recorded_and_the_batch_for_nothing():
    made = make(voters=2)
    for voter in (0, 1):
        made.cast(voter, [YES])
    made.election.refresh_from_db()
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        record = Record.objects.select_for_update().get(election=made.election)
        closing = pool.submit(close_in_a_thread, made.election)
        wait_until_somebody_waits_for_a_lock()
        append_batch(election=made.election, record=record, limit=None)
    closing.result()

    made.election.refresh_from_db()
    assert made.election.phase == Election.Phase.CLOSED
    assert verdict(made) == Verdict.UNFINISHED


def close_in_a_thread(election):
    try:
        close_election(election=election, now=election.closes_at)
    finally:
        connection.close()


def wait_until_somebody_waits_for_a_lock():
    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.05)
    pytest.fail("nobody came to close the polls")


def test_recording_goes_on_while_voters_cast():
    made = make(voters=2)
    made.cast(0, [YES])
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        open_slot(election=made.election, credential=made.public(1))
        recorded = pool.submit(record_in_a_thread, made.election).result(timeout=60)

    assert recorded == 1


def record_in_a_thread(election):
    try:
        return record_waiting_ballots(election=election)
    finally:
        connection.close()


def test_a81_every_sweep_eight_times_at_once_has_one_effect():
    now = timezone.now()
    made = make(
        phase=Election.Phase.SEALED,
        voters=6,
        trustees=2,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(hours=1),
    )
    many_at_once(lambda _number: tasks.open_due_elections(), times=8)
    for voter in range(6):
        made.cast(voter, [YES if voter % 2 else NO], at=now)
    many_at_once(lambda _number: tasks.record_ballots(), times=8)
    close_together(made, now=now + timedelta(hours=2))
    many_at_once(lambda _number: tasks.tally_closed_elections(), times=8)
    # A sweep leaves a row that another one holds to the next sweep, two seconds later.
    tasks.tally_closed_elections()
    made.election.refresh_from_db()
    parts = {owner: made.decryption(owner) for owner in (1, 2)}
    many_at_once(
        lambda number: accept_partial_decryption(
            election=made.election, owner=number % 2 + 1, data=parts[number % 2 + 1]
        ),
        times=8,
    )
    many_at_once(lambda _number: tasks.publish_results(), times=8)
    tasks.publish_results()
    run_log()

    types = Counter(RecordEvent.objects.values_list("type", flat=True))
    assert types == {
        "Setup": 1,
        "Ballot": 6,
        "EndBallots": 1,
        "EncryptedTally": 1,
        "PartialDecryption": 2,
        "Result": 1,
    }
    made.election.refresh_from_db()
    assert made.election.phase == Election.Phase.PUBLISHED
    assert [one.count for one in result_of(election=made.election)[0].answers] == [3, 3]
    assert verdict(made) == Verdict.COMPLETE
    check_record_file(election=made.election)


def close_together(made, *, now):
    def act(_number):
        try:
            return close_election(election=made.election, now=now)
        except Refused as refusal:
            return refusal

    outcomes = many_at_once(act, times=8)
    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1


def test_several_workers_share_the_chunks_of_one_tally(monkeypatch):
    monkeypatch.setattr("voting.services.tallying.BALLOTS_PER_CHUNK", 2)
    made = make(voters=9, votes=[(voter, [YES]) for voter in range(9)], phase=Election.Phase.CLOSED)

    many_at_once(lambda _number: tasks.tally_closed_elections(), times=4)
    tasks.tally_closed_elections()

    made.election.refresh_from_db()
    assert made.election.phase == Election.Phase.TALLIED
    assert TallyChunk.objects.count() == 5
    made.decrypt()
    made.publish()
    assert [one.count for one in result_of(election=made.election)[0].answers] == [9, 0]
    assert verdict(made) == Verdict.COMPLETE
