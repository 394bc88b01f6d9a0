"""Where the embedded servers keep their files and their sockets."""

import errno
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from config.embedded.child import CannotStart

# Linux takes 107 bytes; PostgreSQL's own file name is the longest that goes into the folder.
SOCKET_ADDRESS_LIMIT_BYTES = 107
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
FREE_SPACE_BYTES = 300 * 2**20


def socket_folder(data: Path) -> Path:
    """Return the 0700 folder of the servers' sockets: beside `data` if that is short enough.

    Raises:
        CannotStart: no folder is short enough for a socket's address, or it is not ours.

    """
    data = data.resolve()
    name = f"pnyx-{os.getuid()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:10]}"
    folders = [data.parent / "sockets"]
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108
        if base and os.access(base, os.W_OK):
            folders.append(Path(base) / name)
    for folder in folders:
        if len(os.fsencode(folder / LONGEST_SOCKET_NAME)) <= SOCKET_ADDRESS_LIMIT_BYTES:
            return _own_folder(folder)
    msg = "No folder is short enough for a socket's address: set XDG_RUNTIME_DIR to a short one."
    raise CannotStart(msg)


def data_folder(folder: Path) -> None:
    """Make `folder` if it is missing, and see that there is room in it.

    Raises:
        CannotStart: it cannot be written, or the disk is full.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(cannot_write(folder, error)) from error
    if not os.access(folder, os.W_OK):
        raise CannotStart(cannot_write(folder, PermissionError()))
    if shutil.disk_usage(folder).free < FREE_SPACE_BYTES:
        msg = f"The disk of {folder} is full: make {FREE_SPACE_BYTES >> 20} MB of room."
        raise CannotStart(msg)


def cannot_write(folder: Path, error: OSError) -> str:
    """Return the one sentence for a folder that cannot be written."""
    if error.errno == errno.ENOSPC:
        return f"The disk of {folder} is full: make room and start again."
    return f"{folder} cannot be written: run in a folder of your own."


def _own_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(cannot_write(folder, error)) from error
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
        msg = f"{folder} is not yours alone; remove it, or set XDG_RUNTIME_DIR."
        raise CannotStart(msg)
    return folder
