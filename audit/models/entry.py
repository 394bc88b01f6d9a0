"""What the log says: entries that wait for their place, and entries that have one."""

import base64
import json
from datetime import UTC, datetime
from functools import cached_property

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

HASH_SIZE_BYTES = 32
ABOUT_LIMIT_CHARACTERS = 120


def log_time(moment: datetime) -> str:
    """Return the moment as the log writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class PendingEntry(models.Model):
    """The outbox: an entry whose transaction is done and which has no index yet.

    A trigger lets a row go only once the log holds the same entry, so that nothing that
    was promised can be dropped on the way.
    """

    identity = models.BinaryField(
        max_length=HASH_SIZE_BYTES, unique=True, help_text="SHA-256 of the entry's bytes."
    )
    kind = models.CharField(max_length=40)
    body = models.BinaryField(help_text="The entry: RFC 8785 canonical JSON.")
    subject = models.BinaryField(max_length=HASH_SIZE_BYTES, null=True)
    about = models.CharField(max_length=ABOUT_LIMIT_CHARACTERS, blank=True, db_default="")

    class Meta:
        verbose_name_plural = "pending entries"
        constraints = [
            models.CheckConstraint(
                condition=Exact(Length("identity"), HASH_SIZE_BYTES),
                name="audit_pending_identity_is_a_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {bytes(self.identity).hex()[:12]}, waiting"


class LogEntry(models.Model):
    """One entry at its place. Rows are only ever added: triggers refuse anything else.

    There is no time here: the order and the moment of a ballot's entry, joined with the
    list of sign-ins, would say who voted when.
    """

    index = models.BigIntegerField(primary_key=True, help_text="From 0, without a gap.")
    identity = models.BinaryField(
        max_length=HASH_SIZE_BYTES, unique=True, help_text="SHA-256 of the entry's bytes."
    )
    kind = models.CharField(max_length=40)
    body = models.BinaryField(help_text="The entry: RFC 8785 canonical JSON, at most 60 kB.")
    leaf_hash = models.BinaryField(
        max_length=HASH_SIZE_BYTES, help_text="SHA-256 of a zero byte and the entry."
    )
    subject = models.BinaryField(
        max_length=HASH_SIZE_BYTES,
        null=True,
        help_text="The hash that people search for: for a ballot, its tracker.",
    )
    about = models.CharField(
        max_length=ABOUT_LIMIT_CHARACTERS,
        blank=True,
        db_default="",
        help_text="election/<identifier>, consultation/<short name>, or nothing.",
    )

    class Meta:
        verbose_name_plural = "log entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(index__gte=0), name="audit_entry_index_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Exact(Length("identity"), HASH_SIZE_BYTES),
                name="audit_entry_identity_is_a_hash",
            ),
            models.CheckConstraint(
                condition=Exact(Length("leaf_hash"), HASH_SIZE_BYTES),
                name="audit_entry_leaf_hash_is_a_hash",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "index"], name="audit_entry_by_kind"),
            models.Index(
                fields=["subject"],
                name="audit_entry_by_subject",
                condition=Q(subject__isnull=False),
            ),
            models.Index(fields=["about", "index"], name="audit_entry_by_about"),
            models.Index(fields=["about", "kind", "index"], name="audit_entry_by_about_kind"),
        ]

    def __str__(self) -> str:
        return f"#{self.index} {self.kind}"

    @cached_property
    def content(self) -> dict[str, object]:
        """What the entry says."""
        content: dict[str, object] = json.loads(bytes(self.body))
        return content

    @property
    def tracker(self) -> str:
        """The tracker of the ballot that the entry records; empty for all other entries."""
        if self.content.get("type") != "Ballot" or self.subject is None:
            return ""
        return base64.b64encode(bytes(self.subject)).decode().rstrip("=")

    @property
    def text(self) -> str:
        """The entry's bytes as text: they are JSON in UTF-8."""
        return bytes(self.body).decode()
