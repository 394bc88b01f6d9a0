"""Casting a ballot, and asking what became of one.

Neither needs nor reads a cookie: the ballot's own signature is what authorises it. Nothing is
written down about who asks.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from http import HTTPStatus

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evote.ballot import BALLOT_LIMIT_BYTES
from evote.encoding import hash_of_b64, read_text
from evote.errors import DecodeError
from voting.api.bodies import BodyRefused, read_body
from voting.selectors.ballots import ballot_by_tracker
from voting.selectors.elections import election_at_slot
from voting.serializers import (
    BallotStatusSerializer,
    CastSerializer,
    RefusedCastSerializer,
    encode_hash,
)
from voting.services.casting import (
    BallotRejected,
    CastReceipt,
    StalePrev,
    TooManyBallots,
    cast_ballot,
    receipt_for,
)

# As a JSON string a ballot grows, because each of its quotation marks takes two bytes.
CAST_LIMIT_BYTES = 2 * BALLOT_LIMIT_BYTES
TRACKER_IN_ADDRESS = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

STATUS_OF: Mapping[str, HTTPStatus] = {
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "not_open": HTTPStatus.CONFLICT,
    "stale_prev": HTTPStatus.CONFLICT,
    "duplicate_ciphertext": HTTPStatus.CONFLICT,
    "too_many_ballots": HTTPStatus.TOO_MANY_REQUESTS,
}
REFUSALS = {
    status: OpenApiResponse(RefusedCastSerializer, description=description)
    for status, description in (
        (400, "Not canonical, of the wrong shape or election, or with a proof that fails."),
        (404, "No such election."),
        (409, "Voting is not open, prev is stale, or a ciphertext is copied."),
        (411, "The request does not say how long it is."),
        (413, "Larger than 256 kB."),
        (415, "Not JSON in UTF-8."),
        (429, "This credential has cast too often."),
    )
}


class CastView(APIView):
    """The ballot box's slot."""

    # APIView is exempt from CSRF checks: no cookie counts here, the ballot is signed.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "cast"

    @extend_schema(
        operation_id="cast_ballot",
        summary="Put a ballot in the box",
        request=CastSerializer,
        responses={
            201: OpenApiResponse(BallotStatusSerializer, description="It is new in the box."),
            200: OpenApiResponse(BallotStatusSerializer, description="It was in the box already."),
            **REFUSALS,
        },
        auth=[],
    )
    def post(self, request: Request, uuid: str) -> Response:
        """Take a ballot; the same bytes again get the same receipt."""
        election = election_at_slot(uuid=uuid)
        if election is None:
            return _no_election()
        try:
            body, prev = _read_cast(request)
            cast = cast_ballot(election=election, body=body, prev=prev, received_at=timezone.now())
        except BodyRefused as refusal:
            return _refuse(refusal.status, code=refusal.code, detail=refusal.detail)
        except StalePrev as refusal:
            return _refuse(
                HTTPStatus.CONFLICT,
                code=refusal.code,
                detail=refusal.detail,
                current=encode_hash(refusal.current),
            )
        except TooManyBallots as refusal:
            response = _refuse(
                HTTPStatus.TOO_MANY_REQUESTS, code=refusal.code, detail=refusal.detail
            )
            if refusal.retry_after_seconds is not None:
                response["Retry-After"] = str(refusal.retry_after_seconds)
            return response
        except BallotRejected as refusal:
            status = STATUS_OF.get(refusal.code, HTTPStatus.BAD_REQUEST)
            return _refuse(status, code=refusal.code, detail=refusal.detail)
        status = HTTPStatus.CREATED if cast.is_new else HTTPStatus.OK
        return _answer(status, _status_body(cast.receipt))


class BallotView(APIView):
    """What became of a ballot."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="ballot_status",
        summary="Ask what became of a ballot",
        description="`tracker` is in base64url: - and _ instead of + and /.",
        responses={200: BallotStatusSerializer, 404: RefusedCastSerializer},
        auth=[],
    )
    def get(self, _request: Request, uuid: str, tracker: str) -> Response:
        """Say whether the ballot is accepted or recorded, with what proves it."""
        election = election_at_slot(uuid=uuid)
        if election is None:
            return _no_election()
        digest = _tracker_in_address(tracker)
        ballot = None if digest is None else ballot_by_tracker(election=election, tracker=digest)
        if ballot is None:
            return _refuse(
                HTTPStatus.NOT_FOUND,
                code="unknown_ballot",
                detail=_("No ballot with this tracker is in the box of this election."),
            )
        receipt = receipt_for(election=election, ballot=ballot)
        return _answer(HTTPStatus.OK, _status_body(receipt))


def _read_cast(request: Request) -> tuple[bytes, bytes]:
    """Return the ballot's exact bytes and the 32 bytes of `prev`.

    Raises:
        BodyRefused: the body is not what a cast is.
    """
    item = read_body(request._request, fields=["ballot", "prev"], limit_bytes=CAST_LIMIT_BYTES)
    try:
        ballot = read_text(item["ballot"], place="ballot").encode()
        prev = hash_of_b64(read_text(item["prev"], place="prev"), place="prev")
    except DecodeError as error:
        raise BodyRefused(
            status=HTTPStatus.BAD_REQUEST,
            code=error.code,
            detail=_("The request cannot be read: %(reason)s.") % {"reason": error},
        ) from error
    return ballot, prev


def _tracker_in_address(text: str) -> bytes | None:
    """Return the 32 bytes of a tracker in base64url; None where it is none."""
    if not TRACKER_IN_ADDRESS.fullmatch(text):
        return None
    try:
        digest = base64.urlsafe_b64decode(text + "=")
    except binascii.Error:
        return None
    return digest if encode_hash(digest) == text.replace("-", "+").replace("_", "/") else None


def _status_body(receipt: CastReceipt) -> dict[str, object]:
    body: dict[str, object] = {
        "tracker": encode_hash(receipt.tracker),
        "election": receipt.uuid,
        "promise": receipt.promise,
        "status": "accepted" if receipt.receipt is None else "recorded",
    }
    if receipt.receipt is not None:
        body |= {"log_index": receipt.log_index, "receipt": receipt.receipt}
    return body


def _no_election() -> Response:
    return _refuse(
        HTTPStatus.NOT_FOUND, code="unknown_election", detail=_("There is no such election.")
    )


def _refuse(status: HTTPStatus, **body: str) -> Response:
    return _answer(status, dict(body))


def _answer(status: HTTPStatus, body: Mapping[str, object]) -> Response:
    response = Response(body, status=status)
    response["Cache-Control"] = "no-store"
    return response
