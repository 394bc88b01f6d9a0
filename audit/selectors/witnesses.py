"""How the witnesses of the policy fare."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Standing(TextChoices):
    """Where one witness stands, as pages say it."""

    CURRENT = "CURRENT", _("cosigned the newest checkpoint")
    BEHIND = "BEHIND", _("has not cosigned the newest checkpoint yet")
    NEW = "NEW", _("has not cosigned anything yet")
    SILENT = "SILENT", _("does not answer")
    TROUBLED = "TROUBLED", _("gives no valid answer")
    REFUSES = "REFUSES", _("refuses to cosign: it saw another log")


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessState:
    """One witness of the policy, that is, one key. A body with two keys is two witnesses.

    `last_size` and `last_cosigned_at` are those of its newest cosignature, by its own clock.
    """

    name: str
    url: str
    key: str
    last_size: int | None
    last_cosigned_at: datetime | None
    state: Standing


def witnesses() -> list[WitnessState]:
    """Return the witnesses of the policy in its order; none where there is no policy."""
    return []
