"""Signed notes: a text that people can read, and signatures under it (c2sp.org/signed-note).

    <text, which ends with a line feed>
    <empty line>
    — <key name> <base64 of key_id[4] ‖ signature>      (one or more lines)

A signature covers the text with its last line feed, and not the empty line. Lines by unknown keys
are ignored, so that others can add theirs; a line by a known key must hold.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from nacl import signing
from nacl.exceptions import BadSignatureError
from nacl.utils import random as random_bytes

from evote.errors import DecodeError, InvalidProof, NotSupported

NOTE_LIMIT_BYTES = 1_000_000
SIGNATURE_LIMIT_LINES = 100
KEY_ID_SIZE_BYTES = 4
SEED_SIZE_BYTES = 32
PRIVATE_KEY_PREFIX = "PRIVATE+KEY+"
# The first byte of a key: what kind of signature it makes.
ED25519 = 0x01

_SIGNATURE_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<blob>[A-Za-z0-9+/]+={0,2})")
# Every control character but the line feed. (U+007F is allowed: it is none of ASCII's first 32.)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_NAME = re.compile(r"[^\s+]+")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line: who, by which key, and the bytes after the key's id."""

    name: str
    key_id: bytes
    signature: bytes

    def encode(self) -> str:
        """Write the line, with its line feed."""
        return f"— {self.name} {self.encode_blob()}\n"

    def encode_blob(self) -> str:
        """Write the key's id and the signature alone, for where the name is known."""
        return base64.b64encode(self.key_id + self.signature).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text and the signature lines under it. To have one says nothing about their truth."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """Write the note as it is published."""
        lines = "".join(signature.encode() for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """The public half of a note's key, with the name under which it signs."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart: SHA-256(name ‖ LF ‖ type ‖ key)[:4]."""
        return key_id_of(name=self.name, material=bytes([ED25519]) + self.public)

    def encode(self) -> str:
        """Write the key as `name+id+base64`."""
        material = base64.b64encode(bytes([ED25519]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def decode_blob(self, text: str, *, source: str) -> NoteSignature:
        """Read a signature of this key from what `encode_blob` writes. It is not verified.

        Raises:
            DecodeError: it is not base64; the message names `source`.
            InvalidProof: it names another key.
        """
        blob = decode_base64(text, source=source)
        key_id, signature = blob[:KEY_ID_SIZE_BYTES], blob[KEY_ID_SIZE_BYTES:]
        if key_id != self.key_id:
            msg = f"the signature is not by the key {self.key_id.hex()}"
            raise InvalidProof(msg)
        return NoteSignature(name=self.name, key_id=key_id, signature=signature)

    @classmethod
    def decode(cls, text: str) -> "VerifierKey":
        """Read a verifier key.

        Raises:
            DecodeError: it is none, or its id does not belong to it.
            NotSupported: it makes other signatures than Ed25519 ones over notes.
        """
        name, material = decode_key_text(text, source="the verifier key")
        if material[0] != ED25519:
            msg = f"the key {name} is of type {material[0]:#04x}; only Ed25519 (0x01) is supported"
            raise NotSupported(msg)
        if len(material) != 1 + SEED_SIZE_BYTES:
            msg = "the verifier key does not hold 32 bytes"
            raise DecodeError(msg)
        return cls(name=name, public=material[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """The secret half. It is never printed: only `encode` gives it away."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(name=self.name, public=bytes(signing.SigningKey(self.seed).verify_key))

    def sign(self, text: str) -> NoteSignature:
        """Sign a note's text. Ed25519 is deterministic: the same text, the same signature."""
        key_id, key = _expanded(self)
        signature = key.sign(text.encode()).signature
        return NoteSignature(name=self.name, key_id=key_id, signature=signature)

    def encode(self) -> str:
        """Write the key in the form of Go's sumdb/note: `PRIVATE+KEY+name+id+base64`."""
        material = base64.b64encode(bytes([ED25519]) + self.seed).decode()
        return f"{PRIVATE_KEY_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{material}"

    @classmethod
    def decode(cls, text: str) -> "SigningKey":
        """Read a private key.

        Raises:
            DecodeError: it is none, or its id does not belong to it.
        """
        name, key_id, material = decode_private_key_text(text)
        if material[0] != ED25519:
            msg = "the private key is not one of Ed25519"
            raise DecodeError(msg)
        key = cls(name=name, seed=material[1:])
        if key.verifier.key_id.hex() != key_id:
            msg = "the private key's id does not belong to it"
            raise DecodeError(msg)
        return key

    @classmethod
    def generate(cls, *, name: str) -> "SigningKey":
        """Make a new key from the system's randomness.

        Raises:
            DecodeError: a key cannot have this name.
        """
        return cls(name=check_key_name(name), seed=random_bytes(SEED_SIZE_BYTES))


@lru_cache(maxsize=4)
def _expanded(key: SigningKey) -> tuple[bytes, signing.SigningKey]:
    """Return the key's id, and the key ready to sign: to make them takes longer than to sign."""
    return key.verifier.key_id, signing.SigningKey(key.seed)


# --- Notes --------------------------------------------------------------------------------


def sign_note(*, text: str, key: SigningKey) -> bytes:
    """Write a note signed by one key.

    Raises:
        DecodeError: the text cannot be that of a note.
    """
    check_text(text)
    return Note(text=text, signatures=(key.sign(text),)).encode()


def check_text(text: str) -> None:
    """Refuse what cannot be the text of a note: no last line feed, or a control character."""
    if not text.endswith("\n"):
        msg = "the text of a note ends with a line feed"
        raise DecodeError(msg)
    if _CONTROL.search(text):
        msg = "a note holds no control character but the line feed"
        raise DecodeError(msg)


def decode_note(data: bytes) -> Note:
    """Take a note apart without looking at its signatures.

    Raises:
        DecodeError: it is not a note.
    """
    if len(data) > NOTE_LIMIT_BYTES:
        msg = f"the note has {len(data)} bytes; at most {NOTE_LIMIT_BYTES} are allowed"
        raise DecodeError(msg, code="too_large")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        msg = "the note is not UTF-8"
        raise DecodeError(msg) from error
    check_text(whole)
    text, separator, lines = whole.rpartition("\n\n")
    if not separator:
        msg = "the note has no empty line between its text and its signatures"
        raise DecodeError(msg)
    return Note(text=text + "\n", signatures=decode_signature_lines(lines))


def decode_signature_lines(lines: str) -> tuple[NoteSignature, ...]:
    """Read 1 to 100 signature lines, each with its line feed.

    Raises:
        DecodeError: they are none, or too many.
    """
    rows = lines.split("\n")
    if rows.pop() or not rows or len(rows) > SIGNATURE_LIMIT_LINES:
        msg = f"there are {len(rows)} signatures, not 1 to {SIGNATURE_LIMIT_LINES}"
        raise DecodeError(msg)
    return tuple(map(_decode_signature, rows))


def _decode_signature(row: str) -> NoteSignature:
    match = _SIGNATURE_LINE.fullmatch(row)
    if match is None:
        msg = f"this is not a line of a signature: {row!r:.60}"
        raise DecodeError(msg)
    blob = decode_base64(match["blob"], source="a signature")
    if len(blob) <= KEY_ID_SIZE_BYTES:
        msg = "a signature is shorter than the id of its key"
        raise DecodeError(msg)
    return NoteSignature(
        name=match["name"], key_id=blob[:KEY_ID_SIZE_BYTES], signature=blob[KEY_ID_SIZE_BYTES:]
    )


def verify_note(data: bytes, *, keys: Iterable[VerifierKey]) -> Note:
    """Check that at least one of the known keys signed, and that none signed something else.

    Raises:
        DecodeError: it is not a note.
        InvalidProof: no known key signed it, or the line of a known key does not hold.
    """
    note = decode_note(data)
    known = {(key.name, key.key_id): key for key in keys}
    is_signed = False
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is not None:
            _verify_signature(line, key=key, text=note.text)
            is_signed = True
    if not is_signed:
        names = ", ".join(f"{name} ({key_id.hex()})" for name, key_id in known)
        msg = f"the note is not signed by {names}"
        raise InvalidProof(msg)
    return note


def _verify_signature(line: NoteSignature, *, key: VerifierKey, text: str) -> None:
    try:
        signing.VerifyKey(key.public).verify(text.encode(), line.signature)
    except (BadSignatureError, ValueError) as error:
        msg = f"the signature by {key.name} ({key.key_id.hex()}) does not fit the text"
        raise InvalidProof(msg) from error


# --- Parts --------------------------------------------------------------------------------


def decode_base64(text: str, *, source: str) -> bytes:
    """Read standard base64 with padding, and refuse any second spelling of the same bytes.

    Raises:
        DecodeError: it is not base64, or not the one spelling.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        msg = f"{source} is not base64"
        raise DecodeError(msg) from error
    if base64.b64encode(data).decode() != text:
        msg = f"{source} is not base64 in its one spelling"
        raise DecodeError(msg)
    return data


def decode_key_text(text: str, *, source: str) -> tuple[str, bytes]:
    """Read `name+id+base64`: the name, and what the base64 holds (type ‖ public key).

    Raises:
        DecodeError: it is none, or the id does not belong to it.
    """
    parts = text.split("+", 2)  # The base64 may hold further plus signs.
    if len(parts) != 3:
        msg = f"{source} is not of the form name+id+base64"
        raise DecodeError(msg)
    name, key_id, blob = parts
    material = decode_base64(blob, source=source)
    if not material or not _KEY_ID.fullmatch(key_id):
        msg = f"{source} is not of the form name+id+base64"
        raise DecodeError(msg)
    if key_id_of(name=check_key_name(name), material=material).hex() != key_id:
        msg = f"the id in {source} does not belong to it; was it copied whole?"
        raise DecodeError(msg)
    return name, material


def decode_private_key_text(text: str) -> tuple[str, str, bytes]:
    """Read `PRIVATE+KEY+name+id+base64`: the name, the id in hex, and type ‖ seed (33 bytes).

    Whether the id belongs to the seed is for the caller to see: it is the public key's.

    Raises:
        DecodeError: it is none.
    """
    parts = text.removeprefix(PRIVATE_KEY_PREFIX).split("+", 2)
    if not text.startswith(PRIVATE_KEY_PREFIX) or len(parts) != 3:
        msg = "this is not a private key of a note"
        raise DecodeError(msg)
    name, key_id, blob = parts
    material = decode_base64(blob, source="the private key")
    if len(material) != 1 + SEED_SIZE_BYTES:
        msg = f"the private key does not hold a seed of {SEED_SIZE_BYTES} bytes"
        raise DecodeError(msg)
    return check_key_name(name), key_id, material


def check_key_name(name: str) -> str:
    """Give the name back if a key can have it.

    Raises:
        DecodeError: it is empty, or has a space, a plus sign or a control character.
    """
    if not _KEY_NAME.fullmatch(name) or _CONTROL.search(name):
        msg = f"a key cannot be named {name!r:.60}: no space, no plus sign, not empty"
        raise DecodeError(msg)
    return name


def key_id_of(*, name: str, material: bytes) -> bytes:
    """Give the four bytes that tell keys of one name apart. `material` is type ‖ public key."""
    return hashlib.sha256(name.encode() + b"\n" + material).digest()[:KEY_ID_SIZE_BYTES]
