"""Telling the server of a ballot that was opened, so that it can never be cast.

No cookie is read: whoever knows a tracker and the α that were never sent made the ballot.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evote.encoding import hash_of_b64, read_list, read_text
from evote.errors import DecodeError
from voting.api.answers import answer, no_election, refuse
from voting.api.bodies import BodyRefused, read_body, unreadable
from voting.selectors.elections import election_at_slot
from voting.serializers import (
    ChallengeSerializer,
    RefusedChallengeSerializer,
    TakenChallengeSerializer,
    encode_hash,
)
from voting.services.challenging import challenge_ballot
from voting.services.refusals import ChallengeRefused

# The largest ballot has about 450 ciphertexts, and an α takes 67 bytes.
CHALLENGE_LIMIT_BYTES = 64_000
ALPHA = re.compile(r"[0-9a-f]{64}", re.ASCII)

STATUS_OF: Mapping[str, HTTPStatus] = {
    "not_open": HTTPStatus.CONFLICT,
    "already_cast": HTTPStatus.CONFLICT,
    "too_many_challenges": HTTPStatus.TOO_MANY_REQUESTS,
}


class ChallengeView(APIView):
    """Where the booth says which ballot was opened."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "challenge"

    @extend_schema(
        operation_id="challenge_ballot",
        summary="Say that a ballot was opened, so that it can never be cast",
        request=ChallengeSerializer,
        responses={
            201: OpenApiResponse(TakenChallengeSerializer, description="It can never be cast."),
            200: OpenApiResponse(TakenChallengeSerializer, description="That was known already."),
            **{
                status: OpenApiResponse(RefusedChallengeSerializer, description=description)
                for status, description in (
                    (400, "Not readable, or not one α for each part of a ballot."),
                    (404, "No such election."),
                    (409, "Voting is not open, or a part of it was cast or challenged before."),
                    (411, "The request does not say how long it is."),
                    (413, "Larger than 64 kB."),
                    (415, "Not JSON in UTF-8."),
                    (429, "Too many challenges, of this address or in this election."),
                )
            },
        },
        auth=[],
    )
    def post(self, request: Request, uuid: str) -> Response:
        """Take a tracker and every α of its ballot; the same again changes nothing."""
        election = election_at_slot(uuid=uuid)
        if election is None:
            return no_election()
        try:
            tracker, alphas = _read_challenge(request)
            is_new = challenge_ballot(
                election=election, tracker=tracker, alphas=alphas, received_at=timezone.now()
            )
        except BodyRefused as refusal:
            return refuse(refusal.status, code=refusal.code, detail=refusal.detail)
        except ChallengeRefused as refusal:
            status = STATUS_OF.get(refusal.code, HTTPStatus.BAD_REQUEST)
            return refuse(status, code=refusal.code, detail=refusal.detail)
        status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
        return answer(status, {"tracker": encode_hash(tracker), "status": "challenged"})


def _read_challenge(request: Request) -> tuple[bytes, list[bytes]]:
    """Return the tracker and the α of a challenge, 32 bytes each.

    Raises:
        BodyRefused: the body is not what a challenge is.
    """
    item = read_body(
        request._request, fields=["tracker", "alphas"], limit_bytes=CHALLENGE_LIMIT_BYTES
    )
    try:
        tracker = hash_of_b64(read_text(item["tracker"], place="tracker"), place="tracker")
        alphas = [
            _read_alpha(alpha, place=f"alphas[{index}]")
            for index, alpha in enumerate(read_list(item["alphas"], place="alphas"))
        ]
    except DecodeError as error:
        raise unreadable(error) from error
    return tracker, alphas


def _read_alpha(value: object, *, place: str) -> bytes:
    text = read_text(value, place=place)
    if not ALPHA.fullmatch(text):
        msg = "an α has 64 hexadecimal digits in lower case"
        raise DecodeError(msg, place=place)
    return bytes.fromhex(text)
