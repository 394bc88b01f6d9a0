"""Who may vote."""

from django.db import models


class Roll(models.Model):
    """A list of the people who may vote, owned by an organisation; sealed before voting."""

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="rolls"
    )
    name = models.CharField(max_length=200)
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
    name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["roll", "email"], name="accounts_roll_names_once"),
        ]

    def __str__(self) -> str:
        return self.email
