"""What the page of a proposal shows, whichever view shows it."""

from typing import Any

from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.forms import CommentForm
from deliberation.models import Comment, Endorsement, Proposal
from deliberation.permissions import (
    can_moderate,
    can_moderate_in,
    can_set_up,
    obstacle_to_commenting,
    obstacle_to_endorsing,
    obstacle_to_revising,
    obstacle_to_withdrawing,
)
from deliberation.selectors.consultations import phase_at
from deliberation.selectors.debate import comment_count, side_of, threads_of
from deliberation.selectors.hidden import removal_of
from deliberation.selectors.moderation import with_log_places
from deliberation.selectors.proposals import current_version, timeline_of
from deliberation.views.drafts import kept_draft

THREADS_PER_PAGE = 30
SIDES_FROM_COMMENTS = 4


def comment_draft_name(proposal: Proposal) -> str:
    """Return the name under which a comment is kept that was not published yet."""
    return f"comment-on-{proposal.pk}"


def reply_draft_name(comment: Comment) -> str:
    """Return the name under which a reply is kept that was not published yet."""
    return f"reply-to-{comment.pk}"


def proposal_context(request: HttpRequest, proposal: Proposal, *, current: str) -> dict[str, Any]:
    """Return what every section of a proposal shows: its head, its tabs, its facts."""
    now = timezone.now()
    user = request.user
    removal = removal_of(proposal)
    consultation = proposal.consultation
    endorsements = proposal.endorsements.count()
    threshold = consultation.endorsement_threshold
    has_endorsed = (
        user.is_authenticated and Endorsement.objects.filter(proposal=proposal, user=user).exists()
    )
    phase = phase_at(consultation, now)
    return {
        "proposal": proposal,
        "consultation": consultation,
        "version": current_version(proposal),
        "phase": phase,
        "removal": with_log_places([removal], now=now)[0] if removal else None,
        "endorsements": endorsements,
        "missing": max(0, threshold - endorsements) if threshold else 0,
        "has_endorsed": has_endorsed,
        "endorsing_obstacle": obstacle_to_endorsing(user, proposal, now=now),
        "timeline": timeline_of(proposal),
        "election": proposal.put_to_vote_in.election if proposal.put_to_vote_in else None,
        "can_revise": obstacle_to_revising(user, proposal, now=now) is None,
        "can_withdraw": obstacle_to_withdrawing(user, proposal) is None,
        "can_moderate": can_moderate(user, proposal),
        "can_set_up": can_set_up(user, consultation.organisation),
        "tabs": [
            {
                "word": _("Debate"),
                "url": proposal.get_absolute_url(),
                "count": comment_count(proposal),
                "current": current == "debate",
            },
            {
                "word": _("Versions"),
                "url": reverse("deliberation:versions", args=[proposal.pk]),
                "count": proposal.versions.count(),
                "current": current == "versions",
            },
        ],
    }


def show_proposal(
    request: HttpRequest, proposal: Proposal, *, form: Form | None, status: int
) -> HttpResponse:
    """Show a proposal with its debate; with a `form` that somebody has filled in wrongly."""
    now = timezone.now()
    context = proposal_context(request, proposal, current="debate")
    is_newest_first = request.GET.get("sort") == "newest"
    side = request.GET.get("side", "")
    threads = threads_of(
        proposal,
        newest_first=is_newest_first,
        alignment=side if side in Comment.Alignment.values else "",
    )
    page = Paginator(threads, THREADS_PER_PAGE).get_page(request.GET.get("page"))
    sides = [
        (Comment.Alignment.FOR, side_of(proposal, alignment="FOR")),
        (Comment.Alignment.AGAINST, side_of(proposal, alignment="AGAINST")),
    ]
    draft = kept_draft(request, comment_draft_name(proposal))
    context |= {
        "is_newest_first": is_newest_first,
        "side": side if side in Comment.Alignment.values else "",
        "sides": sides,
        # A debate of a few comments is its own summary.
        "show_sides": not context["removal"]
        and sum(found.count for _side, found in sides) >= SIDES_FROM_COMMENTS,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "is_moderator": can_moderate_in(request.user, proposal.consultation.organisation),
        "commenting_obstacle": obstacle_to_commenting(request.user, proposal, now=now),
        "form": form or CommentForm(initial=draft),
        "has_draft": bool(draft) and form is None,
    }
    return render(request, "deliberation/proposal.html", context, status=status)
