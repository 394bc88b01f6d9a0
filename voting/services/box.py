"""The two statements that put ballots in the box, in one transaction of the caller's."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.selectors.binary import binary_cursor
from voting.models.ballot import Ballot
from voting.models.election import Election
from voting.selectors.ballots import end_of_chain

HASH_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The election as it is while its row is locked, and the ballots of one credential."""

    election: Election
    current: bytes
    ballots: int


def open_slot(*, election: Election, credential: str) -> Slot:
    """Share the election's row with other casts; whoever closes it waits for all of them.

    The chain of the credential comes in the same statement. It may grow until the ballot is
    written: then the constraints of the table refuse the ballot.
    """
    return open_slots(election=election, credentials=[credential])[credential]


def open_slots(*, election: Election, credentials: Sequence[str]) -> dict[str, Slot]:
    """Do as `open_slot` for several credentials of one election, in the same one statement."""
    with binary_cursor() as cursor:
        row = cursor.execute(
            "SELECT phase, opens_at, closes_at,"
            " ARRAY(SELECT convert_to(given, 'UTF8') || prev || tracker"
            " FROM unnest(%(credentials)b::text[]) AS given, LATERAL (SELECT prev, tracker"
            # Each is looked up by itself: see `find_in_box`.
            " FROM voting_ballot WHERE election_id + 0 = voting_election.id AND credential = given"
            " OFFSET 0) AS link)"
            " FROM voting_election WHERE id = %(election)s FOR SHARE",
            {"credentials": list(credentials), "election": election.pk},
            binary=True,
        ).fetchone()
    assert row is not None
    phase, opens_at, closes_at, links = row
    locked = Election(pk=election.pk, phase=phase, opens_at=opens_at, closes_at=closes_at)
    chains: dict[str, dict[bytes, bytes]] = {credential: {} for credential in credentials}
    for link in links:
        credential, prev = link[: -2 * HASH_BYTES].decode(), link[-2 * HASH_BYTES : -HASH_BYTES]
        chains[credential][prev] = link[-HASH_BYTES:]
    return {
        credential: Slot(election=locked, current=end_of_chain(chain), ballots=len(chain))
        for credential, chain in chains.items()
    }


def put_in_box(*, ballots: Sequence[Ballot], alphas: Sequence[bytes]) -> None:
    """Write ballots of one election and all their α, or nothing.

    Both are written in the order of their values: it is not that of arrival, and two calls never
    wait for each other in a circle.

    Raises:
        IntegrityError: a constraint of the tables refuses one of them.
    """
    rows = sorted(ballots, key=lambda ballot: (ballot.credential, bytes(ballot.tracker)))
    with binary_cursor() as cursor:
        cursor.execute(
            "WITH ballot AS (INSERT INTO voting_ballot"
            " (id, election_id, tracker, credential, prev, body, statement)"
            " SELECT id, %(election)s, tracker, credential, prev, body, statement FROM"
            " unnest(%(ids)b::uuid[], %(trackers)b::bytea[], %(credentials)b::text[],"
            " %(prevs)b::bytea[], %(bodies)b::bytea[], %(statements)b::bytea[])"
            " AS row (id, tracker, credential, prev, body, statement))"
            " INSERT INTO voting_ballotalpha (election_id, alpha, is_mingled, is_challenged)"
            " SELECT %(election)s, unnest(%(alphas)b::bytea[]), false, false",
            {
                "election": rows[0].election_id,
                "ids": [ballot.pk for ballot in rows],
                "trackers": [bytes(ballot.tracker) for ballot in rows],
                "credentials": [ballot.credential for ballot in rows],
                "prevs": [bytes(ballot.prev) for ballot in rows],
                "bodies": [bytes(ballot.body) for ballot in rows],
                "statements": [
                    None if ballot.statement is None else bytes(ballot.statement) for ballot in rows
                ],
                "alphas": sorted(alphas),
            },
        )
