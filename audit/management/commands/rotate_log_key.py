"""Give the log a new key, in the open."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.selectors.key import LogKeyMissing, LogKeyUnsafe, next_signing_key
from audit.selectors.policy import PolicyUnusable
from audit.services.halting import sequence_and_report
from audit.services.marks import LogHalted
from audit.services.rotating import NotInPolicy, begin_rotation


class Command(BaseCommand):
    """Make a new key, enter the change in the log under both, and let the new one take over."""

    help = (
        "Make a new key for the log, and enter the change as an entry that both keys sign. The old "
        "key signs the checkpoint that covers the entry, the new one all later ones. Where there "
        "are witnesses, the first run prints the new key for them and for the policy; the second "
        "run goes on. A run that was killed is simply repeated."
    )

    def handle(self, *args: object, **options: object) -> None:
        """Begin or go on, as far as possible now."""
        try:
            new = begin_rotation()
            sequence_and_report(today=timezone.localdate())
        except (NotInPolicy, PolicyUnusable, LogKeyMissing, LogKeyUnsafe, LogHalted) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(new.encode())
        if next_signing_key() is None:
            self.stdout.write("The log signs with this key from now on. Back it up today.")
        else:
            self.stdout.write(
                "The change is in the log or on its way there. The key takes over by itself, once "
                "the checkpoint that covers the change is public."
            )
