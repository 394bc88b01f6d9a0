"""The public parts of the credentials."""

import uuid

from django.db import models


class Credential(models.Model):
    """The public part of the key that entitles one ballot. Says nothing of whose it is.

    The primary key is random and `position` is the place in the published list, whose
    order is that of the group elements. Sealing writes all positions in one transaction,
    so that not even PostgreSQL's own row versions tell in which batch a row was made.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="credentials"
    )
    public = models.CharField(max_length=64)
    position = models.PositiveIntegerField(null=True)
    weight = models.PositiveIntegerField(default=1, help_text="How many votes its ballot has.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weight__gte=1), name="voting_credential_has_a_vote"
            ),
            models.UniqueConstraint(
                fields=["public", "election"], name="voting_credential_is_listed_once"
            ),
        ]

    def __str__(self) -> str:
        return self.public
