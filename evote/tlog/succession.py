"""A log that cannot go on is closed for ever, and another one, with a name of its own, says so.

    pnyx log-closed 1
    <old verifier key>
    <number of entries under the old log's last checkpoint>
    <base64 of that checkpoint's root>
    <new verifier key>
    <number of entries that the new log keeps, at their places>
    <base64 of their root>
    <reason: behind, contradicted or key-lost>
    <SHA-256 of the explanation in words, hexadecimal>
    <moment, in UTC>

is the final statement of the old log: a note that the new key signs, and the old one too while
there is one. The same stands in the new log as the entry that follows on those that it keeps.
Whoever has a copy of the old log sees from the two roots which of its entries are not in the new
one: if the old log had the root of the kept entries at their number, all from there on.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from evote.errors import DecodeError, InvalidProof
from evote.tlog.merkle import EMPTY_ROOT, HASH_SIZE_BYTES
from evote.tlog.note import (
    Note,
    NoteSignature,
    SigningKey,
    VerifierKey,
    verify_note,
)

KIND = "log-succession"
_FIRST_LINE = "pnyx log-closed 1"
_TEXTS = ("old", "final_root", "new", "kept_root", "reason", "explanation", "at")
_SIZES = ("final_size", "kept_size")
_SIGNATURE_OF_OLD, _SIGNATURE_OF_NEW = "signature_of_old", "signature_of_new"


class Reason(StrEnum):
    """Why a log was closed."""

    BEHIND = "behind"
    CONTRADICTED = "contradicted"
    KEY_LOST = "key-lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """So many entries, and the root over them (32 bytes)."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What a final statement says. Nobody has signed it yet.

    `final` is what the old log signed last, as far as anyone saw it; `kept` is what the new log
    begins with; `explanation` is the hash (32 bytes) of the reason in words; `at` is a moment as
    the log writes it.
    """

    old: VerifierKey
    final: Tree
    new: VerifierKey
    kept: Tree
    reason: Reason
    explanation: bytes
    at: str

    def text(self) -> str:
        """Write what is signed."""
        lines = (
            _FIRST_LINE,
            self.old.encode(),
            str(self.final.size),
            base64.b64encode(self.final.root).decode(),
            self.new.encode(),
            str(self.kept.size),
            base64.b64encode(self.kept.root).decode(),
            self.reason.value,
            self.explanation.hex(),
            self.at,
        )
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """A closing with its signatures. `decode_succession` gives only those that verified."""

    closing: Closing
    signature_of_old: NoteSignature | None
    signature_of_new: NoteSignature

    def statement(self) -> Note:
        """Give the old log's final statement."""
        lines = (self.signature_of_old, self.signature_of_new)
        return Note(
            text=self.closing.text(), signatures=tuple(line for line in lines if line is not None)
        )

    def body(self) -> dict[str, str | int]:
        """Give the members of the new log's entry, besides its kind."""
        closing = self.closing
        body: dict[str, str | int] = {
            "old": closing.old.encode(),
            "final_size": closing.final.size,
            "final_root": closing.final.root.hex(),
            "new": closing.new.encode(),
            "kept_size": closing.kept.size,
            "kept_root": closing.kept.root.hex(),
            "reason": closing.reason.value,
            "explanation": closing.explanation.hex(),
            "at": closing.at,
            _SIGNATURE_OF_NEW: self.signature_of_new.encode_blob(),
        }
        if self.signature_of_old is not None:
            body[_SIGNATURE_OF_OLD] = self.signature_of_old.encode_blob()
        return body


def sign_closing(closing: Closing, *, old: SigningKey | None, new: SigningKey) -> Succession:
    """Sign a final statement, with the old key too unless it is lost.

    Raises:
        DecodeError: the statement does not fit itself or these keys.
    """
    _check(closing, has_old_signature=old is not None)
    if new.verifier != closing.new or (old is not None and old.verifier != closing.old):
        msg = "these are not the keys that the statement names"
        raise DecodeError(msg)
    text = closing.text()
    return Succession(
        closing=closing,
        signature_of_old=None if old is None else old.sign(text),
        signature_of_new=new.sign(text),
    )


def decode_succession(entry: Mapping[str, object]) -> Succession:
    """Read from an entry how another log was closed, and check the signatures.

    Raises:
        DecodeError: the entry is none, or does not fit itself.
        InvalidProof: one of the keys did not sign it.
        NotSupported: a key is of another type than Ed25519.
    """
    members = dict(entry)
    line_of_old = members.pop(_SIGNATURE_OF_OLD, None)
    line_of_new = members.pop(_SIGNATURE_OF_NEW, None)
    if members.keys() != {"kind", *_TEXTS, *_SIZES} or members["kind"] != KIND:
        msg = "this entry does not say that a log was closed"
        raise DecodeError(msg)
    closing = _read_closing(members)
    _check(closing, has_old_signature=line_of_old is not None)
    succession = Succession(
        closing=closing,
        signature_of_old=None
        if line_of_old is None
        else _decode_signature(line_of_old, key=closing.old),
        signature_of_new=_decode_signature(line_of_new, key=closing.new),
    )
    note = succession.statement().encode()
    keys = [closing.new] if succession.signature_of_old is None else [closing.old, closing.new]
    for key in keys:
        verify_note(note, keys=[key])
    return succession


def check_place(closing: Closing, *, index: int, root: bytes) -> None:
    """Check that the new log keeps what a closing says, if it stands there at `index`.

    `root` is the one of the entries before `index`.

    Raises:
        InvalidProof: the log keeps something else.
    """
    if closing.kept.size != index:
        msg = f"it says that the log keeps {closing.kept.size} entries, and {index} stand before it"
        raise InvalidProof(msg)
    if closing.kept.root != root:
        msg = f"the {index} entries before it are not those that it says the log keeps"
        raise InvalidProof(msg)


def _read_closing(members: Mapping[str, object]) -> Closing:
    texts = {name: _text(members[name], name=name) for name in _TEXTS}
    sizes = {name: _size(members[name], name=name) for name in _SIZES}
    try:
        reason = Reason(texts["reason"])
    except ValueError as error:
        msg = f"nobody closes a log because of {texts['reason']!r:.40}"
        raise DecodeError(msg) from error
    return Closing(
        old=VerifierKey.decode(texts["old"]),
        final=Tree(size=sizes["final_size"], root=_hash(texts["final_root"], name="final_root")),
        new=VerifierKey.decode(texts["new"]),
        kept=Tree(size=sizes["kept_size"], root=_hash(texts["kept_root"], name="kept_root")),
        reason=reason,
        explanation=_hash(texts["explanation"], name="explanation"),
        at=texts["at"],
    )


def _check(closing: Closing, *, has_old_signature: bool) -> None:
    """Refuse what would say nothing: one log twice, a reason that is not one, another empty root.

    Raises:
        DecodeError: it does.
    """
    if closing.old.name == closing.new.name:
        msg = f"the log {closing.old.name} cannot follow on itself"
        raise DecodeError(msg)
    if has_old_signature == (closing.reason is Reason.KEY_LOST):
        msg = "the old key signs the final statement, unless that key is lost"
        raise DecodeError(msg)
    if closing.reason is Reason.BEHIND and closing.kept.size >= closing.final.size:
        msg = "the new log keeps no fewer entries than the old one had: it was not behind"
        raise DecodeError(msg)
    if any(tree.size == 0 and tree.root != EMPTY_ROOT for tree in (closing.final, closing.kept)):
        msg = "the root of an empty log is not SHA-256 of nothing"
        raise DecodeError(msg)


def _text(value: object, *, name: str) -> str:
    if not isinstance(value, str) or "\n" in value:
        msg = f"{name} is not a line of text"
        raise DecodeError(msg)
    return value


def _size(value: object, *, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        msg = f"{name} is not a number of entries"
        raise DecodeError(msg)
    return value


def _hash(text: str, *, name: str) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != HASH_SIZE_BYTES or value.hex() != text:
        msg = f"{name} is not a hash in hexadecimal"
        raise DecodeError(msg)
    return value


def _decode_signature(value: object, *, key: VerifierKey) -> NoteSignature:
    source = "a signature of the final statement"
    return key.decode_blob(_text(value, name=source), source=source)
