"""What can be proven of an accepted ballot. Blind, as the box is."""

from dataclasses import dataclass

from audit.selectors import entry_by_identity, proof_of
from audit.services.signing import sign_note
from evote.encoding import b64_of_hash
from voting.models.ballot import Ballot
from voting.models.election import Election
from voting.selectors.ballots import event_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CastReceipt:
    """What the voter keeps. With `receipt` it is complete: anyone can check it offline.

    `promise` is a signed note: until the receipt is there, it proves that the server accepted
    the ballot. `log_index` and `receipt` are there once the ballot's entry is in a signed
    checkpoint of the log. Until `is_cosigned`, too few witnesses have agreed to that checkpoint,
    and the receipt is provisional.
    """

    uuid: str
    tracker: bytes
    promise: str
    log_index: int | None
    receipt: str | None
    is_cosigned: bool


def receipt_for(*, election: Election, ballot: Ballot) -> CastReceipt:
    """Say what can be proven of an accepted ballot by now."""
    tracker = bytes(ballot.tracker)
    event = event_of(ballot=ballot)
    identity = None if event is None else bytes(event.entry)
    entry = None if identity is None else entry_by_identity(identity)
    proof = None if entry is None else proof_of(entry)
    return CastReceipt(
        uuid=election.uuid,
        tracker=tracker,
        promise=sign_note(text=promise_text(election=election, ballot=ballot)),
        log_index=proof.entry.index if proof is not None else None,
        receipt=proof.encode().decode() if proof is not None else None,
        is_cosigned=proof is not None and proof.is_cosigned,
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
