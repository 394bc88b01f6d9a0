"""Things to be done, their texts, and where they stand."""

import hashlib

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

TITLE_MIN_CHARACTERS = 8
TITLE_MAX_CHARACTERS = 80
BODY_MAX_CHARACTERS = 8000
NOTE_MAX_CHARACTERS = 200


class Proposal(models.Model):
    """A thing to be done, proposed by one person.

    Its text is its latest `ProposalVersion`. Whether it is hidden follows from the latest
    `ModerationAct` and is stored nowhere else.
    """

    class Status(models.TextChoices):
        """Where a proposal stands."""

        SUBMITTED = "SUBMITTED", _("Gathering endorsements")
        SHORTLISTED = "SHORTLISTED", _("Shortlisted")
        IN_ELECTION = "IN_ELECTION", _("Put to the vote")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    consultation = models.ForeignKey(
        "deliberation.Consultation", on_delete=models.PROTECT, related_name="proposals"
    )
    number = models.PositiveIntegerField(help_text="Counts within the consultation, from 1.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals"
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.SUBMITTED)
    submitted_at = models.DateTimeField()
    put_to_vote_in = models.ForeignKey(
        "deliberation.ConsultationElection",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="proposals",
    )
    title_pieces = ArrayField(
        models.TextField(),
        default=list,
        help_text="Words and character pairs of the title, to find similar proposals.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "number"], name="deliberation_proposal_numbers_are_unique"
            ),
            models.CheckConstraint(
                condition=Q(status="IN_ELECTION", put_to_vote_in__isnull=False)
                | (~Q(status="IN_ELECTION") & Q(put_to_vote_in__isnull=True)),
                name="deliberation_proposal_in_an_election_names_it",
            ),
        ]
        indexes = [GinIndex(fields=["title_pieces"], name="deliberation_proposal_pieces")]

    def __str__(self) -> str:
        return f"{self.consultation_id}/{self.number}"

    def get_absolute_url(self) -> str:
        """Return the address of the page."""
        return reverse("deliberation:proposal", args=[self.pk])


class ProposalVersion(models.Model):
    """One text of a proposal. Written once, never changed: the log holds its salted hash."""

    proposal = models.ForeignKey(
        "deliberation.Proposal", on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=TITLE_MAX_CHARACTERS)
    body = models.TextField(_("text"), max_length=BODY_MAX_CHARACTERS)
    note = models.CharField(_("what changed"), max_length=NOTE_MAX_CHARACTERS, blank=True)
    revised_at = models.DateTimeField()
    salt = models.BinaryField(max_length=16, help_text="Published; forgotten if the text must be.")
    entry = models.BinaryField(max_length=32, help_text="Identity of the entry in the log.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "number"], name="deliberation_version_numbers_are_unique"
            ),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length("title"), TITLE_MIN_CHARACTERS),
                name="deliberation_version_title_is_long_enough",
            ),
            models.CheckConstraint(
                condition=~Q(body=""), name="deliberation_version_body_is_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} version {self.number}"

    @property
    def text_hash(self) -> str:
        """SHA-256 of salt, title, line feed and body, in hexadecimal."""
        text = f"{self.title}\n{self.body}".encode()
        return hashlib.sha256(bytes(self.salt) + text).hexdigest()

    def log_body(self) -> dict[str, object]:
        """Return what the log says of this version: no text, only its salted hash."""
        return {
            "proposal": self.proposal_id,
            "version": self.number,
            "text": self.text_hash,
            "consultation": self.proposal.consultation.slug,
        }


class StatusChange(models.Model):
    """A proposal's step from one status to the next, with its reason."""

    proposal = models.ForeignKey(
        "deliberation.Proposal", on_delete=models.PROTECT, related_name="status_changes"
    )
    status = models.CharField(max_length=12, choices=Proposal.Status.choices)
    reason = models.CharField(max_length=300)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.status}"
