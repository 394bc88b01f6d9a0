"""A bound on how often one credential may cast, so that nobody can keep the server busy.

It counts in Valkey and by credential, for no address is known here. The key is a hash with
a salt that is forgotten after a day, and all counters of an hour end together: what is left
in the store tells neither who cast nor when (SECURITY A-54). Without Valkey casting goes on,
bounded by the number of ballots that one credential may ever have in the box.
"""

import hashlib
import hmac
import logging
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import caches
from redis.exceptions import RedisError

BALLOTS_PER_HOUR = 30
BALLOTS_PER_CREDENTIAL = 1000
SALT_LIFETIME_SECONDS = 24 * 3600
SALT_KNOWN_SECONDS = 60

logger = logging.getLogger(__name__)


class CastTooOften(Exception):
    """The credential has cast too often in this hour."""

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


def check_attempts(*, uuid: str, credential: str, now: datetime) -> str | None:
    """Refuse when the credential has used up this hour's attempts; return its counter's name.

    None when Valkey does not answer: then nothing is counted.

    Raises:
        CastTooOften: with the seconds until the next hour.
    """
    try:
        counter = _counter_name(uuid=uuid, credential=credential, now=now)
        attempts = caches["default"].get(counter, 0)
    except RedisError:
        logger.warning("Valkey does not answer: casting goes on without its hourly bound")
        return None
    if attempts >= BALLOTS_PER_HOUR:
        raise CastTooOften(retry_after_seconds=_seconds_left(now))
    return counter


def count_attempt(*, counter: str | None, now: datetime) -> None:
    """Count one attempt whose signature shows that the holder of the credential made it."""
    if counter is None:
        return
    try:
        if not caches["default"].add(counter, 1, timeout=_seconds_left(now)):
            caches["default"].incr(counter)
    except (RedisError, ValueError):  # ValueError: the hour ended between the two calls
        logger.warning("An attempt to cast was not counted")


def _seconds_left(now: datetime) -> int:
    """Return how long the hour of `now` still lasts: the same end for all its counters."""
    end = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return max(1, int((end - now).total_seconds()))


def _salt_of_the_day(now: datetime) -> str:
    """Return the salt that all processes share today; each asks for it once a minute."""
    name = f"cast-salt:{now:%Y-%m-%d}"
    known: tuple[str, str] | None = caches["process"].get("cast-salt")
    if known is not None and known[0] == name:
        return known[1]
    store = caches["default"]
    store.add(name, secrets.token_hex(32), timeout=SALT_LIFETIME_SECONDS)
    salt = str(store.get(name))
    # Under one name, so that tomorrow's takes the place of today's.
    caches["process"].set("cast-salt", (name, salt), timeout=SALT_KNOWN_SECONDS)
    return salt


def _counter_name(*, uuid: str, credential: str, now: datetime) -> str:
    salt = _salt_of_the_day(now)
    message = f"{salt}|{now:%H}|{uuid}|{credential}".encode()
    return "cast:" + hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()
