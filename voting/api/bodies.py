"""Reading what a program sends to the ballot box: with limits, and in one form only."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _

from evote.encoding import decode_json, read_object
from evote.errors import DecodeError


class BodyRefused(Exception):
    """The request's body was not read, or cannot be understood."""

    def __init__(self, *, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


def read_body(request: HttpRequest, *, fields: list[str], limit_bytes: int) -> dict[str, object]:
    """Return the JSON object of a request, which has exactly these fields.

    The size is checked before anything is read, and the form before anything is looked up.

    Raises:
        BodyRefused: with the status to answer and a stable code.
    """
    kind, parameters = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").lower()
    if (
        kind != "application/json"
        or parameters.get("charset", "utf-8").lower() != "utf-8"
        or encoding != "identity"
    ):
        raise BodyRefused(
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            code="unsupported_media_type",
            detail=_("Send JSON in UTF-8, not compressed."),
        )
    length = request.META.get("CONTENT_LENGTH", "")
    if not (length.isascii() and length.isdecimal()):
        raise BodyRefused(
            status=HTTPStatus.LENGTH_REQUIRED,
            code="length_required",
            detail=_("Say how long the request is."),
        )
    if len(length) > 10 or int(length) > limit_bytes:
        raise _refused("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        value = decode_json(
            _read(request, length=int(length)), source="request", limit_bytes=limit_bytes
        )
        return read_object(value, place="request", fields=fields)
    except DecodeError as error:
        status = (
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            if error.code == "too_large"
            else HTTPStatus.BAD_REQUEST
        )
        raise _refused(error.code, status, reason=str(error)) from error


def _read(request: HttpRequest, *, length: int) -> bytes:
    """Read a body whose length was checked; Django's own limit is for smaller ones."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return request.body if limit is None or length <= limit else request.read(length)


def unreadable(error: DecodeError) -> BodyRefused:
    """Return the refusal of a body of which one member cannot be read."""
    return BodyRefused(
        status=HTTPStatus.BAD_REQUEST,
        code=error.code,
        detail=_("The request cannot be read: %(reason)s.") % {"reason": error},
    )


def _refused(code: str, status: HTTPStatus, *, reason: str = "") -> BodyRefused:
    detail = {
        "too_large": _("The request is larger than this address accepts."),
        "too_deep": _("The request is nested too deeply."),
    }.get(code) or _("The request cannot be read: %(reason)s.") % {"reason": reason}
    return BodyRefused(status=status, code=code, detail=detail)
