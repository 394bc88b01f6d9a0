"""The page on which an account takes a permit to cast, in elections that ask for one."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.selectors import own_addresses_on_roll
from voting.models import Election
from voting.selectors.registrations import has_used_account
from voting.services.permits import ends_at
from voting.services.registrations import PermitRefused, take_permit


@login_required
@require_http_methods(["GET", "POST"])
def permit(request: HttpRequest, uuid: str) -> HttpResponse:
    """Say what a permit is and whether the account was used; give one to people on the roll."""
    election = get_object_or_404(
        Election.objects.exclude(phase__in=Election.UNSEALED).select_related("roll"), uuid=uuid
    )
    if not election.asks_for_account or election.roll is None:
        return redirect("voting:election", uuid=uuid)
    now = timezone.now()
    addresses = own_addresses_on_roll(request.user, election.roll)
    given, refusal = "", ""
    if request.method == "POST" and request.POST.get("address") in addresses:
        try:
            given = take_permit(election=election, email=request.POST["address"], now=now)
        except PermitRefused as error:
            refusal = str(error)
    response = render(
        request,
        "voting/permit.html",
        {
            "election": election,
            "addresses": [
                {"email": email, "is_used": has_used_account(election=election, email=email)}
                for email in addresses
            ],
            "is_open": election.accepts_ballots_at(now),
            "permit": given,
            "ends_at": ends_at(now=now),
            "refusal": refusal,
        },
    )
    response["Cache-Control"] = "private, no-store"
    return response
