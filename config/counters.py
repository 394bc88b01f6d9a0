"""Valkey, asked as seldom as can be: one client a thread, and one round trip to count."""

from collections.abc import Mapping, Sequence
from typing import cast

from django.core.cache import BaseCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.functional import cached_property
from redis import Redis
from redis.commands.core import Script

# The first argument is the life of a new counter; the others are added to the first keys in turn.
# The keys that are left are read.
COUNT_AND_READ = """
local numbers = {}
for place, key in ipairs(KEYS) do
    local added = ARGV[place + 1]
    if added then
        numbers[place] = redis.call('INCRBY', key, added)
        if numbers[place] == tonumber(added) then
            redis.call('EXPIRE', key, ARGV[1])
        end
    else
        numbers[place] = tonumber(redis.call('GET', key) or 0)
    end
end
return numbers
"""


class _Client(RedisCacheClient):
    """Django makes a client for each command; this one is kept with its pool of connections."""

    @cached_property
    def _kept(self) -> Redis:
        return super().get_client(write=True)

    @cached_property
    def count_and_read(self) -> Script:
        """Return the script, which the server keeps under its hash."""
        return self._kept.register_script(COUNT_AND_READ)

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
        keys = [self.make_and_validate_key(name) for name in (*counted, *read)]
        client = cast("_Client", self._cache)
        numbers: list[int] = client.count_and_read(keys=keys, args=[seconds, *counted.values()])
        counts = dict(zip(counted, numbers, strict=False))
        return counts, numbers[len(counted) :]


def count(store: BaseCache, name: str, *, seconds: int) -> int:
    """Add one to a counter and return it; it is forgotten `seconds` after its first one.

    Raises:
        RedisError: the store is Valkey and does not answer.
    """
    if isinstance(store, ValkeyCache):
        return store.count(name, seconds=seconds)
    store.add(name, 0, timeout=seconds)
    return int(store.incr(name))
