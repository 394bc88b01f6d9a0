"""The installation's key, which signs checkpoints, promises and results: a file, never a row."""

import os
import stat
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from evote.tlog.note import SigningKey


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
    path = Path(settings.LOG_KEY_FILE)
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


@lru_cache(maxsize=4)
def _read_key(path: Path, modified_ns: int, inode: int) -> SigningKey:
    return SigningKey.decode(path.read_text(encoding="utf-8").strip())
