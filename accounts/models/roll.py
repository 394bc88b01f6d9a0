"""Who may vote."""

import uuid

from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

PERSON_NAME_LENGTH = 200
GREATEST_WEIGHT = 1_000_000


class Roll(models.Model):
    """A list of the people who may vote, owned by an organisation; sealed before voting.

    Triggers refuse every change to a sealed roll and to its entries.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="rolls"
    )
    name = models.CharField(max_length=200)
    imported_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_sealed(self) -> bool:
        """Say whether the roll can no longer change."""
        return self.sealed_at is not None


class RollEntry(models.Model):
    """One person on one roll, named by an e-mail address in lower case."""

    roll = models.ForeignKey("accounts.Roll", on_delete=models.PROTECT, related_name="entries")
    email = models.EmailField()
    name = models.CharField(max_length=PERSON_NAME_LENGTH, blank=True)
    weight = models.PositiveIntegerField(default=1, help_text="How many votes the person has.")

    class Meta:
        verbose_name_plural = _("roll entries")
        constraints = [
            models.UniqueConstraint(fields=["roll", "email"], name="accounts_roll_names_once"),
            models.CheckConstraint(
                condition=models.Q(email=Lower(F("email"))),
                name="accounts_roll_email_is_lower_case",
            ),
            models.CheckConstraint(
                condition=models.Q(weight__range=(1, GREATEST_WEIGHT)),
                name="accounts_roll_weight_is_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.email


class RollUpload(models.Model):
    """A file that an administrator has uploaded and not yet confirmed. Kept for an hour."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="roll_uploads"
    )
    name = models.CharField(max_length=200)
    data = models.BinaryField()
    uploaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
