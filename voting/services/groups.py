"""Groups of trustees of whom some suffice, and the order of all trustees in the record."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from voting.models import Election, Trustee, TrusteeCall, TrusteeGroup
from voting.services.phases import Refused, lock_election

GROUPS_LIMIT = 5
FEWEST_MEMBERS = 2


class GroupRefused(Refused):
    """The group cannot be like this, or its ceremony cannot begin."""


@transaction.atomic
def make_group(*, election: Election, threshold: int) -> TrusteeGroup:
    """Begin a group of trustees, any `threshold` of whom will be able to decrypt.

    Raises:
        WrongPhase: the election is sealed.
        GroupRefused: the number is impossible, or there are too many groups.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    _check_threshold(threshold)
    others = TrusteeGroup.objects.filter(election=election)
    if others.count() >= GROUPS_LIMIT:
        message = _("Make at most %(limit)s groups.")
        raise GroupRefused(message % {"limit": GROUPS_LIMIT})
    last = others.aggregate(last=Max("position"))["last"] or 0
    group = TrusteeGroup.objects.create(election=election, position=last + 1, threshold=threshold)
    number_trustees(election=election)
    group.refresh_from_db()
    return group


@transaction.atomic
def change_threshold(*, group: TrusteeGroup, threshold: int) -> TrusteeGroup:
    """Ask for another number of members; a ceremony that has begun starts afresh.

    Raises:
        WrongPhase: the election is sealed.
        GroupRefused: the number is impossible.
    """
    lock_election(election=group.election, phase=Election.Phase.DRAFT)
    _check_threshold(threshold)
    group = TrusteeGroup.objects.get(pk=group.pk)
    group.threshold = threshold
    group.save(update_fields=["threshold"])
    return start_afresh(group=group) if group.attempt else group


@transaction.atomic
def dissolve_group(*, group: TrusteeGroup) -> None:
    """Take a group and its members off the list, with all that they sent.

    Raises:
        WrongPhase: the election is sealed.
    """
    election = lock_election(election=group.election, phase=Election.Phase.DRAFT)
    group.messages.all().delete()
    group.complaints.all().delete()
    group.members.all().delete()
    group.delete()
    number_trustees(election=election)


@transaction.atomic
def begin_ceremony(*, group: TrusteeGroup) -> TrusteeGroup:
    """Have the members invited to make their keys, or invite all of them to begin again.

    What was sent in an earlier attempt stays as evidence, and counts no more.

    Raises:
        WrongPhase: the election is sealed.
        GroupRefused: there are too few members.
    """
    lock_election(election=group.election, phase=Election.Phase.DRAFT)
    group = TrusteeGroup.objects.get(pk=group.pk)
    members = group.members.count()
    if members < FEWEST_MEMBERS:
        raise GroupRefused(_("Name at least two members first."))
    if group.threshold > members:
        message = _("%(threshold)s of %(members)s members cannot be asked for.")
        raise GroupRefused(message % {"threshold": group.threshold, "members": members})
    return start_afresh(group=group)


def start_afresh(*, group: TrusteeGroup) -> TrusteeGroup:
    """Count the next attempt of a ceremony, in a transaction of the caller's: keys are void."""
    group.attempt += 1
    group.encoded = None
    group.save(update_fields=["attempt", "encoded"])
    group.members.update(public_key=None, encoded=None)
    return group


def number_trustees(*, election: Election) -> None:
    """Give all trustees their slots: first those that stand alone, then group after group.

    The slot is the owner number in the record (PROTOCOL 1.5), a group's position its place in
    the record's list of trustees. Both are checked at the end of the transaction.
    """
    alone = list(Trustee.objects.filter(election=election, group=None).order_by("position"))
    slot = _number(alone, first=1)
    groups = TrusteeGroup.objects.filter(election=election).order_by("position")
    for position, group in enumerate(groups, len(alone) + 1):
        if group.position != position:
            TrusteeGroup.objects.filter(pk=group.pk).update(position=position)
        members = list(group.members.order_by("member"))
        for member, trustee in enumerate(members, 1):
            if trustee.member != member:
                Trustee.objects.filter(pk=trustee.pk).update(member=member)
        slot = _number(members, first=slot)


def drop_calls(*, election: Election) -> None:
    """Forget the mails for what no longer has to be done, so that they can be sent again."""
    TrusteeCall.objects.filter(trustee__election=election).delete()


def _number(trustees: list[Trustee], *, first: int) -> int:
    for slot, trustee in enumerate(trustees, first):
        if trustee.position != slot:
            Trustee.objects.filter(pk=trustee.pk).update(position=slot)
    return first + len(trustees)


def _check_threshold(threshold: int) -> None:
    # Where one suffices, each of them holds the same, whole key (PROTOCOL 3.1).
    if threshold < FEWEST_MEMBERS:
        raise GroupRefused(_("At least two members have to be needed."))
