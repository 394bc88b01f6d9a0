"""What witnesses said of checkpoints, which checkpoints went public, and how witnesses fare."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from audit.models.checkpoint import Checkpoint

KEY_ID_SIZE_BYTES = 4


class Publication(models.Model):
    """The fact that a checkpoint went public: the quorum of the policy of its day was met.

    Until there is this row, the checkpoint is signed and kept, and receipts under it are
    provisional.
    """

    checkpoint = models.OneToOneField(
        Checkpoint, on_delete=models.PROTECT, primary_key=True, related_name="publication"
    )

    def __str__(self) -> str:
        return f"checkpoint {self.checkpoint_id}, published"


class Cosignature(models.Model):
    """One line under a checkpoint, by the key of a witness. All are kept, for ever.

    A checkpoint that stays the newest is cosigned again and again: then a key has several
    lines, each with its own time.
    """

    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.PROTECT, related_name="cosignatures"
    )
    witness = models.TextField(help_text="The name of the key, as the line has it.")
    key_id = models.BinaryField(max_length=KEY_ID_SIZE_BYTES)
    cosigned_at = models.BigIntegerField(
        help_text="By the witness's own clock: seconds since 1970, as they are signed."
    )
    line = models.TextField(help_text="The signature line with its line feed, as it came.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "witness", "key_id", "cosigned_at"],
                name="audit_cosignature_once",
            ),
            models.CheckConstraint(
                condition=Exact(Length("key_id"), KEY_ID_SIZE_BYTES),
                name="audit_cosignature_has_a_key_id",
            ),
            models.CheckConstraint(
                condition=Q(cosigned_at__gte=0), name="audit_cosignature_has_a_time"
            ),
        ]
        indexes = [
            models.Index(
                fields=["witness", "key_id", "checkpoint"], name="audit_cosignature_by_witness"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.witness} on checkpoint {self.checkpoint_id}"


class WitnessHealth(models.Model):
    """How the last exchange with the witness at one address went. These rows do change.

    Nothing rests on them: they say whom to ask again and when, and what pages show.
    """

    class Problem(models.TextChoices):
        """What was wrong with the last answer; empty: nothing."""

        SILENT = "SILENT", "No answer in time"
        GARBLED = "GARBLED", "An answer that is none of the protocol"
        UNKNOWN_LOG = "UNKNOWN_LOG", "It does not watch this log, or not with this key"
        REFUSED = "REFUSED", "It says that the log does not continue what it saw"
        AHEAD = "AHEAD", "It says that it saw a longer log than there is"
        WRONG_LINE = "WRONG_LINE", "Its cosignature does not verify"

    url = models.TextField(unique=True, help_text="The witness's address, as in the policy.")
    recorded_size = models.BigIntegerField(
        default=0, help_text="The size that it cosigned last, as far as we know."
    )
    claimed_size = models.BigIntegerField(
        null=True, help_text="The size that it claims to have seen, if larger than the log."
    )
    problem = models.CharField(max_length=12, choices=Problem.choices, blank=True)
    detail = models.CharField(max_length=300, blank=True, help_text="For operators.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row, up to now.")
    asked_at = models.DateTimeField(null=True)
    cosigned_at = models.DateTimeField(
        null=True, help_text="When its last good answer came, by our own clock."
    )

    class Meta:
        verbose_name_plural = "witnesses' health"

    def __str__(self) -> str:
        return f"{self.url} {self.problem or 'well'}"
