"""Keys with which other platforms file evidence."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit.models import EvidenceKey
from audit.models.evidence import KEY_BEGINNING_CHARACTERS, KEY_NAME_CHARACTERS
from audit.selectors.evidence import digest_of_key

KEYS_LIMIT = 10
# Programs that look for leaked keys know ours by it.
KEY_PREFIX = "pnyx_"
SECRET_SIZE_BYTES = 32


class TooManyKeys(Exception):
    """The owner has as many working keys as one may have. The message is fit to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """A new key. The secret is here and nowhere else."""

    key: EvidenceKey
    secret: str


@transaction.atomic
def make_evidence_key(*, owner: str, name: str, now: datetime) -> MadeKey:
    """Make a key. Its secret can be shown now, and never again.

    Raises:
        TooManyKeys: the owner has enough of them.
    """
    assert 0 < len(name) <= KEY_NAME_CHARACTERS
    held = EvidenceKey.objects.select_for_update().filter(owner=owner, revoked_at=None)
    if len(held) >= KEYS_LIMIT:
        msg = _("You have %(limit)s keys. Revoke one that is not used any more.")
        raise TooManyKeys(msg % {"limit": KEYS_LIMIT})
    secret = KEY_PREFIX + secrets.token_urlsafe(SECRET_SIZE_BYTES)
    key = EvidenceKey.objects.create(
        owner=owner,
        name=name,
        beginning=secret[:KEY_BEGINNING_CHARACTERS],
        digest=digest_of_key(secret),
        made_at=now,
    )
    return MadeKey(key=key, secret=secret)


def revoke_evidence_key(*, key: EvidenceKey, now: datetime) -> None:
    """End a key. What was filed with it stays. Twice is harmless."""
    EvidenceKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
