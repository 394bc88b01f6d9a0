"""Kill the sequencer with `kill -9` at each of its steps, and let another one finish.

Run as a program, with the environment of an installation whose tables are made. It writes what
each attempt left as JSON: {scenario: {"status", "again", "files", "checkpoints"}}.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path

import django
import psycopg

TODAY = date(2026, 11, 21)
UNDISTURBED = "undisturbed"
TWO_AT_ONCE = "two at once"
# scenario -> (module, function, which call, before or after it); the process dies there.
STEPS = {
    "before the entries are rows": ("audit.services.sequencing", "add_entries", 1, "before"),
    "between the entries and their root": ("audit.services.sequencing", "add_head", 1, "before"),
    "before the commit": ("audit.services.sequencing", "add_head", 1, "after"),
    "after the commit": ("audit.services.sequencing", "take_in_pending", 1, "after"),
    "before the signature": ("audit.services.sequencing", "sign_head", 1, "before"),
    "after the signature": ("audit.services.sequencing", "sign_head", 1, "after"),
    "before the first file": ("audit.services.publishing", "write_durably", 1, "before"),
    "in the middle of a file": ("os", "fsync", 1, "before"),
    "before a file has its name": ("pathlib.Path", "rename", 1, "before"),
    "between two files": ("audit.services.publishing", "write_durably", 2, "after"),
    "after the last tile": ("audit.services.publishing", "publish_tiles", 1, "after"),
    "before the checkpoint is kept": ("audit.services.sequencing", "keep_checkpoint", 1, "before"),
    "before the mark": ("audit.services.sequencing", "write_mark", 1, "before"),
    "after the mark": ("audit.services.sequencing", "write_mark", 1, "after"),
    "before the publication": ("audit.services.publishing", "publish", 1, "before"),
    "between row and file": ("audit.services.publishing", "publish_checkpoint", 1, "before"),
    "after the publication": ("audit.services.publishing", "publish_checkpoint", 1, "after"),
    "before the clearing": ("audit.services.publishing", "remove_superseded", 1, "before"),
    "after the clearing": ("audit.services.publishing", "remove_superseded", 1, "after"),
}


def run(folder: Path, owner_url: str) -> dict[str, dict[str, object]]:
    """Prepare one log, and play every scenario on a copy of it."""
    base = folder / "base"
    base.mkdir(parents=True)
    assert _in_child("pnyx", base, _prepare) == 0
    results = {}
    with psycopg.connect(owner_url, dbname="postgres", autocommit=True) as owner:
        for number, name in enumerate([UNDISTURBED, *STEPS, TWO_AT_ONCE]):
            database, data = f"drill_{number}", folder / f"data-{number}"
            owner.execute(f"CREATE DATABASE {database} TEMPLATE pnyx")
            shutil.copytree(base, data)
            results[name] = _play(name, database=database, data=data)
            owner.execute(f"DROP DATABASE {database}")
    return results


def _play(name: str, *, database: str, data: Path) -> dict[str, object]:
    if name == TWO_AT_ONCE:
        children = [_fork(database, data, work) for work in (_often, _often, _write)]
        status = max(os.waitpid(child, 0)[1] for child in children)
    elif name in STEPS:
        status = _in_child(database, data, lambda: _die_at(*STEPS[name]))
    else:
        status = 0
    again = _in_child(database, data, _sequence)
    outcome = data.parent / f"{data.name}.json"
    assert _in_child(database, data, lambda: outcome.write_text(json.dumps(_state()))) == 0
    return {"status": status, "again": again, **json.loads(outcome.read_text())}


def _in_child(database: str, data: Path, work: Callable[[], object]) -> int:
    return os.waitpid(_fork(database, data, work), 0)[1]


def _fork(database: str, data: Path, work: Callable[[], object]) -> int:
    """Do the work in a process of its own, with this database and this folder."""
    child = os.fork()
    if child:
        return child
    from django.conf import settings
    from django.db import connection

    connection.settings_dict["NAME"] = database
    settings.DATA_DIR = data
    settings.LOG_MARK_FILE = data / "log-mark"
    try:
        work()
        connection.close()
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it was
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _prepare() -> None:
    """Leave 250 entries that are published, and 20 that wait: a tile becomes full."""
    from tests.factories.audit import append_ballots

    append_ballots(250)
    _sequence()
    append_ballots(20)


def _sequence() -> None:
    from audit.services.sequencing import sequence

    sequence(today=TODAY)


def _often() -> None:
    for _ in range(40):
        _sequence()
        time.sleep(0.01)


def _write() -> None:
    from tests.factories import audit

    for _ in range(10):
        next(audit.NUMBERS)  # other elections than those of the preparation
    for _ in range(20):
        audit.append_ballots(7)
        time.sleep(0.01)


def _die_at(module: str, function: str, call: int, moment: str) -> None:
    """Run the sequencer and die by SIGKILL before or after a call of one of its functions."""
    place = {"os": os, "pathlib.Path": Path}.get(module) or sys.modules[module]
    original = getattr(place, function)
    calls = 0

    def dying(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(place, function, dying)
    _sequence()


def _state() -> dict[str, object]:
    """Describe what is on the disk and which checkpoints were signed, and check both."""
    from django.conf import settings

    from audit.models import Checkpoint, LogEntry, PendingEntry
    from audit.selectors.tree import stored_tree

    files = {
        str(path.relative_to(settings.DATA_DIR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(settings.DATA_DIR.rglob("*"))
        if path.is_file()
    }
    rows = list(Checkpoint.objects.select_related("head").order_by("head_id"))
    indexes = list(LogEntry.objects.order_by("index").values_list("index", flat=True))
    return {
        "files": files,
        "checkpoints": {row.head_id: bytes(row.note).decode() for row in rows},
        "is_one_log": all(stored_tree(row.head_id).root() == bytes(row.head.root) for row in rows)
        and indexes == list(range(rows[-1].head_id)),
        "waiting": PendingEntry.objects.count(),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    import audit.services.sequencing  # noqa: F401 - its functions are looked up by name

    outcome_file, work_folder, owner_address = sys.argv[1:]
    Path(outcome_file).write_text(json.dumps(run(Path(work_folder), owner_address)))
