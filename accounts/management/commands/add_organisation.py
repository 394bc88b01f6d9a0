"""Add an organisation from the console: how an installation gets its first one."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_slug

from accounts.models import Organisation
from accounts.services.organisations import OrganisationRefused, add_organisation


class Command(BaseCommand):
    """Add an organisation."""

    help = "Add an organisation, at the top of the tree or below another."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a name, the short name for addresses and, if it stands below one, that one's."""
        parser.add_argument("name", help='for instance "Northfield City Council"')
        parser.add_argument("slug", type=_slug, help='for addresses, for instance "northfield"')
        parser.add_argument("--parent", help="the short name of the organisation above")

    def handle(self, *, name: str, slug: str, parent: str | None, **_options: object) -> None:
        """Add it."""
        above = None
        if parent:
            above = Organisation.objects.filter(slug=parent).first()
            if above is None:
                msg = f"There is no organisation {parent}."
                raise CommandError(msg)
        try:
            add_organisation(name=name, slug=slug, parent=above)
        except OrganisationRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Added {name}.")


def _slug(text: str) -> str:
    validate_slug(text)
    return text.lower()
