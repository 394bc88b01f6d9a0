"""What the server knows of the people who received a credential: that a mail went out."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CredentialIssue(models.Model):
    """One mail with a credential to one person on the roll.

    It does not say which credential: that was made in memory, mailed and forgotten.
    """

    class State(models.TextChoices):
        """What became of the mail."""

        WAITING = "WAITING", _("Waiting to be sent")
        SENT = "SENT", _("Sent")
        REFUSED = "REFUSED", _("Refused by the mail server")

    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="credential_issues"
    )
    roll_entry = models.ForeignKey(
        "accounts.RollEntry", on_delete=models.PROTECT, related_name="credential_issues"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "roll_entry"], name="voting_credential_is_issued_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["election"],
                condition=models.Q(state="WAITING"),
                name="voting_issue_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.election_id}: {self.roll_entry_id} {self.state}"
