"""The signed heads of the log."""

from django.db import models

from audit.models.tree import TreeHead


class Checkpoint(models.Model):
    """A head that the installation signed and published. All are kept, for ever.

    The day is enough for people; a finer time would tell when single ballots came in.
    """

    head = models.OneToOneField(
        TreeHead, on_delete=models.PROTECT, primary_key=True, related_name="checkpoint"
    )
    note = models.BinaryField(help_text="The signed note, byte for byte as published.")
    signed_date = models.DateField()

    class Meta:
        # How long the log was at the end of a day, without looking at every checkpoint.
        indexes = [models.Index(fields=["signed_date", "head"], name="audit_checkpoint_by_day")]

    def __str__(self) -> str:
        return f"checkpoint {self.head_id}"
