"""The tally in the making: chunks that any number of workers share."""

from django.db import models


class TallyChunk(models.Model):
    """Neighbouring ballots of a closed election, to be checked and added by one worker.

    What a chunk gives depends on the record alone, so it may be worked on again after a
    crash. None of this is public or kept secret: the record holds the sum.
    """

    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="tally_chunks"
    )
    first_height = models.PositiveIntegerField()
    last_height = models.PositiveIntegerField()
    counted = models.PositiveIntegerField(null=True, help_text="How many of its ballots count.")
    total_weight = models.PositiveBigIntegerField(null=True, help_text="Their voters' weights.")
    encrypted_tally = models.BinaryField(null=True, help_text="The sum of those that count.")
    alphas = models.TextField(
        blank=True, default="", help_text="The α of all its ballots, to find copies by."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "first_height"], name="voting_chunk_is_made_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.election_id}: heights {self.first_height} to {self.last_height}"
