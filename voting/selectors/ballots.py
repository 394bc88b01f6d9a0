"""Questions to the ballot box. Blind: it knows credentials, never people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audit.selectors.binary import binary_cursor
from voting.models.ballot import NO_PREVIOUS_BALLOT, Ballot, BallotAlpha, Challenge
from voting.models.election import Election
from voting.models.record import RecordEvent


def ballot_by_tracker(*, election: Election, tracker: bytes) -> Ballot | None:
    """Return the accepted ballot with this tracker (32 bytes)."""
    return Ballot.objects.filter(election=election, tracker=tracker).first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the box and the list of credentials say of ballots that have just come, in sets."""

    in_box: frozenset[bytes]
    challenged: frozenset[bytes]
    listed: frozenset[str]
    seen_alphas: frozenset[bytes]


def find_in_box(
    *,
    election: Election,
    trackers: Sequence[bytes],
    credentials: Sequence[str],
    alphas: Sequence[bytes],
) -> Findings:
    """Look up in one statement what there is to know of ballots before they are verified.

    PostgreSQL is left one way to do it, because it counts rows too seldom to be asked: where it
    takes an election's rows for few, it would read all of them. OFFSET 0 keeps it from making a
    join, so each value is looked up by itself, and `+ 0` from looking by the election alone.
    """
    with binary_cursor() as cursor:
        row = cursor.execute(
            "SELECT"
            " ARRAY (SELECT given FROM unnest(%(trackers)b::bytea[]) AS given"
            " WHERE EXISTS (SELECT FROM voting_ballot"
            " WHERE election_id + 0 = %(election)s AND tracker = given OFFSET 0)),"
            " ARRAY (SELECT given FROM unnest(%(trackers)b::bytea[]) AS given"
            " WHERE EXISTS (SELECT FROM voting_challenge"
            " WHERE election_id + 0 = %(election)s AND tracker = given OFFSET 0)),"
            " ARRAY (SELECT given FROM unnest(%(credentials)b::text[]) AS given"
            " WHERE EXISTS (SELECT FROM voting_credential"
            " WHERE election_id + 0 = %(election)s AND public = given OFFSET 0)),"
            " ARRAY (SELECT given FROM unnest(%(alphas)b::bytea[]) AS given"
            " WHERE EXISTS (SELECT FROM voting_ballotalpha"
            " WHERE election_id + 0 = %(election)s AND alpha = given OFFSET 0))",
            {
                "election": election.pk,
                "trackers": list(trackers),
                "credentials": list(credentials),
                "alphas": list(alphas),
            },
            binary=True,
        ).fetchone()
    assert row is not None
    in_box, challenged, listed, seen_alphas = row
    return Findings(
        in_box=frozenset(in_box),
        challenged=frozenset(challenged),
        listed=frozenset(listed),
        seen_alphas=frozenset(seen_alphas),
    )


def current_tracker(*, election: Election, credential: str) -> bytes:
    """Return the tracker of a credential's ballot that counts now; 32 zeros for none."""
    chain = Ballot.objects.filter(election=election, credential=credential)
    return end_of_chain(
        {bytes(prev): bytes(tracker) for prev, tracker in chain.values_list("prev", "tracker")}
    )


def recorded_tracker(*, ballot: Ballot) -> bytes:
    """Return the tracker of the ballot that counts, as far as whoever has `ballot` may know.

    That is what the public record says; or this very ballot, where it waits for its place.
    """
    if not ballot.is_recorded:
        return bytes(ballot.tracker)
    chain = Ballot.objects.filter(
        election=ballot.election_id, credential=ballot.credential, height__isnull=False
    )
    return end_of_chain(
        {bytes(prev): bytes(tracker) for prev, tracker in chain.values_list("prev", "tracker")}
    )


def is_challenged(*, election: Election, tracker: bytes) -> bool:
    """Say whether the ballot with this tracker (32 bytes) was opened by a challenge."""
    return Challenge.objects.filter(election=election, tracker=tracker).exists()


def end_of_chain(successor: Mapping[bytes, bytes]) -> bytes:
    """Follow `prev` to the ballot that nothing replaces: the order is the chain's, never a clock's.

    `successor` gives for each tracker, and for 32 zeros, that of the ballot which replaces it.
    """
    current = NO_PREVIOUS_BALLOT
    while current in successor:
        current = successor[current]
    return current


def has_seen_any(*, election: Election, alphas: Iterable[bytes]) -> bool:
    """Say whether one of these α is already in a ballot of this election."""
    return BallotAlpha.objects.filter(election=election, alpha__in=list(alphas)).exists()


def event_of(*, ballot: Ballot) -> RecordEvent | None:
    """Return the event of a recorded ballot."""
    if ballot.height is None:
        return None
    return RecordEvent.objects.get(election=ballot.election_id, height=ballot.height)
