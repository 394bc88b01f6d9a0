"""Making and using the installation's key."""

import os
import secrets
from pathlib import Path

from django.conf import settings

from audit.selectors.key import signing_key
from evote.tlog import note
from evote.tlog.note import SigningKey, VerifierKey

KEY_FILE_MODE = 0o600


class KeyExists(Exception):
    """There is a key already. A log cannot change its key unseen, so it is left alone."""


class NotForSigning(Exception):
    """The installation does not sign this text as a note."""


def origin_of(base_url: str) -> str:
    """Give the origin of the log of an installation: its address without the scheme."""
    return base_url.split("://", 1)[-1].rstrip("/") + "/log"


def make_log_key(*, origin: str) -> VerifierKey:
    """Make the installation's key, in a file that only the server's own user may read.

    Raises:
        KeyExists: it was made before.
        evote.errors.DecodeError: a log cannot have this origin.
    """
    key = SigningKey.generate(name=origin)
    write_new_key(key, path=Path(settings.LOG_KEY_FILE))
    return key.verifier


def write_new_key(key: SigningKey, *, path: Path) -> None:
    """Write a key into a file that only the server's own user may read, whole or not at all.

    Raises:
        KeyExists: there is one already; it is left alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(key.encode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)  # Unlike a rename, it does not replace.
    except FileExistsError as error:
        msg = f"There is a key in {path} already."
        raise KeyExists(msg) from error
    finally:
        unfinished.unlink(missing_ok=True)
    make_durable(path.parent)


def make_durable(folder: Path) -> None:
    """Bring the names in a folder onto the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sign_note(*, text: str) -> str:
    """Sign a text in the installation's name, as a note that anyone can check.

    The first line says what the text is, as in "pnyx promise 1". It is never the log's origin:
    such a note could pass for a checkpoint, and only the sequencer makes those.

    Raises:
        NotForSigning: the text begins with the log's origin.
        evote.errors.DecodeError: the text cannot be that of a note.
        LogKeyMissing: there is no key yet.
    """
    key = signing_key()
    if text.split("\n", 1)[0] == key.name:
        msg = "A note whose first line is the log's origin would pass for a checkpoint."
        raise NotForSigning(msg)
    return note.sign_note(text=text, key=key).decode()
