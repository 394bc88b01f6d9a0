"""What this server finds when it verifies a published record as an observer would."""

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


class VerificationPart(models.Model):
    """A piece of the verification of one published record, to be done by one worker.

    What it gives depends on the record alone, so it may be worked on again after a crash. The
    pieces are thrown away once the verdict stands.
    """

    class Kind(models.TextChoices):
        """What the piece is about."""

        CREDENTIALS = "CREDENTIALS"
        BALLOTS = "BALLOTS"
        SHUFFLE = "SHUFFLE"
        DECRYPTION = "DECRYPTION"

    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="verification_parts"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    height = models.PositiveIntegerField(help_text="Of the shuffle or decryption; else 0.")
    question = models.PositiveSmallIntegerField(help_text="Of a shuffle: which ranked one, from 0.")
    first = models.PositiveIntegerField(help_text="First index; of ballots, first height.")
    end = models.PositiveIntegerField(help_text="The first one that is not in it.")
    answer = models.JSONField(null=True, help_text="What holds, once it is checked.")
    problem = models.TextField(blank=True, default="", help_text="What does not hold.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "kind", "height", "question", "first"],
                name="voting_verification_part_is_made_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.election_id}: {self.kind} {self.first} to {self.end}"
