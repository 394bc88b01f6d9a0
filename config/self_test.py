"""What a process checks before it serves anybody (SECURITY.md 5.2).

Each check returns nothing or raises `Unsound`. The web server, the worker and beat run
`refuse_unless_sound` when they start; `manage.py check` runs the same functions.
"""

import logging
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from audit.migrations._triggers import APPEND_ONLY_TABLES as LOG_TABLES
from audit.selectors import LogKeyMissing, LogKeyUnsafe, PolicyUnusable, current_policy
from config.announcement import is_booth_announced
from config.built import NotBuiltError
from config.database_role import RoleTooStrong, refuse_strong_role
from evote import group, transcript
from evote.errors import EvoteError
from evote.tlog import merkle

LOGGER = logging.getLogger(__name__)
CLOCK_TOLERANCE = timedelta(seconds=2)
# A setting of PostgreSQL, and what it must be so that an accepted ballot survives a crash.
DURABLE = {"fsync": "on", "full_page_writes": "on"}
COMMITS_THAT_WAIT = {"on", "local", "remote_write", "remote_apply"}
# Tables whose rows nobody may change, with what their triggers refuse.
APPEND_ONLY_TABLES = (*LOG_TABLES, "voting_ballot")
# The whole content of a trustee's private key file: a JSON string of a long decimal number.
TRUSTEE_SECRET = re.compile(r'\s*"[1-9][0-9]{70,76}"\s*')
SECRET_FILE_LIMIT_BYTES = 200


class Unsound(Exception):
    """The installation must not serve. The message says why, in one sentence."""


def check_group() -> None:
    """Refuse a cryptographic library that fails the known vectors (items 1 to 3).

    Raises:
        Unsound: the library under `evote` does not do what it must.

    """
    try:
        group.self_test()
        transcript.self_test()
        merkle.self_test()
    except EvoteError as error:
        raise Unsound(str(error)) from error


def check_durability() -> None:
    """Refuse a database that may forget what it has confirmed (item 4).

    Raises:
        Unsound: a setting of PostgreSQL trades safety for speed.

    """
    if settings.DEBUG:  # a test's database goes with the test
        return
    for name, expected in DURABLE.items():
        if (value := _setting_of_database(name)) != expected:
            msg = f"PostgreSQL's {name} is {value!r}; ballots need {expected!r}."
            raise Unsound(msg)
    if _setting_of_database("synchronous_commit") not in COMMITS_THAT_WAIT:
        msg = "PostgreSQL's synchronous_commit is off: a confirmed ballot could be lost."
        raise Unsound(msg)


def check_append_only() -> None:
    """Refuse tables of the ledger without their triggers (item 4).

    A table that is not there yet is no fault: the migration that makes it comes first.

    Raises:
        Unsound: somebody took a trigger off, or it does not fire always.

    """
    with connection.cursor() as cursor:
        for table in APPEND_ONLY_TABLES:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
            if not cursor.fetchone()[0]:
                continue
            # tgtype is a bit mask: 8 delete, 16 update, 32 truncate.
            cursor.execute(
                "SELECT coalesce(bit_or(tgtype), 0) FROM pg_trigger "
                "WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal AND tgenabled = 'A'",
                [table],
            )
            events = cursor.fetchone()[0]
            for bit, name in ((8, "DELETE"), (16, "UPDATE"), (32, "TRUNCATE")):
                if not events & bit:
                    msg = f"No trigger of {table} refuses {name}: run `manage.py migrate`."
                    raise Unsound(msg)


def check_role() -> None:
    """Refuse a database role that may change what is only ever added to (item 4).

    While debugging it is a warning: there, one role does everything.

    Raises:
        Unsound: a statement that must be refused was possible.

    """
    try:
        refuse_strong_role()
    except RoleTooStrong as error:
        if not settings.DEBUG:
            raise Unsound(str(error)) from error
        LOGGER.warning("%s", error)


def check_clock() -> None:
    """Refuse a clock that is not the database's (item 6, as far as one machine can tell).

    Raises:
        Unsound: they differ by more than two seconds.

    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        difference = abs(timezone.now() - cursor.fetchone()[0])
    if difference > CLOCK_TOLERANCE:
        msg = f"This machine's clock and the database's differ by {difference}."
        raise Unsound(msg)


def check_booth() -> None:
    """Refuse to serve a booth that nobody could compare with the log (item 7).

    Raises:
        Unsound: it is not built, or its hash is not in the log.

    """
    if settings.DEBUG:
        return
    try:
        announced = is_booth_announced()
    except NotBuiltError as error:
        raise Unsound(str(error)) from error
    if not announced:
        msg = "The booth that is built here is not in the log: run `manage.py prepare`."
        raise Unsound(msg)


def check_no_trustee_secret() -> None:
    """Refuse an environment or data folder that holds a trustee's private key (item 8).

    Raises:
        Unsound: it names the variable or the file, never the value.

    """
    for name, value in os.environ.items():
        if TRUSTEE_SECRET.fullmatch(value):
            msg = f"The environment variable {name} looks like a trustee's private key."
            raise Unsound(msg)
    folder = Path(settings.DATA_DIR)
    for path in folder.rglob("*") if folder.is_dir() else ():
        # Tiles and records are many and large; a private key is one short line.
        if path.is_file() and path.stat().st_size <= SECRET_FILE_LIMIT_BYTES:
            content = path.read_bytes().decode("utf-8", errors="replace")
            if TRUSTEE_SECRET.fullmatch(content):
                msg = f"{path} looks like a trustee's private key; it does not belong here."
                raise Unsound(msg)


def check_policy() -> None:
    """Refuse a trust policy that cannot be used: nothing of the log could be published.

    Raises:
        Unsound: the file is not there, is no policy, or does not name the log's key.

    """
    try:
        current_policy()
    except PolicyUnusable as error:
        raise Unsound(str(error)) from error
    except (LogKeyMissing, LogKeyUnsafe):
        return  # /health and the sequencer say so


WITHOUT_DATABASE: tuple[Callable[[], None], ...] = (
    check_group,
    check_no_trustee_secret,
)
WITH_DATABASE: tuple[Callable[[], None], ...] = (
    check_durability,
    check_append_only,
    check_role,
    check_clock,
    check_booth,
    check_policy,
)


def refuse_unless_sound() -> None:
    """End the process with one sentence if any check fails."""
    try:
        for check in (*WITHOUT_DATABASE, *WITH_DATABASE):
            check()
    except Unsound as error:
        msg = f"Pnyx does not start: {error}"
        raise SystemExit(msg) from error
    finally:
        connection.close()


def _setting_of_database(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])
