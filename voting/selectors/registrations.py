"""Who of the roll has used an account in an election. Nothing on the casting path may read this."""

import hashlib
import hmac

from django.conf import settings

from voting.models import Election, Registration


def person_on_roll(*, uuid: str, email: str) -> bytes:
    """Return the 32 bytes that stand for an address on the roll of one election.

    An HMAC under the installation's secret: who has the database alone cannot tell whose it is.
    """
    message = f"pnyx-person|{uuid}|{email}"
    return hmac.new(settings.SECRET_KEY.encode(), message.encode(), hashlib.sha256).digest()


def has_used_account(*, election: Election, email: str) -> bool:
    """Say whether somebody has cast with this address's account and a credential (A-47)."""
    return Registration.objects.filter(
        election=election, person=person_on_roll(uuid=election.uuid, email=email)
    ).exists()
