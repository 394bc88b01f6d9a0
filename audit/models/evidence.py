"""What people registered, so that they can prove later that it existed: the private side.

The log holds a hash and nothing else. Who filed it, what they call it and the salt of a private
one are here, and go when their owner deletes them. No foreign key leads to a person: `owner` is
a text that the caller gives and that only the caller can read.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

HASH_SIZE_BYTES = 32
SALT_SIZE_BYTES = 32
OWNER_CHARACTERS = 64
LABEL_CHARACTERS = 200
KEY_NAME_CHARACTERS = 100
KEY_BEGINNING_CHARACTERS = 12
IDEMPOTENCY_KEY_CHARACTERS = 255


class EvidenceKey(models.Model):
    """A key with which another platform files evidence in its owner's name.

    The key itself is shown once and kept by nobody here: a stolen table opens nothing.
    """

    owner = models.CharField(max_length=OWNER_CHARACTERS)
    name = models.CharField(max_length=KEY_NAME_CHARACTERS)
    beginning = models.CharField(
        max_length=KEY_BEGINNING_CHARACTERS,
        help_text="The first characters, so that people can tell their keys apart.",
    )
    digest = models.BinaryField(
        max_length=HASH_SIZE_BYTES, unique=True, help_text="SHA-256 of the key."
    )
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["owner"], name="audit_evidence_key_by_owner")]

    def __str__(self) -> str:
        return f"key {self.pk}"


class Evidence(models.Model):
    """One registered document, as its owner sees it."""

    class Form(models.TextChoices):
        """What the entry holds."""

        DOCUMENT = "document", _("Findable by its hash")
        COMMITMENT = "commitment", _("Private")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=OWNER_CHARACTERS)
    form = models.CharField(max_length=10, choices=Form.choices)
    digest = models.BinaryField(
        max_length=HASH_SIZE_BYTES,
        help_text="What the entry holds: SHA-256 of the document, or the commitment.",
    )
    salt = models.BinaryField(
        max_length=SALT_SIZE_BYTES,
        null=True,
        help_text="Of a commitment that was made here; part of the receipt.",
    )
    label = models.CharField(max_length=LABEL_CHARACTERS, blank=True)
    entry = models.BinaryField(max_length=HASH_SIZE_BYTES, help_text="The entry's identity.")
    promise = models.TextField(help_text="The signed note that was given at once.")
    filed_at = models.DateTimeField()
    key = models.ForeignKey(EvidenceKey, on_delete=models.PROTECT, null=True, related_name="filed")

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "form", "digest"], name="audit_evidence_once_for_its_owner"
            ),
            models.CheckConstraint(
                condition=Exact(Length("digest"), HASH_SIZE_BYTES),
                name="audit_evidence_digest_is_a_hash",
            ),
            models.CheckConstraint(
                condition=Q(salt=None) | Q(form="commitment"),
                name="audit_evidence_salt_is_of_a_commitment",
            ),
            models.CheckConstraint(
                condition=Exact(Length("salt"), SALT_SIZE_BYTES),
                name="audit_evidence_salt_has_its_length",
            ),
        ]
        indexes = [models.Index(fields=["owner", "-filed_at"], name="audit_evidence_by_owner")]

    def __str__(self) -> str:
        return f"evidence {self.pk}"


class EvidenceRequest(models.Model):
    """A request that named itself, so that it can be sent again without being filed again."""

    key = models.ForeignKey(EvidenceKey, on_delete=models.CASCADE, related_name="requests")
    name = models.CharField(max_length=IDEMPOTENCY_KEY_CHARACTERS)
    content = models.BinaryField(
        max_length=HASH_SIZE_BYTES, help_text="SHA-256 of what the request asked for."
    )
    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="requests")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "name"], name="audit_evidence_request_once")
        ]

    def __str__(self) -> str:
        return f"request {self.pk}"


class EvidenceCount(models.Model):
    """How much a person or a key filed on one day."""

    subscriber = models.CharField(max_length=OWNER_CHARACTERS + 10)
    day = models.DateField()
    filed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "day"], name="audit_evidence_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.filed} on {self.day}"
