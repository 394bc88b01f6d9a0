"""Reading elections and the events of their records."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.selectors import entries_by_identities
from voting.models import Election
from voting.selectors.elections import election_events, public_election, public_elections
from voting.serializers import (
    ElectionSerializer,
    EventSerializer,
    RefusedDecryptionSerializer,
    WholeElectionSerializer,
)

PAGE_LIMIT = 500


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
