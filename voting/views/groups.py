"""Pages on which administrators name groups of trustees, replace them, and take a seal back."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from voting.forms import MinimumsForm, ThresholdForm, TrusteeForm
from voting.models import Election, Trustee, TrusteeGroup
from voting.permissions import can_administer_election
from voting.services.elections import choose_minimums
from voting.services.groups import begin_ceremony, change_threshold, dissolve_group, make_group
from voting.services.phases import Refused
from voting.services.sealing import take_back_seal
from voting.services.trustees import name_trustee, replace_trustee


@login_required
@require_POST
def new_group(request: HttpRequest, uuid: str) -> HttpResponse:
    """Begin a group of trustees, some of whom will suffice."""
    election = _administered(request, uuid)
    form = ThresholdForm(request.POST)
    return _act(request, election, form, lambda: make_group(election=election, **form.cleaned_data))


@login_required
@require_POST
def threshold(request: HttpRequest, uuid: str, item: int) -> HttpResponse:
    """Ask for another number of members."""
    election = _administered(request, uuid)
    group = get_object_or_404(TrusteeGroup, election=election, position=item)
    form = ThresholdForm(request.POST)
    return _act(request, election, form, lambda: change_threshold(group=group, **form.cleaned_data))


@login_required
@require_POST
def new_member(request: HttpRequest, uuid: str, item: int) -> HttpResponse:
    """Name a member of a group."""
    election = _administered(request, uuid)
    group = get_object_or_404(TrusteeGroup, election=election, position=item)
    form = TrusteeForm(request.POST)
    return _act(
        request,
        election,
        form,
        lambda: name_trustee(election=election, group=group, **form.cleaned_data),
    )


@login_required
@require_POST
def ceremony(request: HttpRequest, uuid: str, item: int) -> HttpResponse:
    """Begin a ceremony, or begin it again."""
    election = _administered(request, uuid)
    group = get_object_or_404(TrusteeGroup, election=election, position=item)
    return _act(request, election, None, lambda: begin_ceremony(group=group))


@login_required
@require_POST
def drop_group(request: HttpRequest, uuid: str, item: int) -> HttpResponse:
    """Take a group and its members off the list."""
    election = _administered(request, uuid)
    group = get_object_or_404(TrusteeGroup, election=election, position=item)
    return _act(request, election, None, lambda: dissolve_group(group=group))


@login_required
@require_http_methods(["GET", "POST"])
def replace(request: HttpRequest, uuid: str, number: int) -> HttpResponse:
    """Put somebody else in a trustee's place."""
    election = _administered(request, uuid)
    trustee = get_object_or_404(Trustee, election=election, position=number)
    form = TrusteeForm(request.POST or None)
    if form.is_valid():
        try:
            replace_trustee(trustee=trustee, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect("voting:trustees", uuid=uuid)
    return render(
        request,
        "voting/form.html",
        {
            "form": form,
            "title": _("Replace %(name)s") % {"name": trustee.name},
            "button": _("Replace and invite"),
            "election": election,
        },
        status=400 if form.errors else 200,
    )


@login_required
@require_http_methods(["GET", "POST"])
def minimums(request: HttpRequest, uuid: str) -> HttpResponse:
    """Say how few ballots are never opened, and how many trustees shuffle."""
    election = _administered(request, uuid)
    initial = {
        "minimum_ballots": election.minimum_ballots,
        "minimum_shuffles": election.minimum_shuffles,
    }
    form = MinimumsForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            choose_minimums(election=election, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect("voting:manage", uuid=uuid)
    return render(
        request,
        "voting/form.html",
        {
            "form": form,
            "title": _("What keeps votes secret"),
            "button": _("Save"),
            "election": election,
        },
        status=400 if form.errors else 200,
    )


@login_required
@require_POST
def take_back(request: HttpRequest, uuid: str) -> HttpResponse:
    """Make a draft again of an election that not all trustees have signed."""
    election = _administered(request, uuid)
    try:
        take_back_seal(election=election)
    except Refused as error:
        messages.error(request, str(error))
    return redirect("voting:manage", uuid=uuid)


def _administered(request: HttpRequest, uuid: str) -> Election:
    election = get_object_or_404(Election.objects.select_related("organisation", "roll"), uuid=uuid)
    if not can_administer_election(request.user, election):
        raise PermissionDenied(_("Administrators of the organisation can do this."))
    return election


def _act(
    request: HttpRequest,
    election: Election,
    form: ThresholdForm | TrusteeForm | None,
    step: Callable[[], object],
) -> HttpResponse:
    """Take one step and go back to the trustees; what is wrong is told there."""
    if form is not None and not form.is_valid():
        for errors in form.errors.values():
            for error in errors:
                messages.error(request, str(error))
        return redirect("voting:trustees", uuid=election.uuid)
    try:
        step()
    except Refused as error:
        messages.error(request, str(error))
    return redirect("voting:trustees", uuid=election.uuid)
