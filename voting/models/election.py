"""Elections and their questions."""

from datetime import datetime

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

MINIMUM_BALLOTS = 10
MINIMUM_SHUFFLES = 2


class Election(models.Model):
    """One vote, from draft to published result.

    Rows are never deleted. Once the description is sealed nothing changes but `phase` and,
    at the end, the signed result: a trigger sees to it, and from then on the log, not this
    table, is the authority. No foreign key leads from here to a person; who drafted an
    election is not recorded here, because ballots point at this table.

    While the trustees sign (PROTOCOL 2.4) the description stands, but nothing is in the log
    yet: that is the only phase from which an election can go back to a draft.
    """

    class Phase(models.TextChoices):
        """Where the election stands. From SEALED on, phases only move down this list.

        SHUFFLING is for ranked questions alone. UNCOUNTED ends an election of fewer ballots
        than its minimum: it follows CLOSED.
        """

        DRAFT = "DRAFT", _("Draft")
        SIGNING = "SIGNING", _("Being signed")
        SEALED = "SEALED", _("Sealed")
        OPEN = "OPEN", _("Open")
        CLOSED = "CLOSED", _("Closed")
        SHUFFLING = "SHUFFLING", _("Shuffling")
        TALLIED = "TALLIED", _("Tallied")
        PUBLISHED = "PUBLISHED", _("Published")
        UNCOUNTED = "UNCOUNTED", _("Ended without a count")

    UNSEALED = (Phase.DRAFT, Phase.SIGNING)
    ENDED = (Phase.PUBLISHED, Phase.UNCOUNTED)

    class Access(models.TextChoices):
        """What casting asks for, in the words of PROTOCOL 2."""

        CREDENTIAL = "credential", _("A credential")
        ACCOUNT_AND_CREDENTIAL = "account-and-credential", _("An account and a credential")

    class CredentialsBy(models.TextChoices):
        """Who makes the credentials and hands them out, in the words of PROTOCOL 2."""

        SERVER = "server", _("This server, by e-mail")
        REGISTRAR = "registrar", _("A registrar, offline")

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
    access = models.CharField(
        max_length=22, choices=Access.choices, default=Access.CREDENTIAL, editable=False
    )
    credentials_by = models.CharField(
        max_length=9, choices=CredentialsBy.choices, default=CredentialsBy.SERVER, editable=False
    )
    is_issuing_credentials = models.BooleanField(default=False, editable=False)
    minimum_ballots = models.PositiveIntegerField(
        _("fewest ballots that are counted"),
        default=MINIMUM_BALLOTS,
        validators=[MinValueValidator(1)],
        help_text="With fewer nothing is decrypted (PROTOCOL 2.7).",
    )
    minimum_shuffles = models.PositiveSmallIntegerField(
        _("fewest shuffles"),
        default=MINIMUM_SHUFFLES,
        validators=[MinValueValidator(1)],
        help_text="By different trustees; one where there is one trustee (PROTOCOL 2.8).",
    )

    # What sealing writes. The credentials are in the record's Setup event: they can be many.
    profile = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="1: the record has a companion file."
    )
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
    credentials_entry = models.BinaryField(
        max_length=32, null=True, editable=False, help_text="The log entry `credentials-listed`."
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
                    roll__isnull=False,
                ),
                name="voting_election_is_whole_once_signed",
            ),
            models.CheckConstraint(
                condition=Q(phase__in=["DRAFT", "SIGNING"])
                | Q(
                    record_timestamp__isnull=False,
                    roll_salt__isnull=False,
                    roll_entry__isnull=False,
                    credentials_entry__isnull=False,
                    booth_entry__isnull=False,
                ),
                name="voting_election_is_whole_once_sealed",
            ),
            models.CheckConstraint(
                condition=~Q(phase__in=["PUBLISHED", "UNCOUNTED"])
                | (~Q(result_note="") & Q(outcome_entry__isnull=False)),
                name="voting_election_is_published_with_its_note",
            ),
            models.CheckConstraint(
                condition=Q(minimum_ballots__gte=1, minimum_shuffles__gte=1),
                name="voting_election_has_possible_minimums",
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
        """Say whether anybody may see this election: before the seal it is its organisers'."""
        return self.phase not in self.UNSEALED

    @property
    def asks_for_account(self) -> bool:
        """Say whether casting asks for a signed-in account too, not for the credential alone."""
        return self.access == self.Access.ACCOUNT_AND_CREDENTIAL

    @property
    def has_registrar(self) -> bool:
        """Say whether a registrar makes the credentials, so that the server never sees one."""
        return self.credentials_by == self.CredentialsBy.REGISTRAR

    def accepts_ballots_at(self, moment: datetime) -> bool:
        """Say whether a ballot received at `moment` (aware) would be in time."""
        return self.phase == self.Phase.OPEN and self.opens_at <= moment < self.closes_at


class Question(models.Model):
    """One question of an election.

    Counted by adding, it lets choose from `minimum` to `maximum` of `answers`. A ranked one
    takes a number for each answer, a rank or a grade; then the three columns of the other
    kind say nothing, and hold 0, 1 and false.
    """

    class Kind(models.TextChoices):
        """How the ballots of a question are counted (PROTOCOL 1.6)."""

        HOMOMORPHIC = "HOMOMORPHIC", _("Choose one or several answers")
        RANKED = "RANKED", _("Rank or grade the answers")

    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="questions"
    )
    position = models.PositiveSmallIntegerField(help_text="Place on the ballot, from 0.")
    text = models.CharField(max_length=500)
    answers = models.JSONField(help_text="List of texts, in the order of the ballot.")
    minimum = models.PositiveSmallIntegerField()
    maximum = models.PositiveSmallIntegerField()
    has_blank = models.BooleanField(help_text="Whether a blank vote is a choice of its own.")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.HOMOMORPHIC)
    rule = models.JSONField(
        null=True, help_text="The counting rule as the election's context holds it; null for none."
    )

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
            models.CheckConstraint(
                condition=~Q(kind="RANKED") | Q(minimum=0, maximum=1, has_blank=False),
                name="voting_ranked_question_asks_for_no_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.text}"
