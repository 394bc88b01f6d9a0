"""What trustees send while they make keys together and sign the setup (PROTOCOL 1.5, 2.4)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CeremonyMessage(models.Model):
    """One member's message of one step, exactly as it was signed. All of it is public.

    Those of earlier attempts stay: together with a complaint they are evidence.
    """

    class Step(models.TextChoices):
        """The steps in their order; each begins when every member has taken the one before."""

        CERTIFICATE = "certificate", _("Certificate")
        COMMIT = "commit", _("Commitment")
        POLYNOMIAL = "polynomial", _("Polynomial")
        SHARE = "share", _("Share")

    group = models.ForeignKey(
        "voting.TrusteeGroup", on_delete=models.PROTECT, related_name="messages"
    )
    attempt = models.PositiveSmallIntegerField()
    member = models.PositiveSmallIntegerField(help_text="Index in the group, from 1.")
    step = models.CharField(max_length=12, choices=Step.choices)
    body = models.BinaryField(help_text="The signed message.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "attempt", "member", "step"],
                name="voting_member_takes_each_step_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id}.{self.attempt}: {self.step} of member {self.member}"


class Complaint(models.Model):
    """A member's proof that another one sent a share which does not fit. It ends the attempt."""

    group = models.ForeignKey(
        "voting.TrusteeGroup", on_delete=models.PROTECT, related_name="complaints"
    )
    attempt = models.PositiveSmallIntegerField()
    by = models.PositiveSmallIntegerField(help_text="Index of the member who complains.")
    about = models.PositiveSmallIntegerField(help_text="Index of the member at fault.")
    about_name = models.CharField(max_length=100, help_text="Who that was at the time.")
    body = models.BinaryField(
        help_text="The evidence: the signed complaint and what it is about, to check offline."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "attempt", "by", "about"], name="voting_complaint_is_made_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id}.{self.attempt}: {self.by} about {self.about}"


class TranscriptSignature(models.Model):
    """One slot's signature of the transcript T of the setup (PROTOCOL 2.4)."""

    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="transcript_signatures"
    )
    owner = models.PositiveSmallIntegerField(help_text="Slot of the record, from 1.")
    proof = models.JSONField(help_text="The object `proof` of PROTOCOL 1.3.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["election", "owner"], name="voting_slot_signs_once"),
        ]

    def __str__(self) -> str:
        return f"{self.election_id}: slot {self.owner}"
