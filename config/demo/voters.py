"""The voters' own program: it reads a mail, makes a ballot and casts it, over HTTP alone.

Nothing here knows the server: no Django, no database. Several processes share the voters, as
their browsers would.
"""

import email
import email.policy
import http.client
import json
import multiprocessing
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from evote.ballot import create_ballot, decode_ballot, verify_ballot
from evote.credential import derive_secret_key, generate_credential
from evote.election import (
    Election,
    Question,
    decode_election,
    encode_election,
    generate_uuid,
    make_trustee,
)
from evote.encoding import b64_digest
from evote.group import random_scalar
from evote.proofs.statements import NO_PREVIOUS_TRACKER, sign_cast

PROCESSES = 2
ATTEMPTS = 20
RETRY_SECONDS = 0.5
MEASUREMENT_SECONDS = 0.8
# Django writes many mails into one file, each ended by a line of dashes.
BETWEEN_MAILS = "\n" + "-" * 79 + "\n"
BOOTH_LINK = re.compile(r"/elections/([1-9A-HJ-NP-Za-km-z]+)/booth/#credential=([-\w]+)")


class CastingFailed(Exception):
    """A ballot was not taken. The message says what the server answered."""


@dataclass(frozen=True, slots=True)
class Voter:
    """One voter: the credential from the mail, and the ballots to cast, one after the other."""

    address: str
    credential: str
    ballots: Sequence[Sequence[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Polls:
    """What a voter's device has to know: the site and the sealed description."""

    site: str
    uuid: str
    description: bytes


def read_credentials(folder: Path, *, uuid: str) -> dict[str, str]:
    """Return each address's newest credential for an election, out of the mails in `folder`."""
    found: dict[str, str] = {}
    files = sorted(folder.glob("*"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    for file in files:
        for text in file.read_text(encoding="utf-8").split(BETWEEN_MAILS):
            mail = email.message_from_string(text, policy=email.policy.default)
            body = mail.get_body()
            link = BOOTH_LINK.search(body.get_content()) if body is not None else None
            if link is not None and link[1] == uuid:
                found[str(mail["To"])] = link[2]
    return found


def seconds_per_ballot(*, questions: int, answers: Sequence[str]) -> float:
    """Measure how long a ballot of such a form takes to make and to check on this machine now.

    As many processes do it at once as will cast, so that a busy machine shows.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        return max(pool.map(_measure, [questions] * PROCESSES, [len(answers)] * PROCESSES))


def _measure(questions: int, answers: int) -> float:
    trustee = make_trustee(secret_key=random_scalar(), name=None)
    names = tuple(map(str, range(answers)))
    question = Question(text="", answers=names, minimum=0, maximum=1, has_blank=False)
    election = decode_election(
        encode_election(
            uuid=generate_uuid(),
            name="",
            description="",
            public_key=trustee.public_key,
            questions=[question] * questions,
            context=None,
        )
    )
    nothing = [[0] * answers] * questions
    ballots = 0
    started = time.perf_counter()
    while time.perf_counter() - started < MEASUREMENT_SECONDS:
        data = create_ballot(election=election, credential=generate_credential(), answers=nothing)
        verify_ballot(ballot=decode_ballot(data, election=election), election=election)
        ballots += 1
    return (time.perf_counter() - started) / ballots


def cast_all(polls: Polls, voters: Sequence[Voter]) -> Iterator[int]:
    """Cast every voter's ballots; yield how many voters are done, as it grows.

    Raises:
        CastingFailed: the server refused a ballot for good.

    """
    context = multiprocessing.get_context("spawn")
    shares = [voters[start :: PROCESSES * 8] for start in range(PROCESSES * 8)]
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        done = 0
        for count in pool.map(cast_share, [polls] * len(shares), shares):
            done += count
            yield done


def cast_share(polls: Polls, voters: Sequence[Voter]) -> int:
    """Cast some voters' ballots, one after the other; return how many voters there were.

    Raises:
        CastingFailed: the server refused a ballot for good.

    """
    election = decode_election(polls.description)
    connection = http.client.HTTPConnection(urlsplit(polls.site).netloc, timeout=60)
    try:
        for voter in voters:
            prev = NO_PREVIOUS_TRACKER
            for answers in voter.ballots:
                prev = _cast(connection, election, voter.credential, answers, prev)
    finally:
        connection.close()
    return len(voters)


def _envelope(election: Election, credential: str, ballot: bytes, prev: str) -> dict[str, object]:
    """Return what the booth sends: with a signed statement where the election asks for one."""
    envelope: dict[str, object] = {"ballot": ballot.decode(), "prev": prev}
    if election.has_companion:
        proof = sign_cast(
            secret_key=derive_secret_key(uuid=election.uuid, credential=credential),
            fingerprint=election.fingerprint,
            tracker=b64_digest(ballot),
            prev=prev,
        )
        envelope["proof"] = proof.to_json()
    return envelope


def _cast(
    connection: http.client.HTTPConnection,
    election: Election,
    credential: str,
    answers: Sequence[Sequence[int]],
    prev: str,
) -> str:
    """Cast one ballot and return its tracker. The same bytes go again until a definite answer."""
    ballot = create_ballot(election=election, credential=credential, answers=answers)
    body = json.dumps(
        _envelope(election, credential, ballot, prev), separators=(",", ":"), ensure_ascii=False
    ).encode()
    reason = ""
    for _attempt in range(ATTEMPTS):
        try:
            connection.request(
                "POST",
                f"/api/elections/{election.uuid}/ballots",
                body,
                {"Content-Type": "application/json"},
            )
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            reason = repr(error)
            connection.close()
        else:
            if response.status in {200, 201}:
                tracker = str(json.loads(answer)["tracker"])
                assert tracker == decode_ballot(ballot, election=election).tracker
                return tracker
            reason = f"{response.status} {answer[:500].decode(errors='replace')}"
            if response.status not in {429, 502, 503}:
                break
        time.sleep(RETRY_SECONDS)
    if '"not_open"' in reason:
        reason = "voting closed before all had cast. This machine was too busy; start again."
    msg = f"A ballot was not taken: {reason}"
    raise CastingFailed(msg)
