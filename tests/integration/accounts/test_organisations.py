import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.models import Organisation, Role, User
from accounts.selectors import lineage, organisations_where
from accounts.services.organisations import OrganisationRefused, move_organisation
from accounts.services.people import add_person, change_display_name
from accounts.services.roles import RoleRefused, grant_role
from accounts.tasks import forget_sessions, forget_uploads
from tests.factories.accounts import make_administrator, make_organisation, make_role, make_user

pytestmark = pytest.mark.django_db


def test_an_organisation_cannot_stand_below_itself():
    above = make_organisation()
    below = make_organisation(parent=above)
    for parent in [above, below]:
        with pytest.raises(OrganisationRefused, match="below itself"):
            move_organisation(organisation=above, parent=parent)

    move_organisation(organisation=below, parent=None)
    move_organisation(organisation=above, parent=below)
    assert lineage(above) == [above.pk, below.pk]


def test_the_walk_up_the_tree_ends_even_in_a_circle():
    one = make_organisation()
    two = make_organisation(parent=one)
    Organisation.objects.filter(pk=one.pk).update(parent=two)

    assert sorted(lineage(one)) == [one.pk, two.pk]
    administrator = make_administrator(one)
    assert organisations_where(administrator, Role.Kind.ADMINISTRATOR).count() == 2


def test_offices_reach_down_the_tree():
    top = make_organisation(name="A")
    middle = make_organisation(name="B", parent=top)
    make_organisation(name="C", parent=middle)
    make_organisation(name="D")
    user = make_administrator(middle)

    names = organisations_where(user, Role.Kind.ADMINISTRATOR).values_list("name", flat=True)
    assert list(names) == ["B", "C"]
    assert not organisations_where(user, Role.Kind.MODERATOR).exists()


def test_a_closed_account_gets_no_role():
    user = make_user(password=None)
    user.is_active = False
    user.save()

    with pytest.raises(RoleRefused, match="closed"):
        grant_role(organisation=make_organisation(), user=user, kind=Role.Kind.MODERATOR)


def test_an_installation_gets_its_first_administrator_from_the_console(capsys):
    user = make_user(email="ada@example.org", display_name="Ada", password=None)
    call_command("add_organisation", "Northfield", "Northfield")
    call_command("add_organisation", "Parks", "parks", parent="northfield")
    call_command("grant_role", "ADA@example.org", "northfield", "ADMINISTRATOR")

    assert Organisation.objects.get(slug="parks").parent.slug == "northfield"
    assert Role.objects.get().user == user
    assert capsys.readouterr().out.splitlines()[-1] == "Ada is ADMINISTRATOR of Northfield."


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("grant_role", "nobody@example.org", "city", "MODERATOR"), "no account"),
        (("grant_role", "ada@example.org", "town", "MODERATOR"), "no organisation town"),
        (("grant_role", "ada@example.org", "city", "MODERATOR"), "holds this role already"),
        (("add_organisation", "City", "city"), "already has the address"),
        (("add_organisation", "Parks", "parks", "--parent", "town"), "no organisation town"),
    ],
)
def test_the_console_says_what_is_missing(command, sentence):
    make_role(
        user=make_user(email="ada@example.org", password=None),
        organisation=make_organisation(slug="city"),
        kind=Role.Kind.MODERATOR,
    )

    with pytest.raises(CommandError, match=sentence):
        call_command(*command)


def test_addresses_are_lower_case_and_names_unique_in_the_database():
    user = add_person(email="Ada@Example.ORG", display_name="Ada", password=None)
    assert user.email == "ada@example.org"
    assert User.objects.get_by_natural_key("ADA@example.org") == user

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(email="Ada@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user(display_name="ADA", password=None)
    change_display_name(user=user, display_name="Ada B")
    make_user(display_name="ADA", password=None)


def test_the_sweeps_run_twice_without_harm():
    for sweep in [forget_uploads, forget_sessions]:
        sweep()
        sweep()
