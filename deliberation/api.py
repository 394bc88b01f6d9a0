"""The REST interface of consultations and proposals.

Reading is open to all. Writing needs a signed-in person (the session's cookie with its CSRF
token) and goes through the same services as the pages: same rules, same limits.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view, permission_classes, throttle_scope
from rest_framework.exceptions import APIException, NotAuthenticated
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_403_FORBIDDEN, HTTP_409_CONFLICT

from accounts.models import User
from deliberation.models import Comment, Consultation, ModerationAct, Proposal
from deliberation.permissions import can_see_consultation
from deliberation.selectors.consultations import (
    activity_of,
    elections_of,
    published_consultations,
)
from deliberation.selectors.hidden import removal_of, removals_of_comments
from deliberation.selectors.proposals import (
    ProposalQuery,
    listed_proposals,
    proposals_with_texts,
)
from deliberation.serializers import (
    CommentSerializer,
    ConsultationSerializer,
    EndorsementSerializer,
    NewCommentSerializer,
    NewProposalSerializer,
    NothingSerializer,
    ProposalSerializer,
    RefusalSerializer,
    WholeConsultationSerializer,
    WholeProposalSerializer,
)
from deliberation.services.comments import post_comment
from deliberation.services.endorsements import endorse_proposal, withdraw_endorsement
from deliberation.services.limits import LimitReached
from deliberation.services.proposals import submit_proposal
from deliberation.services.refusal import NotPermitted, Refused

PAGE_LIMIT = 200
TOO_MANY_REQUESTS = 429
IN_ORDER = ProposalQuery(statuses=(), text="", sort="newest", seed="")
PAGED = [
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"At most {PAGE_LIMIT}."),
    OpenApiParameter("offset", OpenApiTypes.INT),
]
REFUSALS = {400: RefusalSerializer, 403: RefusalSerializer, 409: RefusalSerializer}


class Pages(LimitOffsetPagination):
    """So many rows at a time."""

    default_limit = 50
    max_limit = PAGE_LIMIT


class ServiceRefusal(APIException):
    """A service's refusal as an answer: its code and its sentence."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(detail=str(refusal), code=refusal.code)
        if isinstance(refusal, NotPermitted):
            self.status_code = HTTP_403_FORBIDDEN
        elif isinstance(refusal, LimitReached):
            self.status_code = TOO_MANY_REQUESTS
        else:
            self.status_code = HTTP_409_CONFLICT


@extend_schema(parameters=PAGED, responses=ConsultationSerializer(many=True))
@api_view(["GET"])
@permission_classes([IsAuthenticatedOrReadOnly])
@throttle_scope("read")
def consultations(request: Request) -> Response:
    """List the published consultations, the latest first."""
    rows = published_consultations().order_by("-published_at", "-pk")
    return _page(request, rows, _consultation, ConsultationSerializer)


@extend_schema(responses=WholeConsultationSerializer)
@api_view(["GET"])
@permission_classes([IsAuthenticatedOrReadOnly])
@throttle_scope("read")
def consultation(request: Request, slug: str) -> Response:
    """Give one consultation with its promise, phases and figures."""
    found = _find_consultation(request, slug)
    activity = activity_of(found)
    whole = _consultation(request, found) | {
        "promise": found,
        "endorsement_threshold": found.endorsement_threshold,
        "phases": found.phases.order_by("starts_at"),
        "people": activity.people,
        "proposals": activity.proposals,
        "comments": activity.comments,
        "endorsements": activity.endorsements,
        "elections": [link.election.uuid for link in elections_of(found)],
    }
    return Response(WholeConsultationSerializer(whole).data)


@extend_schema(methods=["GET"], parameters=PAGED, responses=ProposalSerializer(many=True))
@extend_schema(
    methods=["POST"],
    request=NewProposalSerializer,
    responses={201: WholeProposalSerializer, **REFUSALS},
)
@api_view(["GET", "POST"])
@permission_classes([IsAuthenticatedOrReadOnly])
@throttle_scope("read")
def proposals(request: Request, slug: str) -> Response:
    """List the proposals of a consultation, the latest first; or make one."""
    found = _find_consultation(request, slug)
    if request.method != "POST":
        return _page(request, listed_proposals(found, IN_ORDER), _proposal, ProposalSerializer)
    wanted = NewProposalSerializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    try:
        made = submit_proposal(
            consultation=found,
            author=_person(request),
            now=timezone.now(),
            **wanted.validated_data,
        )
    except Refused as error:
        raise ServiceRefusal(error) from error
    return Response(_whole_proposal(request, made), status=HTTP_201_CREATED)


@extend_schema(responses=WholeProposalSerializer)
@api_view(["GET"])
@permission_classes([IsAuthenticatedOrReadOnly])
@throttle_scope("read")
def proposal(request: Request, number: int) -> Response:
    """Give one proposal with its versions and its debate."""
    return Response(_whole_proposal(request, _find_proposal(request, number)))


@extend_schema(request=NewCommentSerializer, responses={201: CommentSerializer, **REFUSALS})
@api_view(["POST"])
@permission_classes([IsAuthenticatedOrReadOnly])
@throttle_scope("write")
def comments(request: Request, number: int) -> Response:
    """Write in the debate of a proposal."""
    found = _find_proposal(request, number)
    wanted = NewCommentSerializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    texts: dict[str, Any] = dict(wanted.validated_data)
    parent_number = texts.pop("parent")
    parent = None
    if parent_number is not None:
        parent = get_object_or_404(Comment, pk=parent_number, proposal=found)
    try:
        made = post_comment(
            proposal=found, author=_person(request), parent=parent, now=timezone.now(), **texts
        )
    except Refused as error:
        raise ServiceRefusal(error) from error
    answer = CommentSerializer(_comment(made, removal=None)).data
    return Response(answer, status=HTTP_201_CREATED)


@extend_schema(
    methods=["POST"],
    request=NothingSerializer,
    responses={200: EndorsementSerializer, **REFUSALS},
)
@extend_schema(methods=["DELETE"], responses={200: EndorsementSerializer, **REFUSALS})
@api_view(["POST", "DELETE"])
@permission_classes([IsAuthenticatedOrReadOnly])
@throttle_scope("write")
def endorsement(request: Request, number: int) -> Response:
    """Endorse a proposal, or take it back. Twice counts once."""
    found = _find_proposal(request, number)
    person = _person(request)
    if request.method == "POST":
        NothingSerializer(data=request.data or {}).is_valid(raise_exception=True)
    change = endorse_proposal if request.method == "POST" else withdraw_endorsement
    try:
        change(proposal=found, user=person, now=timezone.now())
    except Refused as error:
        raise ServiceRefusal(error) from error
    answer = {
        "endorsements": found.endorsements.count(),
        "is_endorsed": found.endorsements.filter(user=person).exists(),
    }
    return Response(EndorsementSerializer(answer).data)


def _person(request: Request) -> User:
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def _find_consultation(request: Request, slug: str) -> Consultation:
    rows = Consultation.objects.select_related("organisation")
    found = get_object_or_404(rows, slug=slug)
    if not found.is_published or not can_see_consultation(request.user, found):
        raise Http404
    return found


def _find_proposal(request: Request, number: int) -> Proposal:
    rows = Proposal.objects.select_related("consultation__organisation", "author")
    found = get_object_or_404(rows, pk=number)
    if not can_see_consultation(request.user, found.consultation):
        raise Http404
    return found


def _page(request: Request, rows: QuerySet[Any], describe: Any, serializer: Any) -> Response:  # noqa: ANN401 - any kind of row
    pages = Pages()
    page = pages.paginate_queryset(rows, request) or []
    described = [describe(request, row) for row in page]
    return pages.get_paginated_response(serializer(described, many=True).data)


def _consultation(request: Request, row: Consultation) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "summary": row.summary,
        "organisation": row.organisation.name,
        "published_at": row.published_at,
        "address": request.build_absolute_uri(row.get_absolute_url()),
    }


def _proposal(request: Request, row: Any) -> dict[str, Any]:  # noqa: ANN401 - an annotated row
    return {
        "id": row.pk,
        "number": row.number,
        "consultation": row.consultation.slug,
        "status": row.status,
        "title": row.title,
        "author": row.author.display_name,
        "submitted_at": row.submitted_at,
        "version": row.version,
        "endorsements": row.endorsement_count,
        "comments": row.comment_count,
        "address": request.build_absolute_uri(row.get_absolute_url()),
    }


def _whole_proposal(request: Request, found: Proposal) -> dict[str, Any]:
    rows = Proposal.objects.select_related("consultation", "author").filter(pk=found.pk)
    row = proposals_with_texts(rows).get()
    removal = removal_of(found)
    written = list(found.comments.select_related("author").order_by("posted_at", "pk"))
    removals = removals_of_comments(comment.pk for comment in written)
    whole = _proposal(request, row) | {
        "versions": [] if removal else [_version(version) for version in _versions(found)],
        "debate": [_comment(comment, removal=removals.get(comment.pk)) for comment in written],
        "removal": _removal(removal),
    }
    if removal is not None:
        whole["title"] = ""
    return dict(WholeProposalSerializer(whole).data)


def _versions(found: Proposal) -> QuerySet[Any]:
    return found.versions.order_by("number")


def _version(version: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
    return {
        "number": version.number,
        "title": version.title,
        "body": version.body,
        "note": version.note,
        "revised_at": version.revised_at,
        "salt": bytes(version.salt).hex(),
        "text": version.text_hash,
        "entry": bytes(version.entry).hex(),
    }


def _comment(comment: Comment, *, removal: ModerationAct | None) -> dict[str, Any]:
    return {
        "id": comment.pk,
        "parent": comment.parent_id,
        "author": None if removal else comment.author.display_name,
        "alignment": comment.alignment,
        "body": None if removal else comment.body,
        "posted_at": comment.posted_at,
        "removal": _removal(removal),
    }


def _removal(act: ModerationAct | None) -> dict[str, Any] | None:
    if act is None:
        return None
    return {"removed_at": act.acted_at, "rule": act.rule, "explanation": act.explanation}
