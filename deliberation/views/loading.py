"""The first two steps of every view: load what is there, permit or turn away."""

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from deliberation.models import Comment, Consultation, Proposal
from deliberation.permissions import can_see_consultation, can_set_up
from deliberation.services.refusal import Refused


def load_consultation(request: HttpRequest, slug: str) -> Consultation:
    """Return the consultation, or say 404 also where it is a draft of others."""
    rows = Consultation.objects.select_related("organisation")
    consultation = get_object_or_404(rows, slug=slug)
    if not can_see_consultation(request.user, consultation):
        raise Http404
    return consultation


def load_proposal(request: HttpRequest, number: int) -> Proposal:
    """Return the proposal, or say 404 also where its consultation is a draft of others."""
    rows = Proposal.objects.select_related("consultation__organisation", "author")
    proposal = get_object_or_404(rows, pk=number)
    if not can_see_consultation(request.user, proposal.consultation):
        raise Http404
    return proposal


def load_comment(request: HttpRequest, number: int) -> Comment:
    """Return the comment, or say 404 also where its consultation is a draft of others."""
    rows = Comment.objects.select_related("author", "proposal__consultation__organisation")
    comment = get_object_or_404(rows, pk=number)
    if not can_see_consultation(request.user, comment.proposal.consultation):
        raise Http404
    return comment


def load_own_consultation(request: HttpRequest, slug: str) -> Consultation:
    """Return a consultation to one of its administrators.

    Raises:
        PermissionDenied: the person is not; sign-in comes first (`turned_away`).

    """
    consultation = load_consultation(request, slug)
    if not can_set_up(request.user, consultation.organisation):
        raise PermissionDenied
    return consultation


def turned_away(request: HttpRequest) -> HttpResponse | None:
    """Return the way to sign-in for people who are not signed in, and nothing for others."""
    if request.user.is_authenticated:
        return None
    return redirect_to_login(request.get_full_path())


def show_refusal(form: BaseForm, refusal: Refused) -> None:
    """Put a service's refusal beside the field that it names, or above the form."""
    field = getattr(refusal, "field", None)
    form.add_error(field if field in form.fields else None, str(refusal))
