"""Bring the database, the static files and the translations in step with this tree."""

from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from config.announcement import announce_software
from config.database_role import RoleMissing, owner_alias, prepare_role
from config.progress import step
from config.translations import compile_translations


class Command(BaseCommand):
    """Run before the processes of a new version start; harmless when repeated."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Let an image leave out what was done when it was built."""
        parser.add_argument("--without-static", action="store_true", help="migrate only")

    def handle(self, *args: object, **options: object) -> None:
        """Migrate as the owner, make the log's key, announce the software, compile, collect."""
        with step("Migrating the database"):
            with connections[owner_alias()].cursor() as cursor:  # the one that migrate uses
                cursor.execute("SET lock_timeout = '4s'; SET statement_timeout = '5s'")
            call_command("migrate", database=owner_alias(), verbosity=0, interactive=False)
            try:
                prepare_role()
            except RoleMissing as error:
                raise CommandError(str(error)) from error
        call_command("make_log_key", if_missing=True, stdout=StringIO())
        announce_software()
        if options["without_static"]:
            return
        with step("Compiling the translations"):
            compile_translations(settings.BASE_DIR / "locale")
        with step("Collecting the static files"):
            call_command("collectstatic", verbosity=0, interactive=False, clear=True)
