"""The demo's ranked election: any two of three trustees suffice, two shuffle, and STV counts.

It is held beside the first one, while that one waits for its closing time.
"""

import json
import os
import threading
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from config.demo import elections, trustees
from config.demo.installation import CITIZEN, TRUSTEES, People, participant_address
from config.demo.voters import Polls, Voter, cast_share, read_credentials
from evote.threshold import encode_signed, generate_seed
from evote.threshold.member import Compare, Send, next_action
from evote.threshold.state import decode_state
from voting.models import CeremonyMessage, Election, Question, TrusteeGroup
from voting.services.ceremonies import accept_message
from voting.services.credentials import issue_credentials
from voting.services.elections import QuestionDraft, draft_election
from voting.services.groups import begin_ceremony, make_group
from voting.services.trustees import name_trustee

ANSWERS = ["Mill Lane", "Market Square", "Harbour", "Station"]
# Two seats for twelve ballots: Mill Lane has its quota of five at once, and its surplus decides.
RANKINGS = (
    *([[1, 2, 3, 4]] * 6),
    *([[3, 1, 2, 4]] * 2),
    *([[4, 3, 1, 2]] * 3),
    [0, 0, 2, 1],
)
ELECTED = [0, 2]
THRESHOLD = 2
OPEN_SECONDS = 15.0
# How often each of three members has a step to take: certificate, commit, polynomial, share.
STEPS = 4


class WrongOutcome(Exception):
    """The published outcome is not the one that these ballots have. Nothing could be worse."""


class RankedElection(threading.Thread):
    """Holds the election from draft to result, beside whatever else the demo does."""

    def __init__(self, *, people: People, now: datetime, seconds_per_ballot: float) -> None:
        super().__init__(daemon=True)
        self.people = people
        self.now = now
        self.open_for = timedelta(seconds=OPEN_SECONDS + 3 * len(RANKINGS) * seconds_per_ballot)
        self.election: Election | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Hold it; what goes wrong is kept for whoever waits."""
        try:
            self.election = _hold(people=self.people, now=self.now, open_for=self.open_for)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self.error = error
        finally:
            connection.close()

    def wait(self) -> Election:
        """Wait for its result.

        Raises:
            WrongOutcome: the wrong ones are elected; and whatever else went wrong.

        """
        self.join()
        if self.error is not None:
            raise self.error
        assert self.election is not None
        return self.election


def _hold(*, people: People, now: datetime, open_for: timedelta) -> Election:
    election = _draft(people=people, now=now)
    elections.wait_for_mails(election)
    election = elections.seal(election, open_for=open_for)
    elections.wait_for_phase(election, Election.Phase.OPEN, seconds=open_for.total_seconds())
    _vote(election)
    elections.wait_for_phase(
        election,
        Election.Phase.SHUFFLING,
        seconds=open_for.total_seconds() + elections.WAIT_SECONDS,
    )
    address = f"{settings.BASE_URL}/elections/{election.uuid}/"
    folder, names = elections.keys_folder(), list(TRUSTEES)
    for name in names[:2]:
        trustees.shuffle_and_submit(
            name=name, folder=folder, election=election.uuid, address=address
        )
    elections.wait_for_phase(election, Election.Phase.TALLIED, seconds=elections.WAIT_SECONDS)
    # The first one has lost the key: any two of the three suffice.
    trustees.decrypt_and_submit(
        names=names[1:], folder=folder, election=election.uuid, address=address
    )
    elections.wait_for_phase(election, Election.Phase.PUBLISHED, seconds=elections.WAIT_SECONDS)
    _check(election)
    return election


def _draft(*, people: People, now: datetime) -> Election:
    election = draft_election(
        organisation=people.organisation,
        title="Where should the next two playgrounds be?",
        description="Twelve neighbours rank four places; two are elected.",
        questions=[
            QuestionDraft(
                text="In what order should the town build playgrounds?",
                answers=ANSWERS,
                minimum=0,
                maximum=1,
                has_blank=False,
                kind=Question.Kind.RANKED,
                rule={"method": "stv", "seats": 2},
            )
        ],
        opens_at=now,
        closes_at=now + timedelta(days=1),
        consultation_url="",
    )
    voters = [(CITIZEN, "Noor Citizen")]
    voters += [
        (participant_address(number), f"Participant {number}")
        for number in range(elections.NEIGHBOURS)
    ]
    elections.choose_voters(
        election, people=people, roll="Neighbours of the playgrounds", voters=voters, now=now
    )
    group = make_group(election=election, threshold=THRESHOLD)
    for name, email in TRUSTEES.items():
        name_trustee(election=election, name=name, email=email, group=group)
    _make_common_key(begin_ceremony(group=group))
    issue_credentials(election=election)
    return election


def _make_common_key(group: TrusteeGroup) -> None:
    """Have the three members take every step, as their programs would, with the state they see."""
    seeds = [generate_seed() for _ in TRUSTEES]
    for _step in range(STEPS):
        for member, seed in enumerate(seeds, start=1):
            _take_step(group, member=member, seed=seed)
    for name, seed in zip(TRUSTEES, seeds, strict=True):
        path = trustees.key_file(elections.keys_folder(), group.election.uuid, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(seed, file)


def _take_step(group: TrusteeGroup, *, member: int, seed: str) -> None:
    uuid = group.election.uuid
    state = decode_state(_fetch(f"/api/elections/{uuid}/ceremonies/{group.position}"))
    action = next_action(state=state, seed=seed, index=member, compared_fingerprint=None)
    if isinstance(action, Compare):
        # All of them are this very process: nobody stands between them.
        action = next_action(
            state=state, seed=seed, index=member, compared_fingerprint=action.fingerprint
        )
    assert isinstance(action, Send), "every member has something to send in every round"
    accept_message(
        election=group.election,
        item=group.position,
        member=member,
        step=CeremonyMessage.Step(action.step),
        data=encode_signed(action.message),
    )


def _vote(election: Election) -> None:
    """Let everybody rank, through the public interface."""
    credentials = read_credentials(Path(settings.EMAIL_FILE_PATH), uuid=election.uuid)
    polls = Polls(
        site=settings.BASE_URL,
        uuid=election.uuid,
        description=_fetch(f"/elections/{election.uuid}/election.json"),
    )
    voters = [
        Voter(address=address, credential=credential, ballots=[[ranking]])
        for (address, credential), ranking in zip(credentials.items(), RANKINGS, strict=True)
    ]
    cast_share(polls, voters)


def _check(election: Election) -> None:
    answer: dict[str, Any] = json.loads(_fetch(f"/api/elections/{election.uuid}"))
    elected = answer["outcomes"][0]["elected"]
    if sorted(elected) != ELECTED:
        msg = f"elected are {elected}, not {ELECTED}"
        raise WrongOutcome(msg)


def _fetch(path: str) -> bytes:
    with urllib.request.urlopen(settings.BASE_URL + path, timeout=30) as answer:  # noqa: S310
        return bytes(answer.read())
