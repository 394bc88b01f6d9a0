"""Shuffles that trustees have handed in and that this server is still checking."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ShuffleUpload(models.Model):
    """A shuffle as it came, signed by its trustee, until it is in the record or refused.

    Its check is cut into parts that any number of workers share. What was refused last stays
    here with its bytes, so that its trustee, and whoever asks, can see why.
    """

    class State(models.TextChoices):
        """What became of it."""

        CHECKING = "CHECKING", _("Being checked")
        ACCEPTED = "ACCEPTED", _("In the record")
        REFUSED = "REFUSED", _("Refused")

    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="shuffle_uploads"
    )
    owner = models.PositiveSmallIntegerField(help_text="The slot of its trustee, from 1.")
    payload = models.BinaryField(max_length=32, help_text="SHA-256 of the shuffle.")
    body = models.BinaryField(
        help_text="The shuffle; empty once it is in the record or not the last."
    )
    statement = models.BinaryField(help_text="The slot's signed statement (PROTOCOL 2.8).")
    parent = models.BinaryField(max_length=32, help_text="Hash of the event that it follows.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    code = models.CharField(max_length=30, blank=True, default="", help_text="Why refused; stable.")
    reason = models.TextField(blank=True, default="", help_text="Why refused; names the place.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "owner"],
                condition=Q(state="CHECKING"),
                name="voting_slot_has_one_shuffle_checked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.election_id}: trustee {self.owner}, {self.state}"


class ShufflePart(models.Model):
    """A range of one ranked question's ciphertexts, to be checked by one worker.

    What a part gives depends on the shuffle and the record alone, so it may be worked on again
    after a crash.
    """

    upload = models.ForeignKey(ShuffleUpload, on_delete=models.CASCADE, related_name="parts")
    question = models.PositiveSmallIntegerField(help_text="Counted among the ranked ones, from 0.")
    first = models.PositiveIntegerField()
    end = models.PositiveIntegerField(help_text="The first one that is not in it.")
    products = models.JSONField(null=True, help_text="Its share of the proof's products.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "question", "first"], name="voting_shuffle_part_is_made_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id}: question {self.question}, {self.first} to {self.end}"
