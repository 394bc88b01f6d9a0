"""How often one subscriber may use the REST interface.

The counters' names are hashed with the window and a secret, so that the store tells nobody
which address cast when, and they last one window (SECURITY.md, A-54). When the store is gone
each process counts by itself: the limits stay, only coarser (A-82).
"""

import hashlib
import hmac
import ipaddress
import logging
import time
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.counters import count

if TYPE_CHECKING:  # the framework's views import this module
    from rest_framework.views import APIView

LOGGER = logging.getLogger(__name__)
DEFAULT_SCOPE = "read"
IPV6 = 6
IPV6_SUBSCRIBER_BITS = 64
WINDOW_SECONDS = 60
COUNTER_SECONDS = WINDOW_SECONDS + 5


def subscriber(address: str) -> str:
    """Return what one subscriber shares: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == IPV6:
        return str(ipaddress.ip_network((parsed, IPV6_SUBSCRIBER_BITS), strict=False))
    return str(parsed)


def counter_name(*, scope: str, ident: str, window: int) -> str:
    """Return the counter's name: nobody without the installation's secret can invert it."""
    message = f"throttle|{scope}|{window}|{ident}".encode()
    return "throttle:" + hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


class MinuteThrottle(BaseThrottle):
    """Allow so many requests a minute, by the view's `throttle_scope` ("read" without one)."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Say whether this request is still within the rate of its scope."""
        scope = getattr(view, "throttle_scope", DEFAULT_SCOPE)
        name = counter_of(request, scope=scope)
        try:
            number = count(caches["default"], name, seconds=COUNTER_SECONDS)
        except RedisError:
            LOGGER.warning("The counters of the REST interface are out of reach.")
            number = count(caches["process"], name, seconds=COUNTER_SECONDS)
        return number <= settings.REQUESTS_PER_MINUTE[scope]

    def wait(self) -> float:
        """Return the seconds until the next window."""
        return seconds_until_next_window()


def counter_of(request: HttpRequest | Request, *, scope: str) -> str:
    """Return the name of the counter in which this request is counted now."""
    return counter_name(
        scope=scope,
        # Both kinds of request know their headers and their META.
        ident=subscriber(BaseThrottle().get_ident(cast("Request", request))),
        window=int(time.time()) // WINDOW_SECONDS,
    )


def seconds_until_next_window() -> float:
    """Return after how many seconds counting begins anew."""
    return WINDOW_SECONDS - time.time() % WINDOW_SECONDS
