"""Several ballots as they are cast, each with its signed statement, checked in one computation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from evote.ballot.check import verify_ballot, write_checks
from evote.ballot.checks import Deferred
from evote.ballot.form import Ballot
from evote.election import Election
from evote.errors import DecodeError, InvalidBallot, InvalidProof
from evote.group import Combination, Element, Together, computes_together
from evote.proofs import Claim, Proof
from evote.proofs.statements import cast_claim, verify_cast

Refusal = InvalidBallot | InvalidProof | DecodeError


@dataclass(frozen=True, slots=True, kw_only=True)
class CastBallot:
    """A decoded ballot and, in profile 1, the proof that it replaces the ballot `prev` (2.2)."""

    ballot: Ballot
    prev: str
    proof: Proof | None


class _Written(NamedTuple):
    """What is left to do for a ballot once all is computed."""

    checks: Deferred
    statement: tuple[Claim, slice] | None
    unreadable: DecodeError | None


def refused_ballots(casts: Sequence[CastBallot], *, election: Election) -> list[Refusal | None]:
    """Say for each ballot with its statement why it is not valid; None where it is.

    What is said is what `verify_ballot` raises, and after it `verify_cast`: an InvalidBallot is
    about the ballot, the others about its statement. A statement that is not there is not missed.
    """
    key = election.public_key
    if not (isinstance(key, Element) and computes_together()):
        return [_refusal(cast, election=election) for cast in casts]
    together = Together(key)
    written = [_write_down(cast, election=election, together=together) for cast in casts]
    together.compute()
    return [_compared(one, together=together) for one in written]


def _refusal(cast: CastBallot, *, election: Election) -> Refusal | None:
    try:
        verify_ballot(ballot=cast.ballot, election=election)
        if cast.proof is not None:
            verify_cast(
                proof=cast.proof,
                fingerprint=election.fingerprint,
                credential=cast.ballot.credential,
                tracker=cast.ballot.tracker,
                prev=cast.prev,
            )
    except (InvalidBallot, InvalidProof, DecodeError) as error:
        return error
    return None


def _write_down(cast: CastBallot, *, election: Election, together: Together) -> _Written:
    """Write down every check of a ballot and of its statement."""
    assert isinstance(election.public_key, Element)
    first = len(together.points)
    checks = Deferred(election.public_key, together=together)
    write_checks(cast.ballot, election=election, checks=checks)
    if cast.proof is None:
        return _Written(checks, None, None)
    # The credential is the first point that the checks of a ballot read.
    assert together.points[first] == cast.ballot.credential
    credential = Combination((first,), first, cast.ballot.credential)
    try:
        claim = cast_claim(
            proof=cast.proof,
            fingerprint=election.fingerprint,
            public_key=credential,
            tracker=cast.ballot.tracker,
            prev=cast.prev,
        )
    except DecodeError as error:
        return _Written(checks, None, error)
    return _Written(checks, (claim, together.want(claim.commitments())), None)


def _compared(written: _Written, *, together: Together) -> Refusal | None:
    """Look at each check in its turn, with everything computed."""
    try:
        written.checks.compare()
        if written.statement is not None:
            claim, wanted = written.statement
            claim.compare(together.encodings[wanted])
    except (InvalidBallot, InvalidProof) as error:
        return error
    return written.unreadable
