"""The first page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from deliberation.selectors.consultations import (
    finished_consultations,
    participant_sides,
    published_consultations,
)
from deliberation.selectors.overview import (
    consultation_cards,
    open_elections,
    published_elections,
)

CARDS = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what is open, what came of what was, and how it works."""
    now = timezone.now()
    results = list(published_elections()[: CARDS // 2])
    answered = {result.consultation_id for result in results}
    finished = finished_consultations(now=now).exclude(pk__in=answered)
    counts = participant_sides()
    context = {
        "title": _("Decide together. Then check that it counted."),
        "lead": _(
            "%(name)s asks before it decides. Debate in public, vote in secret, and verify every"
            " step yourself: no need to trust us."
        )
        % {"name": settings.INSTALLATION_NAME},
        "counts": counts if any(counts.values()) else None,
        "cards": consultation_cards(now=now)[:CARDS],
        "elections": list(open_elections(now=now)[: CARDS // 2]),
        "results": results,
        "finished": list(finished[: CARDS // 2]),
        "consultation_count": published_consultations().count(),
    }
    return render(request, "deliberation/home.html", context)
