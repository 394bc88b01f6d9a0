"""The page of a trustee: make keys, sign the sealed election, shuffle, decrypt the sum."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from voting.forms import CertificateForm, PublicKeyForm
from voting.models import CeremonyMessage, Election, Trustee
from voting.permissions import can_act_as_trustee
from voting.selectors.trackers import encode_tracker
from voting.selectors.trustees import contributions_of
from voting.services.ceremonies import accept_message
from voting.services.phases import Refused
from voting.services.trustees import register_public_key


@login_required
@require_http_methods(["GET", "POST"])
def trustee(request: HttpRequest, uuid: str) -> HttpResponse:
    """Show a trustee what to do now, and take the public key or the certificate."""
    election = get_object_or_404(Election.objects.select_related("organisation"), uuid=uuid)
    trustee = _trustee_of(request, election)
    form_class = CertificateForm if trustee.is_in_ceremony else PublicKeyForm
    form = form_class(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            _register(trustee=trustee, election=election, data=form.cleaned_data["encoded"])
        except Refused as error:
            form.add_error("public_key", str(error))
        else:
            return redirect("voting:trustee", uuid=uuid)
    return render(
        request,
        "voting/trustee.html",
        {
            "election": election,
            "election_fingerprint": encode_tracker(bytes(election.fingerprint or b"")),
            "trustee": trustee,
            "form": form,
            "done": contributions_of(trustee=trustee),
        },
        status=400 if form.errors else 200,
    )


def _register(*, trustee: Trustee, election: Election, data: bytes) -> None:
    """Take the certificate of a member, or the key of a trustee who stands alone."""
    if not trustee.is_in_ceremony:
        register_public_key(trustee=trustee, data=data)
        return
    assert trustee.group is not None
    assert trustee.member is not None
    accept_message(
        election=election,
        item=trustee.group.position,
        member=trustee.member,
        step=CeremonyMessage.Step.CERTIFICATE,
        data=data,
    )


def _trustee_of(request: HttpRequest, election: Election) -> Trustee:
    """Return the trustee as whom the signed-in person may act.

    Raises:
        PermissionDenied: none of the trustees has a verified address of this person.
    """
    for trustee in election.trustees.select_related("group").order_by("position"):
        if can_act_as_trustee(request.user, trustee):
            return trustee
    raise PermissionDenied(
        _("This page is for the trustees of the election. Sign in with the invited address.")
    )
