"""What trustees hand in after the seal: signatures of it, and partial decryptions.

No cookie counts here: nobody but the trustee can make the proofs.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evote.encoding import encode_json, read_integer, read_text
from evote.errors import DecodeError
from evote.proofs import read_proof
from voting.api.bodies import BodyRefused, read_body, unreadable
from voting.models import Election
from voting.selectors.elections import election_of_trustees, public_election
from voting.selectors.transcript import transcript_of
from voting.serializers import (
    PartialDecryptionSerializer,
    RefusedDecryptionSerializer,
    SignatureSerializer,
    TakenDecryptionSerializer,
    TranscriptSerializer,
)
from voting.services.decrypting import DecryptionRefused, accept_partial_decryption
from voting.services.phases import WrongPhase
from voting.services.signing import SignatureRefused, accept_signature

SIGNATURE_LIMIT_BYTES = 10_000
# A ranked ballot takes about 600 bytes of a shuffle, and 500 of a partial decryption.
CONTRIBUTION_LIMIT_BYTES = 64_000_000

STATUS_OF: Mapping[str, HTTPStatus] = {
    "unknown_owner": HTTPStatus.NOT_FOUND,
    "too_late": HTTPStatus.CONFLICT,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "already_decrypted": HTTPStatus.CONFLICT,
}
ANSWERS = {
    201: OpenApiResponse(TakenDecryptionSerializer, description="It is taken."),
    200: OpenApiResponse(TakenDecryptionSerializer, description="It was there already."),
    400: OpenApiResponse(RefusedDecryptionSerializer, description="Unreadable, or a proof fails."),
    404: OpenApiResponse(RefusedDecryptionSerializer, description="No such election or trustee."),
    409: OpenApiResponse(
        RefusedDecryptionSerializer,
        description="Not the time for it, or another one was handed in before.",
    ),
    411: RefusedDecryptionSerializer,
    413: RefusedDecryptionSerializer,
    415: RefusedDecryptionSerializer,
}


class ContributionView(APIView):
    """What the two addresses have in common."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "write"

    def take(self, election: Election, step: Callable[[], tuple[int, bool]]) -> Response:
        """Take a contribution, and answer with what became of it."""
        try:
            owner, is_new = step()
        except BodyRefused as refusal:
            return _refuse(refusal.status, code=refusal.code, detail=refusal.detail)
        except WrongPhase as refusal:
            return _refuse(HTTPStatus.CONFLICT, code="wrong_phase", detail=str(refusal))
        except (DecryptionRefused, SignatureRefused) as refusal:
            status = STATUS_OF.get(refusal.code, HTTPStatus.BAD_REQUEST)
            return _refuse(status, code=refusal.code, detail=str(refusal))
        status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
        return Response({"election": election.uuid, "owner": owner}, status=status)


class TranscriptView(ContributionView):
    """What every trustee signs before the record begins."""

    @extend_schema(
        operation_id="setup_transcript",
        summary="See what the trustees sign",
        responses={200: TranscriptSerializer, 404: RefusedDecryptionSerializer},
        auth=[],
    )
    def get(self, _request: Request, uuid: str) -> Response:
        """Return T, what it is made of, and who has signed it; null where somebody has not."""
        election = _of_trustees(uuid)
        if election.profile == 0:
            raise NotFound(_("Nothing is signed in this election."))
        found = transcript_of(election=election)
        owners = range(1, len(found.trustees.slots) + 1)
        response = Response(
            {
                "election": election.uuid,
                "transcript": found.transcript,
                "ceremony": {
                    "commits": [list(commits) for commits in found.commits],
                    "transcript": found.transcript,
                    "signatures": [found.signatures.get(owner) for owner in owners],
                },
                "slots": [
                    {"owner": owner, "name": slot.name, "has_signed": owner in found.signatures}
                    for owner, slot in zip(owners, found.trustees.slots, strict=True)
                ],
            }
        )
        response["Cache-Control"] = "no-store"
        return response

    @extend_schema(
        operation_id="sign_setup",
        summary="Sign what was sealed",
        request=SignatureSerializer,
        responses=ANSWERS,
        auth=[],
    )
    def post(self, request: Request, uuid: str) -> Response:
        """Take a slot's signature; the last one begins the record."""
        election = _of_trustees(uuid)

        def step() -> tuple[int, bool]:
            fields = ["slot", "proof"]
            item = read_body(request._request, fields=fields, limit_bytes=SIGNATURE_LIMIT_BYTES)
            try:
                owner = read_integer(item["slot"], place="slot")
                proof = read_proof(item["proof"], place="proof", is_ordered=False)
            except DecodeError as error:
                raise unreadable(error) from error
            return owner, accept_signature(
                election=election, owner=owner, proof=proof, now=timezone.now()
            )

        return self.take(election, step)


class PartialDecryptionsView(ContributionView):
    """Where trustees hand in their partial decryptions."""

    @extend_schema(
        operation_id="hand_in_partial_decryption",
        summary="Hand in a trustee's partial decryption",
        request=PartialDecryptionSerializer,
        responses=ANSWERS,
        auth=[],
    )
    def post(self, request: Request, uuid: str) -> Response:
        """Take a partial decryption whose proofs hold; the same one again changes nothing."""
        election = _public(uuid)

        def step() -> tuple[int, bool]:
            fields = ["owner", "partial_decryption", *(["proofs"] if election.profile else [])]
            item = read_body(request._request, fields=fields, limit_bytes=CONTRIBUTION_LIMIT_BYTES)
            try:
                owner = read_integer(item["owner"], place="owner")
                data = read_text(item["partial_decryption"], place="partial_decryption").encode()
            except DecodeError as error:
                raise unreadable(error) from error
            return owner, accept_partial_decryption(
                election=election,
                owner=owner,
                data=data,
                proofs=encode_json(item["proofs"]) if election.profile else None,
            )

        return self.take(election, step)


def _public(uuid: str) -> Election:
    election = public_election(uuid=uuid)
    if election is None:
        raise NotFound(_("There is no such election."))
    return election


def _of_trustees(uuid: str) -> Election:
    election = election_of_trustees(uuid=uuid)
    if election is None:
        raise NotFound(_("There is no such election."))
    return election


def _refuse(status: HTTPStatus, *, code: str, detail: str) -> Response:
    return Response({"code": code, "detail": detail}, status=status)
