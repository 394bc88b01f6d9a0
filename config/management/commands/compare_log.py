"""`manage.py compare_log`: what in the database is not as the log says."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from deliberation.selectors.moderation import altered_records
from voting.selectors.log_comparison import elections_that_differ


class Command(BaseCommand):
    """Compare records of elections, texts and moderators' acts with the log's entries of them."""

    help = (
        "Compare the records of elections, the texts of proposals and the moderators' acts in the"
        " database with the log's entries of them. Names what differs and ends with 1."
    )

    def handle(self, *_arguments: object, **_options: object) -> None:
        """Name each election, and each text or act, that is not as it was logged."""
        elections = elections_that_differ()
        for uuid, differences in elections.items():
            self.stdout.write(f"election {uuid} differs from the log:")
            for difference in differences:
                self.stdout.write(f"  {difference}")
        altered = altered_records(now=timezone.now())
        for name in altered:
            self.stdout.write(f"not as it was logged: {name}")
        if elections or altered:
            msg = f"{len(elections)} elections and {len(altered)} texts or acts differ from the log"
            raise CommandError(msg)
        self.stdout.write("Everything in the database is as the log says.")
