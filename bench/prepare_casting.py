"""Open an election of one question with five answers, and make every voter's ballot.

Run as a program, with the environment of the installation: FILE, then the number of voters.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

import django

from evote.ballot import create_ballot
from evote.election import decode_election

NONE = "A" * 43


def make_ballot(work: tuple[bytes, str]) -> str:
    """Make one ballot from the sealed election and a private credential."""
    archived, credential = work
    election = decode_election(archived)
    return create_ballot(
        election=election, credential=credential, answers=[[1, 0, 0, 0, 0]]
    ).decode("ascii")


def prepare(voters: int) -> dict[str, object]:
    """Open the election through the site's own services."""
    from django.core import mail
    from django.core.management import call_command
    from django.utils import timezone

    from tests.factories.voting import make_election
    from voting.models import Election
    from voting.services.elections import QuestionDraft

    mail.outbox = []
    call_command("make_log_key", verbosity=0)
    now = timezone.now()
    question = QuestionDraft(
        text="Which?",
        answers=[f"Answer {number}" for number in range(1, 6)],
        minimum=0,
        maximum=1,
        has_blank=False,
    )
    made = make_election(
        phase=Election.Phase.OPEN,
        voters=voters,
        questions=(question,),
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )
    archived = bytes(made.election.archived_election or b"")
    with ProcessPoolExecutor() as pool:
        ballots = pool.map(make_ballot, [(archived, one) for one in made.credentials], chunksize=20)
        casts = [{"ballot": ballot, "prev": NONE} for ballot in ballots]
    return {"uuid": made.election.uuid, "casts": casts}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    Path(sys.argv[1]).write_text(json.dumps(prepare(int(sys.argv[2]))), encoding="utf-8")
