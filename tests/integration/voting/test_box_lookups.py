"""However many rows the database believes there are, a look-up reads what it asks for alone."""

from contextlib import contextmanager

import pytest
from django.db import connection

from audit.selectors.binary import binary_cursor
from tests.factories.voting import make_election
from voting.selectors import ballots
from voting.services import box

OTHERS = 3000
ASKED = [number.to_bytes(32, "big") for number in range(30)]
CREDENTIALS = [digest.hex() for digest in ASKED]


class Explained:
    """A cursor that asks how a statement is going to be done, before it has it done."""

    def __init__(self, cursor, plan):
        self.cursor = cursor
        self.plan = plan

    def execute(self, statement, parameters, *, binary):
        rows = self.cursor.execute(f"EXPLAIN {statement}", parameters).fetchall()
        self.plan.extend(line.strip() for (line,) in rows)
        return self.cursor.execute(statement, parameters, binary=binary)


@pytest.fixture
def plan(monkeypatch):
    plan = []

    @contextmanager
    def explaining():
        with binary_cursor() as cursor:
            yield Explained(cursor, plan)

    for module in (ballots, box):
        monkeypatch.setattr(module, "binary_cursor", explaining)
    return plan


def fill(election):
    """Write many rows of an election, as nobody but a test could."""
    rows = {
        "voting_ballot (id, election_id, tracker, credential, prev, body)": (
            "gen_random_uuid(), %s, digest, encode(digest, 'hex'), digest, ''"
        ),
        "voting_ballotalpha (election_id, alpha, is_mingled, is_challenged)": (
            "%s, digest, true, false"
        ),
    }
    with connection.cursor() as cursor:
        for table, values in rows.items():
            cursor.execute(
                f"INSERT INTO {table} SELECT {values} FROM generate_series(1, {OTHERS}) AS number,"
                " sha256(number::text::bytea) AS digest",
                [election.pk],
            )


def count_rows():
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE voting_ballot, voting_ballotalpha")


@pytest.fixture(params=["never", "before", "now"])
def election(request, db):
    """An election with many rows; the database counted its tables never, before that, or now."""
    first, second = (make_election(voters=1, trustees=1).election for _ in range(2))
    if request.param == "before":
        fill(first)
        count_rows()
    fill(second)
    if request.param == "now":
        count_rows()
    return second


def test_a_turn_is_looked_up_value_by_value(election, plan):
    ballots.find_in_box(election=election, trackers=ASKED, credentials=CREDENTIALS, alphas=ASKED)

    conditions = [line for line in plan if line.startswith("Index Cond")]
    assert [line for line in conditions if "(tracker = given" in line]
    assert [line for line in conditions if "(alpha = given" in line]
    assert not [line for line in conditions if "election_id" in line]
    assert not [line for line in plan if "Seq Scan on voting_ballot" in line]


def test_the_ends_of_chains_are_looked_up_one_by_one(election, plan):
    box.open_slots(election=election, credentials=CREDENTIALS)

    assert [line for line in plan if line.startswith("Index Cond") and "credential" in line]
    assert not [line for line in plan if "Seq Scan on voting_ballot" in line]
