"""Make the key with which the installation signs its log."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.services.signing import KeyExists, make_log_key, origin_of
from evote.errors import DecodeError


class Command(BaseCommand):
    """Write a new key to PNYX_LOG_KEY_FILE and print its public half."""

    help = (
        "Make the Ed25519 key that signs checkpoints, promises and results, and print the public "
        "half, which everyone may know. The log keeps its origin for ever: it is taken from "
        "PNYX_BASE_URL now, and does not follow when that changes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take another origin, and the wish to keep a key that exists."""
        parser.add_argument("--origin", default=origin_of(settings.BASE_URL))
        parser.add_argument(
            "--if-missing", action="store_true", help="leave an existing key alone and succeed"
        )

    def handle(self, *args: object, **options: object) -> None:
        """Make the key."""
        try:
            key = make_log_key(origin=str(options["origin"]))
        except KeyExists as error:
            if options["if_missing"]:
                return
            raise CommandError(str(error)) from error
        except DecodeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(key.encode())
