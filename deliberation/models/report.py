"""What people find wrong with a contribution."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deliberation.models.rule import Rule

EXPLANATION_MAX_CHARACTERS = 600


class Report(models.Model):
    """One person says that one contribution breaks a rule. It waits until an act answers it."""

    proposal = models.ForeignKey(
        "deliberation.Proposal",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reports",
    )
    comment = models.ForeignKey(
        "deliberation.Comment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reports",
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reports"
    )
    rule = models.CharField(_("rule"), max_length=20, choices=Rule.choices)
    text = models.TextField(_("what is wrong"), max_length=EXPLANATION_MAX_CHARACTERS, blank=True)
    reported_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        "deliberation.ModerationAct",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="answered_reports",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(proposal__isnull=False, comment__isnull=True)
                | Q(proposal__isnull=True, comment__isnull=False),
                name="deliberation_report_is_of_one_contribution",
            ),
            models.UniqueConstraint(
                fields=["reporter", "proposal"],
                condition=Q(proposal__isnull=False, answered_by__isnull=True),
                name="deliberation_proposal_is_reported_once_by_each",
            ),
            models.UniqueConstraint(
                fields=["reporter", "comment"],
                condition=Q(comment__isnull=False, answered_by__isnull=True),
                name="deliberation_comment_is_reported_once_by_each",
            ),
        ]

    def __str__(self) -> str:
        return f"Report {self.pk}: {self.rule}"
