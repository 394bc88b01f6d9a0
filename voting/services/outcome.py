"""The end of an election: the signed note, and its hash in the log."""

import hashlib

from audit.services.log import append_entry
from audit.services.signing import sign_note
from evote.encoding import b64_of_hash
from voting.models import Election, RecordEvent

OUTCOME_COUNTED = "counted"
OUTCOME_BELOW_MINIMUM = "below-minimum"


def end_with_result(*, election: Election, event: RecordEvent, result: bytes) -> Election:
    """Sign and log the result of a locked election, whose Result event is `event`."""
    return _end(
        election=election,
        event=event,
        outcome=OUTCOME_COUNTED,
        result=hashlib.sha256(result).hexdigest(),
        phase=Election.Phase.PUBLISHED,
    )


def end_below_minimum(*, election: Election, event: RecordEvent) -> Election:
    """End a locked election of too few ballots: nothing of it is decrypted (PROTOCOL 2.7)."""
    return _end(
        election=election,
        event=event,
        outcome=OUTCOME_BELOW_MINIMUM,
        result=None,
        phase=Election.Phase.UNCOUNTED,
    )


def outcome_body(
    *, election: Election, note: str, outcome: str, result: str | None
) -> dict[str, object]:
    """Return what the log says of the end; `result` is the hash of the archived result."""
    assert election.fingerprint is not None
    body: dict[str, object] = {
        "election": election.uuid,
        "fingerprint": b64_of_hash(bytes(election.fingerprint).hex()),
        "note": hashlib.sha256(note.encode()).hexdigest(),
        "outcome": outcome,
    }
    return body if result is None else body | {"result": result}


def _end(
    *,
    election: Election,
    event: RecordEvent,
    outcome: str,
    result: str | None,
    phase: Election.Phase,
) -> Election:
    assert election.fingerprint is not None
    fingerprint = b64_of_hash(bytes(election.fingerprint).hex())
    lines = [
        "pnyx result 1",
        f"election {election.uuid}",
        f"fingerprint {fingerprint}",
        f"record {bytes(event.hash).hex()}",
        f"outcome {outcome}" if result is None else f"result {result}",
    ]
    note = sign_note(text="\n".join(lines) + "\n")
    election.outcome_entry = append_entry(
        kind="election-outcome",
        body=outcome_body(election=election, note=note, outcome=outcome, result=result),
    )
    election.result_note = note
    election.phase = phase
    election.save(update_fields=["result_note", "outcome_entry", "phase"])
    return election
