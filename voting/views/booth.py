"""The booth's page. It is the same for everyone: no cookie, no session, no language switch."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from voting.models import Election
from voting.selectors.bundle import booth_bundle
from voting.selectors.trackers import encode_tracker


@require_GET
def booth(request: HttpRequest, uuid: str) -> HttpResponse:
    """Serve the booth of an election that is sealed, open or over."""
    election = get_object_or_404(
        Election.objects.exclude(phase__in=Election.UNSEALED).select_related("organisation"),
        uuid=uuid,
    )
    bundle = booth_bundle()
    response = render(
        request,
        "voting/booth.html",
        {
            "election": election,
            "election_fingerprint": encode_tracker(bytes(election.fingerprint or b"")),
            "booth_integrity": bundle.integrity,
            "booth_sha256": bundle.sha256,
            "languages": settings.LANGUAGES,
        },
    )
    response["Cache-Control"] = "no-cache"
    return response
