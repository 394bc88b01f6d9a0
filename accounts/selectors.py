"""Questions about people, organisations, roles and rolls."""

from collections.abc import Iterator
from itertools import chain

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Count, QuerySet, Sum

from accounts.analysis.csv_export import csv_lines
from accounts.models import Organisation, Role, Roll, RollEntry, User
from audit.selectors.evidence import evidence_of, keys_of

Person = User | AnonymousUser

# UNION, not UNION ALL: should a circle ever get in, the walk still ends.
LINEAGE = """
WITH RECURSIVE lineage(id, parent_id) AS (
    SELECT id, parent_id FROM accounts_organisation WHERE id = %s
    UNION
    SELECT parent.id, parent.parent_id
    FROM accounts_organisation parent JOIN lineage ON parent.id = lineage.parent_id
) SELECT id FROM lineage
"""
FAMILY = """
WITH RECURSIVE family(id) AS (
    SELECT id FROM accounts_organisation WHERE id = ANY(%s)
    UNION
    SELECT child.id
    FROM accounts_organisation child JOIN family ON child.parent_id = family.id
) SELECT id FROM family
"""


def _ids(sql: str, parameter: int | list[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [parameter])
        return [row[0] for row in cursor.fetchall()]


def lineage(organisation: Organisation) -> list[int]:
    """Return the keys of an organisation and of all that stand above it."""
    return _ids(LINEAGE, organisation.pk)


def family(organisations: list[int]) -> list[int]:
    """Return these keys and those of all organisations that stand below them."""
    return _ids(FAMILY, organisations)


def organisations_where(user: User, kind: Role.Kind) -> QuerySet[Organisation]:
    """Return the organisations in which a person holds an office, itself or from above."""
    held = Role.objects.filter(user=user, kind=kind).values_list("organisation_id", flat=True)
    return Organisation.objects.filter(pk__in=family(list(held))).order_by("name", "pk")


def holds_role(user: User, organisation: Organisation, kind: Role.Kind) -> bool:
    """Say whether a person holds an office in an organisation or in one above it."""
    return Role.objects.filter(
        user=user, kind=kind, organisation_id__in=lineage(organisation)
    ).exists()


def has_any_role(user: User) -> bool:
    """Say whether a person holds an office anywhere."""
    return Role.objects.filter(user=user).exists()


def roles_of(organisation: Organisation) -> QuerySet[Role]:
    """Return who holds which office in an organisation itself."""
    return (
        Role.objects.filter(organisation=organisation)
        .select_related("user")
        .order_by("kind", "user__display_name", "pk")
    )


def roles_from_above(organisation: Organisation) -> QuerySet[Role]:
    """Return who holds an office here because of one in an organisation above."""
    above = [key for key in lineage(organisation) if key != organisation.pk]
    return (
        Role.objects.filter(organisation_id__in=above)
        .select_related("user", "organisation")
        .order_by("kind", "user__display_name", "pk")
    )


def has_verified_email(user: Person, email: str) -> bool:
    """Say whether this person has shown that mail to `email` reaches them."""
    return (
        user.is_authenticated
        and user.is_active
        and EmailAddress.objects.filter(user=user, email=email.lower(), verified=True).exists()
    )


def verified_emails(user: Person) -> list[str]:
    """Return the addresses, in lower case, at which mail is known to reach this person."""
    if not user.is_authenticated:
        return []
    return sorted(
        email.lower()
        for email in EmailAddress.objects.filter(user=user, verified=True).values_list(
            "email", flat=True
        )
    )


def person_with_verified_email(email: str) -> User | None:
    """Return the active person who has shown that mail to `email` reaches them."""
    return (
        User.objects.filter(
            is_active=True, emailaddress__email=email.lower(), emailaddress__verified=True
        )
        .order_by("pk")
        .first()
    )


def is_display_name_taken(name: str, *, own_key: int | None) -> bool:
    """Say whether somebody other than the person with `own_key` goes by this name."""
    others = User.objects.all() if own_key is None else User.objects.exclude(pk=own_key)
    return others.filter(display_name__iexact=name).exists()


def has_second_factor(user: User) -> bool:
    """Say whether signing in takes a passkey or a code; recovery codes alone do not count."""
    factors = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(Authenticator.objects.filter(user=user, type__in=factors).exists())


def rolls_of(organisation: Organisation) -> QuerySet[Roll]:
    """Return an organisation's rolls, newest first, each with its number of `people`."""
    return (
        Roll.objects.filter(organisation=organisation)
        .annotate(people=Count("entries"))
        .order_by("-imported_at", "-pk")
    )


def roll_entries(roll: Roll) -> QuerySet[RollEntry]:
    """Return a roll's entries in the order of their addresses."""
    return RollEntry.objects.filter(roll=roll).order_by("email")


def roll_emails(roll: Roll) -> Iterator[str]:
    """Yield the addresses of a roll in their order, without holding all of them at once."""
    return roll_entries(roll).values_list("email", flat=True).iterator(chunk_size=10_000)


def roll_votes(roll: Roll) -> int:
    """Return how many votes the people on a roll have together."""
    total: int | None = RollEntry.objects.filter(roll=roll).aggregate(votes=Sum("weight"))["votes"]
    return total or 0


def roll_weights(roll: Roll) -> Iterator[tuple[str, int]]:
    """Yield the addresses of a roll in their order, each with its number of votes."""
    return roll_entries(roll).values_list("email", "weight").iterator(chunk_size=10_000)


def roll_csv(roll: Roll) -> Iterator[str]:
    """Yield a roll as the lines of a CSV file that a spreadsheet may open."""
    columns = ["email", "name"]
    if roll_votes(roll) > roll_entries(roll).count():
        columns.append("weight")
    people = roll_entries(roll).values_list(*columns).iterator(chunk_size=10_000)
    return csv_lines(chain([tuple(columns)], people))


def is_on_roll(user: Person, roll: Roll) -> bool:
    """Say whether one of the person's verified addresses is on the roll."""
    return RollEntry.objects.filter(roll=roll, email__in=verified_emails(user)).exists()


def own_addresses_on_roll(user: Person, roll: Roll) -> list[str]:
    """Return which of the person's verified addresses are on the roll, mostly one or none."""
    entries = RollEntry.objects.filter(roll=roll, email__in=verified_emails(user))
    return list(entries.order_by("email").values_list("email", flat=True))


def passkeys_and_apps(user: User) -> list[Authenticator]:
    """Return a person's second factors, oldest first, recovery codes too."""
    return list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))


def offices_of(user: User) -> QuerySet[Role]:
    """Return the offices of one person."""
    return (
        Role.objects.filter(user=user)
        .select_related("organisation")
        .order_by("organisation__name", "kind", "pk")
    )


def stored_about(user: User) -> dict[str, object]:
    """Return all that accounts stores about a person, as values for JSON.

    What they wrote is public; ballots are not theirs to find: nothing here leads to one.
    """
    rolls = RollEntry.objects.filter(email__in=verified_emails(user)).select_related(
        "roll__organisation"
    )
    return {
        "account": {
            "name_that_others_see": user.display_name,
            "is_staff": user.is_staff,
            "password": "a hash that cannot be turned back" if user.has_usable_password() else None,
        },
        "addresses": [
            {"address": address.email, "confirmed": address.verified}
            for address in EmailAddress.objects.filter(user=user).order_by("email")
        ],
        "second_factors": [
            {
                "kind": factor.type,
                "name": str(factor),
                "added_at": factor.created_at.isoformat(),
                "last_used_at": factor.last_used_at.isoformat() if factor.last_used_at else None,
            }
            for factor in passkeys_and_apps(user)
        ],
        "roles": [
            {"organisation": role.organisation.name, "role": role.kind} for role in offices_of(user)
        ],
        "rolls": [
            {
                "organisation": entry.roll.organisation.name,
                "roll": entry.roll.name,
                "address": entry.email,
                "name": entry.name,
                "votes": entry.weight,
            }
            for entry in rolls.order_by("roll__organisation__name", "roll__name", "pk")
        ],
        "registered_documents": [
            {
                "name": evidence.label,
                "form": evidence.form,
                "digest": bytes(evidence.digest).hex(),
                "salt": None if evidence.salt is None else bytes(evidence.salt).hex(),
                "filed_at": evidence.filed_at.isoformat(),
                "promise": evidence.promise,
            }
            for evidence in evidence_of(str(user.pk))
        ],
        "keys_of_other_platforms": [
            {"name": key.name, "beginning": key.beginning, "made_at": key.made_at.isoformat()}
            for key in keys_of(str(user.pk))
        ],
    }
