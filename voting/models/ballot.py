"""The ballot box. It knows credentials only; nothing here can name a voter."""

import uuid

from django.db import models

NO_PREVIOUS_BALLOT = bytes(32)


class Ballot(models.Model):
    """One accepted ballot, exactly as it came.

    Append-only: once, when a batch is recorded, `batch` and `height` are filled in; a
    trigger forbids every other change. No column holds a time, the primary key is random,
    and recording rewrites a whole batch at once, so that rows do not tell when they came.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own, here and in the record: a constraint's index begins with it.
    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="ballots", db_index=False
    )
    tracker = models.BinaryField(max_length=32, help_text="SHA-256 of `body`.")
    credential = models.CharField(max_length=64)
    prev = models.BinaryField(
        max_length=32, help_text="Tracker of the ballot this one replaces; 32 zeros for none."
    )
    body = models.BinaryField()
    statement = models.BinaryField(
        null=True, help_text="The cast of the companion file (PROTOCOL 2.2); none in profile 0."
    )
    batch = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True, help_text="Height of its event.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tracker", "election"], name="voting_ballot_is_cast_once"
            ),
            models.UniqueConstraint(
                fields=["credential", "election", "prev"], name="voting_ballot_chain_never_forks"
            ),
            models.UniqueConstraint(
                fields=["election", "height"], name="voting_ballot_has_its_own_event"
            ),
            models.CheckConstraint(
                condition=models.Q(batch__isnull=True, height__isnull=True)
                | models.Q(batch__isnull=False, height__isnull=False),
                name="voting_ballot_is_recorded_in_a_batch",
            ),
        ]
        indexes = [
            models.Index(
                fields=["election"],
                condition=models.Q(height__isnull=True),
                name="voting_ballot_waiting",
            ),
        ]

    def __str__(self) -> str:
        return bytes(self.tracker).hex()

    @property
    def is_recorded(self) -> bool:
        """Say whether the ballot has its place in the election record."""
        return self.height is not None


class BallotAlpha(models.Model):
    """One α seen in an election: whoever copies a ciphertext copies its α.

    The next batch sets `is_mingled`. That rewrites the row, so that its row version does not
    tell when it came. There is no foreign key in the database, because a ballot of ten
    questions has thirty of these, and its own row already vouches for the election.
    """

    pk = models.CompositePrimaryKey("alpha", "election_id")
    election = models.ForeignKey(
        "voting.Election",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    alpha = models.BinaryField(max_length=32)
    is_mingled = models.BooleanField(default=False)
    is_challenged = models.BooleanField(
        default=False, help_text="Whether a challenge opened it, so that it can never be cast."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["election"],
                condition=models.Q(is_mingled=False),
                name="voting_alpha_not_mingled",
            ),
        ]

    def __str__(self) -> str:
        return bytes(self.alpha).hex()


class Challenge(models.Model):
    """A ballot that was opened to see whether it was honestly encrypted (PROTOCOL 2.5).

    Whoever challenges says the tracker and the α, never the ballot: nobody can tell from here
    whose it was, nor what it said. It can never be cast.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="challenges"
    )
    tracker = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tracker", "election"], name="voting_ballot_is_challenged_once"
            ),
        ]

    def __str__(self) -> str:
        return bytes(self.tracker).hex()
