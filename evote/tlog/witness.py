"""The witness protocol: what a log asks and how a witness decides (c2sp.org/tlog-witness).

    old <size of the last checkpoint that this witness cosigned, 0 if none>
    <base64 of a hash>              (none to 63: the proof that the log only grew)
    <empty line>
    <the checkpoint, as signed>

Nothing here remembers or sends anything: `judge` decides on what it is given. Whoever acts on it
must store the checkpoint in the same transaction in which it read `recorded`.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum

from evote.errors import DecodeError, InvalidProof
from evote.tlog.checkpoint import Checkpoint, decode_claim, decode_decimal, decode_hash
from evote.tlog.contradiction import verify_contradiction
from evote.tlog.merkle import EMPTY_ROOT, verify_consistency
from evote.tlog.note import (
    NOTE_LIMIT_BYTES,
    Note,
    NoteSignature,
    VerifierKey,
    decode_note,
    decode_signature_lines,
    verify_note,
)

PROOF_LIMIT_HASHES = 63
REQUEST_LIMIT_BYTES = NOTE_LIMIT_BYTES + 64 * 64
# Cosignatures by a hundred keys, of which the longest kind has some 3,300 bytes.
ANSWER_LIMIT_BYTES = 500_000
SIZE_CONTENT_TYPE = "text/x.tlog.size"


def origin_hash(origin: str) -> str:
    """Give the folder under which witnesses and mirrors publish a log: hex of SHA-256."""
    return hashlib.sha256(origin.encode()).hexdigest()


# --- Messages -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCheckpoint:
    """The request to cosign. `checkpoint` is the signed note, byte for byte."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """Write the body of the request."""
        hashes = [base64.b64encode(hash_).decode() for hash_ in self.proof]
        return "\n".join([f"old {self.old_size}", *hashes, "", ""]).encode() + self.checkpoint

    @classmethod
    def decode(cls, data: bytes) -> "AddCheckpoint":
        """Take a request apart. Its checkpoint is not looked at.

        Raises:
            DecodeError: it is none.
        """
        if len(data) > REQUEST_LIMIT_BYTES:
            msg = f"the request has {len(data)} bytes; at most {REQUEST_LIMIT_BYTES} are allowed"
            raise DecodeError(msg, code="too_large")
        head, separator, checkpoint = data.partition(b"\n\n")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            msg = "the request does not begin with lines of ASCII"
            raise DecodeError(msg) from error
        if not separator or not first.startswith("old "):
            msg = 'the request does not begin with a line "old" and a proof'
            raise DecodeError(msg)
        if len(lines) > PROOF_LIMIT_HASHES:
            msg = f"the request has {len(lines)} hashes; at most {PROOF_LIMIT_HASHES} are allowed"
            raise DecodeError(msg)
        proof = tuple(
            decode_hash(line, source=f"hash {number} of the proof")
            for number, line in enumerate(lines, 1)
        )
        old_size = decode_decimal(first.removeprefix("old "), source='the line "old"')
        return cls(old_size=old_size, proof=proof, checkpoint=checkpoint)


def encode_size(size: int) -> bytes:
    """Write the body of the answer 409: the size that the witness has recorded."""
    return f"{size}\n".encode()


def decode_size(data: bytes) -> int:
    """Read the body of the answer 409. It may be a lie: see what it is used for.

    Raises:
        DecodeError: it is not one number in a line.
    """
    text = data[:100].decode("ascii", errors="replace")
    if len(data) > 100 or not text.endswith("\n"):
        msg = "the witness's answer is not a size"
        raise DecodeError(msg)
    return decode_decimal(text[:-1], source="the witness's size")


def encode_cosignatures(lines: Sequence[NoteSignature]) -> bytes:
    """Write the body of the answer 200."""
    return "".join(line.encode() for line in lines).encode()


def decode_cosignatures(data: bytes) -> tuple[NoteSignature, ...]:
    """Read the body of the answer 200. Only `verify_cosignature` vouches for a line.

    Raises:
        DecodeError: it is not 1 to 100 signature lines.
    """
    if len(data) > ANSWER_LIMIT_BYTES:
        msg = f"the witness's answer has more than {ANSWER_LIMIT_BYTES} bytes"
        raise DecodeError(msg, code="too_large")
    try:
        return decode_signature_lines(data.decode())
    except UnicodeDecodeError as error:
        msg = "the witness's answer is not UTF-8"
        raise DecodeError(msg) from error


# --- The decision ----------------------------------------------------------------------------


class Status(IntEnum):
    """What the witness answers, in HTTP's numbers."""

    COSIGNED = 200
    MALFORMED = 400
    NOT_SIGNED = 403
    UNKNOWN_LOG = 404
    OTHER_SIZE = 409
    INCONSISTENT = 422


class Finding(Enum):
    """What a refused checkpoint shows about the log that signed it."""

    FORK = "fork"  # Two signed checkpoints that cannot both be true: proof of a lie.
    FALSE_EMPTY_ROOT = "false-empty-root"  # An empty log with a root that it cannot have: a lie.
    UNPROVEN = "unproven"  # No proof came that this one continues the recorded one: a suspicion.


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision. `checkpoint` is what the log signed; None when that could not be seen.

    A `finding` is to be kept whatever the status.
    """

    status: Status
    reason: str
    checkpoint: Checkpoint | None = None
    recorded_size: int | None = None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request whose checkpoint a known key of its log signed. Only `admit` makes one.

    `note` has the signatures of the log alone, one of each key: what to keep and to publish.
    """

    request: AddCheckpoint
    note: Note
    checkpoint: Checkpoint


def judge(
    request: AddCheckpoint,
    *,
    recorded: Checkpoint | None,
    keys: Mapping[str, Sequence[VerifierKey]],
) -> Verdict:
    """Decide on a request, in the order of the specification.

    `recorded` is the last checkpoint that this witness cosigned for the log, `keys` has the keys
    of each origin that it knows.
    """
    submission = admit(request, keys=keys)
    if isinstance(submission, Verdict):
        return submission
    return judge_growth(submission, recorded=recorded)


def admit(
    request: AddCheckpoint, *, keys: Mapping[str, Sequence[VerifierKey]]
) -> Submission | Verdict:
    """Do the part of the decision that needs no memory: whether a known log signed this."""
    try:
        note = decode_note(request.checkpoint)
    except DecodeError as error:
        return Verdict(status=Status.MALFORMED, reason=str(error))
    origin = note.text.split("\n", 1)[0]
    if not keys.get(origin):
        return Verdict(status=Status.UNKNOWN_LOG, reason="this witness does not watch that log")
    try:
        verify_note(request.checkpoint, keys=keys[origin])
    except InvalidProof as error:
        return Verdict(status=Status.NOT_SIGNED, reason=str(error))
    try:
        checkpoint = decode_claim(note.text)
    except DecodeError as error:
        return Verdict(status=Status.MALFORMED, reason=str(error))
    return Submission(
        request=request, note=_own_lines(note, keys=keys[origin]), checkpoint=checkpoint
    )


def _own_lines(note: Note, *, keys: Sequence[VerifierKey]) -> Note:
    known = {(key.name, key.key_id) for key in keys}
    lines = {(line.name, line.key_id): line for line in note.signatures}
    return Note(
        text=note.text, signatures=tuple(line for key, line in lines.items() if key in known)
    )


def judge_growth(submission: Submission, *, recorded: Checkpoint | None) -> Verdict:
    """Do the other part: whether the signed checkpoint continues the recorded one."""
    checkpoint = submission.checkpoint
    old_size = submission.request.old_size
    recorded_size = 0 if recorded is None else recorded.size

    def verdict(status: Status, reason: str, *, finding: Finding | None) -> Verdict:
        return Verdict(
            status=status,
            reason=reason,
            checkpoint=checkpoint,
            recorded_size=recorded_size,
            finding=finding,
        )

    lie = _lie(checkpoint, recorded=recorded)
    if old_size > checkpoint.size:
        reason = f"the old size {old_size} is larger than the checkpoint's, {checkpoint.size}"
        return verdict(Status.MALFORMED, reason, finding=lie)
    if old_size != recorded_size:
        reason = f"the last checkpoint cosigned here has {recorded_size} entries, not {old_size}"
        return verdict(Status.OTHER_SIZE, reason, finding=lie)
    if lie is Finding.FALSE_EMPTY_ROOT:
        reason = "the root of the empty log is not SHA-256 of nothing"
        return verdict(Status.INCONSISTENT, reason, finding=lie)
    try:
        verify_consistency(
            old_size=old_size,
            old_root=EMPTY_ROOT if recorded is None else recorded.root,
            new_size=checkpoint.size,
            new_root=checkpoint.root,
            proof=submission.request.proof,
        )
    except InvalidProof as error:
        finding = lie or _suspicion(submission, recorded=recorded)
        return verdict(Status.INCONSISTENT, str(error), finding=finding)
    return verdict(Status.COSIGNED, "it continues what was cosigned here", finding=None)


def _lie(checkpoint: Checkpoint, *, recorded: Checkpoint | None) -> Finding | None:
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return Finding.FALSE_EMPTY_ROOT
    if recorded is None or checkpoint.size != recorded.size or checkpoint.root == recorded.root:
        return None
    return Finding.FORK


def _suspicion(submission: Submission, *, recorded: Checkpoint | None) -> Finding | None:
    """Say what a refused growth shows: a lie, if the proof leads to another old root."""
    if recorded is None or not 0 < recorded.size < submission.checkpoint.size:
        return None
    try:
        verify_contradiction(
            older=recorded, newer=submission.checkpoint, proof=submission.request.proof
        )
    except InvalidProof:
        return Finding.UNPROVEN
    return Finding.FORK
