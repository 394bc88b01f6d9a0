"""What the server knows of people and credentials. Nothing on the casting path may read this."""

import uuid

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


class Registration(models.Model):
    """Which credential an account used: the one link that is declared (SECURITY 5.4).

    Only elections that ask for an account and a credential have any. `person` is an HMAC of
    the entry on the roll under a key that is not in the database, so that a copy of the
    database alone links nobody. There is no time here at all; the sweep that mingles rewrites
    the rows, so that they do not tell who came first; and after the appeal period another
    sweep deletes them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="registrations"
    )
    person = models.BinaryField(max_length=32)
    credential = models.CharField(max_length=64)
    is_mingled = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "person"], name="voting_registration_of_a_person_is_one"
            ),
            models.UniqueConstraint(
                fields=["election", "credential"], name="voting_registration_of_a_credential_is_one"
            ),
        ]
        indexes = [
            models.Index(
                fields=["election"],
                condition=models.Q(is_mingled=False),
                name="voting_registration_new",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.election_id}: {bytes(self.person).hex()[:12]}"
