"""Making a proposal, one thing per page: title, similar ones, text, check. And revising it.

Everything typed is kept in the session until it is published, so that it can be written
before signing in.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliberation.analysis.differences import differences
from deliberation.forms import RevisionForm, TextForm, TitleForm
from deliberation.models import Consultation
from deliberation.permissions import (
    Code,
    Obstacle,
    obstacle_to_proposing,
    obstacle_to_revising,
    obstacle_to_withdrawing,
)
from deliberation.selectors.proposals import current_version, similar_proposals
from deliberation.services.proposals import revise_proposal, submit_proposal, withdraw_proposal
from deliberation.services.refusal import Refused
from deliberation.views.drafts import drop_draft, keep_draft, kept_draft
from deliberation.views.loading import load_consultation, load_proposal, show_refusal, turned_away

# These do not keep anybody from writing: they can be cleared up before publishing.
LATER = {Code.SIGN_IN, Code.CONFIRM_ADDRESS}


@require_http_methods(["GET", "POST"])
def title(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for the title first, so that similar proposals can be shown before the work is done."""
    consultation = load_consultation(request, slug)
    obstacle = _obstacle(request, consultation)
    if obstacle is not None and obstacle.code not in LATER:
        return _closed(request, consultation, obstacle)
    form = TitleForm(request.POST or None, initial=kept_draft(request, _name(consultation)))
    if request.method == "POST" and form.is_valid():
        keep_draft(request, _name(consultation), title=form.cleaned_data["title"])
        if similar_proposals(consultation, title=form.cleaned_data["title"]):
            return redirect("deliberation:new-similar", slug=slug)
        return redirect("deliberation:new-text", slug=slug)
    context = {"consultation": consultation, "form": form, "obstacle": obstacle, "step": 1}
    return render(request, "deliberation/new_title.html", context)


@require_http_methods(["GET"])
def similar(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the proposals that are like the one about to be written."""
    consultation = load_consultation(request, slug)
    draft = kept_draft(request, _name(consultation))
    if "title" not in draft:
        return redirect("deliberation:new-proposal", slug=slug)
    context = {
        "consultation": consultation,
        "title": draft["title"],
        "proposals": similar_proposals(consultation, title=draft["title"]),
    }
    return render(request, "deliberation/new_similar.html", context)


@require_http_methods(["GET", "POST"])
def text(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for the text."""
    consultation = load_consultation(request, slug)
    obstacle = _obstacle(request, consultation)
    if obstacle is not None and obstacle.code not in LATER:
        return _closed(request, consultation, obstacle)
    draft = kept_draft(request, _name(consultation))
    if "title" not in draft:
        return redirect("deliberation:new-proposal", slug=slug)
    form = TextForm(request.POST or None, initial=draft)
    if request.method == "POST":
        keep_draft(request, _name(consultation), body=request.POST.get("body", ""))
        if form.is_valid():
            return redirect("deliberation:new-check", slug=slug)
    context = {"consultation": consultation, "form": form, "title": draft["title"], "step": 2}
    return render(request, "deliberation/new_text.html", context)


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the proposal as it will stand, and publish it."""
    consultation = load_consultation(request, slug)
    draft = kept_draft(request, _name(consultation))
    form = TextForm(draft)
    if "title" not in draft or not form.is_valid():
        return redirect("deliberation:new-proposal", slug=slug)
    obstacle = _obstacle(request, consultation)
    refusal = None
    if request.method == "POST" and request.user.is_authenticated:
        try:
            proposal = submit_proposal(
                consultation=consultation,
                author=request.user,
                title=draft["title"],
                body=draft["body"],
                now=timezone.now(),
            )
        except Refused as error:
            refusal = error
        else:
            drop_draft(request, _name(consultation))
            messages.success(request, _("Your proposal is on the table."))
            return redirect(proposal)
    elif request.method == "POST":
        return redirect_to_login(request.path)
    context = {
        "consultation": consultation,
        "title": draft["title"],
        "body": form.cleaned_data["body"],
        "obstacle": obstacle,
        "refusal": refusal,
        "step": 3,
    }
    status = 200 if refusal is None else 409
    return render(request, "deliberation/new_check.html", context, status=status)


@require_http_methods(["GET", "POST"])
def revise(request: HttpRequest, number: int) -> HttpResponse:
    """Let the author change the text; everybody can compare the versions."""
    if (way := turned_away(request)) is not None:
        return way
    proposal = load_proposal(request, number)
    now = timezone.now()
    obstacle = obstacle_to_revising(request.user, proposal, now=now)
    context: dict[str, Any] = {
        "proposal": proposal,
        "consultation": proposal.consultation,
        "obstacle": obstacle,
    }
    if obstacle is not None or not request.user.is_authenticated:
        return render(request, "deliberation/not_now.html", context, status=403)
    version = current_version(proposal)
    form = RevisionForm(
        request.POST or None, initial={"title": version.title, "body": version.body}
    )
    preview = None
    if request.method == "POST" and form.is_valid():
        texts = form.cleaned_data
        if "preview" in request.POST:
            preview = {
                "title": differences(version.title, texts["title"]),
                "body": differences(version.body, texts["body"]),
            }
        else:
            try:
                revise_proposal(proposal=proposal, author=request.user, now=now, **texts)
            except Refused as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("The new version stands. The old ones stay readable."))
                return redirect(proposal)
    context |= {"form": form, "version": version, "preview": preview}
    return render(request, "deliberation/revise.html", context)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Let the author take a proposal back, after asking once."""
    if (way := turned_away(request)) is not None:
        return way
    proposal = load_proposal(request, number)
    obstacle = obstacle_to_withdrawing(request.user, proposal)
    context: dict[str, Any] = {
        "proposal": proposal,
        "consultation": proposal.consultation,
        "obstacle": obstacle,
    }
    if obstacle is not None or not request.user.is_authenticated:
        return render(request, "deliberation/not_now.html", context, status=403)
    if request.method == "POST":
        withdraw_proposal(proposal=proposal, author=request.user, now=timezone.now())
        messages.success(request, _("You have withdrawn your proposal. Its debate stays readable."))
        return redirect(proposal)
    context["version"] = current_version(proposal)
    return render(request, "deliberation/withdraw.html", context)


def _name(consultation: Consultation) -> str:
    return f"proposal-in-{consultation.slug}"


def _obstacle(request: HttpRequest, consultation: Consultation) -> Obstacle | None:
    return obstacle_to_proposing(request.user, consultation, now=timezone.now())


def _closed(request: HttpRequest, consultation: Consultation, obstacle: Obstacle) -> HttpResponse:
    context = {"consultation": consultation, "obstacle": obstacle}
    return render(request, "deliberation/not_now.html", context, status=403)
