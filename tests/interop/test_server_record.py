"""A record that our server wrote, under somebody else's verifier (PROTOCOL 3.2)."""

import pytest

from tests.factories.voting import make_election
from tests.interop.test_belenios import accepts, needs_tool, tool
from voting.models import Election
from voting.selectors.record import record_bytes

__all__ = ["tool"]

YES, NO, NEITHER = [1, 0], [0, 1], [0, 0]
MILL, BOTH, BLANK = [0, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 0]


@needs_tool
@pytest.mark.django_db
@pytest.mark.usefixtures("data_folder")
@pytest.mark.parametrize("profile", [0, 1])
@pytest.mark.parametrize(
    "votes",
    [
        [(0, [YES, MILL])],
        [(0, [YES, MILL]), (1, [NO, BLANK]), (0, [NO, BOTH]), (2, [NEITHER, MILL])],
    ],
)
def test_the_record_of_an_election_on_this_server_is_accepted(tool, tmp_path, votes, profile):
    made = make_election(phase=Election.Phase.PUBLISHED, voters=4, votes=votes, profile=profile)

    assert accepts(tool, tmp_path, record_bytes(election=made.election), made.election.uuid)
