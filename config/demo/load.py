"""Everything the demo puts into a fresh installation, in the order in which it happens."""

import json
import time
import urllib.request
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts.models import Organisation
from config.demo import elections, trustees, voters
from config.demo.conversation import ANSWERS, CHOICES, OPPOSITE, Conversation, read_conversation
from config.demo.debate import hold_debate, open_consultation, open_next_debate, shortlisted
from config.demo.installation import (
    ADMINISTRATOR,
    CITIZEN,
    MODERATOR,
    ORGANISATION_SLUG,
    TRUSTEES,
    People,
    make_people,
    participant_address,
)
from config.demo.ranked import RankedElection
from config.demo.summary import Summary, keep
from config.demo.voters import Polls, Voter
from config.progress import say, step
from deliberation.services.elections import link_election
from voting.models import Election

REVOTING = (1, 2)
SHOWN_CREDENTIALS = 3
# How much longer voting stays open than casting should take, by a measurement on this machine.
MARGIN = 3.0
MARGIN_SECONDS = 12.0


class HalfLoaded(Exception):
    """An earlier load was interrupted in a database that is not the demo's own."""


class WrongResult(Exception):
    """The published result is not what the file says. Nothing could be worse."""


def load() -> Summary:
    """Make the demo, and check its result against the counts in the file.

    Raises:
        HalfLoaded, WrongResult: see there.

    """
    if Organisation.objects.filter(slug=ORGANISATION_SLUG).exists():
        msg = "An earlier load was interrupted; empty the database and start again."
        raise HalfLoaded(msg)
    conversation = read_conversation()
    now = timezone.now()
    with step("Making people, a consultation and an election; trustees make their keys"):
        people = make_people(conversation=conversation)
        consultation = open_consultation(people=people, now=now)
        counted = elections.draft_counted(
            conversation=conversation, consultation=consultation, people=people, now=now
        )
    with step(f"Celery mails a credential to each of {len(conversation.stances)} voters"):
        elections.wait_for_mails(counted)
    each = voters.seconds_per_ballot(questions=elections.QUESTIONS, answers=ANSWERS)
    counted = _vote(conversation=conversation, election=counted, seconds_per_ballot=each)
    ranked = RankedElection(people=people, now=now, seconds_per_ballot=each)
    ranked.start()
    with step("While voting is open: proposals, endorsements, a debate, two more elections"):
        hold_debate(consultation=consultation, conversation=conversation, people=people, now=now)
        open_next_debate(conversation=conversation, people=people, now=now)
        first = conversation.most_answered
        link_election(
            consultation=consultation,
            election=counted,
            proposals=shortlisted(consultation, first[: elections.QUESTIONS]),
            now=now,
        )
        still_open = elections.draft_open(
            consultation=consultation,
            proposals=shortlisted(consultation, first[elections.QUESTIONS : 14]),
            people=people,
            now=now,
        )
        draft = elections.draft_unfinished(people=people, now=now)
        elections.wait_for_mails(still_open)
        elections.seal(still_open, open_for=timedelta(days=28))
    _close(counted)
    _decrypt(election=counted)
    results = _compare(conversation=conversation, election=counted)
    _verify(election=counted)
    with step("A ranked election: 12 voters, two shuffles, two of three trustees decrypt"):
        held = ranked.wait()
    _verify(election=held)
    elections.wait_for_phase(still_open, Election.Phase.OPEN, seconds=elections.WAIT_SECONDS)
    summary = Summary(
        password=people.password,
        sign_ins=_sign_ins(people),
        counted=counted.uuid,
        open=still_open.uuid,
        draft=draft.uuid,
        credentials=_some_credentials(still_open),
        results=results,
        ranked=held.uuid,
    )
    keep(summary)
    return summary


def _vote(*, conversation: Conversation, election: Election, seconds_per_ballot: float) -> Election:
    """Seal, wait for the polls to open, and let everybody vote through the public interface."""
    credentials = voters.read_credentials(Path(settings.EMAIL_FILE_PATH), uuid=election.uuid)
    electorate = [
        Voter(
            address=participant_address(number),
            credential=credentials[participant_address(number)],
            ballots=_ballots(conversation, number),
        )
        for number in conversation.stances
    ]
    with step("Sealing the election; the trustees sign it, and Celery opens it"):
        casting = seconds_per_ballot * len(electorate) / voters.PROCESSES
        open_for = timedelta(seconds=casting * MARGIN + MARGIN_SECONDS)
        election = elections.seal(election, open_for=open_for)
        elections.wait_for_phase(election, Election.Phase.OPEN, seconds=open_for.total_seconds())
    polls = Polls(
        site=settings.BASE_URL,
        uuid=election.uuid,
        description=_fetch(f"/elections/{election.uuid}/election.json"),
    )
    count = sum(len(voter.ballots) for voter in electorate)
    started = time.monotonic()
    with step(f"{len(electorate)} voters encrypt and cast {count} ballots over HTTP"):
        for done in voters.cast_all(polls, electorate):
            if done == len(electorate) or done % 50 < len(electorate) // 16:
                say(f"    {done} of {len(electorate)}")
    say(
        f"    {count / (time.monotonic() - started):.0f} ballots a second, each encrypted, verified"
    )
    return election


def _close(election: Election) -> None:
    left = max(0.0, (election.closes_at - timezone.now()).total_seconds())
    with step(f"Celery closes the election in {left:.0f} s, and adds up the encrypted ballots"):
        elections.wait_for_phase(
            election, Election.Phase.TALLIED, seconds=left + elections.WAIT_SECONDS
        )


def _ballots(conversation: Conversation, number: int) -> list[list[list[int]]]:
    """Return the ballots that a participant casts: two of them change their minds."""
    statements = conversation.most_answered[: elections.QUESTIONS]
    stances = [conversation.stances[number][statement.number] for statement in statements]
    ballots = [[CHOICES[stance] for stance in stances]]
    if number in REVOTING:
        ballots.insert(0, [CHOICES[OPPOSITE[stance]] for stance in stances])
    return ballots


def _decrypt(*, election: Election) -> None:
    with step("Three trustees verify the record and decrypt: evote trustee decrypt --submit"):
        trustees.decrypt_and_submit(
            names=list(TRUSTEES),
            folder=elections.keys_folder(),
            election=election.uuid,
            address=f"{settings.BASE_URL}/elections/{election.uuid}/",
        )
        elections.wait_for_phase(election, Election.Phase.PUBLISHED, seconds=elections.WAIT_SECONDS)


def _compare(
    *, conversation: Conversation, election: Election
) -> list[tuple[str, list[int], list[int]]]:
    """Compare the published result with the file, question by question."""
    published = json.loads(_fetch(f"/elections/{election.uuid}/result.json"))["result"]
    expected = elections.expected(conversation)
    results = [
        (statement.text, counted, counts)
        for (statement, counts), counted in zip(expected, published, strict=True)
    ]
    wrong = [text for text, counted, counts in results if counted != counts]
    if wrong:
        msg = f"The result differs from the file in: {'; '.join(wrong)}"
        raise WrongResult(msg)
    return results


def _verify(*, election: Election) -> None:
    address = f"{settings.BASE_URL}/elections/{election.uuid}/"
    with step(f"An observer checks everything: evote verify {address}"):
        steps = trustees.output_of(trustees.evote("verify", address))
        say("    " + steps.strip().splitlines()[-1])


def _sign_ins(people: People) -> list[tuple[str, str]]:
    participant = min(number for number in people.participants if number > 0)
    return [
        ("administrator", ADMINISTRATOR),
        ("moderator", MODERATOR),
        *((f"trustee {name}", address) for name, address in TRUSTEES.items()),
        ("citizen, may vote in the open election", CITIZEN),
        (f"took part in the debate as Participant {participant}", participant_address(participant)),
    ]


def _some_credentials(election: Election) -> list[tuple[str, str]]:
    found = voters.read_credentials(Path(settings.EMAIL_FILE_PATH), uuid=election.uuid)
    addresses: Sequence[str] = [CITIZEN, *(address for address in found if address != CITIZEN)]
    return [(address, found[address]) for address in addresses[:SHOWN_CREDENTIALS]]


def _fetch(path: str) -> bytes:
    with urllib.request.urlopen(settings.BASE_URL + path, timeout=30) as answer:  # noqa: S310
        return bytes(answer.read())
