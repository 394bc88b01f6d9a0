"""The demo's consultation: real statements as proposals, and real statements as their debate."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from config.demo.conversation import Conversation, Statement
from config.demo.installation import People
from deliberation.models import Comment, Consultation, Phase, Proposal
from deliberation.services.comments import post_comment
from deliberation.services.consultations import (
    describe_consultation,
    draft_consultation,
    make_promise,
    publish_consultation,
)
from deliberation.services.endorsements import endorse_proposal
from deliberation.services.phases import add_phase
from deliberation.services.proposals import shortlist_proposal, submit_proposal
from deliberation.services.reports import report_content

SUMMARY = (
    "A real conversation of 204 people in 2017. They wrote fifty statements and said to each "
    "whether they agreed. The ten statements that most of them answered were put to the vote. "
    "Data was gathered using the Polis software (compdemocracy.org/polis) and is sub-licensed "
    "under CC BY 4.0 with Attribution to The Computational Democracy Project: "
    "https://compdemocracy.org/case-studies/2017-brexit-consensus"
)
# Days from now at which the phases begin and end.
PHASES = (
    (Phase.Kind.PROPOSE, -21, -12),
    (Phase.Kind.DEBATE, -12, -1),
    (Phase.Kind.VOTE, -1, 30),
    (Phase.Kind.ANSWER, 30, 60),
)
# The second consultation is where the reader takes part.
NEXT_SUMMARY = (
    "Five more statements of the same conversation stand here as proposals. Endorse them, argue "
    "for and against, or make a proposal of your own. Data: CC BY 4.0, The Computational "
    "Democracy Project."
)
NEXT_PHASES = (
    (Phase.Kind.PROPOSE, -4, 21),
    (Phase.Kind.VOTE, 21, 35),
    (Phase.Kind.ANSWER, 35, 65),
)
# The limits on how much one person may write hold for the demo too.
BETWEEN_PROPOSALS = timedelta(hours=8)
BETWEEN_COMMENTS = timedelta(minutes=97)


def hold_debate(
    *, consultation: Consultation, conversation: Conversation, people: People, now: datetime
) -> None:
    """Make proposals, endorsements and comments of the statements, spread over the phases."""
    proposals = {}
    moment = now + timedelta(days=-20)
    for statement in reversed(conversation.most_answered[:15]):
        proposals[statement.number] = _propose(
            consultation, conversation, people, statement=statement, now=moment
        )
        moment += BETWEEN_PROPOSALS
    moment = now + timedelta(days=-11)
    for number, proposal in proposals.items():
        for participant, user in people.participants.items():
            if conversation.stances[participant][number] == "1":
                endorse_proposal(proposal=proposal, user=user, now=moment)
                moment += timedelta(minutes=3)
    for statement, thread in conversation.plan["debates"].items():
        moment = _discuss(proposals[int(statement)], thread, None, conversation, people, now=moment)
    _report(conversation, people, now=moment)
    for statement in conversation.most_answered[:14]:
        proposal = proposals[statement.number]
        proposal.refresh_from_db()
        if proposal.status == Proposal.Status.SUBMITTED:
            shortlist_proposal(
                proposal=proposal,
                reason="Among the statements that most participants answered.",
                now=now + timedelta(days=-2),
            )


def shortlisted(consultation: Consultation, statements: Sequence[Statement]) -> list[Proposal]:
    """Return the proposals that these statements became, in their order."""
    bodies = [statement.text for statement in statements]
    found = {
        version.body: proposal
        for proposal in Proposal.objects.filter(consultation=consultation)
        for version in proposal.versions.all()
    }
    return [found[body] for body in bodies]


def open_consultation(*, people: People, now: datetime) -> Consultation:
    """Make the consultation with its promise and its phases, and publish it."""
    return _open(
        people=people,
        title="Can there be consensus on Brexit?",
        slug="consensus-on-brexit",
        summary=SUMMARY,
        what_is_bound="The council answers every statement that a majority agreed with.",
        threshold=6,
        phases=PHASES,
        now=now,
    )


def open_next_debate(*, conversation: Conversation, people: People, now: datetime) -> None:
    """Open a consultation in which the reader of the demo can propose, endorse and comment."""
    consultation = _open(
        people=people,
        title="What should be voted on next?",
        slug="next-vote",
        summary=NEXT_SUMMARY,
        what_is_bound="The council puts every shortlisted proposal to the vote.",
        threshold=12,
        phases=NEXT_PHASES,
        now=now,
    )
    moment = now + timedelta(days=-3)
    for number in conversation.plan["next"]:
        proposal = _propose(
            consultation,
            conversation,
            people,
            statement=conversation.statements[number],
            now=moment,
        )
        moment += BETWEEN_PROPOSALS
        for participant, user in people.participants.items():
            if conversation.stances[participant][number] == "1":
                endorse_proposal(proposal=proposal, user=user, now=moment)


def _open(
    *,
    people: People,
    title: str,
    slug: str,
    summary: str,
    what_is_bound: str,
    threshold: int,
    phases: Sequence[tuple[Phase.Kind, int, int]],
    now: datetime,
) -> Consultation:
    begin = now + timedelta(days=phases[0][1] - 1)
    consultation = draft_consultation(organisation=people.organisation, title=title, slug=slug)
    describe_consultation(consultation=consultation, title=title, summary=summary)
    make_promise(
        consultation=consultation,
        who_decides="The council, in public session, after the vote.",
        what_is_bound=what_is_bound,
        by_when="Thirty days after the vote.",
        contact_name="Office for Participation",
        contact_email="participation@example.org",
        endorsement_threshold=threshold,
    )
    for kind, starts, ends in phases:
        add_phase(
            consultation=consultation,
            kind=kind,
            features=Phase.USUAL_FEATURES[kind],
            starts_at=now + timedelta(days=starts),
            ends_at=now + timedelta(days=ends),
            now=begin,
        )
    return publish_consultation(consultation=consultation, now=begin)


def _propose(
    consultation: Consultation,
    conversation: Conversation,
    people: People,
    *,
    statement: Statement,
    now: datetime,
) -> Proposal:
    return submit_proposal(
        consultation=consultation,
        author=people.participants[statement.author],
        title=conversation.title(statement),
        body=statement.text,
        now=now,
    )


def _discuss(
    proposal: Proposal,
    thread: Sequence[Any],
    parent: Comment | None,
    conversation: Conversation,
    people: People,
    *,
    now: datetime,
) -> datetime:
    """Post a thread of [statement, alignment, answers], and return when the last one came."""
    for number, alignment, answers in thread:
        statement = conversation.statements[number]
        now += BETWEEN_COMMENTS
        comment = post_comment(
            proposal=proposal,
            author=people.participants[statement.author],
            parent=parent,
            alignment=alignment,
            body=statement.text,
            now=now,
        )
        now = _discuss(proposal, answers, comment, conversation, people, now=now)
    return now


def _report(conversation: Conversation, people: People, *, now: datetime) -> None:
    """Leave something in the moderators' queue."""
    reported = conversation.plan["reported"]
    author: User = people.participants[conversation.statements[reported["statement"]].author]
    reporter = next(user for user in people.participants.values() if user != author)
    report_content(
        content=Comment.objects.get(body=conversation.statements[reported["statement"]].text),
        reporter=reporter,
        rule=reported["rule"],
        text=reported["text"],
        now=now,
    )
