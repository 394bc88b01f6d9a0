"""Those who hold a part of an election's key, alone or in groups of which some suffice."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TrusteeGroup(models.Model):
    """Trustees of whom `threshold` suffice: one item "Pedersen" of the record (PROTOCOL 1.5).

    Its members make their keys in a ceremony. When one refuses, never comes or cheats, the
    ceremony starts afresh as the next attempt.
    """

    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="trustee_groups"
    )
    position = models.PositiveSmallIntegerField(help_text="Item of the record's list, from 1.")
    threshold = models.PositiveSmallIntegerField(_("how many suffice"))
    attempt = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="0 until the members are invited to begin."
    )
    encoded = models.BinaryField(
        null=True, editable=False, help_text="The item as in the record, once the ceremony is over."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "position"],
                name="voting_group_has_its_own_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=models.Q(threshold__gte=1), name="voting_group_needs_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.election_id}: item {self.position}, {self.threshold} suffice"


class Trustee(models.Model):
    """One holder of a part of the key. Named on the election page and in the record.

    A trustee acts as a signed-in person whose verified address is `email`; no secret is in
    any address or mail. The secret key never reaches the server.
    """

    class Invitation(models.TextChoices):
        """What became of the mail that asks for a key."""

        WAITING = "WAITING", _("Waiting to be sent")
        SENT = "SENT", _("Sent")
        REFUSED = "REFUSED", _("Refused by the mail server")

    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="trustees"
    )
    position = models.PositiveSmallIntegerField(help_text="Owner number in the record, from 1.")
    group = models.ForeignKey(
        TrusteeGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="members",
        help_text="None: every partial decryption of this trustee is needed.",
    )
    member = models.PositiveSmallIntegerField(
        null=True, blank=True, editable=False, help_text="Index in the group, from 1."
    )
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail address"))
    invitation = models.CharField(
        max_length=10, choices=Invitation.choices, default=Invitation.WAITING, editable=False
    )
    public_key = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001 - NULLs do not collide
    encoded = models.BinaryField(
        null=True, editable=False, help_text="The public key with its proof, as in the record."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "position"],
                name="voting_trustee_has_its_own_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["election", "email"], name="voting_trustee_address_is_named_once"
            ),
            models.UniqueConstraint(
                fields=["election", "name"], name="voting_trustee_name_is_used_once"
            ),
            models.UniqueConstraint(
                fields=["election", "public_key"], name="voting_trustee_key_is_used_once"
            ),
            models.CheckConstraint(
                condition=models.Q(public_key__isnull=True, encoded__isnull=True)
                | models.Q(public_key__isnull=False, encoded__isnull=False),
                name="voting_trustee_key_comes_with_its_proof",
            ),
            models.UniqueConstraint(
                fields=["group", "member"],
                name="voting_member_has_its_own_index",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=models.Q(group__isnull=True, member__isnull=True)
                | models.Q(group__isnull=False, member__gte=1),
                name="voting_member_is_numbered_in_a_group",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.name}"

    @property
    def has_key(self) -> bool:
        """Say whether the public key is registered."""
        return self.public_key is not None

    @property
    def is_in_ceremony(self) -> bool:
        """Say whether this is a member of a group whose ceremony has begun."""
        return self.group is not None and self.group.attempt > 0


class TrusteeCall(models.Model):
    """One mail that tells a trustee that the election waits for them. It holds no secret.

    A table of its own, because a trustee's row does not change after the seal.
    """

    class Task(models.TextChoices):
        """What is waited for."""

        CERTIFICATE = "CERTIFICATE", _("Begin the ceremony again")
        COMMIT = "COMMIT", _("Commit to a polynomial")
        POLYNOMIAL = "POLYNOMIAL", _("Reveal it and send the shares")
        SHARE = "SHARE", _("Check the shares")
        SIGN = "SIGN", _("Sign the setup")
        SHUFFLE = "SHUFFLE", _("Shuffle the ballots")
        DECRYPT = "DECRYPT", _("Decrypt the tally")

    trustee = models.ForeignKey(Trustee, on_delete=models.CASCADE, related_name="calls")
    task = models.CharField(max_length=12, choices=Task.choices)
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Attempt of the ceremony.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trustee", "task", "attempt"], name="voting_trustee_is_called_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trustee_id}: {self.task}"
