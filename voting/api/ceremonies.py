"""The ceremony of a group of trustees, and the signing of the setup (PROTOCOL 1.5, 2.4).

Whoever has the address of an election that is being prepared can read these: programs of
trustees have no account. What is there is public in the end, and holds no secret.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evote.encoding import read_integer, read_text
from evote.errors import DecodeError
from voting.api.bodies import BodyRefused, read_body
from voting.models import Election
from voting.permissions import can_act_as_trustee
from voting.selectors.ceremonies import CeremonyState, Step, ceremony_of, group_at
from voting.serializers import (
    CeremonyMessageSerializer,
    CeremonySerializer,
    RefusedDecryptionSerializer,
    TakenMessageSerializer,
)
from voting.services.ceremonies import MessageRefused, accept_complaint, accept_message
from voting.services.phases import WrongPhase

MESSAGE_LIMIT_BYTES = 1_000_000
COMPLAINT = "complaint"

STATUS_OF: Mapping[str, HTTPStatus] = {
    "unknown_ceremony": HTTPStatus.NOT_FOUND,
    "unknown_member": HTTPStatus.NOT_FOUND,
    "wrong_step": HTTPStatus.CONFLICT,
    "already_taken": HTTPStatus.CONFLICT,
    "not_the_trustee": HTTPStatus.FORBIDDEN,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
REFUSALS = {
    status: OpenApiResponse(RefusedDecryptionSerializer, description=description)
    for status, description in (
        (400, "It cannot be read, is not signed by this member, or a check fails."),
        (403, "A certificate has to come from the signed-in trustee."),
        (404, "No such election, ceremony or member."),
        (409, "Not the step that is waited for, or another message was sent before."),
        (411, "The request does not say how long it is."),
        (413, "Larger than 1 MB."),
        (415, "Not JSON in UTF-8."),
    )
}


class CeremonyView(APIView):
    """How far the members of a group are."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="ceremony_state",
        summary="See how far a key ceremony is",
        responses={200: CeremonySerializer, 404: RefusedDecryptionSerializer},
        auth=[],
    )
    def get(self, _request: Request, uuid: str, item: int) -> Response:
        """Return everything that has been sent, in the order of the members."""
        election = Election.objects.filter(uuid=uuid).first()
        group = None if election is None else group_at(election=election, item=item)
        if group is None or group.attempt == 0:
            return refuse(
                HTTPStatus.NOT_FOUND,
                code="unknown_ceremony",
                detail=_("No such ceremony has begun."),
            )
        response = Response(ceremony_body(ceremony_of(group=group)))
        response["Cache-Control"] = "no-store"
        return response


class SessionAuthenticationOfJson(SessionAuthentication):
    """The signed-in person, with the check against forged requests.

    The framework would look for the token in a form, and so read the body before the view
    does; the token is in a header.
    """

    def enforce_csrf(self, request: Request) -> None:
        """Check the token of the request itself, whose body is not read for that."""
        super().enforce_csrf(request._request)  # type: ignore[arg-type]  # what it wraps


class CeremonyMessagesView(APIView):
    """Where members send their messages."""

    # A certificate counts only from the trustee's own account; a cookie brings the CSRF check
    # with it. All other messages are signed, and are taken without any account.
    authentication_classes = (SessionAuthenticationOfJson,)
    permission_classes = (AllowAny,)
    throttle_scope = "write"

    @extend_schema(
        operation_id="send_ceremony_message",
        summary="Send a message of a key ceremony",
        request=CeremonyMessageSerializer,
        responses={
            201: OpenApiResponse(TakenMessageSerializer, description="It is taken."),
            200: OpenApiResponse(TakenMessageSerializer, description="It was there already."),
            **REFUSALS,
        },
    )
    def post(self, request: Request, uuid: str, item: int) -> Response:
        """Take a message that holds; the same one again changes nothing."""
        election = Election.objects.filter(uuid=uuid).first()
        if election is None:
            raise Http404
        try:
            member, step, data = _read_message(request)
            if step == Step.CERTIFICATE:
                _check_sender(request, election=election, item=item, member=member)
            if step == COMPLAINT:
                is_new = accept_complaint(election=election, item=item, member=member, data=data)
            else:
                is_new = accept_message(
                    election=election, item=item, member=member, step=step, data=data
                )
        except BodyRefused as refusal:
            return refuse(refusal.status, code=refusal.code, detail=refusal.detail)
        except WrongPhase as refusal:
            return refuse(HTTPStatus.CONFLICT, code="wrong_phase", detail=str(refusal))
        except MessageRefused as refusal:
            status = STATUS_OF.get(refusal.code, HTTPStatus.BAD_REQUEST)
            return refuse(status, code=refusal.code, detail=str(refusal))
        status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
        return Response(
            {"election": election.uuid, "item": item, "member": member, "step": step},
            status=status,
        )


def ceremony_body(state: CeremonyState) -> dict[str, object]:
    """Return the public state as programs get it; null where a member has not come yet."""

    def sent(step: str) -> list[object]:
        messages = state.messages[step]
        return [
            json.loads(messages[member.index]) if member.index in messages else None
            for member in state.members
        ]

    return {
        "election": state.group.election.uuid,
        "item": state.group.position,
        "attempt": state.group.attempt,
        "threshold": state.group.threshold,
        "step": state.stage.value,
        "members": [
            {"index": member.index, "name": member.trustee.name, "step": member.step}
            for member in state.members
        ],
        "certs": sent(Step.CERTIFICATE),
        "commits": sent(Step.COMMIT),
        "polynomials": sent(Step.POLYNOMIAL),
        "shares": sent(Step.SHARE),
        "complaints": [
            {
                "by": complaint.by,
                "about": complaint.about,
                "name": complaint.about_name,
                "evidence": bytes(complaint.body).decode(),
            }
            for complaint in state.complaints
        ],
    }


def refuse(status: HTTPStatus, *, code: str, detail: str) -> Response:
    """Answer with why something was not taken."""
    return Response({"code": code, "detail": detail}, status=status)


def _read_message(request: Request) -> tuple[int, str, bytes]:
    item = read_body(
        request._request, fields=["member", "step", "message"], limit_bytes=MESSAGE_LIMIT_BYTES
    )
    try:
        member = read_integer(item["member"], place="member")
        step = read_text(item["step"], place="step")
        data = read_text(item["message"], place="message").encode()
        if step not in (*Step.values, COMPLAINT):
            msg = "this is no step of a ceremony"
            raise DecodeError(msg, place="step")
    except DecodeError as error:
        raise BodyRefused(
            status=HTTPStatus.BAD_REQUEST,
            code=error.code,
            detail=_("The request cannot be read: %(reason)s.") % {"reason": error},
        ) from error
    return member, step, data


def _check_sender(request: Request, *, election: Election, item: int, member: int) -> None:
    """Let only the signed-in trustee of this seat send its certificate."""
    group = group_at(election=election, item=item)
    trustee = None if group is None else group.members.filter(member=member).first()
    if trustee is not None and not can_act_as_trustee(request.user, trustee):
        raise MessageRefused(
            "not_the_trustee", _("Sign in with the address that this member was invited with.")
        )
