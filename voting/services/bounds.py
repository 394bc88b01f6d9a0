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
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, cast

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """How whoever sends a ballot is counted at the interface: a counter that names nobody.

    It is forgotten `seconds` after its first count, and at most `limit` may be counted in it.
    """

    counter: str
    seconds: int
    limit: int


class Counters(Protocol):
    """The store, as far as it counts for several at once (config.counters)."""

    def count_and_read(
        self, counted: Mapping[str, int], *, seconds: int, read: Sequence[str]
    ) -> tuple[dict[str, int], list[int]]:
        """Add to some counters and read others."""
        ...


class TollRefused(Exception):
    """Whoever sent this has sent too much in this minute. Nothing was looked at."""


def pay(toll: Toll) -> int:
    """Count one visit, in this process alone where Valkey does not answer; return its number."""
    try:
        counts, _none = _counters().count_and_read({toll.counter: 1}, seconds=toll.seconds, read=[])
    except RedisError:
        logger.warning("The counters of the REST interface are out of reach.")
        store = caches["process"]
        store.add(toll.counter, 0, timeout=toll.seconds)
        return int(store.incr(toll.counter))
    return counts[toll.counter]


def check_toll(toll: Toll) -> None:
    """Count one visit that ends here.

    Raises:
        TollRefused: one too many.
    """
    if pay(toll) > toll.limit:
        raise TollRefused


def pay_and_check(
    *, tolls: Sequence[Toll | None], uuid: str, credentials: Sequence[str], now: datetime
) -> tuple[list[int], list[str | None]]:
    """Count several visits and look at their credentials' attempts, all in one round trip.

    Returns each visit's number in its toll's counter (0 where there is no toll), and the counter
    of each credential's attempts: None where they are used up.

    Raises:
        RedisError: Valkey does not answer.
    """
    attempts = [
        _counter_name(uuid=uuid, credential=credential, now=now) for credential in credentials
    ]
    paying = Counter(toll.counter for toll in tolls if toll is not None)
    counts, found = _counters().count_and_read(
        paying,
        seconds=max((toll.seconds for toll in tolls if toll is not None), default=1),
        read=attempts,
    )
    numbers = []
    for toll in tolls:
        if toll is not None:
            paying[toll.counter] -= 1
        numbers.append(0 if toll is None else counts[toll.counter] - paying[toll.counter])
    return numbers, [
        counter if number < BALLOTS_PER_HOUR else None
        for counter, number in zip(attempts, found, strict=True)
    ]


def count_attempts(*, counters: Iterable[str], now: datetime) -> None:
    """Count one attempt for each mention of a counter, as `count_attempt` does."""
    try:
        _counters().count_and_read(Counter(counters), seconds=_seconds_left(now), read=[])
    except RedisError:
        logger.warning("Attempts to cast were not counted")


def _counters() -> Counters:
    return cast("Counters", caches["default"])


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
