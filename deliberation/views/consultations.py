"""The list of consultations, and the page of one."""

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Role
from accounts.selectors import organisations_where
from deliberation.models import Consultation, Phase
from deliberation.permissions import (
    can_set_up,
    obstacle_to_proposing,
)
from deliberation.selectors.consultations import (
    activity_of,
    administered_consultations,
    coming_consultations,
    elections_of,
    finished_consultations,
    running_phase,
    steps_of,
)
from deliberation.selectors.moderation import acts_in
from deliberation.selectors.overview import consultation_cards
from deliberation.selectors.proposals import ProposalQuery, listed_proposals
from deliberation.views.loading import load_consultation
from deliberation.views.phrases import step_phrases

PAGE_SIZE = 12
MOST_ENDORSED = 3


@require_safe
def consultations(request: HttpRequest) -> HttpResponse:
    """List what is open, what comes and what is over; to administrators also their drafts."""
    now = timezone.now()
    user = request.user
    own = administered_consultations(user) if not isinstance(user, AnonymousUser) else None
    may_begin = not isinstance(user, AnonymousUser) and any(
        can_set_up(user, organisation)
        for organisation in organisations_where(user, Role.Kind.ADMINISTRATOR)
    )
    page = Paginator(finished_consultations(now=now), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "cards": consultation_cards(now=now),
        "coming": list(coming_consultations(now=now)),
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "drafts": list(own.filter(published_at__isnull=True)) if own is not None else [],
        "may_begin": may_begin,
    }
    return render(request, "deliberation/consultations.html", context)


@require_safe
def consultation(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one consultation: where it stands, what it promises, what you can do now."""
    now = timezone.now()
    found = load_consultation(request, slug)
    steps = steps_of(found, now=now)
    phase = running_phase(steps)
    links = list(elections_of(found))
    query = ProposalQuery(statuses=(), text="", sort="endorsed", seed="")
    context = {
        "consultation": found,
        "phase": phase,
        "can_propose": phase is not None and phase.allows(Phase.Feature.PROPOSE),
        "can_comment": phase is not None and phase.allows(Phase.Feature.COMMENT),
        "proposing_obstacle": obstacle_to_proposing(request.user, found, now=now),
        "steps": step_phrases(steps),
        "activity": activity_of(found),
        "results": [link for link in links if link.election.phase == "PUBLISHED"],
        "votes": [link for link in links if link.election.phase != "PUBLISHED"],
        "proposals": list(listed_proposals(found, query)[:MOST_ENDORSED]),
        "may_set_up": can_set_up(request.user, found.organisation),
        "tabs": consultation_tabs(found, current="overview"),
    }
    return render(request, "deliberation/consultation.html", context)


def consultation_tabs(consultation: Consultation, *, current: str) -> list[dict[str, object]]:
    """Return the sections of a consultation as tabs."""
    activity = activity_of(consultation)
    log_address = reverse("deliberation:moderation-log")
    return [
        {
            "word": _("Overview"),
            "url": consultation.get_absolute_url(),
            "current": current == "overview",
        },
        {
            "word": _("Proposals"),
            "url": reverse("deliberation:proposals", args=[consultation.slug]),
            "count": activity.proposals,
            "current": current == "proposals",
        },
        {
            "word": _("Moderation log"),
            "url": f"{log_address}?consultation={consultation.slug}",
            "count": acts_in(consultation.slug).count(),
            "current": current == "log",
        },
    ]
