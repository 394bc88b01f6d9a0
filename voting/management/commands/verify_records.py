"""Compare every public election record with the database, and repair it if asked."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from voting.models import Election
from voting.selectors.elections import public_elections
from voting.services.record_file import (
    RecordFileAhead,
    RecordFileDiffers,
    check_record_file,
    grow_record_file,
    rebuild_record_file,
)


class Command(BaseCommand):
    """Read each `.bel` file to its end and compare it with the rows it was made from."""

    help = (
        "Compare every public election record (.bel) with the database. A missing or short file"
        " is completed; one that differs is named, and written anew with --rebuild."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the elections to look at, and whether to repair."""
        parser.add_argument(
            "uuid", nargs="*", help="Identifiers of elections. Without any: all that are sealed."
        )
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="Write records that differ anew from the database. Keep a copy first: a file"
            " that is ahead of the database shows what was published before a restore.",
        )

    def handle(self, *_args: object, uuid: list[str], rebuild: bool, **_options: object) -> None:
        """Check one record after the other and name those that are not sound."""
        elections = public_elections().order_by("pk")
        if uuid:
            elections = elections.filter(uuid__in=uuid)
        unsound = [
            election.uuid
            for election in elections
            if not self._is_sound(election, is_rebuilding=rebuild)
        ]
        if unsound:
            msg = f"Not as the database says: {', '.join(unsound)}"
            raise CommandError(msg)

    def _is_sound(self, election: Election, *, is_rebuilding: bool) -> bool:
        try:
            grow_record_file(election=election)
            check_record_file(election=election)
        except (RecordFileAhead, RecordFileDiffers) as error:
            self.stderr.write(f"{error}")
            if not is_rebuilding:
                return False
            rebuild_record_file(election=election)
            self.stdout.write(f"{election.uuid}.bel was written anew")
            return True
        self.stdout.write(f"{election.uuid}.bel is sound")
        return True
