"""Make people, organisations, roles and rolls for tests."""

import itertools
from datetime import UTC, datetime

from accounts.models import Organisation, Role, Roll, RollEntry, User
from accounts.services.people import add_person

NUMBERS = itertools.count(1)
PASSWORD = "correct horse battery staple"
MOMENT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def make_user(*, email=None, display_name=None, password=PASSWORD) -> User:
    """A person with a verified address. `password=None` is fast: hashing takes its time."""
    number = next(NUMBERS)
    return add_person(
        email=email or f"person{number}@example.org",
        display_name=display_name or f"Person {number}",
        password=password,
    )


def make_organisation(*, name=None, slug=None, parent=None) -> Organisation:
    number = next(NUMBERS)
    return Organisation.objects.create(
        name=name or f"Organisation {number}", slug=slug or f"organisation-{number}", parent=parent
    )


def make_role(*, user=None, organisation=None, kind=Role.Kind.ADMINISTRATOR) -> Role:
    return Role.objects.create(
        user=user or make_user(password=None),
        organisation=organisation or make_organisation(),
        kind=kind,
    )


def make_administrator(organisation, **fields) -> User:
    fields.setdefault("password", None)
    return make_role(user=make_user(**fields), organisation=organisation).user


def make_moderator(organisation, **fields) -> User:
    fields.setdefault("password", None)
    user = make_user(**fields)
    return make_role(user=user, organisation=organisation, kind=Role.Kind.MODERATOR).user


def make_roll(*, organisation=None, name="Residents", emails=(), sealed_at=None) -> Roll:
    """A roll with these people, or with three."""
    roll = Roll.objects.create(
        organisation=organisation or make_organisation(), name=name, imported_at=MOMENT
    )
    addresses = list(emails) or [f"voter{next(NUMBERS)}@example.org" for _ in range(3)]
    RollEntry.objects.bulk_create(
        RollEntry(roll=roll, email=email.lower(), name=f"Voter {position}")
        for position, email in enumerate(addresses, 1)
    )
    if sealed_at is not None:
        roll.sealed_at = sealed_at
        roll.save(update_fields=["sealed_at"])
    return roll
