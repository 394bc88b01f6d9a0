"""Where trustees hand in their shuffles, and see what became of them.

No cookie counts here: nobody but the trustee can sign for their slot.
"""

from collections.abc import Mapping
from http import HTTPStatus

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evote.encoding import read_integer, read_text
from evote.errors import DecodeError
from evote.proofs import read_proof
from voting.api.bodies import BodyRefused, read_body, unreadable
from voting.api.contributions import CONTRIBUTION_LIMIT_BYTES
from voting.models import Election
from voting.selectors.elections import public_election
from voting.selectors.shuffles import ShuffleState, shuffle_states
from voting.serializers import (
    RefusedDecryptionSerializer,
    ShuffleSerializer,
    ShuffleStateSerializer,
)
from voting.services.phases import WrongPhase
from voting.services.shuffling import ShuffleRefused, receive_shuffle

STATUS_OF: Mapping[str, HTTPStatus] = {
    "unknown_owner": HTTPStatus.NOT_FOUND,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "already_shuffled": HTTPStatus.CONFLICT,
    "being_checked": HTTPStatus.CONFLICT,
    "stale_parent": HTTPStatus.CONFLICT,
}
STATE_NAMES: Mapping[str, str] = {
    "CHECKING": "being-checked",
    "ACCEPTED": "accepted",
    "REFUSED": "refused",
}


class ShufflesView(APIView):
    """Where trustees hand in their shuffles."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "write"

    @extend_schema(
        operation_id="hand_in_shuffle",
        summary="Hand in a trustee's shuffle",
        request=ShuffleSerializer,
        responses={
            202: OpenApiResponse(
                ShuffleStateSerializer,
                description="Its form is right and its proofs are being checked: ask for it.",
            ),
            200: OpenApiResponse(ShuffleStateSerializer, description="It is in the record."),
            400: OpenApiResponse(
                RefusedDecryptionSerializer, description="Unreadable, or a proof fails."
            ),
            404: OpenApiResponse(
                RefusedDecryptionSerializer, description="No such election or trustee."
            ),
            409: OpenApiResponse(
                RefusedDecryptionSerializer,
                description="Not the time for it, or another one was handed in before.",
            ),
            411: RefusedDecryptionSerializer,
            413: RefusedDecryptionSerializer,
            415: RefusedDecryptionSerializer,
        },
        auth=[],
    )
    def post(self, request: Request, uuid: str) -> Response:
        """Take a shuffle of the ballots as they stand; the same one again changes nothing."""
        election = _public(uuid)
        try:
            owner = _receive(request, election=election)
        except BodyRefused as refusal:
            return _refuse(refusal.status, code=refusal.code, detail=refusal.detail)
        except WrongPhase as refusal:
            return _refuse(HTTPStatus.CONFLICT, code="wrong_phase", detail=str(refusal))
        except ShuffleRefused as refusal:
            return _refuse(
                STATUS_OF.get(refusal.code, HTTPStatus.BAD_REQUEST),
                code=refusal.code,
                detail=str(refusal),
            )
        state = shuffle_states(election=election)[owner]
        if state.is_refused:
            status = STATUS_OF.get(state.code, HTTPStatus.BAD_REQUEST)
            return _refuse(status, code=state.code, detail=state.detail)
        status = HTTPStatus.ACCEPTED if state.is_being_checked else HTTPStatus.OK
        return Response(_answer(state, election=election), status=status)


class ShuffleView(APIView):
    """What became of one trustee's shuffle."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="shuffle_state",
        summary="See what became of a trustee's shuffle",
        responses={
            200: ShuffleStateSerializer,
            404: OpenApiResponse(
                RefusedDecryptionSerializer, description="This trustee has handed in none."
            ),
        },
        auth=[],
    )
    def get(self, _request: Request, uuid: str, owner: int) -> Response:
        """Return how far the check is, and at its end whether the shuffle was taken."""
        election = _public(uuid)
        state = shuffle_states(election=election).get(owner)
        if state is None:
            raise NotFound(_("This trustee has handed in no shuffle."))
        response = Response(_answer(state, election=election))
        response["Cache-Control"] = "no-store"
        return response


def _receive(request: Request, *, election: Election) -> int:
    """Read a shuffle and take it; return its owner."""
    fields = ["owner", "shuffle", "proof"]
    item = read_body(request._request, fields=fields, limit_bytes=CONTRIBUTION_LIMIT_BYTES)
    try:
        owner = read_integer(item["owner"], place="owner")
        data = read_text(item["shuffle"], place="shuffle").encode()
        proof = read_proof(item["proof"], place="proof", is_ordered=False)
    except DecodeError as error:
        raise unreadable(error) from error
    receive_shuffle(election=election, owner=owner, data=data, proof=proof)
    return owner


def _answer(state: ShuffleState, *, election: Election) -> dict[str, object]:
    return {
        "election": election.uuid,
        "owner": state.owner,
        "state": STATE_NAMES[state.state],
        "parts_checked": state.parts_checked,
        "parts": state.parts,
        "code": state.code,
        "detail": state.detail,
    }


def _public(uuid: str) -> Election:
    election = public_election(uuid=uuid)
    if election is None:
        raise NotFound(_("There is no such election."))
    return election


def _refuse(status: HTTPStatus, *, code: str, detail: str) -> Response:
    return Response({"code": code, "detail": detail}, status=status)
