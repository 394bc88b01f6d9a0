"""What moderators did, and why."""

import hashlib
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.models.entry import log_time
from deliberation.models.proposal import Proposal
from deliberation.models.report import EXPLANATION_MAX_CHARACTERS
from deliberation.models.rule import Rule


class ModerationAct(models.Model):
    """One act of one moderator on one contribution. Written once, never changed, public.

    The log holds salted hashes of the explanation and of the text acted on, so that neither
    can be exchanged later without a trace.
    """

    class Action(models.TextChoices):
        """What the moderator decided."""

        HIDE = "HIDE", _("Removed, replies kept")
        RESTORE = "RESTORE", _("Put back")
        DISMISS = "DISMISS", _("May stay")

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    proposal = models.ForeignKey(
        "deliberation.Proposal",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="moderation_acts",
    )
    comment = models.ForeignKey(
        "deliberation.Comment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="moderation_acts",
    )
    action = models.CharField(max_length=10, choices=Action.choices)
    rule = models.CharField(_("rule"), max_length=20, choices=Rule.choices)
    explanation = models.TextField(_("explanation"), max_length=EXPLANATION_MAX_CHARACTERS)
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="moderation_acts"
    )
    acted_at = models.DateTimeField()
    salt = models.BinaryField(max_length=16)
    content_hash = models.CharField(
        max_length=64, help_text="SHA-256 of salt and the text acted on, in hexadecimal."
    )
    entry = models.BinaryField(max_length=32, help_text="Identity of the entry in the log.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(proposal__isnull=False, comment__isnull=True)
                | Q(proposal__isnull=True, comment__isnull=False),
                name="deliberation_act_is_on_one_contribution",
            ),
            models.CheckConstraint(
                condition=~Q(explanation=""), name="deliberation_act_is_explained"
            ),
            models.CheckConstraint(
                condition=Q(rule__in=list(Rule)), name="deliberation_act_names_a_published_rule"
            ),
        ]

    def __str__(self) -> str:
        return f"Act {self.pk}: {self.action}"

    def log_body(self) -> dict[str, object]:
        """Return what the log says of this act: no text, only salted hashes."""
        explanation = bytes(self.salt) + self.explanation.encode()
        return {
            "number": str(self.reference),
            "act": self.action.lower(),
            "target": "comment" if self.comment_id else "proposal",
            "reference": self.comment_id or self.proposal_id,
            "consultation": self.subject.consultation.slug,
            "rule": self.rule,
            "commitment": hashlib.sha256(explanation).hexdigest(),
            "content": self.content_hash,
            "at": log_time(self.acted_at),
        }

    @property
    def subject(self) -> Proposal:
        """The proposal that was acted on, or in whose debate the comment stands."""
        proposal = self.comment.proposal if self.comment else self.proposal
        assert proposal is not None
        return proposal
