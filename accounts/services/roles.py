"""Grant and revoke offices."""

import logging

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation, Role, User

LOGGER = logging.getLogger("pnyx.accounts")


class RoleRefused(Exception):
    """The office was not granted. The message is fit for the administrator."""


class LastAdministrator(Exception):
    """The office was not taken away. The message is fit for the administrator."""


@transaction.atomic
def grant_role(*, organisation: Organisation, user: User, kind: Role.Kind) -> Role:
    """Give somebody an office.

    Raises:
        RoleRefused: the account is closed, or the person holds this office already.

    """
    if not user.is_active:
        msg = _("This account is closed.")
        raise RoleRefused(msg)
    role, is_new = Role.objects.get_or_create(user=user, organisation=organisation, kind=kind)
    if not is_new:
        msg = _("%(person)s holds this role already.") % {"person": user.display_name}
        raise RoleRefused(msg)
    LOGGER.info("role granted: %s to person %s in organisation %s", kind, user.pk, organisation.pk)
    return role


@transaction.atomic
def revoke_role(*, role: Role) -> None:
    """Take an office away. An organisation at the top of the tree keeps one administrator.

    Raises:
        LastAdministrator: nobody else could administer the organisation.

    """
    organisation = Organisation.objects.select_for_update().get(pk=role.organisation_id)
    if role.kind == Role.Kind.ADMINISTRATOR and organisation.parent_id is None:
        others = Role.objects.filter(
            organisation=organisation, kind=Role.Kind.ADMINISTRATOR, user__is_active=True
        ).exclude(pk=role.pk)
        if not others.exists():
            msg = _(
                "%(organisation)s would be left without an administrator. Name another one first."
            ) % {"organisation": organisation.name}
            raise LastAdministrator(msg)
    Role.objects.filter(pk=role.pk).delete()
    LOGGER.info(
        "role revoked: %s of person %s in organisation %s",
        role.kind,
        role.user_id,
        organisation.pk,
    )
