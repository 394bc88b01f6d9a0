"""Which elections take ballots, as each process remembers it for a second."""

import time
from functools import lru_cache

from voting.models.election import Election
from voting.selectors.elections import election_at_slot

ELECTIONS_KEPT = 64


class _NotOpen(Exception):
    """Nothing to remember: it may open at any moment."""

    def __init__(self, election: Election | None) -> None:
        super().__init__()
        self.election = election


def election_for_casting(*, uuid: str) -> Election | None:
    """Return a public election with what casting needs of it.

    An open one may be of a second ago. That is good for its sealed description, which does not
    change; whether it still takes ballots is said by its row, locked when a ballot is stored.
    """
    try:
        return _open_election(uuid, int(time.monotonic()))
    except _NotOpen as found:
        return found.election


@lru_cache(maxsize=ELECTIONS_KEPT)
def _open_election(uuid: str, _second: int) -> Election:
    election = election_at_slot(uuid=uuid)
    if election is None or election.phase != Election.Phase.OPEN:
        raise _NotOpen(election)
    return election
