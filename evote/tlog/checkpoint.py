"""Checkpoints: how long a log is, and the root over all of it, signed (c2sp.org/tlog-checkpoint).

    <origin>
    <number of entries>
    <base64 of the root>

is the text of a note. There is no time in it. A log that signs two checkpoints of which neither
continues the other has lied, and the two notes prove it.
"""

import base64
import re
from dataclasses import dataclass

from evote.errors import DecodeError, InvalidProof
from evote.tlog.merkle import EMPTY_ROOT, HASH_SIZE_BYTES
from evote.tlog.note import (
    Note,
    SigningKey,
    VerifierKey,
    decode_base64,
    decode_note,
    sign_note,
    verify_note,
)

SIZE_LIMIT = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a checkpoint says. Only `verify_checkpoint` vouches for it."""

    origin: str
    size: int
    root: bytes

    def encode(self) -> str:
        """Write the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def decode_decimal(text: str, *, source: str) -> int:
    """Read a number of the log: decimal, without sign or leading zero, below 2^63.

    Raises:
        DecodeError: it is written otherwise.
    """
    if not _DECIMAL.fullmatch(text) or int(text) > SIZE_LIMIT:
        msg = f"{source} is not a decimal number without leading zeros: {text!r:.40}"
        raise DecodeError(msg)
    return int(text)


def decode_hash(text: str, *, source: str) -> bytes:
    """Read a hash in base64.

    Raises:
        DecodeError: it is not base64 of 32 bytes.
    """
    value = decode_base64(text, source=source)
    if len(value) != HASH_SIZE_BYTES:
        msg = f"{source} has {len(value)} bytes, not {HASH_SIZE_BYTES}"
        raise DecodeError(msg)
    return value


def decode_checkpoint(note: Note) -> Checkpoint:
    """Read the text of a note as a checkpoint, whoever signed it.

    Lines beyond the third, which the specification allows and advises against, are refused:
    nobody could check what they say.

    Raises:
        DecodeError: it is not the text of a checkpoint.
    """
    checkpoint = decode_claim(note.text)
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        msg = "the root of the empty log is not SHA-256 of nothing"
        raise DecodeError(msg)
    return checkpoint


def decode_claim(text: str) -> Checkpoint:
    """Read a checkpoint of which even the root of the empty log may be wrong.

    For witnesses alone, who must tell that lie from a text that is none.

    Raises:
        DecodeError: it does not have the three lines of a checkpoint.
    """
    lines = text.split("\n")[:-1]
    if len(lines) != 3 or not lines[0]:
        msg = "a checkpoint has three lines: origin, size, root"
        raise DecodeError(msg)
    origin, size_text, root_text = lines
    size = decode_decimal(size_text, source="the size of the checkpoint")
    root = decode_hash(root_text, source="the root of the checkpoint")
    return Checkpoint(origin=origin, size=size, root=root)


def sign_checkpoint(*, size: int, root: bytes, key: SigningKey) -> bytes:
    """Write the signed checkpoint of the log that bears the key's name."""
    text = Checkpoint(origin=key.name, size=size, root=root).encode()
    return sign_note(text=text, key=key)


def check_origin(note: Note, *, key: VerifierKey) -> Checkpoint:
    """Read the checkpoint and see that it names the log to which the key belongs.

    Raises:
        DecodeError: it is not a checkpoint.
        InvalidProof: it is the checkpoint of another log.
    """
    checkpoint = decode_checkpoint(note)
    if checkpoint.origin != key.name:
        msg = f"this is the log {checkpoint.origin}, not {key.name}"
        raise InvalidProof(msg)
    return checkpoint


def verify_checkpoint(data: bytes, *, key: VerifierKey) -> Checkpoint:
    """Check that the log to which the key belongs signed this checkpoint.

    Raises:
        DecodeError: it is not a signed checkpoint.
        InvalidProof: it is another log's, or the log's signature is missing or wrong.
    """
    checkpoint = check_origin(decode_note(data), key=key)
    verify_note(data, keys=[key])
    return checkpoint
