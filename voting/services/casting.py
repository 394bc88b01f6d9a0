"""Putting ballots in the box. Blind: nothing here can name a voter, and nothing is logged."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import IntegrityError, connection, transaction

from evote.ballot import decode_ballot
from evote.errors import DecodeError, InvalidBallot
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
from voting.services.arrivals import (
    Arrival,
    Submission,
    asks_for_account,
    asks_for_statement,
    sealed_description,
)
from voting.services.bounds import (
    BALLOTS_PER_CREDENTIAL,
    CastTooOften,
    Toll,
    TollRefused,
    check_attempts,
    check_toll,
    count_attempt,
    pay,
)
from voting.services.box import open_slot, put_in_box
from voting.services.casting_together import cast_together
from voting.services.receipts import CastReceipt, receipt_for
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


def cast_ballot(
    *,
    election: Election,
    submission: Submission,
    doorkeeper: Doorkeeper | None,
    received_at: datetime,
    toll: Toll | None = None,
) -> Cast:
    """Put a ballot in the box; the same ballot again gives the same receipt.

    The ballot and its statement are verified completely before any lock is taken, cheap checks
    first; together with those that other threads cast at this moment, if there are any. The
    doorkeeper is for elections that ask for an account, and None in others. `election` may be of
    a moment ago: what counts is its row.

    Raises:
        BallotRejected: with a stable code; nothing was written.
        StalePrev: `prev` is not the tracker of the credential's current ballot.
        TooManyBallots: the credential has cast too often.
        TollRefused: more has come from there than `toll` allows.
    """
    try:
        description = sealed_description(election)
        ballot = decode_ballot(submission.body, election=description)
    except Exception as error:
        if toll is not None:
            check_toll(toll)
        if isinstance(error, DecodeError | InvalidBallot):
            raise BallotRejected(error.code) from error
        raise
    arrival = Arrival(
        election=election,
        description=description,
        ballot=ballot,
        submission=submission,
        received_at=received_at,
        toll=toll,
    )
    # What a caller has not committed yet, other threads do not see. And whoever comes too late
    # must not cost a proof, or hold a lock, before the election's row says so.
    if (
        doorkeeper is None
        and not connection.in_atomic_block
        and election.accepts_ballots_at(received_at)
    ):
        stored = cast_together(arrival)
        if stored is not None:
            return Cast(is_new=True, receipt=receipt_for(election=election, ballot=stored))
    return _cast_alone(arrival, doorkeeper=doorkeeper)


def _cast_alone(arrival: Arrival, *, doorkeeper: Doorkeeper | None) -> Cast:
    """Look at one ballot by itself, and find an answer for it in any case."""
    _pay_toll(arrival)
    arrival.election = election = Election.objects.get(pk=arrival.election.pk)
    findings = find_in_box(
        election=election,
        trackers=[arrival.tracker],
        credentials=[arrival.ballot.credential],
        alphas=arrival.alphas,
    )
    if arrival.tracker in findings.in_box:
        known = _accepted_before(arrival)
        assert known is not None, "no ballot leaves the box"
        return known
    if not election.accepts_ballots_at(arrival.received_at):
        raise BallotRejected("not_open")
    try:
        if arrival.tracker in findings.challenged:
            raise BallotRejected("challenged")
        if asks_for_account(arrival.description) and doorkeeper is None:
            raise BallotRejected("permit_needed")
        if doorkeeper is not None:
            doorkeeper.check()
        _verify(arrival, findings=findings)
        if doorkeeper is not None:
            doorkeeper.admit(credential=arrival.ballot.credential)
        stored = _store(arrival)
    except (BallotRejected, IntegrityError) as error:
        # The same bytes, sent twice at once, may have got in between: then this is no refusal.
        known = _accepted_before(arrival)
        if known is not None:
            return known
        if isinstance(error, BallotRejected):
            raise
        raise _lost_race(arrival) from error
    return Cast(is_new=True, receipt=receipt_for(election=election, ballot=stored))


def _pay_toll(arrival: Arrival) -> None:
    if arrival.toll is not None and arrival.toll_number is None:
        arrival.toll_number = pay(arrival.toll)
    if arrival.comes_too_often:
        raise TollRefused


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
            arrival.verify_statement()
            raise StalePrev(
                current=current_tracker(election=election, credential=stored.credential)
            )
        raise StalePrev(current=recorded_tracker(ballot=stored))
    return Cast(is_new=False, receipt=receipt_for(election=election, ballot=stored))


def _verify(arrival: Arrival, *, findings: Findings) -> None:
    """Check what is not in the ballot first, because it costs least; then signature and proofs."""
    credential, now = arrival.ballot.credential, arrival.received_at
    if credential not in findings.listed:
        raise BallotRejected("unknown_credential")
    counter = None  # Counts nothing: an attempt is counted once.
    if not arrival.is_counted:
        try:
            counter = check_attempts(uuid=arrival.description.uuid, credential=credential, now=now)
        except CastTooOften as error:
            raise TooManyBallots(retry_after_seconds=error.retry_after_seconds) from error
    if findings.seen_alphas:
        raise BallotRejected("duplicate_ciphertext")
    try:
        arrival.verify()
    except BallotRejected:
        # Only the holder of the credential can get past the signatures. Whoever cannot must
        # not be able to use up the attempts of somebody else.
        if arrival.is_signed:
            count_attempt(counter=counter, now=now)
        raise
    count_attempt(counter=counter, now=now)


@transaction.atomic
def _store(arrival: Arrival) -> Ballot:
    """Write the ballot and its α, or nothing. The constraints of the tables decide races."""
    slot = open_slot(election=arrival.election, credential=arrival.ballot.credential)
    if not slot.election.accepts_ballots_at(arrival.received_at):
        raise BallotRejected("not_open")
    if arrival.submission.prev != slot.current:
        raise StalePrev(current=slot.current)
    if slot.ballots >= BALLOTS_PER_CREDENTIAL:
        raise TooManyBallots(retry_after_seconds=None)
    stored = arrival.row()
    put_in_box(ballots=[stored], alphas=arrival.alphas)
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
