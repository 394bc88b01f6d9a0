"""Fill the box of an election with ballots of five answers, record them, and close it.

Run as a program, with the environment of the installation: FILE, then the number of ballots.
The registrar's list, the recording, the closing and the log are the site's own; only the people
and the accepted ballots are written as rows, since casting is measured elsewhere. They are recorded
as they come, some thousands at a time: a worker would have done that meanwhile. The ballots are
made quickly, with numbers that are no secrets (`bench.quick_ballots`).
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import django

from bench.goals import CORES
from bench.quick_ballots import Made, make_ballots
from bench.quick_record import quick_voters, quick_work
from evote.cli.workers import bounded_map
from evote.credential import encode_credentials

if TYPE_CHECKING:
    from tests.factories.voting import MadeElection

# Of `bench.quick_record.BALLOTS_AT_ONCE` ballots each.
PARTS_RECORDED_TOGETHER = 20
TRUSTEES = ("one@example.org", "two@example.org", "three@example.org")


def open_election_of(public: list[str]) -> "MadeElection":
    """Open an election whose registrar made these public credentials."""
    from django.utils import timezone

    from accounts.models import Organisation
    from tests.factories.accounts import make_roll
    from tests.factories.voting import DRAFTED, add_trustees, make_draft, run_log
    from voting.models import Election
    from voting.services.credential_lists import upload_credentials
    from voting.services.credentials import choose_access
    from voting.services.elections import QuestionDraft, choose_roll
    from voting.services.polls import open_election
    from voting.services.sealing import seal_election

    now = timezone.now()
    answers = [f"Answer {number}" for number in range(1, 6)]
    question = QuestionDraft(text="Which?", answers=answers, minimum=0, maximum=1, has_blank=False)
    made = make_draft(
        organisation=Organisation.objects.first(),
        questions=(question,),
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )
    emails = [f"voter{number}@example.org" for number in range(len(public))]
    roll = make_roll(organisation=made.election.organisation, emails=emails, sealed_at=DRAFTED)
    made.election = choose_access(
        election=made.election,
        access=Election.Access.CREDENTIAL,
        credentials_by=Election.CredentialsBy.REGISTRAR,
    )
    made.election = choose_roll(election=made.election, roll=roll)
    upload_credentials(election=made.election, data=encode_credentials(public))
    add_trustees(made, emails=TRUSTEES)
    made.election.refresh_from_db()
    made.election = seal_election(election=made.election, now=now - timedelta(hours=2))
    if made.election.profile:
        made.sign()
    run_log()
    made.election.refresh_from_db()
    made.election = open_election(election=made.election, now=made.election.opens_at)
    return made


def fill_box(made: "MadeElection", parts: Iterable[Made], *, public: Iterable[str]) -> None:
    """Write accepted ballots as rows, and have them recorded."""
    from voting.models import Ballot
    from voting.models.ballot import NO_PREVIOUS_BALLOT

    credentials = iter(public)
    rest = iter(parts)
    while together := list(islice(rest, PARTS_RECORDED_TOGETHER)):
        Ballot.objects.bulk_create(
            Ballot(
                election=made.election,
                tracker=hashlib.sha256(ballot).digest(),
                credential=next(credentials),
                prev=NO_PREVIOUS_BALLOT,
                body=ballot,
                statement=statement if made.election.profile else None,
            )
            for part in together
            for ballot, statement in zip(part.ballots, part.casts, strict=True)
        )
        while made.record():
            pass


def prepare(count: int) -> str:
    """Give the identifier of a closed election with so many ballots in its record."""
    seed = os.urandom(16).hex()
    with ProcessPoolExecutor(CORES) as pool:
        voters = quick_voters(pool, seed=seed, count=count)
        public = [credential for credential, _ in voters]
        made = open_election_of(public)
        archived = bytes(made.election.archived_election or b"")
        work = quick_work(archived, seed=seed, voters=voters)
        fill_box(made, bounded_map(pool, workers=CORES)(make_ballots, work), public=public)
    made.close()
    return made.election.uuid


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    result = {"uuid": prepare(int(sys.argv[2]))}
    Path(sys.argv[1]).write_text(json.dumps(result), encoding="utf-8")
