"""The moderators' queue, their acts, and the public log of them."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deliberation.forms import ActForm, QueueFilterForm
from deliberation.models import Comment, Consultation, Proposal, Rule
from deliberation.permissions import can_moderate, can_see_queue, proposal_of
from deliberation.selectors.hidden import removal_of
from deliberation.selectors.moderation import (
    acts_in,
    describe_case,
    public_acts,
    queue_counts,
    queue_of,
    with_log_places,
)
from deliberation.services.moderation import dismiss_reports, hide_content, restore_content
from deliberation.services.refusal import Refused
from deliberation.views.consultations import consultation_tabs
from deliberation.views.loading import load_comment, load_proposal, show_refusal, turned_away

PAGE_SIZE = 25
KINDS = frozenset({"comment", "proposal"})
DECISIONS = {"hide": hide_content, "restore": restore_content, "dismiss": dismiss_reports}


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Show what waits for a decision, oldest first, the first one opened."""
    if (way := turned_away(request)) is not None:
        return way
    if not request.user.is_authenticated or not can_see_queue(request.user):
        raise PermissionDenied(_("This queue is for moderators. Their acts are public."))
    now = timezone.now()
    filters = QueueFilterForm(request.GET or None)
    wanted = filters.cleaned_data if filters.is_valid() else {}
    kinds = frozenset(wanted.get("kind", ())) or KINDS
    cases = queue_of(request.user, kinds=kinds, text=wanted.get("s", ""))
    page = Paginator(cases, PAGE_SIZE).get_page(request.GET.get("page"))
    counts = queue_counts(request.user, now=now)
    opened = request.GET.get("open", "")
    names = [case.name for case in page]
    context = {
        "cases": [
            (case, name == opened if opened in names else position == 0)
            for position, (case, name) in enumerate(zip(page, names, strict=True))
        ],
        "counts": counts,
        "median_words": _in_words(counts.median_time),
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "kinds": kinds,
        "search": wanted.get("s", ""),
        "rules": Rule.choices,
    }
    return render(request, "deliberation/queue.html", context)


@require_http_methods(["GET", "POST"])
def comment(request: HttpRequest, number: int) -> HttpResponse:
    """Decide on a comment."""
    if (way := turned_away(request)) is not None:
        return way
    return _decide(request, load_comment(request, number))


@require_http_methods(["GET", "POST"])
def proposal(request: HttpRequest, number: int) -> HttpResponse:
    """Decide on a proposal."""
    if (way := turned_away(request)) is not None:
        return way
    return _decide(request, load_proposal(request, number))


def _decide(request: HttpRequest, content: Proposal | Comment) -> HttpResponse:
    if not request.user.is_authenticated or not can_moderate(request.user, content):
        raise PermissionDenied(_("Moderators of this organisation decide, not on what they wrote."))
    now = timezone.now()
    form = ActForm(request.POST or None)
    decide = DECISIONS.get(request.POST.get("decision", ""))
    if request.method == "POST" and decide is not None and form.is_valid():
        try:
            decide(content=content, moderator=request.user, now=now, **form.cleaned_data)
        except Refused as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("Done. Your reason stands in the public log."))
            return redirect("deliberation:moderation")
    reports = content.reports.filter(answered_by__isnull=True).order_by("reported_at", "pk")
    context = {
        "case": describe_case(content, reports=list(reports)),
        "removal": removal_of(content),
        "consultation": proposal_of(content).consultation,
        "form": form,
    }
    status = 409 if request.method == "POST" else 200
    return render(request, "deliberation/decide.html", context, status=status)


def _in_words(length: timedelta | None) -> str:
    """Return a length of time in the largest unit that fits."""
    if length is None:
        return ""
    if length >= timedelta(days=2):
        return _("%(n)s days") % {"n": length.days}
    if length >= timedelta(hours=1):
        return _("%(n)s h") % {"n": round(length / timedelta(hours=1))}
    return _("%(n)s min") % {"n": max(1, round(length / timedelta(minutes=1)))}


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Show every act of every moderator, with its reason and its place in the log."""
    now = timezone.now()
    slug = request.GET.get("consultation", "")
    consultation = None
    if slug:
        published = Consultation.objects.filter(published_at__isnull=False)
        consultation = get_object_or_404(published, slug=slug)
    acts = acts_in(slug) if slug else public_acts()
    page = Paginator(acts, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "consultation": consultation,
        "acts": with_log_places(list(page), now=now),
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "tabs": consultation_tabs(consultation, current="log") if consultation else [],
    }
    return render(request, "deliberation/moderation_log.html", context)
