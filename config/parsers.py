"""How the REST interface reads what programs send: strict JSON and nothing else."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from evote.encoding import decode_json
from evote.errors import DecodeError

# A ballot of 256 kB grows by a fifth when it is written as a JSON string.
BODY_LIMIT_BYTES = 1 << 20


class BodyTooLarge(APIException):
    """The body is larger than any request of ours may be."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The request is larger than this address accepts.")
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """Read JSON by the rules of PROTOCOL.md 1.2.

    Refused with 400: duplicate keys, NaN and other non-numbers, floats, huge integers, deep
    nesting, a byte order mark, NUL, lone surrogates, anything but UTF-8.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - any JSON value
        """Return the parsed body.

        Raises:
            ParseError: the body is not strict JSON; its code is the decoder's.
            BodyTooLarge: it is longer than `BODY_LIMIT_BYTES`.
            UnsupportedMediaType: the header names a character set other than UTF-8.

        """
        _type, parameters = parse_header_parameters(media_type or self.media_type)
        if parameters.get("charset", "utf-8").lower() != "utf-8":
            raise UnsupportedMediaType(media_type or "")
        body = stream.read(BODY_LIMIT_BYTES + 1)
        if len(body) > BODY_LIMIT_BYTES:
            raise BodyTooLarge
        try:
            return decode_json(body, source=str(_("the request")), limit_bytes=BODY_LIMIT_BYTES)
        except DecodeError as error:
            raise ParseError(detail=str(error), code=error.code) from error
