"""The ceremony in which the members of a group make their keys (PROTOCOL 1.5, 2.4).

Every message is checked completely when it comes, so that whoever sends a wrong one is known at
once. A step begins when all members have taken the one before: nobody reveals a polynomial
before everybody has committed to theirs. The server sees public parts and encrypted shares.
"""

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from evote.election import encode_trustee
from evote.encoding import encode_json
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.threshold import Signed, decode_signed, verify_threshold_trustees
from evote.threshold.ceremony import (
    check_commits,
    finish_ceremony,
    read_commit,
    read_member_certificate,
    read_reveal,
    read_share_message,
)
from evote.threshold.complaints import (
    UnfoundedComplaint,
    encode_evidence,
    judge_complaint,
    read_complaint,
)
from voting.models import CeremonyMessage, Complaint, Election, Trustee, TrusteeGroup
from voting.selectors.ceremonies import (
    STAGE_OF_STEP,
    CeremonyState,
    Stage,
    Step,
    ceremony_of,
    group_at,
)
from voting.services.phases import Refused, lock_election


class MessageRefused(Refused):
    """A message was not taken. `code` is stable; the sentence names the member."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@transaction.atomic
def accept_message(*, election: Election, item: int, member: int, step: str, data: bytes) -> bool:
    """Take one member's signed message of one step; say whether it is new.

    The caller has made sure that a certificate comes from its trustee; all later messages are
    signed with the key that the certificate names. The last share completes the group's key.

    Raises:
        WrongPhase: the election is sealed.
        MessageRefused: `unknown_ceremony`, `unknown_member`, `wrong_step`, `already_taken` where
            this member has sent another message of this step before, `non_canonical` and other
            codes of what cannot be read, or `bad_proof`.
    """
    state = _locked_state(election=election, item=item, member=member)
    if (known := state.messages[step].get(member)) is not None:
        if known == data:
            return False
        raise _refusal(state, member, "already_taken", _("%(name)s has taken this step before."))
    if state.stage != STAGE_OF_STEP[step]:
        raise _refusal(
            state, member, "wrong_step", _("This is not the step that the ceremony waits for.")
        )
    try:
        _check(state, member=member, step=step, signed=decode_signed(data))
    except DecodeError as error:
        raise _unreadable(state, member, error) from error
    except EvoteError as error:
        raise _unproven(state, member, error) from error
    CeremonyMessage.objects.create(
        group=state.group, attempt=state.group.attempt, member=member, step=step, body=data
    )
    if step == Step.SHARE:
        _complete(state=ceremony_of(group=state.group))
    return True


@transaction.atomic
def accept_complaint(*, election: Election, item: int, member: int, data: bytes) -> bool:
    """Take a member's proof that another one sent a wrong share; say whether it is new.

    It ends this attempt of the ceremony and names who is at fault. One that proves nothing is
    refused, and the ceremony goes on.

    Raises:
        WrongPhase: the election is sealed.
        MessageRefused: as `accept_message`, or `unfounded`.
    """
    state = _locked_state(election=election, item=item, member=member)
    if state.stage not in (Stage.SHARES, Stage.FAILED):
        raise _refusal(
            state, member, "wrong_step", _("This is not the step that the ceremony waits for.")
        )
    try:
        ceremony = state.opened()
        signed = decode_signed(data)
        complaint = read_complaint(signed, ceremony=ceremony)
        if complaint.by != member:
            msg = f"it is signed by member {complaint.by}"
            raise DecodeError(msg, place="by")
        reveal = state.reveals(ceremony=ceremony)[complaint.about - 1]
        judge_complaint(complaint, ceremony=ceremony, reveal=reveal)
    except UnfoundedComplaint as error:
        message = _("The complaint of %(name)s proves nothing: %(reason)s.")
        raise _refusal(state, member, "unfounded", message, reason=error) from error
    except DecodeError as error:
        raise _unreadable(state, member, error) from error
    except EvoteError as error:
        raise _unproven(state, member, error) from error
    _complaint, is_new = Complaint.objects.get_or_create(
        group=state.group,
        attempt=state.group.attempt,
        by=member,
        about=complaint.about,
        defaults={
            "about_name": state.members[complaint.about - 1].trustee.name,
            "body": encode_evidence(
                ceremony=ceremony,
                polynomial=state.signed(Step.POLYNOMIAL)[complaint.about - 1],
                complaint=signed,
            ),
        },
    )
    return is_new


def _locked_state(*, election: Election, item: int, member: int) -> CeremonyState:
    """Lock the election, so that messages come one after the other, and find the ceremony."""
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    group = group_at(election=election, item=item)
    if group is None or group.attempt == 0:
        raise MessageRefused("unknown_ceremony", _("No such ceremony has begun."))
    state = ceremony_of(group=group)
    if not 1 <= member <= state.size:
        message = _("This ceremony has the members 1 to %(count)s.")
        raise MessageRefused("unknown_member", message % {"count": state.size})
    if group.threshold > state.size:
        raise MessageRefused("wrong_step", _("The group has too few members."))
    return state


def _check(state: CeremonyState, *, member: int, step: str, signed: Signed) -> None:
    """Check all that is public in a message, against all that was sent before it."""
    if step == Step.CERTIFICATE:
        _check_certificate(state, member=member, signed=signed)
        return
    ceremony = state.opened()
    if step == Step.COMMIT:
        commit = read_commit(signed, ceremony=ceremony, index=member)
        others = [
            read_commit(decode_signed(body), ceremony=ceremony, index=index)
            for index, body in sorted(state.messages[Step.COMMIT].items())
        ]
        check_commits([*others, commit])
    elif step == Step.POLYNOMIAL:
        commits = state.commits(ceremony=ceremony)
        read_reveal(signed, ceremony=ceremony, index=member, commit=commits[member - 1])
    else:
        reveals = state.reveals(ceremony=ceremony)
        read_share_message(signed, ceremony=ceremony, reveals=reveals, index=member)


def _check_certificate(state: CeremonyState, *, member: int, signed: Signed) -> None:
    """Check a certificate by itself, and that no other member has one of its keys."""

    def read(each: Signed, index: int) -> frozenset[str]:
        certificate = read_member_certificate(
            each, threshold=state.group.threshold, size=state.size, index=index
        )
        return frozenset((certificate.verification.encode(), certificate.encryption.encode()))

    keys = read(signed, member)
    for index, body in state.messages[Step.CERTIFICATE].items():
        if keys & read(decode_signed(body), index):
            msg = f"it holds a key of member {index}"
            raise InvalidProof(msg)


def _complete(*, state: CeremonyState) -> None:
    """Put the record's item together when the last share is in, and check it as a whole."""
    if state.stage != Stage.COMPLETE:
        return
    ceremony = state.opened()
    reveals = state.reveals(ceremony=ceremony)
    keys = [
        replace(
            read_share_message(signed, ceremony=ceremony, reveals=reveals, index=member.index),
            # The name in the record is the one on the election page.
            name=member.trustee.name,
        )
        for member, signed in zip(state.members, state.signed(Step.SHARE), strict=True)
    ]
    item = finish_ceremony(ceremony=ceremony, reveals=reveals, keys=keys)
    verify_threshold_trustees(item)
    TrusteeGroup.objects.filter(pk=state.group.pk).update(encoded=encode_json(item.to_json()))
    for member, key in zip(state.members, keys, strict=True):
        Trustee.objects.filter(pk=member.trustee.pk).update(
            public_key=key.public_key.encode(), encoded=encode_trustee(key)
        )


def _refusal(
    state: CeremonyState, member: int, code: str, message: str, **reason: object
) -> MessageRefused:
    name = state.members[member - 1].trustee.name
    return MessageRefused(code, message % ({"name": name, "member": member} | reason))


def _unreadable(state: CeremonyState, member: int, error: DecodeError) -> MessageRefused:
    message = _("The message of %(name)s cannot be read: %(reason)s.")
    return _refusal(state, member, error.code, message, reason=error)


def _unproven(state: CeremonyState, member: int, error: EvoteError) -> MessageRefused:
    message = _("The message of %(name)s was refused: %(reason)s.")
    return _refusal(state, member, "bad_proof", message, reason=error)
