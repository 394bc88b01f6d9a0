"""Make consultations, proposals and debates for tests."""

import itertools
import json
from datetime import UTC, datetime, timedelta

from audit.models import PendingEntry
from deliberation.models import Comment, Consultation, Phase, Proposal, Rule
from deliberation.services.comments import post_comment
from deliberation.services.consultations import (
    describe_consultation,
    draft_consultation,
    make_promise,
    publish_consultation,
)
from deliberation.services.endorsements import endorse_proposal
from deliberation.services.moderation import hide_content
from deliberation.services.phases import add_phase
from deliberation.services.proposals import shortlist_proposal, submit_proposal
from deliberation.services.reports import report_content
from tests.factories.accounts import make_moderator, make_organisation, make_user

NUMBERS = itertools.count(1)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PROMISE = {
    "who_decides": "The city council, by an open vote in its January session.",
    "what_is_bound": "The two proposals with most votes are put to the government.",
    "by_when": "A written answer to every shortlisted proposal by 18 January.",
    "contact_name": "Office of the Mayor",
    "contact_email": "mayor@example.org",
}


def make_draft(*, organisation=None, slug=None, title=None) -> Consultation:
    """A consultation without texts and phases."""
    number = next(NUMBERS)
    return draft_consultation(
        organisation=organisation or make_organisation(),
        title=title or f"Which streets should be quiet streets {number}?",
        slug=slug or f"quiet-streets-{number}",
    )


def make_consultation(
    *,
    now=NOW,
    kind=Phase.Kind.PROPOSE,
    features=None,
    threshold=3,
    organisation=None,
    slug=None,
    title=None,
) -> Consultation:
    """A published consultation in which a phase of `kind` runs from 5 days ago for 10 days."""
    consultation = make_draft(organisation=organisation, slug=slug, title=title)
    describe_consultation(
        consultation=consultation, title=consultation.title, summary="Residents say which."
    )
    make_promise(consultation=consultation, endorsement_threshold=threshold, **PROMISE)
    add_phase(
        consultation=consultation,
        kind=kind,
        features=Phase.USUAL_FEATURES[kind] if features is None else features,
        starts_at=now - 5 * DAY,
        ends_at=now + 5 * DAY,
        now=now,
    )
    publish_consultation(consultation=consultation, now=now - 6 * DAY)
    consultation.refresh_from_db()
    return consultation


def make_full_consultation(*, now=NOW, organisation=None) -> Consultation:
    """A published consultation with four phases of ten days; proposals since five days."""
    consultation = make_draft(organisation=organisation)
    describe_consultation(
        consultation=consultation, title=consultation.title, summary="Residents say which."
    )
    make_promise(consultation=consultation, endorsement_threshold=3, **PROMISE)
    for position, kind in enumerate(Phase.Kind):
        add_phase(
            consultation=consultation,
            kind=kind,
            features=Phase.USUAL_FEATURES[kind],
            starts_at=now + (10 * position - 5) * DAY,
            ends_at=now + (10 * position + 5) * DAY,
            now=now,
        )
    publish_consultation(consultation=consultation, now=now - 6 * DAY)
    consultation.refresh_from_db()
    return consultation


def make_proposal(
    *, consultation=None, author=None, title=None, body="Because it is quiet.", now=NOW
) -> Proposal:
    number = next(NUMBERS)
    return submit_proposal(
        consultation=consultation or make_consultation(now=now),
        author=author or make_user(password=None),
        title=title or f"Make street number {number} a quiet street",
        body=body,
        now=now,
    )


def make_comment(
    *, proposal=None, author=None, parent=None, alignment="FOR", body=None, now=NOW
) -> Comment:
    return post_comment(
        proposal=proposal or make_proposal(now=now),
        author=author or make_user(password=None),
        parent=parent,
        alignment=alignment,
        body=body or f"A reason with the number {next(NUMBERS)}.",
        now=now,
    )


def make_endorsements(proposal, *, many, now=NOW) -> None:
    for _ in range(many):
        endorse_proposal(proposal=proposal, user=make_user(password=None), now=now)


def make_shortlisted(*, consultation=None, now=NOW, **fields) -> Proposal:
    proposal = make_proposal(consultation=consultation, now=now, **fields)
    return shortlist_proposal(proposal=proposal, reason="Within our competence.", now=now)


def make_report(content, *, reporter=None, rule=Rule.RESPECT, text="Calls me names.", now=NOW):
    return report_content(
        content=content,
        reporter=reporter or make_user(password=None),
        rule=rule,
        text=text,
        now=now,
    )


def make_removal(content, *, moderator=None, now=NOW, explanation="Calls another names."):
    proposal = content.proposal if isinstance(content, Comment) else content
    return hide_content(
        content=content,
        moderator=moderator or make_moderator(proposal.consultation.organisation),
        rule=Rule.RESPECT,
        explanation=explanation,
        now=now,
    )


def logged_bodies(kind) -> list[dict[str, object]]:
    """What waits for its place in the log, in order."""
    entries = PendingEntry.objects.filter(kind=kind).order_by("pk")
    return [json.loads(bytes(entry.body)) for entry in entries]
