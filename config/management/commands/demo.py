"""Fill a fresh installation with the demo, or say again what is in it."""

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from config.demo.elections import Stuck
from config.demo.load import HalfLoaded, WrongResult, load
from config.demo.ranked import WrongOutcome
from config.demo.receipts import NotCosigned, check_receipts
from config.demo.summary import PageMissing, kept, look_at_pages, show
from config.demo.trustees import EvoteFailed
from config.demo.voters import CastingFailed

FAILURES = (
    *(HalfLoaded, WrongResult, PageMissing, Stuck, EvoteFailed, CastingFailed),
    *(NotCosigned, WrongOutcome),
)


class Command(BaseCommand):
    """Make the demo: a debate, and an election in which every ballot is a real one."""

    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        """Load it unless it is there, and print addresses, sign-ins and results."""
        try:
            summary = kept() or load()
            look_at_pages(summary)
            check_receipts(summary)
            show(summary)
        except FAILURES as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            msg = f"The database went away: {error}"
            raise CommandError(msg) from error
