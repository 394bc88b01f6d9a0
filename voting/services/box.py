"""The two statements that put a ballot in the box, in one transaction of the caller's."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

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
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT phase, opens_at, closes_at,"
            " ARRAY(SELECT prev || tracker FROM voting_ballot"
            " WHERE election_id = voting_election.id AND credential = %s)"
            " FROM voting_election WHERE id = %s FOR SHARE",
            [credential, election.pk],
        )
        phase, opens_at, closes_at, links = cursor.fetchone()
    chain = {bytes(link[:HASH_BYTES]): bytes(link[HASH_BYTES:]) for link in links}
    return Slot(
        election=Election(pk=election.pk, phase=phase, opens_at=opens_at, closes_at=closes_at),
        current=end_of_chain(chain),
        ballots=len(chain),
    )


def put_in_box(*, ballot: Ballot, alphas: Sequence[bytes]) -> None:
    """Write a ballot and its α, which are sorted so that two ballots never wait in a circle.

    Raises:
        IntegrityError: a constraint of the tables refuses it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH ballot AS (INSERT INTO voting_ballot"
            " (id, election_id, tracker, credential, prev, body, statement)"
            " VALUES (%(id)s, %(election)s, %(tracker)s, %(credential)s, %(prev)s, %(body)s,"
            " %(statement)s))"
            " INSERT INTO voting_ballotalpha (election_id, alpha, is_mingled, is_challenged)"
            " SELECT %(election)s, unnest(%(alphas)s), false, false",
            {
                "id": ballot.pk,
                "election": ballot.election_id,
                "tracker": bytes(ballot.tracker),
                "credential": ballot.credential,
                "prev": bytes(ballot.prev),
                "body": bytes(ballot.body),
                "statement": None if ballot.statement is None else bytes(ballot.statement),
                "alphas": list(alphas),
            },
        )
