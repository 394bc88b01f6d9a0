"""Support for proposals."""

from django.conf import settings
from django.db import models


class Endorsement(models.Model):
    """One person's support for one proposal: public, and it can be taken back. Not a vote."""

    proposal = models.ForeignKey(
        "deliberation.Proposal", on_delete=models.PROTECT, related_name="endorsements"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="endorsements"
    )
    endorsed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "user"], name="deliberation_endorsement_is_given_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} endorses {self.proposal_id}"
