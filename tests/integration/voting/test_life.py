import hashlib
import json
from datetime import timedelta

import pytest

from audit.models import LogEntry
from audit.selectors import verifier_key
from evote.record import read_record
from evote.tlog.note import VerifierKey, verify_note
from evote.verify import Verdict
from tests.factories.voting import TREES, make_election
from voting.models import Ballot, Election, RecordEvent
from voting.selectors.elections import result_of, turnout_of
from voting.selectors.record import record_bytes
from voting.services.polls import close_election, open_election

pytestmark = pytest.mark.django_db

YES, NO, NEITHER = [1, 0], [0, 1], [0, 0]
MILL, SQUARE, BOTH, BLANK = [0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 0]


def counts(made):
    return [
        [one.count for one in question.answers] for question in result_of(election=made.election)
    ]


@pytest.fixture
def published():
    return make_election(
        phase=Election.Phase.PUBLISHED,
        voters=5,
        votes=[
            (0, [YES, MILL]),
            (1, [YES, SQUARE]),
            (2, [NO, BLANK]),
            (0, [NO, BOTH]),
            (3, [NEITHER, MILL]),
            (0, [YES, BLANK]),
        ],
    )


def test_a_whole_election_with_revotes_is_complete_for_a_stranger_and_counts_every_last_ballot(
    published,
):
    report = published.report()

    assert report.verdict == Verdict.COMPLETE
    assert report.result.counts == ((2, 1), (2, 1, 1, 0))
    assert counts(published) == [[2, 1], [2, 1, 1, 0]]
    assert report.sized_tally.num_tallied == 4
    turnout = turnout_of(election=published.election)
    assert (turnout.people, turnout.voters, turnout.ballots) == (5, 4, 6)


def test_every_event_is_an_entry_of_the_log_in_the_order_of_its_height(published):
    record = read_record(record_bytes(election=published.election))
    entries = [
        json.loads(bytes(entry.body))
        for entry in LogEntry.objects.filter(kind="election-event").order_by("index")
    ]

    assert [entry["height"] for entry in entries] == list(range(len(record.events)))
    assert [entry["event"] for entry in entries] == [event.hash for event in record.events]
    assert [entry.get("payload") for entry in entries] == [
        event.event.payload for event in record.events
    ]
    assert all(entry["election"] == published.election.uuid for entry in entries)


def test_the_result_is_signed_and_its_hash_is_in_the_log(published):
    note = published.election.result_note
    text = verify_note(note.encode(), keys=[VerifierKey.decode(verifier_key())]).text
    outcome = json.loads(bytes(LogEntry.objects.get(kind="election-outcome").body))

    assert f"result {outcome['result']}\n" in text
    assert outcome["note"] == hashlib.sha256(note.encode()).hexdigest()
    assert outcome["outcome"] == "counted"
    record = read_record(record_bytes(election=published.election))
    assert outcome["result"] == record.events[-1].event.payload


def test_the_sealed_description_says_how_the_election_is_run(published):
    context = published.description.context

    assert context["profile"] == 1
    assert context["access"] == "credential"
    assert context["credentials"] == "server"
    assert context["booth"] == published.election.booth_sha256
    assert context["log"] == "127.0.0.1:8000/log"


def test_a13_an_election_without_a_single_ballot_ends_below_its_minimum():
    made = make_election(phase=Election.Phase.CLOSED, voters=2)

    made.tally()

    assert made.election.phase == Election.Phase.UNCOUNTED
    assert made.report().verdict == Verdict.UNFINISHED


def test_a13_an_answer_nobody_chose_counts_zero():
    made = make_election(
        phase=Election.Phase.PUBLISHED, voters=1, questions=[TREES], votes=[(0, [NEITHER])]
    )

    assert counts(made) == [[0, 0]]


@pytest.mark.parametrize(
    ("phase", "verdict"),
    [
        (Election.Phase.SEALED, Verdict.UNFINISHED),
        (Election.Phase.OPEN, Verdict.UNFINISHED),
        (Election.Phase.CLOSED, Verdict.UNFINISHED),
        (Election.Phase.TALLIED, Verdict.UNFINISHED),
    ],
)
def test_the_record_is_valid_so_far_in_every_phase(phase, verdict):
    made = make_election(phase=phase, voters=2, votes=[(0, [YES, MILL])])

    assert made.report().verdict == verdict


def test_a37_ballots_that_were_replaced_are_not_in_the_tally():
    made = make_election(
        phase=Election.Phase.PUBLISHED,
        voters=1,
        questions=[TREES],
        votes=[(0, [YES]), (0, [YES]), (0, [NO])],
    )

    assert counts(made) == [[0, 1]]
    assert RecordEvent.objects.filter(election=made.election, type="Ballot").count() == 3


def test_closing_flushes_the_ballots_that_still_wait():
    made = make_election(voters=2)
    made.cast(0, [YES, MILL])
    made.cast(1, [NO, SQUARE])

    made.close()

    assert not Ballot.objects.filter(height__isnull=True).exists()
    assert made.report().verdict == Verdict.UNFINISHED
    types = list(
        RecordEvent.objects.filter(election=made.election)
        .order_by("height")
        .values_list("type", flat=True)
    )
    assert types == ["Setup", "Ballot", "Ballot", "EndBallots"]


def test_an_election_that_could_not_be_opened_in_time_ends_without_ballots():
    made = make_election(phase=Election.Phase.SEALED)
    late = made.election.closes_at + timedelta(days=1)

    open_election(election=made.election, now=late)
    close_election(election=made.election, now=late)

    made.election.refresh_from_db()
    assert made.election.phase == Election.Phase.CLOSED
