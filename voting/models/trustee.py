"""Those who hold a part of an election's key."""

from django.db import models
from django.utils.translation import gettext_lazy as _


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
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.name}"

    @property
    def has_key(self) -> bool:
        """Say whether the public key is registered."""
        return self.public_key is not None
