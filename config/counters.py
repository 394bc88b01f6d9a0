"""Valkey, asked as seldom as can be: one client a thread, and one round trip to count."""

from collections.abc import Mapping, Sequence

from django.core.cache import BaseCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.functional import cached_property
from redis import Redis


class _Client(RedisCacheClient):
    """Django makes a client for each command; this one is kept with its pool of connections."""

    @cached_property
    def _kept(self) -> Redis:
        return super().get_client(write=True)

    def get_client(self, key: object = None, *, write: bool = False) -> Redis:
        """Return the one client: there is one server, for reading and for writing."""
        return self._kept


class ValkeyCache(RedisCache):
    """Django's cache in one Valkey, which also counts."""

    def __init__(self, server: str, params: dict[str, object]) -> None:
        super().__init__(server, params)
        self._class = _Client

    def count(self, name: str, *, seconds: int) -> int:
        """Count in one round trip, as `count` below."""
        key = self.make_and_validate_key(name)
        pipeline = self._cache.get_client().pipeline(transaction=False)
        pipeline.set(key, 0, ex=seconds, nx=True)
        pipeline.incr(key)
        _made, count = pipeline.execute()
        return int(count)

    def count_and_read(
        self, counted: Mapping[str, int], *, seconds: int, read: Sequence[str]
    ) -> tuple[dict[str, int], list[int]]:
        """Add a number to each of some counters and return what they are then; read others.

        One round trip for all. A new counter is forgotten after `seconds`.
        """
        pipeline = self._cache.get_client().pipeline(transaction=False)
        for name, number in counted.items():
            key = self.make_and_validate_key(name)
            pipeline.set(key, 0, ex=seconds, nx=True)
            pipeline.incrby(key, number)
        if read:
            pipeline.mget([self.make_and_validate_key(name) for name in read])
        answers = pipeline.execute() if counted or read else []
        counts = map(int, answers[1 : 2 * len(counted) : 2])
        found = answers[-1] if read else []
        return dict(zip(counted, counts, strict=True)), [int(value or 0) for value in found]


def count(store: BaseCache, name: str, *, seconds: int) -> int:
    """Add one to a counter and return it; it is forgotten `seconds` after its first one.

    Raises:
        RedisError: the store is Valkey and does not answer.
    """
    if isinstance(store, ValkeyCache):
        return store.count(name, seconds=seconds)
    store.add(name, 0, timeout=seconds)
    return int(store.incr(name))
