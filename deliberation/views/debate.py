"""Endorsing, writing in a debate, and telling the moderators."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deliberation.forms import CommentForm, ReplyForm, ReportForm
from deliberation.models import Comment, Proposal
from deliberation.permissions import obstacle_to_replying, obstacle_to_reporting
from deliberation.selectors.debate import threads_of
from deliberation.selectors.hidden import removal_of
from deliberation.selectors.proposals import current_version
from deliberation.services.comments import post_comment
from deliberation.services.endorsements import endorse_proposal, withdraw_endorsement
from deliberation.services.refusal import Refused
from deliberation.services.reports import report_content
from deliberation.views.drafts import drop_draft, keep_draft, kept_draft
from deliberation.views.loading import load_comment, load_proposal, show_refusal
from deliberation.views.proposal_page import (
    THREADS_PER_PAGE,
    comment_draft_name,
    reply_draft_name,
    show_proposal,
)

CONFLICT = 409


@require_POST
def endorse(request: HttpRequest, number: int) -> HttpResponse:
    """Endorse a proposal."""
    proposal = load_proposal(request, number)
    if not request.user.is_authenticated:
        return redirect_to_login(proposal.get_absolute_url())
    try:
        endorse_proposal(proposal=proposal, user=request.user, now=timezone.now())
    except Refused as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("You endorse this proposal. You can take it back."))
    return redirect(proposal)


@require_POST
def undo_endorsement(request: HttpRequest, number: int) -> HttpResponse:
    """Take an endorsement back."""
    proposal = load_proposal(request, number)
    if not request.user.is_authenticated:
        return redirect_to_login(proposal.get_absolute_url())
    try:
        withdraw_endorsement(proposal=proposal, user=request.user, now=timezone.now())
    except Refused as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("You do not endorse this proposal any more."))
    return redirect(proposal)


@require_POST
def write(request: HttpRequest, number: int) -> HttpResponse:
    """Publish a comment on a proposal, or keep it until its author has signed in."""
    proposal = load_proposal(request, number)
    name = comment_draft_name(proposal)
    if not request.user.is_authenticated:
        _keep(request, name)
        return redirect_to_login(f"{proposal.get_absolute_url()}#write")
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            comment = post_comment(
                proposal=proposal,
                author=request.user,
                parent=None,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except Refused as error:
            show_refusal(form, error)
        else:
            drop_draft(request, name)
            messages.success(request, _("Your comment stands in the debate."))
            return redirect(comment)
    return show_proposal(request, proposal, form=form, status=CONFLICT)


@require_http_methods(["GET", "POST"])
def reply(request: HttpRequest, number: int) -> HttpResponse:
    """Answer a comment on a page of its own; with a script the form opens below the comment."""
    parent = load_comment(request, number)
    obstacle = obstacle_to_replying(request.user, parent, now=timezone.now())
    name = reply_draft_name(parent)
    if request.method == "POST" and not request.user.is_authenticated:
        _keep(request, name)
        return redirect_to_login(request.path)
    draft = kept_draft(request, name)
    form = ReplyForm(request.POST or None, initial=draft, auto_id=f"reply-{parent.pk}-%s")
    if request.method == "POST" and request.user.is_authenticated and form.is_valid():
        try:
            comment = post_comment(
                proposal=parent.proposal,
                author=request.user,
                parent=parent,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except Refused as error:
            show_refusal(form, error)
        else:
            drop_draft(request, name)
            messages.success(request, _("Your reply stands in the debate."))
            return redirect(comment)
    context = {
        "parent": parent,
        "removal": removal_of(parent),
        "proposal": parent.proposal,
        "consultation": parent.proposal.consultation,
        "form": form,
        "obstacle": obstacle,
        "has_draft": bool(draft) and request.method == "GET",
    }
    is_part = request.headers.get("HX-Request") == "true" and request.method == "GET"
    if is_part:
        # The script puts the form below the comment, and the cursor into it.
        form.fields["body"].widget.attrs["autofocus"] = True
    template = "deliberation/partials/reply_form.html" if is_part else "deliberation/reply.html"
    return render(request, template, context, status=CONFLICT if request.method == "POST" else 200)


@require_safe
def comment(request: HttpRequest, number: int) -> HttpResponse:
    """Lead to the comment in its place: this address stays, the page of the debate may not."""
    found = load_comment(request, number)
    threads = threads_of(found.proposal, newest_first=False, alignment="")
    place = 0
    waiting = [(position, thread) for position, thread in enumerate(threads)]
    while waiting:
        position, node = waiting.pop()
        if node.content.comment.pk == found.pk:
            place = position
            break
        waiting += [(position, below) for below in node.replies]
    page = place // THREADS_PER_PAGE + 1
    where = f"?page={page}" if page > 1 else ""
    address = f"{found.proposal.get_absolute_url()}{where}#comment-{found.pk}"
    return HttpResponseRedirect(address)


@require_http_methods(["GET", "POST"])
def report_comment(request: HttpRequest, number: int) -> HttpResponse:
    """Report a comment to the moderators."""
    return _report(request, load_comment(request, number))


@require_http_methods(["GET", "POST"])
def report_proposal(request: HttpRequest, number: int) -> HttpResponse:
    """Report a proposal to the moderators."""
    return _report(request, load_proposal(request, number))


def _report(request: HttpRequest, content: Proposal | Comment) -> HttpResponse:
    proposal = content.proposal if isinstance(content, Comment) else content
    name = f"report-{type(content).__name__}-{content.pk}"
    if request.method == "POST" and not request.user.is_authenticated:
        keep_draft(
            request,
            name,
            rule=request.POST.get("rule", ""),
            text=request.POST.get("text", ""),
        )
        return redirect_to_login(request.path)
    form = ReportForm(request.POST or None, initial=kept_draft(request, name))
    if request.method == "POST" and request.user.is_authenticated and form.is_valid():
        try:
            report_content(
                content=content, reporter=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refused as error:
            show_refusal(form, error)
        else:
            drop_draft(request, name)
            messages.success(request, _("A moderator will answer your report, in public."))
            return redirect(content)
    context = {
        "content": content,
        "is_comment": isinstance(content, Comment),
        "proposal": proposal,
        "consultation": proposal.consultation,
        "version": current_version(proposal),
        "form": form,
        "obstacle": obstacle_to_reporting(request.user, content),
    }
    status = CONFLICT if request.method == "POST" else 200
    return render(request, "deliberation/report.html", context, status=status)


def _keep(request: HttpRequest, name: str) -> None:
    """Keep what was typed in a comment."""
    keep_draft(
        request,
        name,
        body=request.POST.get("body", ""),
        alignment=request.POST.get("alignment", ""),
    )
