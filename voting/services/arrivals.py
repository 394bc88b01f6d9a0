"""A ballot on its way into the box, and the checks that need nothing but the ballot. Blind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

import evote.election
from evote.ballot import Ballot as DecodedBallot
from evote.ballot import CastBallot, Refusal, refused_ballots
from evote.encoding import encode_json, hash_of_b64
from evote.errors import DecodeError, InvalidBallot, InvalidProof
from evote.proofs import Proof
from evote.proofs.statements import verify_cast
from voting.models.ballot import Ballot
from voting.models.election import Election
from voting.services.bounds import Toll
from voting.services.receipts import b64
from voting.services.refusals import BallotRejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What the booth sends: the ballot, the tracker it replaces (32 bytes), the statement.

    `proof` signs that the ballot replaces `prev` (PROTOCOL 2.2); None in profile 0.
    """

    body: bytes
    prev: bytes
    proof: Proof | None


@dataclass(kw_only=True, eq=False)
class Arrival:
    """A ballot that was decoded, and what has been found out about it since.

    What is found is kept, so that a ballot which is looked at twice is counted and verified once.
    Should two threads look at it at once, because a turn takes too long, both find the same.

    Args:
        toll_number: its number in the counter of its toll, once that is paid.
        counter: the name of the counter of its credential's attempts, while some are left.
        is_counted: whether this attempt was counted.
        stored: its row, once it is in the box.
    """

    election: Election
    description: evote.election.Election
    ballot: DecodedBallot
    submission: Submission
    received_at: datetime
    toll: Toll | None
    toll_number: int | None = None
    counter: str | None = None
    is_counted: bool = False
    stored: Ballot | None = None
    _is_looked_at: bool = False
    _refusal: BallotRejected | None = None

    @cached_property
    def tracker(self) -> bytes:
        """The 32 bytes of the ballot's tracker."""
        return hash_of_b64(self.ballot.tracker)

    @cached_property
    def alphas(self) -> list[bytes]:
        """Every α of the ballot."""
        return [bytes.fromhex(alpha) for alpha in self.ballot.alphas]

    @property
    def comes_too_often(self) -> bool:
        """Whether whoever sent this had used up what is allowed before."""
        return (
            self.toll is not None
            and self.toll_number is not None
            and self.toll_number > self.toll.limit
        )

    @property
    def statement(self) -> bytes | None:
        """The cast as the companion file will have it (PROTOCOL 2.2); None in profile 0."""
        if self.submission.proof is None:
            return None
        return encode_json(
            {
                "tracker": self.ballot.tracker,
                "prev": b64(self.submission.prev),
                "proof": self.submission.proof.to_json(),
            }
        )

    def row(self) -> Ballot:
        """Return the row that puts the ballot in the box, not written yet."""
        return Ballot(
            election_id=self.election.pk,
            tracker=self.tracker,
            credential=self.ballot.credential,
            prev=self.submission.prev,
            body=self.ballot.archived,
            statement=self.statement,
        )

    @property
    def is_valid(self) -> bool:
        """Whether the ballot and its statement were verified, and nothing was wrong."""
        return self._is_looked_at and self._refusal is None

    @property
    def is_signed(self) -> bool:
        """Whether the credential's holder made this, as far as `verify` has found."""
        return self._refusal is None or self._refusal.code not in {"bad_signature", "bad_statement"}

    def verify(self) -> None:
        """Check the signature, every proof, and the statement.

        Raises:
            BallotRejected: the same one when it is called again.
        """
        if not self._is_looked_at:
            verify_all([self])
        if self._refusal is not None:
            raise self._refusal

    def take_verdict(self, refusal: Refusal | None) -> None:
        """Keep what `refused_ballots` said, in the words of the ballot box."""
        is_missing = asks_for_statement(self.description) == (self.submission.proof is None)
        if isinstance(refusal, InvalidBallot):
            self._refusal = BallotRejected(refusal.code)
        elif refusal is not None or is_missing:
            self._refusal = BallotRejected("bad_statement")
        if self._refusal is not None:
            self._refusal.__cause__ = refusal
        self._is_looked_at = True

    def verify_statement(self) -> None:
        """Check that the credential signed which ballot this one replaces (PROTOCOL 2.2).

        Raises:
            BallotRejected: it did not.
        """
        proof = self.submission.proof
        if not asks_for_statement(self.description):
            if proof is not None:
                raise BallotRejected("bad_statement")
            return
        if proof is None:
            raise BallotRejected("bad_statement")
        try:
            verify_cast(
                proof=proof,
                fingerprint=self.description.fingerprint,
                credential=self.ballot.credential,
                tracker=self.ballot.tracker,
                prev=b64(self.submission.prev),
            )
        except (DecodeError, InvalidProof) as error:
            raise BallotRejected("bad_statement") from error


def verify_all(arrivals: Sequence[Arrival]) -> None:
    """Verify several ballots of one election in one computation; each keeps its own verdict."""
    description = arrivals[0].description
    has_statements = asks_for_statement(description)
    refusals = refused_ballots(
        [
            CastBallot(
                ballot=arrival.ballot,
                prev=b64(arrival.submission.prev),
                proof=arrival.submission.proof if has_statements else None,
            )
            for arrival in arrivals
        ],
        election=description,
    )
    for arrival, refusal in zip(arrivals, refusals, strict=True):
        arrival.take_verdict(refusal)


def asks_for_statement(description: evote.election.Election) -> bool:
    """Say whether each ballot comes with a signed statement of what it replaces (profile 1)."""
    return description.has_companion


def asks_for_account(description: evote.election.Election) -> bool:
    """Say whether casting asks for a permit, which an account gets, besides the credential."""
    return description.context.get("access") == Election.Access.ACCOUNT_AND_CREDENTIAL


def sealed_description(election: Election) -> evote.election.Election:
    """Return what was sealed, decoded once for each process.

    Raises:
        BallotRejected: nothing is sealed yet.
    """
    if election.archived_election is None:
        raise BallotRejected("not_open")
    return _description(bytes(election.archived_election))


@lru_cache(maxsize=64)
def _description(archived: bytes) -> evote.election.Election:
    """Decode a sealed description, once for each process."""
    return evote.election.decode_election(archived)
