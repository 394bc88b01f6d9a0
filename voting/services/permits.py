"""Permits: what an account gets at a page that asks to sign in, and casting takes (SECURITY 5.4).

A permit names nobody. It carries `person`, an HMAC of the entry on the roll, under the server's
signature: the same for the same entry in the same election, and without the server's secret
nobody can tell whose it is. It is for one election, runs out within two hours, and is good for
one ballot. The hour in which it runs out is the only time in it.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import caches
from redis.exceptions import RedisError

from voting.selectors.registrations import person_on_roll
from voting.services.refusals import BallotRejected

LIFETIME_HOURS = 2
PERSON_BYTES = 32
NONCE_BYTES = 16
HOUR_BYTES = 4
SEAL_BYTES = 32
PERMIT_BYTES = PERSON_BYTES + NONCE_BYTES + HOUR_BYTES + SEAL_BYTES
SECONDS_PER_HOUR = 3600

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """A permit that the server has signed for this election, and that has not run out."""

    person: bytes
    nonce: bytes
    ends_at_hour: int


def issue_permit(*, uuid: str, email: str, now: datetime) -> str:
    """Make a permit for whoever has this address on the roll of the election `uuid`."""
    person = person_on_roll(uuid=uuid, email=email)
    nonce = secrets.token_bytes(NONCE_BYTES)
    ends_at_hour = _hour(now) + LIFETIME_HOURS
    content = person + nonce + ends_at_hour.to_bytes(HOUR_BYTES)
    return _encode(content + _seal("permit", uuid.encode(), content))


def read_permit(text: str, *, uuid: str, now: datetime) -> Permit:
    """Take a permit that is good for this election now.

    Raises:
        BallotRejected: `bad_permit`: not of this server, for another election, run out or used.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BallotRejected("bad_permit") from error
    content, seal = data[:-SEAL_BYTES], data[-SEAL_BYTES:]
    if len(data) != PERMIT_BYTES or _encode(data) != text:
        raise BallotRejected("bad_permit")
    if not hmac.compare_digest(seal, _seal("permit", uuid.encode(), content)):
        raise BallotRejected("bad_permit")
    permit = Permit(
        person=content[:PERSON_BYTES],
        nonce=content[PERSON_BYTES:-HOUR_BYTES],
        ends_at_hour=int.from_bytes(content[-HOUR_BYTES:]),
    )
    if _hour(now) >= permit.ends_at_hour or _is_used(permit):
        raise BallotRejected("bad_permit")
    return permit


def use_up(permit: Permit, *, now: datetime) -> None:
    """Remember, until it runs out, that a permit brought a ballot into the box.

    Without Valkey it is forgotten: then the permit is good for further ballots of the one
    credential that it is bound to, and no other.
    """
    left = permit.ends_at_hour * SECONDS_PER_HOUR - int(now.timestamp())
    try:
        caches["default"].set(_name(permit), 1, timeout=max(1, left))
    except RedisError:
        logger.warning("Valkey does not answer: a used permit is not remembered")


def ends_at(*, now: datetime) -> datetime:
    """Return when a permit that is issued now runs out."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=LIFETIME_HOURS)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _is_used(permit: Permit) -> bool:
    try:
        return caches["default"].get(_name(permit)) is not None
    except RedisError:
        logger.warning("Valkey does not answer: a permit may be used twice")
        return False


def _name(permit: Permit) -> str:
    return f"permit:{_seal('used', permit.nonce).hex()}"


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // SECONDS_PER_HOUR


def _seal(purpose: str, *parts: bytes) -> bytes:
    """Return HMAC-SHA256 under the installation's secret, with the length before each part."""
    message = f"pnyx-permit|{purpose}|".encode()
    message += b"".join(len(part).to_bytes(4) + part for part in parts)
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
