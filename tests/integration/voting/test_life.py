import pytest

from audit.models import LogEntry
from evote.encoding import sha256_hex
from evote.record import read_record
from evote.tlog import note
from audit.selectors import verifier_key
from evote.tlog.note import VerifierKey
from tests.factories.voting import make_election, tracker_of
from voting.models import Election
from voting.selectors.elections import result_of, turnout_of
from voting.selectors.record import record_bytes
from voting.services.record_file import check_record_file, grow_record_file

pytestmark = pytest.mark.django_db

YES, NO, NEITHER = [1, 0], [0, 1], [0, 0]
MILL, SQUARE, BLANK = [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]
BOTH = [0, 1, 1, 0]


def counts(made):
    return [[answer.count for answer in question.answers] for question in result_of(election=made.election)]


def test_a_whole_election_with_revotes_counts_every_last_ballot():
    made = make_election(
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

    assert counts(made) == [[2, 1], [2, 1, 1, 0]]
    assert made.election.phase == Election.Phase.PUBLISHED
