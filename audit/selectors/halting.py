"""Whether the log goes on, as the sequencer said last. Pages ask at each request."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import TextChoices
from redis.exceptions import RedisError

NOTICE_KEY = "log:halted"
RECOVERY_COMMAND = "python manage.py recover_log https://mirror.example.org/log"


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
    try:
        kept = cache.get(NOTICE_KEY)
    except RedisError:
        return None
    if not isinstance(kept, dict):
        return None
    return HaltNotice(obstacle=Obstacle(kept["obstacle"]), reason=str(kept["reason"]))
