"""Who holds which office in which organisation."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.Model):
    """One office of one person in one organisation. Rights are rows, not flags."""

    class Kind(models.TextChoices):
        """The offices."""

        ADMINISTRATOR = "ADMINISTRATOR", _("Administrator")
        MODERATOR = "MODERATOR", _("Moderator")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="roles"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="roles"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "kind"], name="accounts_role_is_granted_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.user_id}@{self.organisation_id}"
