"""What a receipt carries in its line `extra`, and what the entry in it is about.

The line is the entry's bytes, or, of a document that was registered privately, canonical JSON
{"entry": …, "salt": …}: the entry holds SHA-256(salt ‖ SHA-256 of the document), and says nothing
to whoever lacks the salt.
"""

import hashlib
import re
from dataclasses import dataclass

from evote.encoding import canonical_json, decode_json
from evote.errors import DecodeError, InvalidProof
from evote.tlog.tiles import ENTRY_LIMIT_BYTES

_SALT = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What the line says: the entry, and of a private document the salt (32 bytes)."""

    entry: bytes
    salt: bytes | None


def decode_extra(extra: bytes) -> Extra:
    """Read the line `extra`: the entry's bytes, or {"entry": …, "salt": …} of a private document.

    Only the entry's hash, which must lead to the signed root, vouches for it.

    Raises:
        DecodeError: it has an entry and a salt, but not in their one spelling.
    """
    try:
        value = decode_json(extra, source="the line 'extra'", limit_bytes=2 * ENTRY_LIMIT_BYTES)
    except DecodeError:  # Another log's entries may be anything.
        return Extra(entry=extra, salt=None)
    if not isinstance(value, dict) or set(value) != {"entry", "salt"}:
        return Extra(entry=extra, salt=None)
    entry, salt = value["entry"], value["salt"]
    if not isinstance(entry, dict) or not isinstance(salt, str) or not _SALT.fullmatch(salt):
        msg = "the receipt's private part is not an entry and a salt of 32 bytes"
        raise DecodeError(msg)
    if canonical_json(value) != extra:
        msg = "the receipt's private part is not canonical JSON"
        raise DecodeError(msg)
    return Extra(entry=canonical_json(entry), salt=bytes.fromhex(salt))


def verify_entry_is_of_ballot(entry: bytes, *, tracker: bytes) -> None:
    """Check that an entry records the ballot with this tracker (32 bytes).

    Raises:
        DecodeError: the entry is not one of our logs.
        InvalidProof: it records something else, or another ballot.
    """
    value = _decode_entry(entry)
    if value.get("kind") != "election-event" or value.get("type") != "Ballot":
        msg = "the entry records no ballot"
        raise InvalidProof(msg)
    if value.get("payload") != tracker.hex():
        msg = "the entry records another ballot"
        raise InvalidProof(msg)


def verify_entry_is_of_document(entry: bytes, *, digest: bytes, salt: bytes | None) -> None:
    """Check that an entry registers the document with this SHA-256 (32 bytes).

    Raises:
        DecodeError: the entry is not one of our logs.
        InvalidProof: it registers something else, another document, or one that it hides behind
            a salt that is not at hand.
    """
    value = _decode_entry(entry)
    if value.get("kind") != "evidence":
        msg = "the entry registers no document"
        raise InvalidProof(msg)
    registered = value.get("document")
    expected = digest
    if "commitment" in value:
        if salt is None:
            msg = "the document is registered privately, and the receipt lacks its salt"
            raise InvalidProof(msg)
        registered = value["commitment"]
        expected = hashlib.sha256(salt + digest).digest()
    if registered != expected.hex():
        msg = "the entry registers another document"
        raise InvalidProof(msg)


def _decode_entry(entry: bytes) -> dict[str, object]:
    value = decode_json(entry, source="the entry", limit_bytes=ENTRY_LIMIT_BYTES)
    if not isinstance(value, dict) or canonical_json(value) != entry:
        msg = "the entry is not an object in canonical JSON"
        raise DecodeError(msg)
    return value
