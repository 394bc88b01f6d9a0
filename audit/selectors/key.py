"""The installation's key, which signs checkpoints, promises and results: a file, never a row.

A log may change its key; what was signed before verifies under the key of its day. Which keys
those were stands in the log's own entries, and in a file beside the key. A log that was closed
left its keys there too.
"""

import json
import os
import stat
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from audit.models import LogEntry
from evote.errors import EvoteError
from evote.tlog import rotation, succession
from evote.tlog.note import SigningKey, VerifierKey, decode_note


class LogKeyMissing(Exception):
    """There is no key yet. The message says which command makes one."""


class LogKeyUnsafe(Exception):
    """Others than the server's own user may read the key, so it proves nothing any more."""


def signing_key() -> SigningKey:
    """Return the installation's key.

    Its name is the log's origin. It was fixed when the key was made: an installation that
    moves to another address keeps its log.

    Raises:
        LogKeyMissing: nobody has made it yet.
        LogKeyUnsafe: its file is readable by others.
    """
    return read_signing_key(Path(settings.LOG_KEY_FILE))


def next_signing_key() -> SigningKey | None:
    """Return the key that is to follow, while a change of keys is under way; else None.

    Raises:
        LogKeyUnsafe: its file is readable by others.
    """
    path = next_key_file()
    return read_signing_key(path) if path.exists() else None


def next_key_file() -> Path:
    """Return where the key that is to follow waits for its turn."""
    path = Path(settings.LOG_KEY_FILE)
    return path.with_name(f"{path.name}.next")


def successor_key_file() -> Path:
    """Return where the key of the log that follows waits while this one is being closed."""
    path = Path(settings.LOG_KEY_FILE)
    return path.with_name(f"{path.name}.successor")


def earlier_keys_file() -> Path:
    """Return the file that names the public halves of earlier keys, one in each line."""
    path = Path(settings.LOG_KEY_FILE)
    return path.with_name(f"{path.name}.earlier")


def read_signing_key(path: Path) -> SigningKey:
    """Read a private key from its file.

    Raises:
        LogKeyMissing: there is no such file.
        LogKeyUnsafe: others may read it.
    """
    try:
        status = path.stat()
    except FileNotFoundError as error:
        msg = f"There is no key in {path}. Make one with: python manage.py make_log_key"
        raise LogKeyMissing(msg) from error
    if stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.geteuid():
        msg = f"Only the server's own user may read {path}: chmod 600 it."
        raise LogKeyUnsafe(msg)
    return _read_key(path, status.st_mtime_ns, status.st_ino)


def log_origin() -> str:
    """Return the log's name: the address of the log without the scheme."""
    return signing_key().name


def verifier_key() -> str:
    """Return the public half, in the form that `evote receipt check --key` takes."""
    return signing_key().verifier.encode()


def verifier_keys() -> list[str]:
    """Return every key that the log ever had, in that form, the present one first."""
    return [key.encode() for key in own_keys()]


def own_keys() -> list[VerifierKey]:
    """Return the public halves of every key that this log ever had, the present one first."""
    keys = [signing_key().verifier]
    for change in reversed(key_rotations()):
        if change.new == keys[-1]:
            keys.append(change.old)
    name = keys[0].name
    keys.extend(key for key in _kept_keys() if key not in keys and key.name == name)
    return keys


def closed_log_keys() -> list[VerifierKey]:
    """Return the keys of the closed logs on which this one follows; their receipts are still good.

    The last key of each log stands before those that it had earlier, the last log first.
    """
    keys: list[VerifierKey] = []
    changes = key_rotations()
    for closing in (found.closing for found in reversed(successions())):
        keys.append(closing.old)
        for change in reversed(changes):
            if change.new == keys[-1]:
                keys.append(change.old)
    names = {key.name for key in keys}
    keys.extend(key for key in _kept_keys() if key not in keys and key.name in names)
    return keys


def successions() -> list[succession.Succession]:
    """Return how the logs before this one were closed, the first one first."""
    found = []
    for row in LogEntry.objects.filter(kind=succession.KIND).order_by("index"):
        with suppress(EvoteError):  # as for changes of keys
            found.append(succession.decode_succession(json.loads(bytes(row.body))))
    return found


def key_rotations() -> list[rotation.KeyRotation]:
    """Return the changes of keys that the log holds, in its order: those that both keys signed."""
    found = []
    for row in LogEntry.objects.filter(kind=rotation.KIND).order_by("index"):
        with suppress(EvoteError):  # an entry that does not verify says nothing about our keys
            found.append(rotation.decode_rotation(json.loads(bytes(row.body))))
    return found


def key_of_note(note: bytes) -> VerifierKey:
    """Return the one of our keys that signed a note, by its id; the present one if none did.

    Ours are also those of the closed logs on which this one follows.

    Nothing is checked here: whoever has the key checks the signature with it.
    """
    keys = [*own_keys(), *closed_log_keys()]
    try:
        named = {(line.name, line.key_id) for line in decode_note(note).signatures}
    except EvoteError:
        return keys[0]
    return next((key for key in keys if (key.name, key.key_id) in named), keys[0])


def _kept_keys() -> list[VerifierKey]:
    try:
        lines = earlier_keys_file().read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []
    return [VerifierKey.decode(line) for line in lines]


@lru_cache(maxsize=4)
def _read_key(path: Path, modified_ns: int, inode: int) -> SigningKey:
    return SigningKey.decode(path.read_text(encoding="utf-8").strip())
