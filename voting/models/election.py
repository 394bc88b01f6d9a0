"""Elections and their questions."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Election(models.Model):
    """One vote, from draft to published result.

    Rows are never deleted. Once the description is sealed nothing changes but `phase` and,
    at the end, the signed result: a trigger sees to it, and from then on the log, not this
    table, is the authority. No foreign key leads from here to a person; who drafted an
    election is not recorded here, because ballots point at this table.
    """

    class Phase(models.TextChoices):
        """Where the election stands. Phases only move down this list."""

        DRAFT = "DRAFT", _("Draft")
        SEALED = "SEALED", _("Sealed")
        OPEN = "OPEN", _("Open")
        CLOSED = "CLOSED", _("Closed")
        TALLIED = "TALLIED", _("Tallied")
        PUBLISHED = "PUBLISHED", _("Published")

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="elections"
    )
    uuid = models.CharField(max_length=22, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), max_length=4000, blank=True)
    consultation_url = models.URLField(_("address of the debate"), blank=True)
    opens_at = models.DateTimeField(_("voting opens"))
    closes_at = models.DateTimeField(_("voting closes"))
    phase = models.CharField(
        max_length=10, choices=Phase.choices, default=Phase.DRAFT, editable=False
    )
    roll = models.ForeignKey(
        "accounts.Roll",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="elections",
    )
    is_issuing_credentials = models.BooleanField(default=False, editable=False)

    # What sealing writes. The credentials are in the record's Setup event: they can be many.
    archived_election = models.BinaryField(null=True, editable=False)
    archived_trustees = models.BinaryField(null=True, editable=False)
    fingerprint = models.BinaryField(
        max_length=32, null=True, editable=False, help_text="SHA-256 of the archived election."
    )
    record_timestamp = models.BigIntegerField(null=True, editable=False)
    booth_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    roll_salt = models.BinaryField(max_length=32, null=True, editable=False)
    roll_entry = models.BinaryField(
        max_length=32, null=True, editable=False, help_text="The log entry `roll-sealed`."
    )
    booth_entry = models.BinaryField(
        max_length=32, null=True, editable=False, help_text="The log entry `booth`."
    )

    # What publishing writes.
    result_note = models.TextField(blank=True, editable=False)
    outcome_entry = models.BinaryField(
        max_length=32, null=True, editable=False, help_text="The log entry `election-outcome`."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at")),
                name="voting_election_opens_before_it_closes",
            ),
            models.CheckConstraint(
                condition=Q(phase="DRAFT")
                | Q(
                    archived_election__isnull=False,
                    archived_trustees__isnull=False,
                    fingerprint__isnull=False,
                    record_timestamp__isnull=False,
                    roll__isnull=False,
                    roll_salt__isnull=False,
                    roll_entry__isnull=False,
                    booth_entry__isnull=False,
                ),
                name="voting_election_is_whole_once_sealed",
            ),
            models.CheckConstraint(
                condition=~Q(phase="PUBLISHED")
                | (~Q(result_note="") & Q(outcome_entry__isnull=False)),
                name="voting_election_is_published_with_its_note",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uuid} {self.title}"

    @property
    def is_draft(self) -> bool:
        """Say whether the description can still change."""
        return self.phase == self.Phase.DRAFT

    @property
    def is_public(self) -> bool:
        """Say whether anybody may see this election: drafts are for their organisers."""
        return not self.is_draft

    def accepts_ballots_at(self, moment: datetime) -> bool:
        """Say whether a ballot received at `moment` (aware) would be in time."""
        return self.phase == self.Phase.OPEN and self.opens_at <= moment < self.closes_at


class Question(models.Model):
    """One question of an election: choose from `minimum` to `maximum` of `answers`."""

    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="questions"
    )
    position = models.PositiveSmallIntegerField(help_text="Place on the ballot, from 0.")
    text = models.CharField(max_length=500)
    answers = models.JSONField(help_text="List of texts, in the order of the ballot.")
    minimum = models.PositiveSmallIntegerField()
    maximum = models.PositiveSmallIntegerField()
    has_blank = models.BooleanField(help_text="Whether a blank vote is a choice of its own.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "position"],
                name="voting_question_has_its_own_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(minimum__lte=F("maximum")) & Q(maximum__gte=1),
                name="voting_question_asks_for_a_possible_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.text}"
