"""Three of the demo's elections: one counted, one open, one still a draft."""

import csv
import io
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts.services.rolls import import_roll, seal_roll
from config.demo.conversation import ANSWERS, Conversation, Statement
from config.demo.installation import CITIZEN, TRUSTEES, People, participant_address
from config.demo.trustees import make_keys, sign_and_submit
from deliberation.models import Consultation, Proposal
from deliberation.services.elections import (
    Form,
    draft_election_from_proposals,
)
from voting.models import CredentialIssue, Election, Trustee
from voting.selectors.trackers import encode_tracker
from voting.services.credentials import issue_credentials
from voting.services.elections import (
    QuestionDraft,
    choose_roll,
    draft_election,
    revise_election,
)
from voting.services.sealing import seal_election
from voting.services.trustees import name_trustee, register_public_key

WAIT_SECONDS = 120.0
QUESTIONS = 10
NEIGHBOURS = 11


class Stuck(Exception):
    """What a sweep should have done did not happen. The message says what."""


def wait_until(
    question: Callable[[], bool], *, for_what: str, seconds: float = WAIT_SECONDS
) -> None:
    """Wait for the worker.

    Raises:
        Stuck: it takes too long.

    """
    end = time.monotonic() + seconds
    while not question():
        if time.monotonic() > end:
            msg = f"{for_what}: still waiting after {seconds:.0f} s. See .local/log/worker.log."
            raise Stuck(msg)
        time.sleep(0.1)


def wait_for_phase(election: Election, phase: Election.Phase, *, seconds: float) -> None:
    """Wait until Celery has brought the election to `phase`."""
    wait_until(
        lambda: Election.objects.filter(pk=election.pk, phase=phase).exists(),
        for_what=f"The election “{election.title}” does not become {phase}",
        seconds=seconds,
    )


def draft_counted(
    *, conversation: Conversation, consultation: Consultation, people: People, now: datetime
) -> Election:
    """Draft the election in which every participant of the conversation votes."""
    election = draft_election(
        organisation=people.organisation,
        title="Can there be consensus on Brexit?",
        description="The ten statements that most participants of the conversation answered.",
        questions=[
            QuestionDraft(
                text=statement.text, answers=ANSWERS, minimum=0, maximum=1, has_blank=False
            )
            for statement in conversation.most_answered[:QUESTIONS]
        ],
        opens_at=now,
        closes_at=now + timedelta(days=1),
        consultation_url=settings.BASE_URL + consultation.get_absolute_url(),
    )
    voters = [
        (participant_address(number), f"Participant {number}") for number in conversation.stances
    ]
    _set_up(
        election, people=people, roll="Participants of the conversation", voters=voters, now=now
    )
    return election


def draft_open(
    *, consultation: Consultation, proposals: Sequence[Proposal], people: People, now: datetime
) -> Election:
    """Draft the election that stays open for weeks, so that anybody can vote at once."""
    link = draft_election_from_proposals(
        consultation=consultation,
        proposals=proposals,
        form=Form.ONE_QUESTION,
        title="What should the council answer first?",
        question="Which of these statements should the council answer first?",
        minimum=1,
        maximum=2,
        opens_at=now,
        closes_at=now + timedelta(days=28),
        now=now,
    )
    link.election = revise_election(
        election=link.election,
        title=link.election.title,
        description="Four more statements of the conversation, on one ballot.",
        opens_at=link.election.opens_at,
        closes_at=link.election.closes_at,
        consultation_url=link.election.consultation_url,
    )
    voters = [(CITIZEN, "Noor Citizen")]
    voters += [
        (participant_address(number), f"Participant {number}") for number in range(NEIGHBOURS)
    ]
    _set_up(link.election, people=people, roll="A dozen neighbours", voters=voters, now=now)
    return link.election


def draft_unfinished(*, people: People, now: datetime) -> Election:
    """Leave an election for the administrator to finish."""
    election = draft_election(
        organisation=people.organisation,
        title="Opening hours of the town library",
        description="When should the library be open?",
        questions=[
            QuestionDraft(
                text="Should the library open on Sundays?",
                answers=["Yes", "No"],
                minimum=1,
                maximum=1,
                has_blank=True,
            )
        ],
        opens_at=now + timedelta(days=14),
        closes_at=now + timedelta(days=28),
        consultation_url="",
    )
    name_trustee(election=election, name="Ada Okafor", email=TRUSTEES["Ada Okafor"])
    return election


def wait_for_mails(election: Election) -> None:
    """Wait until the worker has mailed every credential."""
    issues = CredentialIssue.objects.filter(election=election)
    wait_until(
        lambda: not issues.exclude(state=CredentialIssue.State.SENT).exists(),
        for_what="The mails with the credentials do not go out",
    )


def seal(election: Election, *, open_for: timedelta) -> Election:
    """Let voting open now and close in `open_for`, seal it so, and have the trustees sign."""
    now = timezone.now()
    election = revise_election(
        election=election,
        title=election.title,
        description=election.description,
        opens_at=now,
        closes_at=now + open_for,
        consultation_url=election.consultation_url,
    )
    election = seal_election(election=election, now=now)
    sign_and_submit(
        names=list(TRUSTEES),
        folder=keys_folder(),
        election=election.uuid,
        address=f"{settings.BASE_URL}/elections/{election.uuid}/",
        fingerprint=encode_tracker(bytes(election.fingerprint or b"")),
    )
    election.refresh_from_db()
    return election


def keys_folder() -> Path:
    """Return where the trustees keep their private keys: not in the server's data."""
    return settings.BASE_DIR / ".local" / "demo" / "trustees"


def expected(conversation: Conversation) -> list[tuple[Statement, list[int]]]:
    """Return the questions with the counts in the file."""
    return [
        (statement, conversation.counts[statement.number])
        for statement in conversation.most_answered[:QUESTIONS]
    ]


def _set_up(
    election: Election,
    *,
    people: People,
    roll: str,
    voters: Sequence[tuple[str, str]],
    now: datetime,
) -> None:
    """Choose the roll, have the trustees make their keys, and send the credentials."""
    choose_voters(election, people=people, roll=roll, voters=voters, now=now)
    trustees: list[Trustee] = [
        name_trustee(election=election, name=name, email=email) for name, email in TRUSTEES.items()
    ]
    keys = make_keys(names=list(TRUSTEES), folder=keys_folder(), election=election.uuid)
    for trustee, key in zip(trustees, keys, strict=True):
        register_public_key(trustee=trustee, data=key)
    issue_credentials(election=election)


def choose_voters(
    election: Election,
    *,
    people: People,
    roll: str,
    voters: Sequence[tuple[str, str]],
    now: datetime,
) -> None:
    """Make a sealed roll of these addresses and names, and choose it."""
    lines = io.StringIO()
    csv.writer(lines).writerows([("email", "name"), *voters])
    sealed = import_roll(
        organisation=people.organisation, name=roll, data=lines.getvalue().encode(), now=now
    )
    seal_roll(roll=sealed, now=now)
    choose_roll(election=election, roll=sealed)
