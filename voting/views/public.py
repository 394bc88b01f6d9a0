"""Pages of elections that anybody may read."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from voting.models import Election
from voting.permissions import can_administer_election, can_see_election
from voting.selectors import checks, overview
from voting.selectors.ballots import is_challenged
from voting.selectors.outcomes import outcomes_shown
from voting.selectors.outcomes.methods import METHODS_SHOWN
from voting.selectors.progress import progress_of
from voting.selectors.trackers import (
    InvalidTracker,
    decode_typed_tracker,
    encode_in_address,
    encode_tracker,
    is_start_of_tracker,
)

ELECTIONS_PER_PAGE = 20


@require_GET
def elections(request: HttpRequest) -> HttpResponse:
    """List the elections: those open first, then those to come, then the closed ones."""
    paginator = Paginator(overview.public_elections(), ELECTIONS_PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    return render(
        request,
        "voting/elections.html",
        {
            "page": page,
            "page_numbers": paginator.get_elided_page_range(page.number),
            "drafts": overview.drafts_of(request.user),
            "trusteeships": overview.trusteeships_of(request.user),
            "can_begin": overview.organisations_administered_by(request.user).exists(),
        },
    )


@require_GET
def election(request: HttpRequest, uuid: str) -> HttpResponse:
    """Show one election: what is asked, how to vote, what is checked, what is not promised."""
    election = _visible_election(request, uuid)
    figures = overview.election_overview(election=election)
    return render(
        request,
        "voting/election.html",
        {
            "election": election,
            "overview": figures,
            "progress": progress_of(election=election),
            "questions": election.questions.order_by("position"),
            "live_checks": checks.live_checks(election=election, overview=figures),
            "can_administer": can_administer_election(request.user, election),
        },
    )


@require_GET
def counting(request: HttpRequest) -> HttpResponse:
    """Explain every counting rule that an election can bind."""
    return render(request, "voting/counting.html", {"methods": METHODS_SHOWN})


@require_GET
def result(request: HttpRequest, uuid: str) -> HttpResponse:
    """Show the result with its proof, or say when it will be there."""
    election = _visible_election(request, uuid)
    if election.phase != Election.Phase.PUBLISHED:
        return redirect("voting:election", uuid=election.uuid)
    verification = overview.verification_of(election=election)
    outcomes = outcomes_shown(election=election)
    verbs = ("verify", "count") if any(outcomes) else ("verify",)
    address = f"{settings.BASE_URL}/elections/{election.uuid}/"
    return render(
        request,
        "voting/result.html",
        {
            "election": election,
            "overview": overview.election_overview(election=election),
            "questions": list(
                zip(overview.question_results(election=election), outcomes, strict=True)
            ),
            "verification": verification,
            "verified_parts": overview.verification_progress(election=election),
            "verification_checks": checks.verification_checks(verification=verification),
            "commands": "\n".join(f"evote {verb} {address}" for verb in verbs),
        },
    )


@require_GET
def find_ballot(request: HttpRequest, uuid: str) -> HttpResponse:
    """Lead from a typed tracker to its ballot's page, from the start of one to the board."""
    election = _visible_election(request, uuid)
    typed = request.GET.get("tracker", "")
    if is_start_of_tracker(typed):
        return redirect(f"{reverse('audit:board')}?{urlencode({'q': ''.join(typed.split())})}")
    try:
        tracker = decode_typed_tracker(typed)
    except InvalidTracker as error:
        return render(
            request,
            "voting/find_ballot.html",
            {"election": election, "typed": typed, "error": str(error) if typed else ""},
            status=400 if typed else 200,
        )
    return redirect("voting:ballot", uuid=election.uuid, tracker=encode_in_address(tracker))


@require_GET
def ballot(request: HttpRequest, uuid: str, tracker: str) -> HttpResponse:
    """Show where a ballot stands, and its receipt once the log has it."""
    election = _visible_election(request, uuid)
    try:
        wanted = decode_typed_tracker(tracker)
    except InvalidTracker:
        wanted = b""
    place = overview.ballot_place(election=election, tracker=wanted)
    if place is None and is_challenged(election=election, tracker=wanted):
        return render(
            request,
            "voting/challenged.html",
            {"election": election, "tracker": encode_tracker(wanted)},
        )
    if place is None:
        return render(
            request,
            "voting/find_ballot.html",
            {
                "election": election,
                "typed": tracker,
                "error": _("No ballot with this tracker is in the box of this election."),
            },
            status=404,
        )
    return render(request, "voting/ballot.html", {"election": election, "place": place})


@require_GET
def check(request: HttpRequest, uuid: str) -> HttpResponse:
    """Check an opened ballot in the reader's browser; nothing of it is sent here."""
    election = get_object_or_404(Election.objects.exclude(phase__in=Election.UNSEALED), uuid=uuid)
    return render(
        request,
        "voting/check.html",
        {
            "election": election,
            "election_fingerprint": encode_tracker(bytes(election.fingerprint or b"")),
        },
    )


def _visible_election(request: HttpRequest, uuid: str) -> Election:
    election = get_object_or_404(Election.objects.select_related("organisation"), uuid=uuid)
    if not can_see_election(request.user, election):
        return get_object_or_404(Election.objects.none())
    return election
