"""Contributions to a debate."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

COMMENT_MAX_CHARACTERS = 1000


class Comment(models.Model):
    """A contribution to the debate of a proposal. Written once, never changed.

    Whether it is hidden follows from the latest `ModerationAct` and is stored nowhere else.
    """

    class Alignment(models.TextChoices):
        """Where the comment stands towards the proposal."""

        FOR = "FOR", _("For")
        AGAINST = "AGAINST", _("Against")
        NEUTRAL = "NEUTRAL", _("Question")

    proposal = models.ForeignKey(
        "deliberation.Proposal", on_delete=models.PROTECT, related_name="comments"
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replies"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comments"
    )
    alignment = models.CharField(max_length=10, choices=Alignment.choices)
    body = models.TextField(max_length=COMMENT_MAX_CHARACTERS)
    posted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | Q(parent__lt=F("pk")),
                name="deliberation_comment_answers_an_earlier_one",
            ),
            models.CheckConstraint(
                condition=~Q(body=""), name="deliberation_comment_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"Comment {self.pk} on proposal {self.proposal_id}"

    def get_absolute_url(self) -> str:
        """Return the permanent address."""
        return reverse("deliberation:comment", args=[self.pk])
