"""What the first page and the list of consultations show of each consultation and election."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from deliberation.models import Consultation, ConsultationElection
from deliberation.selectors.consultations import Activity, activity_of, open_consultations
from voting.models import Election


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A consultation that is open now, with what its running phase is and what happened."""

    consultation: Consultation
    phase: str
    closes_at: datetime
    activity: Activity


def consultation_cards(*, now: datetime) -> list[Card]:
    """Return a card for each open consultation, the one whose phase ends first in front."""
    return [
        Card(
            consultation=row,
            phase=row.phase_kind,
            closes_at=row.phase_ends_at,
            activity=activity_of(row),
        )
        for row in open_consultations(now=now)
    ]


def open_elections(*, now: datetime) -> QuerySet[Election]:
    """Return the elections in which people vote now, the one that closes first in front."""
    rows = Election.objects.filter(phase=Election.Phase.OPEN, closes_at__gt=now)
    return rows.select_related("organisation").order_by("closes_at", "pk")


def published_elections() -> QuerySet[ConsultationElection]:
    """Return the elections with a result that came out of a debate, the latest first."""
    return (
        ConsultationElection.objects.filter(
            election__phase=Election.Phase.PUBLISHED, consultation__published_at__isnull=False
        )
        .select_related("election", "consultation__organisation")
        .order_by("-election__closes_at", "-pk")
    )
