"""Acts of moderators. Each is public, has a reason, and is an entry of the log."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services.log import append_entry
from deliberation.models import Comment, ModerationAct, Proposal, Rule
from deliberation.models.report import EXPLANATION_MAX_CHARACTERS
from deliberation.permissions import can_moderate
from deliberation.selectors.hidden import removal_of
from deliberation.selectors.proposals import current_version
from deliberation.services.refusal import NotPermitted, Refused
from deliberation.services.texts import UnfitText, clean_text

SALT_BYTES = 16


class ActRefused(Refused):
    """The act does not fit what stands there now."""


@transaction.atomic
def hide_content(
    *, content: Proposal | Comment, moderator: User, rule: str, explanation: str, now: datetime
) -> ModerationAct:
    """Remove a contribution from the pages. A tombstone and the replies stay.

    Raises:
        NotPermitted: not a moderator of the organisation, or the moderator wrote it.
        ActRefused: it is removed already.
        UnfitText: no published rule, or no explanation.

    """
    _lock(content)
    if removal_of(content) is not None:
        raise ActRefused(_("This is removed already."), code="already_removed")
    return _act(content, ModerationAct.Action.HIDE, moderator, rule, explanation, now)


@transaction.atomic
def restore_content(
    *, content: Proposal | Comment, moderator: User, rule: str, explanation: str, now: datetime
) -> ModerationAct:
    """Put a removed contribution back.

    Raises:
        NotPermitted: not a moderator of the organisation, or the moderator wrote it.
        ActRefused: it is not removed.
        UnfitText: no published rule, or no explanation.

    """
    _lock(content)
    if removal_of(content) is None:
        raise ActRefused(_("This is not removed."), code="not_removed")
    return _act(content, ModerationAct.Action.RESTORE, moderator, rule, explanation, now)


@transaction.atomic
def dismiss_reports(
    *, content: Proposal | Comment, moderator: User, rule: str, explanation: str, now: datetime
) -> ModerationAct:
    """Answer the waiting reports: the contribution may stay.

    Raises:
        NotPermitted: not a moderator of the organisation, or the moderator wrote it.
        ActRefused: no report waits.
        UnfitText: no published rule, or no explanation.

    """
    _lock(content)
    if not content.reports.filter(answered_by__isnull=True).exists():
        raise ActRefused(_("No report of this waits for an answer."), code="nothing_waits")
    return _act(content, ModerationAct.Action.DISMISS, moderator, rule, explanation, now)


def _lock(content: Proposal | Comment) -> None:
    """Let one moderator decide at a time."""
    rows = type(content)._default_manager.filter(pk=content.pk)
    rows.select_for_update(no_key=True).get()


def _act(
    content: Proposal | Comment,
    action: ModerationAct.Action,
    moderator: User,
    rule: str,
    explanation: str,
    now: datetime,
) -> ModerationAct:
    if not can_moderate(moderator, content):
        message = _("Moderators of this organisation decide, and not on what they wrote.")
        raise NotPermitted(message, code="not_moderator")
    if rule not in Rule.values:
        raise UnfitText(_("Choose the rule on which you decide."), field="rule")
    explanation = clean_text(
        explanation, field="explanation", minimum=1, maximum=EXPLANATION_MAX_CHARACTERS
    )
    salt = secrets.token_bytes(SALT_BYTES)
    act = ModerationAct(
        proposal=content if isinstance(content, Proposal) else None,
        comment=content if isinstance(content, Comment) else None,
        action=action,
        rule=rule,
        explanation=explanation,
        moderator=moderator,
        acted_at=now,
        salt=salt,
        content_hash=hashlib.sha256(salt + _text_of(content)).hexdigest(),
    )
    act.entry = append_entry(kind="moderation", body=act.log_body())
    act.save()
    content.reports.filter(answered_by__isnull=True).update(answered_by=act)
    return act


def _text_of(content: Proposal | Comment) -> bytes:
    if isinstance(content, Comment):
        return content.body.encode()
    version = current_version(content)
    return f"{version.title}\n{version.body}".encode()
