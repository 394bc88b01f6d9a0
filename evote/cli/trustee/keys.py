"""The trustee's key file: the secret, and what has been decrypted with it (PROTOCOL 1.5, 2.3).

A new file holds one JSON string: the decimal x of a trustee who stands alone, or the seed of a
member. Once the key has decrypted, the file is an object that remembers which tally of which
election it was. The booth's trustee page writes and reads the same files; either form may stand
behind a passphrase, which is asked for at the terminal.
"""

import getpass
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.sources import read_source, warn_if_readable_by_others, write_new_file
from evote.cli.trustee.protection import (
    PASSPHRASE_LENGTH_CHARACTERS,
    WrongPassphrase,
    is_protected,
    protect,
    unprotect,
)
from evote.encoding import decode_json, encode_json, read_hash, read_object, read_text
from evote.errors import DecodeError
from evote.group import SecretScalar, decode_secret_scalar
from evote.threshold import is_seed

_KEY_LIMIT_BYTES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """A secret and what it has decrypted: from an election's uuid to the hash of its tally."""

    path: str
    key: str = field(repr=False)
    decrypted: Mapping[str, str]
    passphrase: str | None = field(default=None, repr=False)

    @property
    def secret_key(self) -> SecretScalar | None:
        """The x of a trustee who stands alone; None in the file of a member."""
        return None if is_seed(self.key) else decode_secret_scalar(self.key)

    @property
    def seed(self) -> str | None:
        """The seed of a member; None in the file of a trustee who stands alone."""
        return self.key if is_seed(self.key) else None


def read_key_file(path: str) -> KeyFile:
    """Read a key file.

    Raises:
        CommandFailed: it cannot be read, or is no key. Its content is never repeated.
    """
    data = read_source(path, limit_bytes=_KEY_LIMIT_BYTES)
    warn_if_readable_by_others(path)
    try:
        file = decode_key_file(data, path=path, ask=_ask_for_passphrase)
    except WrongPassphrase as error:
        msg = f"{path}: {error}"
        raise CommandFailed(msg) from None
    except DecodeError:
        msg = f"{path}: this is not a trustee's private key"
        # The reason may quote the content, and the content may be nearly a key.
        raise CommandFailed(msg) from None
    return file


def decode_key_file(data: bytes, *, path: str, ask: Callable[[], str]) -> KeyFile:
    """Read the content of a key file; `ask` gives the passphrase where there is one.

    Raises:
        DecodeError: it is no key.
        WrongPassphrase: the passphrase does not open it.
    """
    value = decode_json(data, source="private key", limit_bytes=_KEY_LIMIT_BYTES)
    passphrase = None
    if is_protected(value):
        passphrase = ask()
        inner = unprotect(value, passphrase=passphrase)
        value = decode_json(inner, source="private key", limit_bytes=_KEY_LIMIT_BYTES)
    file = _read(value, path=path, passphrase=passphrase)
    assert file.seed is not None or file.secret_key is not None
    return file


def write_new_key(path: str, *, key: str, has_passphrase: bool) -> None:
    """Write a new key file that only its owner can read, behind a passphrase where one is wanted.

    Raises:
        CommandFailed: the file exists, or the passphrase is too short or not repeated.
    """
    data = encode_json(key)
    if has_passphrase:
        data = protect(data, passphrase=_ask_for_new_passphrase())
    write_new_file(path, data, mode=0o600)


def _ask_for_new_passphrase() -> str:
    passphrase = getpass.getpass("New passphrase of the key file: ")
    if len(passphrase) < PASSPHRASE_LENGTH_CHARACTERS:
        msg = f"a passphrase has at least {PASSPHRASE_LENGTH_CHARACTERS} characters"
        raise CommandFailed(msg)
    if getpass.getpass("Once more: ") != passphrase:
        msg = "the two passphrases are different"
        raise CommandFailed(msg)
    return passphrase


def _ask_for_passphrase() -> str:
    return getpass.getpass("Passphrase of the key file: ")


def _read(value: object, *, path: str, passphrase: str | None) -> KeyFile:
    if isinstance(value, str):
        return KeyFile(path=path, key=value, decrypted={}, passphrase=passphrase)
    item = read_object(value, place="", fields=("version", "key", "decrypted"))
    if item["version"] != 1 or not isinstance(item["decrypted"], dict):
        msg = "not version 1"
        raise DecodeError(msg)
    return KeyFile(
        path=path,
        key=read_text(item["key"], place="key"),
        decrypted={
            uuid: read_hash(tally, place="decrypted") for uuid, tally in item["decrypted"].items()
        },
        passphrase=passphrase,
    )


def remember_tally(file: KeyFile, *, uuid: str, tally: str) -> None:
    """Write into the key file what is about to be decrypted, before anything leaves.

    The file is replaced as a whole, so that no interruption can lose the key.

    Raises:
        CommandFailed: it has decrypted another tally of this election before, or cannot be
            written.
    """
    known = file.decrypted.get(uuid)
    if known == tally:
        return
    if known is not None:
        msg = (
            f"{file.path}: this key has decrypted another tally of the election {uuid} before. "
            "The difference of two tallies may show single votes: nothing was decrypted"
        )
        raise CommandFailed(msg)
    if file.path == "-":
        msg = "the key must be in a file, in which is written what it has decrypted"
        raise CommandFailed(msg)
    value = {"version": 1, "key": file.key, "decrypted": {**file.decrypted, uuid: tally}}
    data = encode_json(value)
    if file.passphrase is not None:
        data = protect(data, passphrase=file.passphrase)
    _replace(Path(file.path), data)


def _replace(path: Path, data: bytes) -> None:
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)  # mkstemp makes it readable for its owner alone
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        msg = (
            f"{path}: {error.strerror or error}. What it decrypts must be written into the key "
            "file first: nothing was decrypted"
        )
        raise CommandFailed(msg) from error
