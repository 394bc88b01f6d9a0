"""Naming trustees, inviting them, and taking their public keys."""

import logging
from dataclasses import replace
from smtplib import SMTPException

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.services.mail import send_mail
from evote.election import decode_trustee, encode_trustee, verify_trustee
from evote.errors import DecodeError, InvalidProof, NotSupported
from voting.models import Election, Trustee, TrusteeGroup
from voting.services.groups import number_trustees, start_afresh
from voting.services.phases import Refused, lock_election

TRUSTEES_LIMIT = 50

logger = logging.getLogger(__name__)


class TrusteeRefused(Refused):
    """The trustee cannot be named like this."""


class KeyRefused(Refused):
    """The public key was not taken."""


@transaction.atomic
def name_trustee(
    *, election: Election, name: str, email: str, group: TrusteeGroup | None = None
) -> Trustee:
    """Name a trustee and have them invited by e-mail.

    `name` is public and stands in the record; `email` is the verified address with which the
    trustee signs in. A member of a group is invited when its ceremony begins; in one that has
    begun a new member makes all of them begin again.

    Raises:
        WrongPhase: the election is sealed.
        TrusteeRefused: the name or the address is missing, malformed or used already.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    name, email = _checked(election=election, name=name, email=email, leaving_out=None)
    others = Trustee.objects.filter(election=election)
    if others.count() >= TRUSTEES_LIMIT:
        message = _("Name at most %(limit)s trustees.")
        raise TrusteeRefused(message % {"limit": TRUSTEES_LIMIT})
    last = others.aggregate(last=Max("position"))["last"] or 0
    trustee = Trustee(election=election, position=last + 1, name=name, email=email)
    if group is not None:
        group = TrusteeGroup.objects.get(pk=group.pk)
        trustee.group, trustee.member = group, group.members.count() + 1
    trustee.save(force_insert=True)
    number_trustees(election=election)
    if group is not None and group.attempt:
        start_afresh(group=group)
    trustee.refresh_from_db()
    return trustee


@transaction.atomic
def replace_trustee(*, trustee: Trustee, name: str, email: str) -> Trustee:
    """Put somebody else in a trustee's place, who is invited.

    A key made before is void, and where others had made theirs together with this trustee,
    their ceremony starts afresh.

    Raises:
        WrongPhase: the election is sealed.
        TrusteeRefused: the name or the address is missing, malformed or used already.
    """
    election = lock_election(election=trustee.election, phase=Election.Phase.DRAFT)
    name, email = _checked(election=election, name=name, email=email, leaving_out=trustee)
    trustee = Trustee.objects.select_related("group").get(pk=trustee.pk)
    trustee.name, trustee.email = name, email
    trustee.public_key = trustee.encoded = None
    trustee.invitation = Trustee.Invitation.WAITING
    trustee.save()
    trustee.calls.all().delete()
    if trustee.group is not None and trustee.group.attempt:
        start_afresh(group=trustee.group)
    return trustee


def _checked(
    *, election: Election, name: str, email: str, leaving_out: Trustee | None
) -> tuple[str, str]:
    """Return name and address as they are kept, or say what is wrong with them."""
    name, email = name.strip(), email.strip().lower()
    if not 1 <= len(name) <= 100 or "\0" in name:
        raise TrusteeRefused(_("Write a name of 1 to 100 characters."))
    try:
        validate_email(email)
    except ValidationError as error:
        raise TrusteeRefused(_("Write a whole e-mail address.")) from error
    others = Trustee.objects.filter(election=election)
    if leaving_out is not None:
        others = others.exclude(pk=leaving_out.pk)
    if others.filter(email=email).exists():
        raise TrusteeRefused(_("This address belongs to another trustee of this election."))
    if others.filter(name=name).exists():
        raise TrusteeRefused(_("Another trustee of this election has this name."))
    return name, email


@transaction.atomic
def remove_trustee(*, trustee: Trustee) -> None:
    """Take a trustee off the list; those behind move up, and a group begins again.

    Raises:
        WrongPhase: the election is sealed.
    """
    election = lock_election(election=trustee.election, phase=Election.Phase.DRAFT)
    trustee = Trustee.objects.select_related("group").get(pk=trustee.pk)
    group = trustee.group
    trustee.delete()
    number_trustees(election=election)
    if group is not None and group.attempt:
        start_afresh(group=group)


@transaction.atomic
def invite_again(*, trustee: Trustee) -> None:
    """Have the invitation sent once more.

    Raises:
        WrongPhase: the election is sealed.
    """
    lock_election(election=trustee.election, phase=Election.Phase.DRAFT)
    Trustee.objects.filter(pk=trustee.pk).update(invitation=Trustee.Invitation.WAITING)


@transaction.atomic
def register_public_key(*, trustee: Trustee, data: bytes) -> Trustee:
    """Take a trustee's public key after checking the proof that they know its secret.

    `data` is the file that `evote trustee keygen` or the trustee's page makes. The trustee may
    replace the key until the election is sealed.

    Raises:
        WrongPhase: the election is sealed.
        KeyRefused: malformed, a proof that does not hold, another trustee's key, or a trustee
            whose key is made together with others.
    """
    if trustee.group_id is not None:
        raise KeyRefused(_("The members of a group make their keys together."))
    try:
        key = decode_trustee(data)
        verify_trustee(key)
    except (DecodeError, NotSupported) as error:
        message = _("This is not a public key made for Pnyx: %(reason)s.")
        raise KeyRefused(message % {"reason": error}) from error
    except InvalidProof as error:
        raise KeyRefused(
            _("The key was not taken: the proof that you know its secret does not hold.")
        ) from error
    election = lock_election(election=trustee.election, phase=Election.Phase.DRAFT)
    public_key = key.public_key.encode()
    others = Trustee.objects.filter(election=election).exclude(pk=trustee.pk)
    if others.filter(public_key=public_key).exists():
        raise KeyRefused(_("Another trustee of this election has registered this key."))
    trustee = Trustee.objects.select_for_update().get(pk=trustee.pk)
    trustee.public_key = public_key
    # The name in the record is the one on the election page, whatever the file says.
    trustee.encoded = encode_trustee(replace(key, name=trustee.name))
    trustee.save(update_fields=["public_key", "encoded"])
    return trustee


def send_invitation(*, trustee: Trustee) -> bool:
    """Mail one waiting invitation; say whether there was one to send.

    Kept short and repeatable: when the process dies between the mail and the commit, the
    trustee gets the same mail again, which holds no secret.
    """
    with transaction.atomic():
        waiting = (
            Trustee.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("election__organisation")
            .filter(pk=trustee.pk, invitation=Trustee.Invitation.WAITING)
            .first()
        )
        if waiting is None:
            return False
        election = waiting.election
        try:
            send_mail(
                to=waiting.email,
                template="voting/email/trustee_invitation",
                context={
                    "name": waiting.name,
                    "title": election.title,
                    "organisation": election.organisation.name,
                    "address": f"{settings.BASE_URL}/elections/{election.uuid}/trustee/",
                },
                language=settings.LANGUAGE_CODE,
            )
        except (SMTPException, OSError, ValueError):
            # ValueError: nobody can write to this address. The next sweep tries again, and
            # the others are not kept waiting; the address stays out of the log.
            logger.warning("The invitation of trustee %s was not sent", waiting.pk)
            return False
        waiting.invitation = Trustee.Invitation.SENT
        waiting.save(update_fields=["invitation"])
    return True
