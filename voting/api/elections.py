"""Reading elections and the events of their records; handing in partial decryptions."""

from collections.abc import Mapping
from http import HTTPStatus

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.selectors import entries_by_identities
from evote.encoding import read_integer, read_text
from evote.errors import DecodeError
from voting.api.bodies import BodyRefused, read_body
from voting.models import Election
from voting.selectors.elections import election_events, public_election, public_elections
from voting.serializers import (
    ElectionSerializer,
    EventSerializer,
    PartialDecryptionSerializer,
    RefusedDecryptionSerializer,
    TakenDecryptionSerializer,
    WholeElectionSerializer,
)
from voting.services.decrypting import DecryptionRefused, accept_partial_decryption
from voting.services.phases import WrongPhase

# The largest ballot has about 450 choices, and a factor with its proof takes 300 bytes. Django
# itself reads at most 2.5 MB.
DECRYPTION_LIMIT_BYTES = 1_000_000
PAGE_LIMIT = 500

STATUS_OF: Mapping[str, HTTPStatus] = {
    "unknown_owner": HTTPStatus.NOT_FOUND,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "already_decrypted": HTTPStatus.CONFLICT,
}


class Pages(LimitOffsetPagination):
    """Pages of a bounded length."""

    max_limit = PAGE_LIMIT


class ElectionsView(ListAPIView[Election]):
    """The elections that anybody may see; drafts are not among them."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = ElectionSerializer
    pagination_class = Pages
    queryset = public_elections()


class ElectionView(RetrieveAPIView[Election]):
    """One election: what is asked, who holds the key, who took part, the result."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = WholeElectionSerializer
    queryset = public_elections()
    lookup_field = "uuid"


class EventsView(APIView):
    """The events of an election's record, each with its place in the log."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="election_events",
        summary="List the events of an election's record",
        responses={200: EventSerializer(many=True), 404: RefusedDecryptionSerializer},
        auth=[],
    )
    def get(self, request: Request, uuid: str) -> Response:
        """Return a page of events in the order of their heights."""
        election = public_election(uuid=uuid)
        if election is None:
            raise NotFound(_("There is no such election."))
        pages = Pages()
        events = pages.paginate_queryset(election_events(election=election), request, view=self)
        assert events is not None
        places = entries_by_identities([bytes(event.entry) for event in events])
        return pages.get_paginated_response(
            EventSerializer(events, many=True, context={"places": places}).data
        )


class PartialDecryptionsView(APIView):
    """Where trustees hand in their partial decryptions."""

    # No cookie counts here: nobody but the trustee can make the proofs.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "write"

    @extend_schema(
        operation_id="hand_in_partial_decryption",
        summary="Hand in a trustee's partial decryption",
        request=PartialDecryptionSerializer,
        responses={
            201: OpenApiResponse(TakenDecryptionSerializer, description="It is in the record."),
            200: OpenApiResponse(TakenDecryptionSerializer, description="It was there already."),
            400: OpenApiResponse(
                RefusedDecryptionSerializer, description="Not readable, or a proof fails."
            ),
            404: OpenApiResponse(RefusedDecryptionSerializer, description="No such election."),
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
        """Take a partial decryption whose proofs hold; the same one again changes nothing."""
        election = public_election(uuid=uuid)
        if election is None:
            raise NotFound(_("There is no such election."))
        try:
            owner, data = _read_decryption(request)
            is_new = accept_partial_decryption(election=election, owner=owner, data=data)
        except BodyRefused as refusal:
            return _refuse(refusal.status, code=refusal.code, detail=refusal.detail)
        except WrongPhase as refusal:
            return _refuse(HTTPStatus.CONFLICT, code="wrong_phase", detail=str(refusal))
        except DecryptionRefused as refusal:
            status = STATUS_OF.get(refusal.code, HTTPStatus.BAD_REQUEST)
            return _refuse(status, code=refusal.code, detail=str(refusal))
        status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
        return Response({"election": election.uuid, "owner": owner}, status=status)


def _read_decryption(request: Request) -> tuple[int, bytes]:
    item = read_body(
        request._request,
        fields=["owner", "partial_decryption"],
        limit_bytes=DECRYPTION_LIMIT_BYTES,
    )
    try:
        owner = read_integer(item["owner"], place="owner")
        data = read_text(item["partial_decryption"], place="partial_decryption").encode()
    except DecodeError as error:
        raise BodyRefused(
            status=HTTPStatus.BAD_REQUEST,
            code=error.code,
            detail=_("The request cannot be read: %(reason)s.") % {"reason": error},
        ) from error
    return owner, data


def _refuse(status: HTTPStatus, *, code: str, detail: str) -> Response:
    return Response({"code": code, "detail": detail}, status=status)
