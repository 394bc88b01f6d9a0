"""Who may do what with organisations, roles and rolls.

An office counts in the organisation that granted it and in all that stand below. Where the
installation asks for it (`ROLES_NEED_SECOND_FACTOR`), an office rests until its holder has
a second factor.
"""

from django.conf import settings

from accounts.models import Organisation, Role, Roll, RollUpload, User
from accounts.selectors import Person, has_any_role, has_second_factor, holds_role


def _may_act(user: Person, organisation: Organisation, kind: Role.Kind) -> bool:
    return (
        isinstance(user, User)
        and user.is_active
        and holds_role(user, organisation, kind)
        and (not settings.ROLES_NEED_SECOND_FACTOR or has_second_factor(user))
    )


def is_administrator(user: Person, organisation: Organisation) -> bool:
    """Say whether a person administers an organisation, itself or from above."""
    return _may_act(user, organisation, Role.Kind.ADMINISTRATOR)


def is_moderator(user: Person, organisation: Organisation) -> bool:
    """Say whether a person moderates an organisation's debates, itself or from above."""
    return _may_act(user, organisation, Role.Kind.MODERATOR)


def can_see_organisation(user: Person, organisation: Organisation) -> bool:
    """Say who may open an organisation's own page."""
    return is_administrator(user, organisation) or is_moderator(user, organisation)


def can_grant_roles(user: Person, organisation: Organisation) -> bool:
    """Say who may give somebody an office in an organisation."""
    return is_administrator(user, organisation)


def can_revoke_role(user: Person, role: Role) -> bool:
    """Say who may take an office away: an administrator, or the person who holds it."""
    return is_administrator(user, role.organisation) or (
        isinstance(user, User) and user.is_active and role.user_id == user.pk
    )


def can_add_organisation(user: Person, parent: Organisation) -> bool:
    """Say who may put a new organisation below `parent`."""
    return is_administrator(user, parent)


def can_manage_rolls(user: Person, organisation: Organisation) -> bool:
    """Say who may upload, list and discard an organisation's rolls."""
    return is_administrator(user, organisation)


def can_see_roll(user: Person, roll: Roll) -> bool:
    """Say who may read and download the people on a roll."""
    return is_administrator(user, roll.organisation)


def can_confirm_upload(user: Person, upload: RollUpload) -> bool:
    """Say who may turn an uploaded file into a roll."""
    return is_administrator(user, upload.organisation)


def has_resting_role(user: Person) -> bool:
    """Say whether a person holds an office that rests because a second factor is missing."""
    return (
        settings.ROLES_NEED_SECOND_FACTOR
        and isinstance(user, User)
        and has_any_role(user)
        and not has_second_factor(user)
    )


def can_open_admin(user: Person) -> bool:
    """Say who may open the read-only admin pages: staff with a second factor, always."""
    return isinstance(user, User) and user.is_active and user.is_staff and has_second_factor(user)
