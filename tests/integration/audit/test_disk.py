"""A disk that takes no more, and a folder that may not be written (SECURITY D14)."""

import ctypes
import os
import resource
import shutil
import tempfile
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from audit.models import Checkpoint, LogEntry, PendingEntry
from audit.selectors.halting import Obstacle, halt_notice
from audit.selectors.key import signing_key
from audit.selectors.tree import latest_head
from audit.services import publishing
from audit.services.halting import forget_notice, sequence_and_report
from audit.services.marks import mark_file
from evote.tlog.checkpoint import verify_checkpoint
from evote.tlog.tiles import TileAddress, TiledTree
from tests.factories.audit import append_ballots

TODAY = date(2026, 11, 21)
NOBODY = 65_534
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_was_said_before():
    forget_notice()
    yield
    forget_notice()


@contextmanager
def full_disk(*, room):
    """No file of this process may become longer than `room` bytes, as on a disk with no more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(folder):
    """Take the right to write into a folder away, from a superuser as well."""
    if os.geteuid() != 0:
        folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        for path in folders:
            path.chmod(0o555)
        try:
            yield
        finally:
            for path in folders:
                path.chmod(0o755)
        return
    libc = ctypes.CDLL(None)
    libc.setfsuid(NOBODY)
    try:
        yield
    finally:
        libc.setfsuid(0)


@pytest.fixture
def open_folder(settings):
    """A data folder that anybody may look into and only its owner may write."""
    folder = Path(tempfile.mkdtemp(prefix="pnyx-disk-"))
    folder.chmod(0o755)
    settings.DATA_DIR = folder / "data"
    settings.LOG_MARK_FILE = folder / "data" / "log-mark"
    settings.LOG_KEY_FILE = Path(shutil.copy2(settings.LOG_KEY_FILE, folder / "log.key"))
    signing_key()  # it is read once, and remembered
    yield settings.DATA_DIR
    shutil.rmtree(folder)


def grow(number):
    append_ballots(number)
    return sequence_and_report(today=TODAY)


def published():
    data = (publishing.log_folder() / "checkpoint").read_bytes()
    return verify_checkpoint(data, key=signing_key().verifier)


def read_published(address):
    path = publishing.log_folder() / address.path
    return path.read_bytes() if path.exists() else None


def assert_whole(size):
    assert published().size == size
    assert TiledTree(size=size, read_tile=read_published).root() == published().root
    unfinished = [path for path in publishing.log_folder().rglob(".*") if path.is_file()]
    assert unfinished == []


@pytest.mark.parametrize("room", [0, 100, 4_000, 8_000])
def test_d14_a_disk_that_is_full_in_the_middle_of_a_tile_leaves_no_half_of_it(room):
    grow(250)
    with full_disk(room=room), pytest.raises(OSError, match="File too large"):
        grow(20)

    assert_whole(250)
    assert not (publishing.log_folder() / TileAddress(level=0, index=0).path).exists()
    assert halt_notice().obstacle == Obstacle.FILES
    assert latest_head().size == 270
    assert not Checkpoint.objects.filter(head_id=270).exists()

    sequence_and_report(today=TODAY)

    assert_whole(270)
    assert halt_notice() is None


def test_d14_a_disk_that_stays_full_loses_no_entry_and_signs_nothing():
    grow(3)
    with full_disk(room=0):
        for _ in range(3):
            with pytest.raises(OSError, match="File too large"):
                grow(2)

    assert Checkpoint.objects.count() == 1
    assert LogEntry.objects.count() + PendingEntry.objects.count() == 9
    assert_whole(3)

    sequence_and_report(today=TODAY)

    assert_whole(9)
    assert PendingEntry.objects.count() == 0


def test_d14_a_folder_that_may_not_be_written_is_a_pause_and_no_contradiction(open_folder):
    grow(3)
    with read_only(publishing.log_folder()), pytest.raises(OSError, match="Permission denied"):
        grow(2)

    assert halt_notice().obstacle == Obstacle.FILES
    assert_whole(3)
    sequence_and_report(today=TODAY)
    assert_whole(5)


def test_d14_a_mark_that_cannot_be_written_keeps_the_checkpoint_from_the_public(settings, tmp_path):
    grow(3)
    settings.LOG_MARK_FILE = tmp_path / "file" / "log-mark"
    (tmp_path / "file").write_text("a file where a folder should be")

    with pytest.raises(OSError, match="Not a directory"):
        grow(2)

    assert published().size == 3
    settings.LOG_MARK_FILE = tmp_path / "log-mark"
    sequence_and_report(today=TODAY)
    assert published().size == 5
    assert mark_file().exists()
