"""The short way to the ballot box's slot.

A ballot is authorised by its own signature: no session, account, cookie, message or template has a
part in casting. So a request that puts a ballot in the box goes from the first few middlewares
straight to the view. What the others would do to it is done here; the answers are the same, byte
for byte. Whatever is unusual about a request takes the long way.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation
from rest_framework.exceptions import Throttled

from config import policies
from config.api_errors import answer_with_code
from config.throttles import COUNTER_SECONDS, counter_of, seconds_until_next_window
from voting.api.ballots import CastView, Taken, take_ballot
from voting.services.bounds import Toll, TollRefused

GetResponse = Callable[[HttpRequest], HttpResponse]
USUAL_ACCEPT = frozenset({"", "*/*", "application/json"})
LANGUAGE = frozenset({"language"})


class BallotSlot:
    """Take ballots before the middlewares that casting does not need."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer whoever casts in the usual way; leave everything else to the others."""
        uuid = policies.slot_of(request.path_info)
        if uuid is None or request.method != "POST" or not _is_usual(request):
            return self.get_response(request)
        request.get_host()  # refuses a host that is not ours
        language = translation.get_language_from_request(request)
        translation.activate(language)
        try:
            response = _written(take_ballot(request, uuid=uuid, toll=_toll_of(request)))
        except TollRefused:
            response = _throttled()
        response.headers["Allow"] = "POST, OPTIONS"
        response.headers["X-Frame-Options"] = settings.X_FRAME_OPTIONS
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Language"] = translation.get_language()
        return response


def _is_usual(request: HttpRequest) -> bool:
    """Say whether nothing in the request asks for another form of the answer."""
    return (
        request.META.get("HTTP_ACCEPT", "") in USUAL_ACCEPT
        and request.GET.keys() <= LANGUAGE
        and _is_at_home(settings.ROOT_URLCONF)
    )


@lru_cache(maxsize=4)
def _is_at_home(addresses: str) -> bool:
    """Say whether the slot's address leads to the ballot box there, as it does in `config.urls`."""
    view = resolve("/api/elections/any/ballots", urlconf=addresses).func
    return getattr(view, "view_class", None) is CastView


def _toll_of(request: HttpRequest) -> Toll:
    """Say how whoever sends this is counted: as at every other address of the interface."""
    scope = CastView.throttle_scope
    return Toll(
        counter=counter_of(request, scope=scope),
        seconds=COUNTER_SECONDS,
        limit=settings.REQUESTS_PER_MINUTE[scope],
    )


def _written(taken: Taken) -> HttpResponse:
    text = json.dumps(taken.body, ensure_ascii=False, separators=(",", ":"))
    # Two line ends of Unicode, as the interface's renderer writes them.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    headers = {"Cache-Control": "no-store", **taken.headers}
    return HttpResponse(
        text.encode(), status=taken.status, content_type="application/json", headers=headers
    )


def _throttled() -> HttpResponse:
    refusal = answer_with_code(Throttled(wait=seconds_until_next_window()), {})
    assert refusal is not None
    headers = {"Retry-After": refusal["Retry-After"]}
    return _written(Taken(status=HTTPStatus.TOO_MANY_REQUESTS, body=refusal.data, headers=headers))
