"""From debate to vote: shortlisting proposals and drafting an election from them."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deliberation.forms import DraftElectionForm, ShortlistForm
from deliberation.models import Phase, Proposal
from deliberation.permissions import can_set_up
from deliberation.selectors.proposals import ProposalQuery, current_version, listed_proposals
from deliberation.services.elections import Form, draft_election_from_proposals
from deliberation.services.proposals import shortlist_proposal
from deliberation.services.refusal import Refused
from deliberation.views.loading import (
    load_own_consultation,
    load_proposal,
    show_refusal,
    turned_away,
)

SHORTLISTED = ProposalQuery(
    statuses=(Proposal.Status.SHORTLISTED,), text="", sort="endorsed", seed=""
)
SUBMITTED = ProposalQuery(statuses=(Proposal.Status.SUBMITTED,), text="", sort="endorsed", seed="")


@require_safe
def candidates(request: HttpRequest, slug: str) -> HttpResponse:
    """List the proposals that could be shortlisted, and those that are."""
    if (way := turned_away(request)) is not None:
        return way
    consultation = load_own_consultation(request, slug)
    context = {
        "consultation": consultation,
        "submitted": list(listed_proposals(consultation, SUBMITTED)),
        "shortlisted": list(listed_proposals(consultation, SHORTLISTED)),
    }
    return render(request, "deliberation/candidates.html", context)


@require_http_methods(["GET", "POST"])
def shortlist(request: HttpRequest, number: int) -> HttpResponse:
    """Shortlist a proposal by hand, with a reason for everybody."""
    if (way := turned_away(request)) is not None:
        return way
    proposal = load_proposal(request, number)
    if not can_set_up(request.user, proposal.consultation.organisation):
        raise PermissionDenied
    form = ShortlistForm(request.POST or None)
    back = reverse("deliberation:candidates", args=[proposal.consultation.slug])
    if request.method == "POST" and form.is_valid():
        try:
            shortlist_proposal(proposal=proposal, now=timezone.now(), **form.cleaned_data)
        except Refused as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("The proposal is shortlisted. Everybody reads why."))
            return redirect(back)
    context = {
        "form": form,
        "title": _("Shortlist “%(title)s”") % {"title": current_version(proposal).title},
        "button": _("Shortlist this proposal"),
        "back_url": back,
        "back": _("Shortlist proposals"),
    }
    return render(request, "deliberation/setup_form.html", context)


@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """Draft an election from shortlisted proposals, and go on with it in its own task list."""
    if (way := turned_away(request)) is not None:
        return way
    consultation = load_own_consultation(request, slug)
    rows = {str(row.pk): row for row in listed_proposals(consultation, SHORTLISTED)}
    now = timezone.now()
    vote = consultation.phases.filter(kind=Phase.Kind.VOTE, ends_at__gt=now).first()
    initial = {
        "title": consultation.title,
        "proposals": list(rows),
        "form": Form.EACH_A_QUESTION,
        "minimum": 0,
        "maximum": 1,
        "opens_at": vote.starts_at if vote else now + timedelta(days=7),
        "closes_at": vote.ends_at if vote else now + timedelta(days=14),
    }
    choices = [(key, row.title) for key, row in rows.items()]
    form = DraftElectionForm(request.POST or None, proposals=choices, initial=initial)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        try:
            link = draft_election_from_proposals(
                consultation=consultation,
                proposals=[rows[key] for key in wanted["proposals"]],
                form=Form(wanted["form"]),
                title=wanted["title"],
                question=wanted["question"],
                minimum=wanted["minimum"] or 0,
                maximum=wanted["maximum"] or 1,
                opens_at=wanted["opens_at"],
                closes_at=wanted["closes_at"],
                now=now,
            )
        except Refused as error:
            show_refusal(form, error)
        else:
            return redirect("voting:manage", uuid=link.election.uuid)
    context = {"consultation": consultation, "form": form, "has_proposals": bool(rows)}
    return render(request, "deliberation/draft_election.html", context)
