"""Questions to the ballot box. Blind: it knows credentials, never people."""

from collections.abc import Iterable

from voting.models.ballot import NO_PREVIOUS_BALLOT, Ballot, BallotAlpha
from voting.models.credential import Credential
from voting.models.election import Election
from voting.models.record import RecordEvent


def ballot_by_tracker(*, election: Election, tracker: bytes) -> Ballot | None:
    """Return the accepted ballot with this tracker (32 bytes)."""
    return Ballot.objects.filter(election=election, tracker=tracker).first()


def is_listed(*, election: Election, credential: str) -> bool:
    """Say whether the credential is on the election's public list."""
    return Credential.objects.filter(election=election, public=credential).exists()


def current_tracker(*, election: Election, credential: str) -> bytes:
    """Return the tracker of a credential's ballot that counts now; 32 zeros for none.

    It is the end of the chain of `prev`: the order is the chain's, never a clock's.
    """
    chain = Ballot.objects.filter(election=election, credential=credential)
    successor = {
        bytes(prev): bytes(tracker) for prev, tracker in chain.values_list("prev", "tracker")
    }
    current = NO_PREVIOUS_BALLOT
    while current in successor:
        current = successor[current]
    return current


def count_ballots_of(*, election: Election, credential: str) -> int:
    """Return how often this credential has cast, revotes included."""
    return Ballot.objects.filter(election=election, credential=credential).count()


def has_seen_any(*, election: Election, alphas: Iterable[bytes]) -> bool:
    """Say whether one of these α is already in a ballot of this election."""
    return BallotAlpha.objects.filter(election=election, alpha__in=list(alphas)).exists()


def event_of(*, ballot: Ballot) -> RecordEvent | None:
    """Return the event of a recorded ballot."""
    if ballot.height is None:
        return None
    return RecordEvent.objects.get(election=ballot.election_id, height=ballot.height)
