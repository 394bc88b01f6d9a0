"""Registering documents for other platforms, each with a key that a person made.

The key is in the header `Authorization: Bearer pnyx_…`. No cookie is read, so that no page of
somebody else can file anything.
"""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    NotFound,
    Throttled,
    ValidationError,
)
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.models import EvidenceKey
from audit.models.evidence import IDEMPOTENCY_KEY_CHARACTERS
from audit.selectors.evidence import EvidenceState, find_evidence, state_of, working_key
from audit.serializers import (
    EvidenceSerializer,
    NewEvidenceSerializer,
    RefusalSerializer,
)
from audit.services.evidence import QuotaReached, RequestChanged, file_by_key

SCHEME = b"bearer"
_REQUEST_NAME = re.compile(rf"[!-~]{{1,{IDEMPOTENCY_KEY_CHARACTERS}}}", re.ASCII)
NO_KEY = OpenApiResponse(RefusalSerializer, description="No key, a wrong one, or a revoked one.")
UNKNOWN = OpenApiResponse(
    RefusalSerializer, description="The key's owner registered nothing of this name."
)
NOT_YET = OpenApiResponse(
    RefusalSerializer, description="Unknown, or not there yet: ask again in a few seconds."
)
TOO_MANY = OpenApiResponse(
    RefusalSerializer,
    description="The key's quota of the day is used (`quota_reached`), or `throttled`.",
)


class KeyAuthentication(BaseAuthentication):
    """Know a platform by its key."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, EvidenceKey] | None:
        """Return nobody and the key; None without a header."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != SCHEME:
            return None
        key = working_key(words[1].decode("latin-1")) if len(words) == 2 else None
        if key is None:
            raise AuthenticationFailed(_("There is no such key, or it was revoked."))
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        """Say how to authenticate: with it, a refusal is 401."""
        return "Bearer"


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # has no types
    """Describe the key in OpenAPI."""

    target_class = KeyAuthentication
    name = "evidenceKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return the description."""
        return {"type": "http", "scheme": "bearer", "description": "A key from /evidence/keys/."}


class HasKey(BasePermission):
    """Allow whoever came with a working key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether there is one."""
        return isinstance(request.auth, EvidenceKey)


class IdempotencyKeyReused(APIException):
    """The name of the request stands for another document."""

    status_code = 422
    default_code = "idempotency_key_reused"


class QuotaUsed(Throttled):
    """Enough was registered with this key today."""

    default_code = "quota_reached"


@method_decorator(never_cache, name="dispatch")
class EvidenceView(APIView):
    """What all addresses share: the key, and who may."""

    authentication_classes = (KeyAuthentication,)
    permission_classes = (HasKey,)

    def state(self, request: Request, evidence_id: uuid.UUID) -> EvidenceState:
        """Return what the key's owner registered under this name, or refuse with 404."""
        assert isinstance(request.auth, EvidenceKey)
        evidence = find_evidence(owner=request.auth.owner, pk=evidence_id)
        if evidence is None:
            raise NotFound(_("You have no such registered document."))
        return state_of(evidence)


class FileView(EvidenceView):
    """Registering."""

    @extend_schema(
        operation_id="evidence_file",
        summary="Register a document by its SHA-256 or by a commitment to it",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="A name of your own for this request, up to 255 visible ASCII "
                "characters. The same name and body again get the same answer.",
            )
        ],
        request=NewEvidenceSerializer,
        responses={
            201: OpenApiResponse(EvidenceSerializer, description="It is new."),
            200: OpenApiResponse(EvidenceSerializer, description="It was registered before."),
            400: OpenApiResponse(
                RefusalSerializer, description="`fields` says for each member what is wrong."
            ),
            401: NO_KEY,
            413: RefusalSerializer,
            415: RefusalSerializer,
            422: OpenApiResponse(
                RefusalSerializer, description="The Idempotency-Key stands for another document."
            ),
            429: TOO_MANY,
        },
        tags=["evidence"],
    )
    def post(self, request: Request) -> Response:
        """Register it, and answer with the signed promise."""
        assert isinstance(request.auth, EvidenceKey)
        name = _request_name(request)
        body = NewEvidenceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        now = timezone.now()
        try:
            filed = file_by_key(key=request.auth, filing=body.filing(), request_name=name, now=now)
        except QuotaReached as refused:
            raise QuotaUsed(wait=_seconds_to_tomorrow(now), detail=str(refused)) from refused
        except RequestChanged as refused:
            raise IdempotencyKeyReused(str(refused)) from refused
        state = state_of(filed.evidence)
        return Response(EvidenceSerializer(state).data, status=201 if filed.is_new else 200)


class OneView(EvidenceView):
    """One registered document."""

    @extend_schema(
        operation_id="evidence_one",
        summary="Read how far a registered document has come",
        responses={200: EvidenceSerializer, 401: NO_KEY, 404: UNKNOWN},
        tags=["evidence"],
    )
    def get(self, request: Request, evidence_id: uuid.UUID) -> Response:
        """Answer with its state, and with all that is there by now."""
        return Response(EvidenceSerializer(self.state(request, evidence_id)).data)


class PromiseView(EvidenceView):
    """The signed promise."""

    @extend_schema(
        operation_id="evidence_promise",
        summary="Read the signed promise (a note, c2sp.org/signed-note)",
        responses={(200, "text/plain"): OpenApiTypes.STR, 401: NO_KEY, 404: UNKNOWN},
        tags=["evidence"],
    )
    def get(self, request: Request, evidence_id: uuid.UUID) -> HttpResponse:
        """Answer with the note."""
        return _text(self.state(request, evidence_id).evidence.promise.encode())


class ReceiptView(EvidenceView):
    """The receipt."""

    @extend_schema(
        operation_id="evidence_receipt",
        summary="Read the receipt (c2sp.org/tlog-proof)",
        responses={(200, "text/plain"): OpenApiTypes.STR, 401: NO_KEY, 404: NOT_YET},
        tags=["evidence"],
    )
    def get(self, request: Request, evidence_id: uuid.UUID) -> HttpResponse:
        """Answer with the file, once enough witnesses have cosigned."""
        receipt = self.state(request, evidence_id).complete_receipt
        if receipt is None:
            _refuse_not_yet(_("There is no receipt yet: ask again in a few seconds."))
        return _text(receipt)


class TimestampView(EvidenceView):
    """The outside authority's token."""

    @extend_schema(
        operation_id="evidence_timestamp",
        summary="Read the timestamp (RFC 3161) over the receipt's checkpoint",
        responses={
            (200, "application/timestamp-reply"): OpenApiTypes.BINARY,
            401: NO_KEY,
            404: NOT_YET,
        },
        tags=["evidence"],
    )
    def get(self, request: Request, evidence_id: uuid.UUID) -> HttpResponse:
        """Answer with the token in DER."""
        timestamp = self.state(request, evidence_id).timestamp
        if timestamp is None:
            _refuse_not_yet(_("There is no timestamp yet, or no authority is configured."))
        return HttpResponse(bytes(timestamp.token), content_type="application/timestamp-reply")


def _refuse_not_yet(sentence: str) -> NoReturn:
    raise NotFound(sentence, code="not_yet")


def _text(content: bytes) -> HttpResponse:
    return HttpResponse(content, content_type="text/plain; charset=utf-8")


def _request_name(request: Request) -> str:
    name = request.headers.get("Idempotency-Key")
    if name is None:
        return ""
    if not _REQUEST_NAME.fullmatch(name):
        msg = _("1 to %(limit)s visible ASCII characters.") % {"limit": IDEMPOTENCY_KEY_CHARACTERS}
        raise ValidationError({"Idempotency-Key": [msg]})
    return name


def _seconds_to_tomorrow(now: datetime) -> int:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((today + timedelta(days=1) - now).total_seconds()) + 1
