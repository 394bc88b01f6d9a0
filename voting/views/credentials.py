"""The page on which administrators say who makes the credentials, and have them made."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from voting.forms import AccessForm, CredentialListForm, ReplacementForm
from voting.models import Election
from voting.permissions import can_administer_election
from voting.selectors.preparation import preparation_of
from voting.services.credential_lists import replace_credential, upload_credentials
from voting.services.credentials import choose_access, issue_credentials
from voting.services.phases import Refused


@login_required
@require_http_methods(["GET", "POST"])
def credentials(request: HttpRequest, uuid: str) -> HttpResponse:
    """Say what each way means; have credentials sent, or take a registrar's public list."""
    election = get_object_or_404(Election.objects.select_related("organisation", "roll"), uuid=uuid)
    if not can_administer_election(request.user, election):
        raise PermissionDenied(_("Administrators of the organisation can do this."))
    step = request.POST.get("step", "send") if request.method == "POST" else ""
    chosen = {"access": election.access, "credentials_by": election.credentials_by}
    forms: dict[str, Form] = {
        "choose": AccessForm(request.POST if step == "choose" else None, initial=chosen),
        "upload": CredentialListForm(request.POST, request.FILES)
        if step == "upload"
        else CredentialListForm(),
        "replace": ReplacementForm(request.POST, request.FILES, uuid=uuid)
        if step == "replace"
        else ReplacementForm(uuid=uuid),
    }
    form = forms.get(step)
    if step and (form is None or form.is_valid()):
        try:
            _take(step, election=election, values={} if form is None else form.cleaned_data)
        except Refused as error:
            if form is None:
                messages.error(request, str(error))
                return redirect("voting:credentials", uuid=uuid)
            form.add_error(None, str(error))
        else:
            goes_on = step in {"choose", "replace"}
            return redirect("voting:credentials" if goes_on else "voting:manage", uuid=uuid)
    return render(
        request,
        "voting/credentials.html",
        {"election": election, "preparation": preparation_of(election=election), "forms": forms},
        status=400 if form is not None and form.errors else 200,
    )


def _take(step: str, *, election: Election, values: Mapping[str, Any]) -> None:
    """Take one step with what its form holds.

    Raises:
        Refused: the message is for the administrator.
    """
    if step == "choose":
        choose_access(
            election=election,
            access=Election.Access(values["access"]),
            credentials_by=Election.CredentialsBy(values["credentials_by"]),
        )
    elif step == "upload":
        upload_credentials(election=election, data=values["encoded"])
    elif step == "replace":
        replace_credential(election=election, lost=values["lost"], new=values["new"])
    else:
        issue_credentials(election=election)
