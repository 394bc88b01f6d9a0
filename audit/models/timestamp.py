"""Tokens of an outside authority over checkpoints (RFC 3161), and how the authority fares."""

from django.db import models

from audit.models.checkpoint import Checkpoint

REASON_CHARACTERS = 300


class Timestamp(models.Model):
    """The authority's word that a checkpoint existed at a moment. Rows are only ever added.

    Stamped is the checkpoint as the log signed it, `checkpoint.note` byte for byte, without
    the witnesses' lines: those may still grow.
    """

    checkpoint = models.OneToOneField(
        Checkpoint, on_delete=models.PROTECT, primary_key=True, related_name="timestamp"
    )
    token = models.BinaryField(help_text="The answer in DER, as `openssl ts -verify` reads it.")
    stamped_at = models.DateTimeField(help_text="The moment that the authority vouches for.")

    def __str__(self) -> str:
        return f"timestamp of checkpoint {self.pk}"


class TimestampAuthority(models.Model):
    """How asking the authority went lately: when it may be asked again, and what went wrong."""

    address = models.CharField(max_length=500, primary_key=True)
    failures = models.PositiveIntegerField(default=0, help_text="One after the other.")
    rests_until = models.DateTimeField()
    reason = models.CharField(max_length=REASON_CHARACTERS, blank=True)

    class Meta:
        verbose_name_plural = "timestamp authorities"

    def __str__(self) -> str:
        return self.address
