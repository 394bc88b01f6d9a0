import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import LogEntry
from audit.services.log import append_entry
from tests.factories.voting import make_election, run_log
from tests.integration.voting.test_shuffling import RANK, VOTES
from voting import tasks
from voting.models import Election, RecordEvent
from voting.selectors.log_comparison import elections_that_differ, log_differences
from voting.services.recording import record_waiting_ballots

pytestmark = pytest.mark.django_db


@pytest.fixture
def published():
    return make_election(phase=Election.Phase.PUBLISHED, questions=[RANK], votes=VOTES)


def owner_does(table, statement, *parameters):
    """Change what no program of ours changes, as somebody with all rights could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, parameters)


def entry_of(election, height):
    event = RecordEvent.objects.get(election=election, height=height)
    return LogEntry.objects.get(identity=bytes(event.entry))


def test_every_record_is_as_the_log_says(published):
    make_election(
        phase=Election.Phase.OPEN, profile=0, title="Another", votes=[(0, [[1, 0], [0, 1, 0, 0]])]
    )

    assert elections_that_differ() == {}
    assert tasks.compare_with_log() == []
    output = io.StringIO()
    call_command("compare_log", stdout=output)
    assert "Everything in the database is as the log says." in output.getvalue()


def test_an_event_that_waits_for_its_place_in_the_log_is_no_difference():
    made = make_election(phase=Election.Phase.OPEN, questions=[RANK])
    made.cast(0, [[1, 2, 3]])
    record_waiting_ballots(election=made.election)

    assert log_differences(election=made.election) == []
    run_log()
    assert log_differences(election=made.election) == []


def test_a_missing_entry_is_named(published, caplog):
    owner_does(
        "audit_logentry",
        "DELETE FROM audit_logentry WHERE index = %s",
        entry_of(published.election, 2).index,
    )

    (difference,) = log_differences(election=published.election)
    assert "the event of height 2 should stand before" in difference
    assert tasks.compare_with_log() == [published.election.uuid]
    assert "the event of height 2" in caplog.text


def test_the_last_entry_missing_is_named(published):
    last = RecordEvent.objects.filter(election=published.election).order_by("-height").first()
    owner_does(
        "audit_logentry",
        "DELETE FROM audit_logentry WHERE index = %s",
        entry_of(published.election, last.height).index,
    )

    assert log_differences(election=published.election) == [
        f"the event of height {last.height} is not in the log"
    ]


def test_an_entry_of_no_event_is_named(published):
    append_entry(
        kind="election-event",
        body={
            "election": published.election.uuid,
            "event": "0" * 64,
            "height": 2,
            "type": "Ballot",
            "payload": "1" * 64,
        },
    )
    run_log()

    (difference,) = log_differences(election=published.election)
    assert "an event of height 2 and type 'Ballot' is of this election, but not" in difference


@pytest.mark.parametrize("heights", [(1, 2), (2, 3)])
def test_entries_in_another_order_are_named(published, heights):
    first, second = (entry_of(published.election, height).index for height in heights)
    for old, new in ((first, 10**6), (second, first), (10**6, second)):
        owner_does(
            "audit_logentry", "UPDATE audit_logentry SET index = %s WHERE index = %s", new, old
        )

    differences = log_differences(election=published.election)
    assert any("stands here again or too late" in difference for difference in differences)


@pytest.mark.parametrize("column", ["body", "payload", "companion"])
def test_a_changed_row_of_the_record_is_named_and_the_command_fails(published, column):
    event = RecordEvent.objects.get(election=published.election, type="Shuffle", owner=1)
    owner_does(
        "voting_recordevent",
        f"UPDATE voting_recordevent SET {column} = 'x'::bytea WHERE id = %s",
        event.pk,
    )

    output = io.StringIO()
    with pytest.raises(CommandError, match="1 elections and 0 texts or acts differ"):
        call_command("compare_log", stdout=output)
    assert f"election {published.election.uuid} differs from the log" in output.getvalue()
    assert "not of this record" in output.getvalue()


def test_a_changed_statement_of_a_ballot_is_named(published):
    owner_does("voting_ballot", "UPDATE voting_ballot SET statement = 'x'::bytea WHERE height = 2")

    assert any("not of this record" in one for one in log_differences(election=published.election))
