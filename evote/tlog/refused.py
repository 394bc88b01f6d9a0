"""Refused checkpoints: what a witness keeps of a log that contradicted itself.

A file of them is JSON, `{"origin": …, "refused": [one object each]}`. An object with the finding
`fork` or `false-empty-root` convicts the log: whoever has the log's key checks it without asking
anybody. One with the finding `unproven` is only a question to the log.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evote.encoding import decode_json
from evote.errors import DecodeError, InvalidProof
from evote.tlog.checkpoint import Checkpoint, decode_claim, decode_decimal, decode_hash
from evote.tlog.contradiction import verify_contradiction
from evote.tlog.merkle import EMPTY_ROOT
from evote.tlog.note import VerifierKey, verify_note
from evote.tlog.witness import PROOF_LIMIT_HASHES, Finding

REFUSED_LIMIT_BYTES = 10_000_000
_FIELDS = {"finding", "status", "refused_at", "recorded", "checkpoint", "proof"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedCheckpoint:
    """A checkpoint that its log signed and that a witness did not cosign.

    `recorded` is the note that the witness held then, None if it had none; `refused_at` is in
    seconds since 1970, by the witness's clock. Only `verify_refused` vouches for the finding.
    """

    finding: Finding
    status: int
    refused_at: int
    recorded: bytes | None
    checkpoint: bytes
    proof: tuple[bytes, ...]


def encode_refused(origin: str, refused: Iterable[RefusedCheckpoint]) -> bytes:
    """Write the file, one line for each checkpoint, the first refused one first."""
    value = {
        "origin": origin,
        "refused": [
            {
                "finding": one.finding.value,
                "status": one.status,
                "refused_at": str(one.refused_at),
                "recorded": None if one.recorded is None else one.recorded.decode(),
                "checkpoint": one.checkpoint.decode(),
                "proof": [base64.b64encode(hash_).decode() for hash_ in one.proof],
            }
            for one in refused
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def decode_refused(data: bytes) -> tuple[RefusedCheckpoint, ...]:
    """Read the file.

    Raises:
        DecodeError: it is none.
    """
    value = decode_json(data, source="the file", limit_bytes=REFUSED_LIMIT_BYTES)
    if not isinstance(value, dict) or not isinstance(value.get("refused"), list):
        msg = "this is not a list of refused checkpoints"
        raise DecodeError(msg)
    return tuple(
        _decode_one(one, place=f"refused[{number}]") for number, one in enumerate(value["refused"])
    )


def _decode_one(value: object, *, place: str) -> RefusedCheckpoint:
    if not isinstance(value, dict) or set(value) != _FIELDS:
        msg = f"a refused checkpoint has the fields {', '.join(sorted(_FIELDS))}"
        raise DecodeError(msg, place=place)
    proof, recorded, status = value["proof"], value["recorded"], value["status"]
    texts = [value["refused_at"], value["checkpoint"]]
    if (
        not isinstance(proof, list)
        or len(proof) > PROOF_LIMIT_HASHES
        or not all(isinstance(text, str) for text in (*texts, *proof))
        or not isinstance(recorded, str | None)
        or type(status) is not int
    ):
        msg = "a field of a refused checkpoint has another type"
        raise DecodeError(msg, place=place)
    try:
        finding = Finding(value["finding"])
    except ValueError as error:
        msg = f"there is no finding {value['finding']!r:.40}"
        raise DecodeError(msg, place=place) from error
    return RefusedCheckpoint(
        finding=finding,
        status=status,
        refused_at=decode_decimal(value["refused_at"], source=f"{place}.refused_at"),
        recorded=None if recorded is None else recorded.encode(),
        checkpoint=value["checkpoint"].encode(),
        proof=tuple(decode_hash(text, source=f"{place}.proof") for text in proof),
    )


def verify_refused(refused: RefusedCheckpoint, *, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Check that a refused checkpoint convicts its log. `keys` are the log's, all that it had.

    Returns what the log signed and should not have.

    Raises:
        DecodeError: a checkpoint in it is none.
        InvalidProof: a signature is missing or wrong, or nothing shows a lie.
    """
    checkpoint = _signed_claim(refused.checkpoint, keys=keys)
    if refused.finding is Finding.FALSE_EMPTY_ROOT:
        if checkpoint.size != 0 or checkpoint.root == EMPTY_ROOT:
            msg = "the checkpoint is not of an empty log with a false root"
            raise InvalidProof(msg)
    elif refused.finding is Finding.FORK and refused.recorded is not None:
        recorded = _signed_claim(refused.recorded, keys=keys)
        proof = () if recorded.size == checkpoint.size else refused.proof
        verify_contradiction(older=recorded, newer=checkpoint, proof=proof)
    else:
        msg = "no proof came with it; it shows nothing until the log's entries are compared"
        raise InvalidProof(msg)
    return checkpoint


def _signed_claim(note: bytes, *, keys: Sequence[VerifierKey]) -> Checkpoint:
    checkpoint = decode_claim(verify_note(note, keys=keys).text)
    if all(key.name != checkpoint.origin for key in keys):
        msg = f"this is the log {checkpoint.origin}, whose key was not given"
        raise InvalidProof(msg)
    return checkpoint
