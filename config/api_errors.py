"""Every refusal of the REST interface: {"code": stable, "detail": a sentence}."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler


def answer_with_code(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the refusal for `error`, or None to let the server's own error page answer."""
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        response.data = {
            "code": "invalid",
            "detail": _("The request does not have the form that this address expects."),
            "fields": error.get_full_details(),
        }
    elif isinstance(error, exceptions.APIException):
        response.data = {"code": _code_of(error), "detail": str(error.detail)}
    else:  # the framework's own: 404 or 403
        code = "not_found" if isinstance(error, Http404) else "permission_denied"
        response.data = {"code": code, "detail": str(response.data["detail"])}
    return response


def _code_of(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code
