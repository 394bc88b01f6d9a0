import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser

from accounts import permissions
from accounts.models import Role
from tests.factories.accounts import make_organisation, make_role, make_roll, make_user

pytestmark = pytest.mark.django_db

PLACES = ["above", "itself", "below", "beside"]


@pytest.fixture
def tree():
    above = make_organisation()
    itself = make_organisation(parent=above)
    return {
        "above": above,
        "itself": itself,
        "below": make_organisation(parent=itself),
        "beside": make_organisation(parent=above),
    }


# Who may act in the organisation "itself": an office there or above it, and nobody else.
@pytest.mark.parametrize("kind", list(Role.Kind))
@pytest.mark.parametrize("place", PLACES)
def test_an_office_counts_where_it_was_granted_and_below(tree, kind, place):
    user = make_role(organisation=tree[place], kind=kind).user
    counts = place in {"above", "itself"}

    assert permissions.is_administrator(user, tree["itself"]) == (
        counts and kind == Role.Kind.ADMINISTRATOR
    )
    assert permissions.is_moderator(user, tree["itself"]) == (
        counts and kind == Role.Kind.MODERATOR
    )
    assert permissions.can_see_organisation(user, tree["itself"]) == counts
    for permission in [
        permissions.can_grant_roles,
        permissions.can_add_organisation,
        permissions.can_manage_rolls,
    ]:
        assert permission(user, tree["itself"]) == (counts and kind == Role.Kind.ADMINISTRATOR)
    roll = make_roll(organisation=tree["itself"])
    assert permissions.can_see_roll(user, roll) == (counts and kind == Role.Kind.ADMINISTRATOR)


def test_nobody_else_may_do_anything(tree):
    superuser = make_user(password=None)
    superuser.is_superuser = superuser.is_staff = True
    superuser.save()
    closed = make_role(organisation=tree["itself"]).user
    closed.is_active = False
    closed.save()

    for user in [AnonymousUser(), make_user(password=None), superuser, closed]:
        assert not permissions.is_administrator(user, tree["itself"])
        assert not permissions.is_moderator(user, tree["itself"])
        assert not permissions.can_see_organisation(user, tree["itself"])
        assert not permissions.can_open_admin(user)


@pytest.mark.parametrize(
    ("factor", "counts"),
    [(None, False), ("recovery_codes", False), ("totp", True), ("webauthn", True)],
)
def test_an_office_rests_without_a_second_factor(settings, tree, factor, counts):
    settings.ROLES_NEED_SECOND_FACTOR = True
    user = make_role(organisation=tree["itself"]).user
    if factor:
        Authenticator.objects.create(user=user, type=factor, data={})

    assert permissions.is_administrator(user, tree["itself"]) == counts
    assert permissions.has_resting_role(user) == (not counts)


def test_the_admin_pages_take_staff_with_a_second_factor():
    user = make_user(password=None)
    user.is_staff = True
    user.save()
    assert not permissions.can_open_admin(user)

    Authenticator.objects.create(user=user, type="totp", data={})
    assert permissions.can_open_admin(user)


def test_people_may_lay_down_their_own_office():
    organisation = make_organisation()
    role = make_role(organisation=organisation, kind=Role.Kind.MODERATOR)
    other = make_role(organisation=organisation, kind=Role.Kind.MODERATOR)

    assert permissions.can_revoke_role(role.user, role)
    assert not permissions.can_revoke_role(role.user, other)
    assert permissions.can_revoke_role(make_role(organisation=organisation).user, role)
