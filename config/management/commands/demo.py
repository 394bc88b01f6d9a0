"""Fill the installation with the demo's content."""

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Make the demo."""

    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        """Make it."""
