"""Casting a ballot, and asking what became of one.

Neither needs nor reads a cookie: the ballot's own signature is what authorises it. Nothing is
written down about who asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from django.http import HttpRequest
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
from evote.proofs import read_proof
from voting.api.answers import answer, no_election, refuse
from voting.api.bodies import BodyRefused, read_body, unreadable
from voting.models import Election
from voting.selectors.ballots import ballot_by_tracker, is_challenged
from voting.selectors.elections import election_at_slot
from voting.selectors.slot import election_for_casting
from voting.selectors.trackers import InvalidTracker, decode_tracker_in_address
from voting.serializers import (
    BallotStatusSerializer,
    CastSerializer,
    RefusedCastSerializer,
    encode_hash,
)
from voting.services.arrivals import (
    Submission,
    asks_for_account,
    asks_for_statement,
    sealed_description,
)
from voting.services.bounds import Toll, check_toll
from voting.services.receipts import CastReceipt, receipt_for
from voting.services.refusals import SENTENCES, BallotRejected, StalePrev, TooManyBallots
from voting.services.registrations import receive_ballot

# As a JSON string a ballot grows, because each of its quotation marks takes two bytes.
CAST_LIMIT_BYTES = 2 * BALLOT_LIMIT_BYTES

STATUS_OF: Mapping[str, HTTPStatus] = {
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "not_open": HTTPStatus.CONFLICT,
    "stale_prev": HTTPStatus.CONFLICT,
    "duplicate_ciphertext": HTTPStatus.CONFLICT,
    "challenged": HTTPStatus.CONFLICT,
    "permit_needed": HTTPStatus.FORBIDDEN,
    "bad_permit": HTTPStatus.FORBIDDEN,
    "other_account": HTTPStatus.CONFLICT,
    "too_many_ballots": HTTPStatus.TOO_MANY_REQUESTS,
}
REFUSALS = {
    status: OpenApiResponse(RefusedCastSerializer, description=description)
    for status, description in (
        (400, "Not canonical, of the wrong shape or election, or with a proof that fails."),
        (403, "The election asks for a permit, and this one is not good."),
        (404, "No such election."),
        (409, "Voting is not open, prev is stale, or a ciphertext is copied or challenged."),
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
        taken = take_ballot(request._request, uuid=uuid, toll=None)
        response = answer(taken.status, taken.body)
        for name, value in taken.headers.items():
            response[name] = value
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The answer to a ballot, however it is going to be written."""

    status: HTTPStatus
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


def take_ballot(request: HttpRequest, *, uuid: str, toll: Toll | None) -> Taken:
    """Take a ballot; `toll` says how whoever sends it is counted, None where they were before.

    Raises:
        TollRefused: they have sent too much.
    """
    try:
        election = election_for_casting(uuid=uuid)
        if election is None:
            raise _NoElection
        submission, permit = _read_cast(request, election=election)
    except Exception as error:
        if toll is not None:
            check_toll(toll)
        if isinstance(error, _NoElection | BodyRefused | BallotRejected):
            return _refusal(error)
        raise
    try:
        cast = receive_ballot(
            election=election,
            submission=submission,
            permit=permit,
            received_at=timezone.now(),
            toll=toll,
        )
    except BallotRejected as refusal:
        return _refusal(refusal)
    status = HTTPStatus.CREATED if cast.is_new else HTTPStatus.OK
    return Taken(status=status, body=_status_body(cast.receipt))


class _NoElection(Exception):
    """There is no election at this address, or only a draft."""


def _refusal(refusal: "_NoElection | BodyRefused | BallotRejected") -> Taken:
    """Say in the interface's words why a ballot is not taken."""
    if isinstance(refusal, _NoElection):
        return Taken(
            status=HTTPStatus.NOT_FOUND,
            body={"code": "unknown_election", "detail": _("There is no such election.")},
        )
    status = (
        refusal.status
        if isinstance(refusal, BodyRefused)
        else STATUS_OF.get(refusal.code, HTTPStatus.BAD_REQUEST)
    )
    body = {"code": refusal.code, "detail": refusal.detail}
    headers = {}
    if isinstance(refusal, StalePrev):
        body["current"] = encode_hash(refusal.current)
    if isinstance(refusal, TooManyBallots) and refusal.retry_after_seconds is not None:
        headers["Retry-After"] = str(refusal.retry_after_seconds)
    return Taken(status=status, body=body, headers=headers)


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
            return no_election()
        try:
            digest = decode_tracker_in_address(tracker)
        except InvalidTracker:
            digest = b""
        ballot = ballot_by_tracker(election=election, tracker=digest)
        if ballot is None and is_challenged(election=election, tracker=digest):
            return refuse(
                HTTPStatus.NOT_FOUND, code="challenged", detail=str(SENTENCES["challenged"])
            )
        if ballot is None:
            return refuse(
                HTTPStatus.NOT_FOUND,
                code="unknown_ballot",
                detail=_("No ballot with this tracker is in the box of this election."),
            )
        receipt = receipt_for(election=election, ballot=ballot)
        return answer(HTTPStatus.OK, _status_body(receipt))


def _read_cast(request: HttpRequest, *, election: Election) -> tuple[Submission, str | None]:
    """Return what the booth sent, and the permit where the election asks for one.

    Raises:
        BodyRefused: the body is not what a cast in this election is.
        BallotRejected: nothing is sealed yet.
    """
    description = sealed_description(election)
    fields = ["ballot", "prev"]
    if asks_for_statement(description):
        fields.append("proof")
    if asks_for_account(description):
        fields.append("permit")
    item = read_body(request, fields=fields, limit_bytes=CAST_LIMIT_BYTES)
    try:
        submission = Submission(
            body=read_text(item["ballot"], place="ballot").encode(),
            prev=hash_of_b64(read_text(item["prev"], place="prev"), place="prev"),
            proof=read_proof(item["proof"], place="proof", is_ordered=False)
            if "proof" in item
            else None,
        )
        permit = read_text(item["permit"], place="permit") if "permit" in item else None
    except DecodeError as error:
        raise unreadable(error) from error
    return submission, permit


def _status_body(receipt: CastReceipt) -> dict[str, object]:
    body: dict[str, object] = {
        "tracker": encode_hash(receipt.tracker),
        "election": receipt.uuid,
        "promise": receipt.promise,
        "status": "accepted" if receipt.receipt is None else "recorded",
    }
    if receipt.receipt is not None:
        body |= {
            "log_index": receipt.log_index,
            "receipt": receipt.receipt,
            "is_cosigned": receipt.is_cosigned,
        }
    return body
