"""Give somebody a role from the console: how an organisation gets its first administrator."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organisation, Role
from accounts.selectors import person_with_verified_email
from accounts.services.roles import RoleRefused, grant_role


class Command(BaseCommand):
    """Grant a role."""

    help = "Give a role to the account with a confirmed e-mail address."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take an address, an organisation and a role."""
        parser.add_argument("email", help="the confirmed address of the account")
        parser.add_argument("organisation", help="the short name of the organisation")
        parser.add_argument("kind", choices=Role.Kind.values, help="the role")

    def handle(self, *, email: str, organisation: str, kind: str, **_options: object) -> None:
        """Grant it."""
        person = person_with_verified_email(email)
        if person is None:
            msg = f"There is no account with the confirmed address {email}."
            raise CommandError(msg)
        place = Organisation.objects.filter(slug=organisation).first()
        if place is None:
            msg = f"There is no organisation {organisation}."
            raise CommandError(msg)
        try:
            grant_role(organisation=place, user=person, kind=Role.Kind(kind))
        except RoleRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{person} is {kind} of {place}.")
