"""Bring the anchor contract to the newest published checkpoint."""

from argparse import ArgumentParser

from django.core.management import BaseCommand, CommandError

from audit.services.anchor_marks import AnchorRefused, AnchorUnavailable
from audit.services.anchoring import anchor_checkpoint, deploy_anchor
from audit.services.marks import LogHalted


class Command(BaseCommand):
    """Anchor the log in the contract of PNYX_ANCHOR_CONTRACT (docs/anchor.md)."""

    help = "Send the newest published checkpoint, with its proof, to the anchor contract."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take `--deploy`."""
        parser.add_argument(
            "--deploy",
            action="store_true",
            help="Put a new contract for this log on the chain, and print its address.",
        )

    def handle(self, *, deploy: bool, **options: object) -> None:
        """Do it, and say what the contract holds."""
        try:
            if deploy:
                self.stdout.write(f"PNYX_ANCHOR_CONTRACT={deploy_anchor()}")
                return
            anchored = anchor_checkpoint()
        except LogHalted as error:
            msg = f"{error} Recover it with: python manage.py recover_log"
            raise CommandError(msg) from error
        except (AnchorUnavailable, AnchorRefused) as error:
            raise CommandError(str(error)) from error
        if anchored is None:
            self.stdout.write("Nothing is published yet.")
        elif anchored.transaction is None:
            self.stdout.write(f"The contract holds {anchored.size} entries already.")
        else:
            self.stdout.write(
                f"The contract holds {anchored.size} entries now: transaction "
                f"{anchored.transaction}, {anchored.gas} gas."
            )
