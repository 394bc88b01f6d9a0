"""Whether the log goes on, as the sequencer said last. Pages ask at each request."""

import time
from dataclasses import dataclass

from django.core.cache import cache, caches
from django.db.models import TextChoices
from redis.exceptions import RedisError

# A Valkey that did not answer is not asked again by each page of this process.
SILENCE_SECONDS = 10.0
NOTICE_KEY = "log:halted"
RECOVERY_COMMAND = "python manage.py recover_log https://mirror.example.org/log"

_silent_until: dict[str, float] = {}


class Obstacle(TextChoices):
    """What is in the way."""

    CONTRADICTION = "CONTRADICTION"
    FILES = "FILES"
    KEY = "KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltNotice:
    """Why the sequencer did not go on. The reason is for operators, in English."""

    obstacle: Obstacle
    reason: str


def halt_notice() -> HaltNotice | None:
    """Return why the log does not go on, or None: it does, or nobody can say now.

    A hint for pages. What keeps the log from going on is the sequencer, which believes no cache.
    """
    place = str(caches.settings["default"]["LOCATION"])
    if _silent_until.get(place, 0.0) > time.monotonic():
        return None
    try:
        kept = cache.get(NOTICE_KEY)
    except RedisError:
        _silent_until[place] = time.monotonic() + SILENCE_SECONDS
        return None
    if not isinstance(kept, dict):
        return None
    return HaltNotice(obstacle=Obstacle(kept["obstacle"]), reason=str(kept["reason"]))
