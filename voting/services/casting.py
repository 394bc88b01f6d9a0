"""Putting ballots in the box. Blind: nothing here can name a voter, and nothing is logged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

import evote.election
from audit.selectors import entry_by_identity, receipt_of
from audit.services.signing import sign_note
from evote.ballot import Ballot as DecodedBallot
from evote.ballot import decode_ballot, verify_ballot
from evote.encoding import b64_of_hash, hash_of_b64
from evote.errors import DecodeError, InvalidBallot
from voting.models.ballot import Ballot
from voting.models.election import Election
from voting.selectors.ballots import (
    Findings,
    ballot_by_tracker,
    current_tracker,
    event_of,
    find_in_box,
    has_seen_any,
)
from voting.services.bounds import (
    BALLOTS_PER_CREDENTIAL,
    CastTooOften,
    check_attempts,
    count_attempt,
)
from voting.services.box import open_slot, put_in_box

# Each stable code with the sentence that people read. None of them says that a ballot is in
# the box: where one of these comes back, it is not.
SENTENCES: Mapping[str, object] = {
    "non_canonical": _(
        "The ballot was not accepted: it is not written in the one form that ballots have."
        " It is not in the box."
    ),
    "too_large": _("The ballot was not accepted: it is larger than 256 kB. It is not in the box."),
    "too_deep": _("The ballot was not accepted: it is nested too deeply. It is not in the box."),
    "wrong_shape": _(
        "The ballot was not accepted: it does not answer the questions of this election."
        " It is not in the box."
    ),
    "wrong_election": _(
        "The ballot was not accepted: it belongs to another election. It is not in the box."
    ),
    "unknown_credential": _(
        "The ballot was not accepted: its credential is not on the list of this election."
        " It is not in the box."
    ),
    "bad_signature": _(
        "The ballot was not accepted: it is not signed with its credential. It is not in the box."
    ),
    "bad_proof": _(
        "The ballot was not accepted: a proof that its choices are permitted does not hold."
        " It is not in the box."
    ),
    "identity_element": _(
        "The ballot was not accepted: a part of it is not encrypted. It is not in the box."
    ),
    "duplicate_ciphertext": _(
        "The ballot was not accepted: a part of it is copied from a ballot of this election."
        " It is not in the box."
    ),
    "not_open": _("The ballot was not accepted: voting is not open. It is not in the box."),
    "stale_prev": _(
        "The ballot was not accepted: another ballot was cast with this credential in the"
        " meantime. This one is not in the box."
    ),
    "too_many_ballots": _(
        "The ballot was not accepted: this credential has cast too many ballots."
        " It is not in the box, and the one cast before stays in it."
    ),
}


class BallotRejected(Exception):
    """The ballot was not accepted. `code` is stable; `detail` is fit to show to the voter."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def detail(self) -> str:
        """The sentence for people, in their language."""
        return str(SENTENCES[self.code])


class StalePrev(BallotRejected):
    """The credential's current ballot is another than the one this ballot replaces."""

    def __init__(self, *, current: bytes) -> None:
        super().__init__("stale_prev")
        self.current = current


class TooManyBallots(BallotRejected):
    """The credential has cast too often."""

    def __init__(self, *, retry_after_seconds: int | None) -> None:
        super().__init__("too_many_ballots")
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class CastReceipt:
    """What the voter keeps. With `receipt` it is complete: anyone can check it offline.

    `promise` is a signed note: until the receipt is there, it proves that the server accepted
    the ballot. `log_index` and `receipt` are there once the ballot's entry is in a signed
    checkpoint of the log.
    """

    uuid: str
    tracker: bytes
    promise: str
    log_index: int | None
    receipt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The outcome of casting: whether the ballot is new in the box, and its receipt."""

    is_new: bool
    receipt: CastReceipt


def cast_ballot(*, election: Election, body: bytes, prev: bytes, received_at: datetime) -> Cast:
    """Put a ballot in the box; the same ballot again gives the same receipt.

    The ballot is verified completely before any lock is taken, cheap checks first.

    Raises:
        BallotRejected: with a stable code; nothing was written.
        StalePrev: `prev` (32 bytes) is not the tracker of the credential's current ballot.
        TooManyBallots: the credential has cast too often.
    """
    if election.archived_election is None:
        raise BallotRejected("not_open")
    description = _description(bytes(election.archived_election))
    try:
        ballot = decode_ballot(body, election=description)
    except (DecodeError, InvalidBallot) as error:
        raise BallotRejected(error.code) from error
    tracker = hash_of_b64(ballot.tracker)
    findings = find_in_box(
        election=election, tracker=tracker, credential=ballot.credential, alphas=_alphas(ballot)
    )
    if findings.is_in_box:
        known = _accepted_before(election=election, tracker=tracker, prev=prev)
        assert known is not None, "no ballot leaves the box"
        return known
    if not election.accepts_ballots_at(received_at):
        raise BallotRejected("not_open")
    try:
        _verify(description=description, ballot=ballot, findings=findings, received_at=received_at)
        stored = _store(election=election, ballot=ballot, prev=prev, received_at=received_at)
    except (BallotRejected, IntegrityError) as error:
        # The same bytes, sent twice at once, may have got in between: then this is no refusal.
        known = _accepted_before(election=election, tracker=tracker, prev=prev)
        if known is not None:
            return known
        if isinstance(error, BallotRejected):
            raise
        raise _lost_race(election=election, ballot=ballot) from error
    return Cast(is_new=True, receipt=receipt_for(election=election, ballot=stored))


def receipt_for(*, election: Election, ballot: Ballot) -> CastReceipt:
    """Say what can be proven of an accepted ballot by now."""
    tracker = bytes(ballot.tracker)
    event = event_of(ballot=ballot)
    identity = None if event is None else bytes(event.entry)
    entry = None if identity is None else entry_by_identity(identity)
    proof = None if identity is None or entry is None else receipt_of(identity=identity)
    is_complete = entry is not None and proof is not None
    return CastReceipt(
        uuid=election.uuid,
        tracker=tracker,
        promise=sign_note(text=promise_text(election=election, ballot=ballot)),
        log_index=entry.index if entry is not None and is_complete else None,
        receipt=proof.decode() if proof is not None and is_complete else None,
    )


def promise_text(*, election: Election, ballot: Ballot) -> str:
    """Return what the server promises by its signature: to record exactly this ballot.

    The same for the same ballot, whenever asked: there is no time in it.
    """
    assert election.fingerprint is not None
    lines = [
        "pnyx promise 1",
        f"election {election.uuid}",
        f"fingerprint {b64(bytes(election.fingerprint))}",
        f"tracker {b64(bytes(ballot.tracker))}",
        f"prev {b64(bytes(ballot.prev))}",
    ]
    return "\n".join(lines) + "\n"


def b64(digest: bytes) -> str:
    """Write 32 bytes as the protocol writes trackers: base64 without padding."""
    return b64_of_hash(digest.hex())


@lru_cache(maxsize=64)
def _description(archived: bytes) -> evote.election.Election:
    """Decode a sealed description, once for each process."""
    return evote.election.decode_election(archived)


def _accepted_before(*, election: Election, tracker: bytes, prev: bytes) -> Cast | None:
    """Return the receipt of exactly this ballot, if it is in the box."""
    stored = ballot_by_tracker(election=election, tracker=tracker)
    if stored is None:
        return None
    if bytes(stored.prev) != prev:
        current = current_tracker(election=election, credential=stored.credential)
        raise StalePrev(current=current)
    return Cast(is_new=False, receipt=receipt_for(election=election, ballot=stored))


def _verify(
    *,
    description: evote.election.Election,
    ballot: DecodedBallot,
    findings: Findings,
    received_at: datetime,
) -> None:
    """Check what is not in the ballot first, because it costs least; then signature and proofs."""
    if not findings.is_listed:
        raise BallotRejected("unknown_credential")
    try:
        counter = check_attempts(
            uuid=description.uuid, credential=ballot.credential, now=received_at
        )
    except CastTooOften as error:
        raise TooManyBallots(retry_after_seconds=error.retry_after_seconds) from error
    if findings.has_seen_alpha:
        raise BallotRejected("duplicate_ciphertext")
    try:
        verify_ballot(ballot=ballot, election=description)
    except InvalidBallot as error:
        # Only the holder of the credential can get past the signature. Whoever cannot must
        # not be able to use up the attempts of somebody else.
        if error.code != "bad_signature":
            count_attempt(counter=counter, now=received_at)
        raise BallotRejected(error.code) from error
    count_attempt(counter=counter, now=received_at)


@transaction.atomic
def _store(
    *, election: Election, ballot: DecodedBallot, prev: bytes, received_at: datetime
) -> Ballot:
    """Write the ballot and its α, or nothing. The constraints of the tables decide races."""
    slot = open_slot(election=election, credential=ballot.credential)
    if not slot.election.accepts_ballots_at(received_at):
        raise BallotRejected("not_open")
    if prev != slot.current:
        raise StalePrev(current=slot.current)
    if slot.ballots >= BALLOTS_PER_CREDENTIAL:
        raise TooManyBallots(retry_after_seconds=None)
    stored = Ballot(
        election=election,
        tracker=hash_of_b64(ballot.tracker),
        credential=ballot.credential,
        prev=prev,
        body=ballot.archived,
    )
    put_in_box(ballot=stored, alphas=sorted(_alphas(ballot)))
    return stored


def _lost_race(*, election: Election, ballot: DecodedBallot) -> BallotRejected:
    """Say which constraint of the tables refused a ballot that had passed every check."""
    if has_seen_any(election=election, alphas=_alphas(ballot)):
        return BallotRejected("duplicate_ciphertext")
    return StalePrev(current=current_tracker(election=election, credential=ballot.credential))


def _alphas(ballot: DecodedBallot) -> list[bytes]:
    return [bytes.fromhex(alpha) for alpha in ballot.alphas]
