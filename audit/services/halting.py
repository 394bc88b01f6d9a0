"""The sequencer, run so that everybody hears when it does not go on."""

import logging
from datetime import date

from django.core.cache import cache
from redis.exceptions import RedisError

from audit.selectors.halting import NOTICE_KEY, HaltNotice, Obstacle
from audit.selectors.key import LogKeyMissing, LogKeyUnsafe
from audit.services import sequencing
from audit.services.marks import LogHalted

LOGGER = logging.getLogger(__name__)
# The next run says it again; this is for the day when there is none.
NOTICE_SECONDS = 86_400
OBSTACLES: dict[type[Exception], Obstacle] = {
    LogHalted: Obstacle.CONTRADICTION,
    LogKeyMissing: Obstacle.KEY,
    LogKeyUnsafe: Obstacle.KEY,
    OSError: Obstacle.FILES,
}


def sequence_and_report(*, today: date) -> int:
    """Run the sequencer once; keep for the pages whether it could go on.

    A full disk or a folder that cannot be written is no contradiction: the log goes on by itself
    as soon as there is room.

    Raises:
        LogHalted, LogKeyMissing, LogKeyUnsafe, OSError: it could not.
    """
    try:
        sequenced = sequencing.sequence(today=today)
    except tuple(OBSTACLES) as error:
        kind = next(kind for kind in OBSTACLES if isinstance(error, kind))
        reason = (error.strerror or "") if isinstance(error, OSError) else str(error)
        keep_notice(HaltNotice(obstacle=OBSTACLES[kind], reason=reason))
        raise
    forget_notice()
    return sequenced


def keep_notice(notice: HaltNotice) -> None:
    """Tell the pages that the log does not go on."""
    try:
        value = {"obstacle": notice.obstacle.value, "reason": notice.reason}
        cache.set(NOTICE_KEY, value, timeout=NOTICE_SECONDS)
    except RedisError as error:
        LOGGER.warning("Valkey does not take the notice that the log is halted: %s", error)


def forget_notice() -> None:
    """Tell the pages that the log goes on."""
    try:
        cache.delete(NOTICE_KEY)
    except RedisError as error:
        LOGGER.warning("Valkey does not forget the notice that the log was halted: %s", error)
