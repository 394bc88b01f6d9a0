"""Close a log that cannot go on for ever, and begin the one that follows."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.selectors.closed_logs import folder_name
from audit.selectors.key import LogKeyMissing, LogKeyUnsafe
from audit.services.closing import (
    ClosingPlan,
    ClosingRefused,
    close_log,
    finish_closing,
    lost_entries,
    plan_closing,
    plan_without_key,
    unfinished_closing,
)
from audit.services.publishing import log_folder
from audit.services.recovery import LogCopy, loss_sentence
from evote.cli.errors import CommandFailed
from evote.cli.log_source import open_log
from evote.errors import EvoteError
from evote.tlog.note import VerifierKey


class Command(BaseCommand):
    """The last resort: show what would be done, and do it once that was confirmed."""

    help = (
        "Close the log for ever and begin another one under a new name, which keeps the entries "
        "that the database still has. Only for a log that is halted because the world has seen "
        "more of it than any copy holds, or whose key is lost. Stop web, worker and beat first. "
        "Without --confirm it only shows what it would do."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the reason, the confirmation, and what may be chosen."""
        parser.add_argument("--reason", metavar="TEXT", help="why, in words that are published")
        parser.add_argument(
            "--confirm", metavar="ORIGIN", help="the name of the log that is to be closed"
        )
        parser.add_argument("--origin", metavar="ORIGIN", help="the name of the new log")
        parser.add_argument(
            "--lost-key", metavar="KEY", help="the public half of the old log's key, if it is lost"
        )
        parser.add_argument(
            "--copy",
            action="append",
            default=[],
            metavar="SOURCE",
            help="a mirror's address or folder that is asked whether it holds what is missing",
        )
        parser.add_argument("--dry-run", action="store_true", help="show it, and change nothing")

    def handle(self, *_args: object, **options: object) -> None:
        """Show, and close if that was confirmed; or finish what was cut off."""
        try:
            unfinished = unfinished_closing()
            if unfinished is not None:
                self._finish(unfinished.closing.old.name, is_rehearsal=bool(options["dry_run"]))
                return
            copies = self._copies(options["copy"])
            plan = _plan(options, copies=copies)
            self._show(plan, copies=copies)
            self._close(plan, options=options)
        except (ClosingRefused, CommandFailed, EvoteError, LogKeyMissing, LogKeyUnsafe) as error:
            msg = f"Nothing was closed. {error}"
            raise CommandError(msg) from error

    def _copies(self, sources: object) -> list[LogCopy]:
        assert isinstance(sources, list)
        found: list[LogCopy] = [open_log(str(source)) for source in sources]
        if log_folder().is_dir():
            found.append(open_log(str(log_folder())))
        return found

    def _show(self, plan: ClosingPlan, *, copies: list[LogCopy]) -> None:
        final = plan.final.checkpoint
        self.stdout.write(f"The log {plan.old.name} cannot go on: {plan.obstacle}")
        for mark in plan.marks:
            self.stdout.write(f"  {mark.checkpoint.size} entries: {mark.place}")
        for url in plan.unheard:
            self.stdout.write(f"  not heard: the witness {url}; ask it what it cosigned last")
        self.stdout.write(
            f"Its last checkpoint covers {final.size} entries, root {final.root.hex()}.\n"
            f"The new log {plan.new_origin} would keep {plan.kept.size} entries at their places, "
            f"root {plan.kept.root.hex()}; its entry {plan.kept.size} would close the old one."
        )
        losses = lost_entries(copies, plan=plan)
        if losses:
            self.stdout.write("The files that are left hold these, and the database does not:")
        for loss in losses:
            self.stdout.write(f"  {loss_sentence(loss)}")

    def _close(self, plan: ClosingPlan, *, options: dict[str, object]) -> None:
        if options["dry_run"] or options["confirm"] is None:
            self.stdout.write(
                "Nothing was changed. There is no way back from this. To do it: --reason with why, "
                f"in words that are published, and --confirm {plan.old.name}"
            )
            return
        if options["confirm"] != plan.old.name:
            msg = f"--confirm names {options['confirm']}, and this log is {plan.old.name}."
            raise ClosingRefused(msg)
        explanation = str(options["reason"] or "")
        key = close_log(plan, explanation=explanation, now=timezone.now(), tell=self._tell)
        self._say_done(plan.old.name, key=key)

    def _finish(self, old: str, *, is_rehearsal: bool) -> None:
        self.stdout.write(f"The closing of {old} was cut off.")
        if is_rehearsal:
            self.stdout.write("Without --dry-run it is finished.")
            return
        self._say_done(old, key=finish_closing(tell=self._tell))

    def _tell(self, step: str) -> None:
        self.stdout.write(f"  {step}")

    def _say_done(self, old: str, *, key: VerifierKey) -> None:
        self.stdout.write(
            f"The log {old} is closed for ever. Its files and its final statement stay under "
            f"/log/closed/{folder_name(old)}/. The new log's key:\n{key.encode()}\n"
            "Back it up and publish it today, give it to every witness, and put it in the policy's "
            "line `log` in the place of the old one."
        )


def _plan(options: dict[str, object], *, copies: list[LogCopy]) -> ClosingPlan:
    origin = None if options["origin"] is None else str(options["origin"])
    if options["lost_key"] is None:
        return plan_closing(copies=copies, new_origin=origin, now=timezone.now())
    key = VerifierKey.decode(str(options["lost_key"]))
    return plan_without_key(lost_key=key, new_origin=origin, now=timezone.now())
