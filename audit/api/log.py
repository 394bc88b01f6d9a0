"""The log for programs. Whoever trusts nobody reads the checkpoint and tiles instead."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import selectors
from audit.selectors import (
    EntryQuery,
    cosigned_note,
    entry_at,
    entry_page,
    latest_checkpoint,
    receipt_of,
)
from audit.serializers import (
    EntriesQuerySerializer,
    EntriesSerializer,
    EntrySerializer,
    LogSerializer,
    RefusalSerializer,
)
from audit.services.log import about_of

NOT_FOUND = OpenApiResponse(RefusalSerializer, description="The log is not that long yet.")


class PublicView(APIView):
    """Everyone may read the log, and nobody is asked who they are."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class LogView(PublicView):
    """The state of the log."""

    @extend_schema(
        operation_id="log",
        summary="Read the state of the log, its newest checkpoint and its witnesses",
        responses={200: LogSerializer},
        tags=["log"],
    )
    def get(self, request: Request) -> Response:
        """Answer with the figures, the key, the newest checkpoint, the policy and witnesses."""
        state = selectors.log_state()
        checkpoint = latest_checkpoint()
        try:
            policy = selectors.published_policy().decode()
        except selectors.PolicyUnusable:
            policy = None
        return Response(
            LogSerializer(
                {
                    "origin": selectors.log_origin(),
                    "key": selectors.verifier_key(),
                    "size": state.size,
                    "signed_size": state.signed_size,
                    "published_size": state.published_size,
                    "waiting": state.waiting,
                    "checkpoint": cosigned_note(checkpoint).decode() if checkpoint else None,
                    "policy": policy,
                    "witnesses": selectors.witnesses(),
                }
            ).data
        )


class EntriesView(PublicView):
    """Entries, newest first."""

    @extend_schema(
        operation_id="log_entries",
        summary="List entries, newest first",
        parameters=[EntriesQuerySerializer],
        responses={200: EntriesSerializer, 400: RefusalSerializer},
        tags=["log"],
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of entries."""
        query = EntriesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        page = entry_page(
            EntryQuery(
                kind=wanted.get("kind", ""),
                about=about_of(wanted),
                before=wanted.get("before"),
                limit=wanted["limit"],
            )
        )
        return Response(
            EntriesSerializer({"entries": page.entries, "older_before": page.older_before}).data
        )


class EntryView(PublicView):
    """One entry."""

    @extend_schema(
        operation_id="log_entry",
        summary="Read one entry",
        responses={200: EntrySerializer, 404: NOT_FOUND},
        tags=["log"],
    )
    def get(self, request: Request, index: int) -> Response:
        """Answer with the entry at this index."""
        entry = entry_at(index)
        if entry is None:
            raise NotFound(_("The log is not that long yet."))
        return Response(EntrySerializer(entry).data)


class ReceiptView(PublicView):
    """The receipt of one entry."""

    @extend_schema(
        operation_id="log_receipt",
        summary="Read the receipt of one entry (c2sp.org/tlog-proof)",
        responses={(200, "text/plain"): OpenApiTypes.STR, 404: NOT_FOUND},
        tags=["log"],
    )
    def get(self, request: Request, index: int) -> HttpResponse:
        """Answer with the receipt, as a file."""
        receipt = receipt_of(index=index)
        if receipt is None:
            raise NotFound(_("There is no receipt yet: the next checkpoint is seconds away."))
        return HttpResponse(receipt, content_type="text/plain; charset=utf-8")
