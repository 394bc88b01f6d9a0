"""Putting ballots in the box. Blind: nothing here can name a voter, and nothing is logged."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from django.db import IntegrityError, transaction

import evote.election
from evote.ballot import Ballot as DecodedBallot
from evote.ballot import decode_ballot, verify_ballot
from evote.encoding import encode_json, hash_of_b64
from evote.errors import DecodeError, InvalidBallot, InvalidProof
from evote.proofs import Proof
from evote.proofs.statements import verify_cast
from voting.models.ballot import Ballot
from voting.models.election import Election
from voting.selectors.ballots import (
    Findings,
    ballot_by_tracker,
    current_tracker,
    find_in_box,
    has_seen_any,
    is_challenged,
    recorded_tracker,
)
from voting.services.bounds import (
    BALLOTS_PER_CREDENTIAL,
    CastTooOften,
    check_attempts,
    count_attempt,
)
from voting.services.box import open_slot, put_in_box
from voting.services.receipts import CastReceipt, b64, receipt_for
from voting.services.refusals import BallotRejected, StalePrev, TooManyBallots


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The outcome of casting: whether the ballot is new in the box, and its receipt."""

    is_new: bool
    receipt: CastReceipt


class Doorkeeper(Protocol):
    """Who lets ballots in where an election asks for an account too (PROTOCOL 2.6).

    The box asks, and never learns whom the doorkeeper knows.
    """

    def check(self) -> None:
        """Refuse, before anything is verified, whoever comes without a good permit."""

    def admit(self, *, credential: str) -> None:
        """Refuse a credential that is not this permit's. It has just signed the ballot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What the booth sends: the ballot, the tracker it replaces (32 bytes), the statement.

    `proof` signs that the ballot replaces `prev` (PROTOCOL 2.2); None in profile 0.
    """

    body: bytes
    prev: bytes
    proof: Proof | None


def cast_ballot(
    *,
    election: Election,
    submission: Submission,
    doorkeeper: Doorkeeper | None,
    received_at: datetime,
) -> Cast:
    """Put a ballot in the box; the same ballot again gives the same receipt.

    The ballot and its statement are verified completely before any lock is taken, cheap checks
    first. The doorkeeper is for elections that ask for an account, and None in others.

    Raises:
        BallotRejected: with a stable code; nothing was written.
        StalePrev: `prev` is not the tracker of the credential's current ballot.
        TooManyBallots: the credential has cast too often.
    """
    description = sealed_description(election)
    try:
        ballot = decode_ballot(submission.body, election=description)
    except (DecodeError, InvalidBallot) as error:
        raise BallotRejected(error.code) from error
    arrival = Arrival(
        election=election, description=description, ballot=ballot, submission=submission
    )
    findings = find_in_box(
        election=election,
        tracker=arrival.tracker,
        credential=ballot.credential,
        alphas=arrival.alphas,
    )
    if findings.is_in_box:
        known = _accepted_before(arrival)
        assert known is not None, "no ballot leaves the box"
        return known
    if not election.accepts_ballots_at(received_at):
        raise BallotRejected("not_open")
    try:
        if findings.is_challenged:
            raise BallotRejected("challenged")
        if asks_for_account(description) and doorkeeper is None:
            raise BallotRejected("permit_needed")
        if doorkeeper is not None:
            doorkeeper.check()
        _verify(arrival, findings=findings, received_at=received_at)
        if doorkeeper is not None:
            doorkeeper.admit(credential=ballot.credential)
        stored = _store(arrival, received_at=received_at)
    except (BallotRejected, IntegrityError) as error:
        # The same bytes, sent twice at once, may have got in between: then this is no refusal.
        known = _accepted_before(arrival)
        if known is not None:
            return known
        if isinstance(error, BallotRejected):
            raise
        raise _lost_race(arrival) from error
    return Cast(is_new=True, receipt=receipt_for(election=election, ballot=stored))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A ballot on its way into the box: decoded, and not verified yet."""

    election: Election
    description: evote.election.Election
    ballot: DecodedBallot
    submission: Submission

    @property
    def tracker(self) -> bytes:
        """The 32 bytes of the ballot's tracker."""
        return hash_of_b64(self.ballot.tracker)

    @property
    def alphas(self) -> list[bytes]:
        """Every α of the ballot."""
        return [bytes.fromhex(alpha) for alpha in self.ballot.alphas]

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


def _accepted_before(arrival: Arrival) -> Cast | None:
    """Return the receipt of exactly this ballot, if it is in the box.

    Recorded ballots are public: whoever sends one again with another `prev` must not learn from
    the answer what its credential has cast since, unless the credential signed that wish.
    """
    election, prev = arrival.election, arrival.submission.prev
    stored = ballot_by_tracker(election=election, tracker=arrival.tracker)
    if stored is None:
        return None
    if bytes(stored.prev) != prev:
        if asks_for_statement(arrival.description):
            _verify_statement(arrival)
            raise StalePrev(
                current=current_tracker(election=election, credential=stored.credential)
            )
        raise StalePrev(current=recorded_tracker(ballot=stored))
    return Cast(is_new=False, receipt=receipt_for(election=election, ballot=stored))


def _verify(arrival: Arrival, *, findings: Findings, received_at: datetime) -> None:
    """Check what is not in the ballot first, because it costs least; then signature and proofs."""
    ballot = arrival.ballot
    if not findings.is_listed:
        raise BallotRejected("unknown_credential")
    try:
        counter = check_attempts(
            uuid=arrival.description.uuid, credential=ballot.credential, now=received_at
        )
    except CastTooOften as error:
        raise TooManyBallots(retry_after_seconds=error.retry_after_seconds) from error
    if findings.has_seen_alpha:
        raise BallotRejected("duplicate_ciphertext")
    try:
        verify_ballot(ballot=ballot, election=arrival.description)
    except InvalidBallot as error:
        # Only the holder of the credential can get past the signature. Whoever cannot must
        # not be able to use up the attempts of somebody else.
        if error.code != "bad_signature":
            count_attempt(counter=counter, now=received_at)
        raise BallotRejected(error.code) from error
    _verify_statement(arrival)
    count_attempt(counter=counter, now=received_at)


def _verify_statement(arrival: Arrival) -> None:
    """Check that the credential signed which ballot this one replaces (PROTOCOL 2.2)."""
    proof = arrival.submission.proof
    if not asks_for_statement(arrival.description):
        if proof is not None:
            raise BallotRejected("bad_statement")
        return
    if proof is None:
        raise BallotRejected("bad_statement")
    try:
        verify_cast(
            proof=proof,
            fingerprint=arrival.description.fingerprint,
            credential=arrival.ballot.credential,
            tracker=arrival.ballot.tracker,
            prev=b64(arrival.submission.prev),
        )
    except (DecodeError, InvalidProof) as error:
        raise BallotRejected("bad_statement") from error


@transaction.atomic
def _store(arrival: Arrival, *, received_at: datetime) -> Ballot:
    """Write the ballot and its α, or nothing. The constraints of the tables decide races."""
    slot = open_slot(election=arrival.election, credential=arrival.ballot.credential)
    if not slot.election.accepts_ballots_at(received_at):
        raise BallotRejected("not_open")
    if arrival.submission.prev != slot.current:
        raise StalePrev(current=slot.current)
    if slot.ballots >= BALLOTS_PER_CREDENTIAL:
        raise TooManyBallots(retry_after_seconds=None)
    stored = Ballot(
        election=arrival.election,
        tracker=arrival.tracker,
        credential=arrival.ballot.credential,
        prev=arrival.submission.prev,
        body=arrival.ballot.archived,
        statement=arrival.statement,
    )
    put_in_box(ballot=stored, alphas=sorted(arrival.alphas))
    return stored


def _lost_race(arrival: Arrival) -> BallotRejected:
    """Say which constraint of the tables refused a ballot that had passed every check."""
    election = arrival.election
    if is_challenged(election=election, tracker=arrival.tracker):
        return BallotRejected("challenged")
    if has_seen_any(election=election, alphas=arrival.alphas):
        return BallotRejected("duplicate_ciphertext")
    current = current_tracker(election=election, credential=arrival.ballot.credential)
    return StalePrev(current=current)
