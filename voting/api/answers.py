"""How the ballot box answers programs: never to be stored, and refusals with a stable code."""

from collections.abc import Mapping
from http import HTTPStatus

from django.utils.translation import gettext as _
from rest_framework.response import Response


def answer(status: HTTPStatus, body: Mapping[str, object]) -> Response:
    """Answer with a body that nobody on the way may keep."""
    response = Response(body, status=status)
    response["Cache-Control"] = "no-store"
    return response


def refuse(status: HTTPStatus, **body: str) -> Response:
    """Answer with `code` for programs and `detail` for people."""
    return answer(status, dict(body))


def no_election() -> Response:
    """Answer that there is no such election, or only a draft."""
    return refuse(
        HTTPStatus.NOT_FOUND, code="unknown_election", detail=_("There is no such election.")
    )
