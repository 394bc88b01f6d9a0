"""/health: is this installation up, and if not, which part of it is down."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from audit.models import LogEntry, PendingEntry
from audit.selectors import (
    LogKeyMissing,
    LogKeyUnsafe,
    PolicyUnusable,
    is_quorum_in_reach,
    latest_checkpoint,
    signed_checkpoint,
    witnesses,
)
from audit.selectors.halting import RECOVERY_COMMAND, Obstacle, halt_notice
from audit.selectors.witnesses import WELL
from audit.services.marks import LogHalted
from audit.services.sequencing import refuse_halted_log
from config.built import NotBuiltError, built_file
from evote import __version__

LOGGER = logging.getLogger(__name__)
HEARTBEAT = "health:worker"
HEARTBEAT_INTERVAL_SECONDS = 5
WORKER_SILENCE_SECONDS = 60

State = dict[str, object]


class Down(Exception):
    """A part does not do its work. The message is for everyone and names no address."""


def database_state() -> State:
    """Say whether PostgreSQL answers.

    Raises:
        Down: it does not.

    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            major = int(cursor.fetchone()[0]) // 10_000
    except DatabaseError as error:
        msg = "PostgreSQL does not answer."
        raise Down(msg) from error
    return {"postgresql": major}


def valkey_state() -> State:
    """Say whether Valkey takes a value and gives it back.

    Raises:
        Down: it does not.

    """
    try:
        cache.set("health:probe", 1, timeout=10)
        answers = cache.get("health:probe") == 1
    except RedisError as error:
        msg = "Valkey does not answer."
        raise Down(msg) from error
    if not answers:
        msg = "Valkey forgets what it is told."
        raise Down(msg)
    return {}


def worker_state() -> State:
    """Say when a worker last did what beat asked of it.

    Raises:
        Down: no sign of life for a minute.

    """
    try:
        seen = cache.get(HEARTBEAT)
    except RedisError as error:
        msg = "Unknown while Valkey is down."
        raise Down(msg) from error
    if seen is None:
        msg = "No worker has done any work for a minute."
        raise Down(msg)
    return {"seconds_since_last_sweep": max(0, round(time.time() - seen))}


def log_state() -> State:
    """Say how long the log is, whether its head is published, and whether it goes on.

    Raises:
        Down: the log cannot be read, its signed head is missing from the public folder, its key
            is, or the sequencer refuses to go on.

    """
    try:
        last = LogEntry.objects.order_by("-index").first()
        signed, published = signed_checkpoint(), latest_checkpoint()
        waiting = PendingEntry.objects.count()
    except DatabaseError as error:
        msg = "The log cannot be read."
        raise Down(msg) from error
    if published is not None and not (Path(settings.DATA_DIR) / "log" / "checkpoint").is_file():
        msg = "The log's public checkpoint is not in the public folder."
        raise Down(msg)
    try:
        refuse_halted_log()
    except LogHalted as error:
        raise Down(_halted(str(error))) from error
    except (LogKeyMissing, LogKeyUnsafe) as error:
        msg = "The log's key cannot be used."
        raise Down(msg) from error
    notice = halt_notice()
    if notice is not None and notice.obstacle == Obstacle.FILES:
        msg = f"The log's files cannot be written: {notice.reason}."
        raise Down(msg)
    if notice is not None:  # what only the sequencer sees: the witnesses' copies
        raise Down(_halted(notice.reason))
    return {
        "entries": 0 if last is None else last.index + 1,
        "signed_size": 0 if signed is None else signed.head_id,
        "published_size": 0 if published is None else published.head_id,
        "waiting": waiting,
    }


def _halted(reason: str) -> str:
    return f"The log is halted. {reason} Recover it from a mirror: {RECOVERY_COMMAND}"


def witnesses_state() -> State:
    """Say how many witnesses of the log there are, and whether enough of them do their work.

    Raises:
        Down: too few of them answer as they should, or the policy that names them is unusable.

    """
    try:
        states = witnesses()
        is_in_reach = is_quorum_in_reach()
    except DatabaseError as error:
        msg = "Unknown while the log cannot be read."
        raise Down(msg) from error
    except PolicyUnusable as error:
        msg = "The log's policy cannot be used: nothing is published."
        raise Down(msg) from error
    except (LogKeyMissing, LogKeyUnsafe) as error:
        msg = "The log's key cannot be used."
        raise Down(msg) from error
    troubled = [state.name for state in states if state.state not in WELL]
    if not is_in_reach:
        names = ", ".join(troubled)
        msg = f"Receipts await cosignatures: too few witnesses cosign. In trouble: {names}."
        raise Down(msg)
    return {"witnesses": len(states), "troubled": troubled}


PARTS: dict[str, Callable[[], State]] = {
    "database": database_state,
    "valkey": valkey_state,
    "worker": worker_state,
    "log": log_state,
    "witnesses": witnesses_state,
}


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every part works, else 503; the body says which part is down."""
    parts: dict[str, State] = {}
    down = []
    for name, state in PARTS.items():
        try:
            parts[name] = {"status": "up", **state()}
        except Down as error:
            LOGGER.warning("%s is down: %s", name, error)
            parts[name] = {"status": "down", "detail": str(error)}
            down.append(name)
    return JsonResponse(
        {
            "status": "down" if down else "up",
            "down": down,
            "parts": parts,
            "versions": {"pnyx": __version__, "booth": _booth_hash()},
        },
        status=503 if down else 200,
    )


def _booth_hash() -> str | None:
    try:
        return built_file("booth.js")["sha256"]
    except NotBuiltError:
        return None
