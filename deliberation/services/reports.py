"""Telling the moderators."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from deliberation.models import Comment, Proposal, Report, Rule
from deliberation.models.report import EXPLANATION_MAX_CHARACTERS
from deliberation.permissions import obstacle_to_reporting
from deliberation.services.limits import check_reports, lock_person
from deliberation.services.refusal import Refused, refuse_if
from deliberation.services.texts import UnfitText, clean_text


class ReportedBefore(Refused):
    """An earlier report by the same person still waits for an answer."""


@transaction.atomic
def report_content(
    *, content: Proposal | Comment, reporter: User, rule: str, text: str, now: datetime
) -> Report:
    """Put a contribution before the moderators.

    Raises:
        NotPermitted: the person's account does not allow it, or it was removed already.
        UnfitText: no rule, or too long a text.
        ReportedBefore: an earlier report by the same person waits.
        LimitReached: too many reports by this person today.

    """
    refuse_if(obstacle_to_reporting(reporter, content))
    if rule not in Rule.values:
        raise UnfitText(_("Say which rule it breaks."), field="rule")
    text = clean_text(text, field="text", minimum=0, maximum=EXPLANATION_MAX_CHARACTERS)
    reporter = lock_person(reporter)
    check_reports(reporter, now=now)
    if content.reports.filter(reporter=reporter, answered_by__isnull=True).exists():
        message = _("You have reported this. A moderator will answer.")
        raise ReportedBefore(message, code="reported_before")
    return Report.objects.create(
        proposal=content if isinstance(content, Proposal) else None,
        comment=content if isinstance(content, Comment) else None,
        reporter=reporter,
        rule=rule,
        text=text,
        reported_at=now,
    )
