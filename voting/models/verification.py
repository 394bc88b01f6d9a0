"""What this server found when it verified a published record as an observer would."""

from django.db import models


class Verification(models.Model):
    """The numbered steps of `evote verify` over one complete record, as this server ran them.

    It vouches for nothing: the page that shows it says how to run the same steps elsewhere.
    """

    election = models.OneToOneField(
        "voting.Election", on_delete=models.PROTECT, primary_key=True, related_name="verification"
    )
    is_complete = models.BooleanField(help_text="Every step held and the record is complete.")
    steps = models.JSONField(help_text="The steps as `evote verify --json` prints them.")
    record_sha256 = models.CharField(max_length=64)
    verified_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.election_id}: {'complete' if self.is_complete else 'not valid'}"

    @property
    def step_count(self) -> int:
        """How many steps there are for this election: not all elections ask for all of them."""
        return sum(step["status"] != "not asked for" for step in self.steps)
