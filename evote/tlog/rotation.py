"""A log that takes a new key says so in its own entries, signed by the old key and by the new one.

    pnyx key-rotation 1
    <origin>
    <old verifier key>
    <new verifier key>

is the text that both sign. The old key signs the checkpoint that covers the entry, the new one
all later ones. Whoever knows one of the two keys learns the other from the entry alone; that the
entry is in the log shows that the operator did it in the open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evote.errors import DecodeError, InvalidProof
from evote.tlog.note import (
    Note,
    NoteSignature,
    SigningKey,
    VerifierKey,
    verify_note,
)

KIND = "key-rotation"
_FIRST_LINE = "pnyx key-rotation 1"
_MEMBERS = ("origin", "old", "new", "signature_of_old", "signature_of_new")
_SOURCE = "a signature of the change of keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotation:
    """One change of keys. `decode_rotation` gives only those that both keys signed."""

    old: VerifierKey
    new: VerifierKey
    signature_of_old: NoteSignature
    signature_of_new: NoteSignature

    @property
    def origin(self) -> str:
        """The log, which keeps its name."""
        return self.old.name

    def note(self) -> Note:
        """Give the note that both keys signed."""
        text = rotation_text(old=self.old, new=self.new)
        return Note(text=text, signatures=(self.signature_of_old, self.signature_of_new))

    def body(self) -> dict[str, str]:
        """Give the members of the log's entry, besides its kind."""
        return {
            "origin": self.origin,
            "old": self.old.encode(),
            "new": self.new.encode(),
            "signature_of_old": self.signature_of_old.encode_blob(),
            "signature_of_new": self.signature_of_new.encode_blob(),
        }


def rotation_text(*, old: VerifierKey, new: VerifierKey) -> str:
    """Write the text that both keys sign."""
    return f"{_FIRST_LINE}\n{old.name}\n{old.encode()}\n{new.encode()}\n"


def sign_rotation(*, old: SigningKey, new: SigningKey) -> KeyRotation:
    """Sign the change of keys with both. The same keys give the same entry.

    Raises:
        DecodeError: the keys have two names, or are one and the same.
    """
    _check_pair(old=old.verifier, new=new.verifier)
    text = rotation_text(old=old.verifier, new=new.verifier)
    return KeyRotation(
        old=old.verifier,
        new=new.verifier,
        signature_of_old=old.sign(text),
        signature_of_new=new.sign(text),
    )


def decode_rotation(entry: Mapping[str, object]) -> KeyRotation:
    """Read a change of keys from an entry of the log, and check both signatures.

    Raises:
        DecodeError: the entry is none, or its keys have two names.
        InvalidProof: one of the two keys did not sign it.
        NotSupported: a key is of another type than Ed25519.
    """
    members = {name: entry.get(name) for name in _MEMBERS}
    texts = {name: value for name, value in members.items() if isinstance(value, str)}
    if entry.get("kind") != KIND or len(texts) != len(_MEMBERS) or len(entry) != 1 + len(_MEMBERS):
        msg = "this entry is not a change of the log's key"
        raise DecodeError(msg)
    old, new = VerifierKey.decode(texts["old"]), VerifierKey.decode(texts["new"])
    _check_pair(old=old, new=new)
    if texts["origin"] != old.name:
        msg = "the entry names another log than its keys do"
        raise DecodeError(msg)
    rotation = KeyRotation(
        old=old,
        new=new,
        signature_of_old=old.decode_blob(texts["signature_of_old"], source=_SOURCE),
        signature_of_new=new.decode_blob(texts["signature_of_new"], source=_SOURCE),
    )
    note = rotation.note().encode()
    for key in (old, new):
        verify_note(note, keys=[key])
    return rotation


def later_keys(key: VerifierKey, *, rotations: Iterable[KeyRotation]) -> tuple[VerifierKey, ...]:
    """Give a key and those that followed it, by the entries in the order of the log.

    Raises:
        InvalidProof: an entry changes a key that was not the log's at that point.
    """
    keys = [key]
    for rotation in rotations:
        if rotation.old != keys[-1]:
            msg = (
                f"the log changed the key {rotation.old.key_id.hex()}, and its key was "
                f"{keys[-1].key_id.hex()}"
            )
            raise InvalidProof(msg)
        keys.append(rotation.new)
    return tuple(keys)


def _check_pair(*, old: VerifierKey, new: VerifierKey) -> None:
    if old.name != new.name:
        msg = f"the keys belong to two logs, {old.name} and {new.name}"
        raise DecodeError(msg)
    if old.key_id == new.key_id:
        msg = "the new key is the old one, or has its id"
        raise DecodeError(msg)
