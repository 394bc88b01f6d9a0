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
from evote.credential import derive_secret_key
from evote.election import decode_election
from evote.encoding import b64_digest
from evote.proofs.statements import NO_PREVIOUS_TRACKER, sign_cast


def make_cast(work: tuple[bytes, str]) -> dict[str, object]:
    """Make one ballot from the sealed election and a private credential, as the booth sends it."""
    archived, credential = work
    election = decode_election(archived)
    ballot = create_ballot(election=election, credential=credential, answers=[[1, 0, 0, 0, 0]])
    cast: dict[str, object] = {"ballot": ballot.decode("ascii"), "prev": NO_PREVIOUS_TRACKER}
    if election.has_companion:
        proof = sign_cast(
            secret_key=derive_secret_key(uuid=election.uuid, credential=credential),
            fingerprint=election.fingerprint,
            tracker=b64_digest(ballot),
            prev=NO_PREVIOUS_TRACKER,
        )
        cast["proof"] = proof.to_json()
    return cast


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
        profile=1,
        voters=voters,
        questions=(question,),
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )
    archived = bytes(made.election.archived_election or b"")
    with ProcessPoolExecutor() as pool:
        work = [(archived, credential) for credential in made.credentials]
        casts = list(pool.map(make_cast, work, chunksize=20))
    return {"uuid": made.election.uuid, "casts": casts}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    Path(sys.argv[1]).write_text(json.dumps(prepare(int(sys.argv[2]))), encoding="utf-8")
