"""Take the entries that a restored database lacks back from a mirror."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.services.recovery import (
    Recovery,
    RecoveryRefused,
    loss_sentence,
    recover_log,
    rehearse_recovery,
)
from evote.cli.errors import CommandFailed
from evote.cli.log_source import open_log

ENTRIES_PER_LINE = 25_600


class Command(BaseCommand):
    """Read a mirror's copy, check it, and put the missing entries back at their places."""

    help = (
        "Take the entries that the database lacks back from a copy of the log: a mirror's address "
        "or folder, or this server's own public files. They are taken only if they lead from what "
        "the database holds to a checkpoint that the log's own key signed, at least as far as "
        "everything that was seen of the log. Stop web, worker and beat first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the copy, and the wish to change nothing."""
        parser.add_argument("source", help="the address or folder under which `checkpoint` lies")
        parser.add_argument(
            "--dry-run", action="store_true", help="do everything, then take it back"
        )

    def handle(self, *_args: object, source: str, dry_run: bool, **_options: object) -> None:
        """Recover, and say what the other tables lack."""
        work = rehearse_recovery if dry_run else recover_log
        try:
            recovery = work(copy=open_log(source), today=timezone.localdate(), progress=self._tell)
        except (RecoveryRefused, CommandFailed) as error:
            msg = f"Nothing was changed. {error}"
            raise CommandError(msg) from error
        self.stdout.write(_summary(recovery, is_rehearsal=dry_run))
        for loss in recovery.losses:
            self.stdout.write(f"  {loss_sentence(loss)}")

    def _tell(self, size: int, end: int) -> None:
        if size % ENTRIES_PER_LINE == 0 and size != end:
            self.stdout.write(f"{size} of {end} entries")


def _summary(recovery: Recovery, *, is_rehearsal: bool) -> str:
    missing = recovery.new_size - recovery.old_size
    if not missing:
        return f"The log holds all {recovery.new_size} entries: nothing was missing."
    words = (
        f"{missing} entries {'would come' if is_rehearsal else 'came'} back, from "
        f"{recovery.old_size} to {recovery.new_size}; {recovery.released} of them waited."
    )
    if recovery.losses:
        words += " The log proves these, and the other tables do not know them:"
    return words
