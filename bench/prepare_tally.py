"""Fill the box of an election with ballots of five answers, record them, and close it.

Run as a program, with the environment of the installation: FILE, then the number of ballots.
The registrar's list, the recording, the closing and the log are the site's own; only the people
and the accepted ballots are written as rows, since casting is measured elsewhere.
"""

import json
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import django

from bench.prepare_casting import make_cast
from evote.credential import (
    derive_public_credential,
    encode_credentials,
    generate_credential,
)
from evote.election import decode_election
from evote.encoding import b64_digest, hash_of_b64
from evote.proofs import read_proof
from evote.record import Cast, encode_element

if TYPE_CHECKING:
    from tests.factories.voting import MadeElection

ROWS_AT_ONCE = 1000
TRUSTEES = ("one@example.org", "two@example.org", "three@example.org")


def make_row(work: tuple[bytes, str]) -> tuple[str, str, bytes | None]:
    """Make a ballot and its cast statement: public credential, ballot, statement."""
    archived, credential = work
    cast = make_cast(work)
    ballot, prev = str(cast["ballot"]), str(cast["prev"])
    statement = None
    if "proof" in cast:
        tracker = b64_digest(ballot.encode())
        proof = read_proof(cast["proof"], place="proof", is_ordered=True)
        statement = encode_element(Cast(tracker=tracker, prev=prev, proof=proof))
    uuid = decode_election(archived).uuid
    return derive_public_credential(uuid=uuid, credential=credential), ballot, statement


def open_election_of(credentials: list[str]) -> "MadeElection":
    """Open an election whose registrar made these credentials."""
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
    emails = [f"voter{number}@example.org" for number in range(len(credentials))]
    roll = make_roll(organisation=made.election.organisation, emails=emails, sealed_at=DRAFTED)
    made.election = choose_access(
        election=made.election,
        access=Election.Access.CREDENTIAL,
        credentials_by=Election.CredentialsBy.REGISTRAR,
    )
    made.election = choose_roll(election=made.election, roll=roll)
    public = (derive_public_credential(uuid=made.election.uuid, credential=c) for c in credentials)
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


def fill_box(made: "MadeElection", casts: Iterable[tuple[str, str, bytes | None]]) -> None:
    """Write accepted ballots as rows."""
    from voting.models import Ballot
    from voting.models.ballot import NO_PREVIOUS_BALLOT

    rows: list[Ballot] = []
    for public, ballot, statement in casts:
        rows.append(
            Ballot(
                election=made.election,
                tracker=hash_of_b64(b64_digest(ballot.encode())),
                credential=public,
                prev=NO_PREVIOUS_BALLOT,
                body=ballot.encode(),
                statement=statement,
            )
        )
        if len(rows) == ROWS_AT_ONCE:
            Ballot.objects.bulk_create(rows)
            rows = []
    Ballot.objects.bulk_create(rows)


def prepare(count: int) -> str:
    """Give the identifier of a closed election with so many ballots in its record."""
    credentials = [generate_credential() for _ in range(count)]
    made = open_election_of(credentials)
    archived = bytes(made.election.archived_election or b"")
    with ProcessPoolExecutor() as pool:
        work = [(archived, credential) for credential in credentials]
        fill_box(made, pool.map(make_row, work, chunksize=50))
    while made.record():
        pass
    made.close()
    return made.election.uuid


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    result = {"uuid": prepare(int(sys.argv[2]))}
    Path(sys.argv[1]).write_text(json.dumps(result), encoding="utf-8")
