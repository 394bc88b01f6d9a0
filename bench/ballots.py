"""Milliseconds to create and to verify a ballot: `evote` beside belenios-tool 3.3.

All work on the same election and the same ballots in the same run, on one core, in turn: evote's
C extension, evote on libsodium alone, and the peer. The peer is a program that starts anew for
each call, so its start-up is taken out by difference: a ballot verified minus the same election
loaded and verified without ballots; a ballot of many questions minus one of few. Ours measure
themselves, each in a process of its own, without the first ballot. All times are processor time.

Needs BELENIOS_TOOL_DIR, the folder of the unpacked releases; says so without it.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from evote.ballot import create_ballot
from evote.credential import derive_public_credential, encode_credentials, generate_credential
from evote.election import (
    Question,
    combine_public_keys,
    decode_election,
    encode_election,
    encode_trustees,
    generate_uuid,
    make_trustee,
)
from evote.encoding import sha256_hex
from evote.group import random_scalar
from evote.record import (
    Event,
    encode_data,
    encode_event,
    encode_event_member,
    encode_header,
    encode_setup,
)

ROUNDS = 5
BACKENDS = ("native", "pynacl")
# Numbers of answers, and how many ballots of each are verified by us and by the peer.
SIZES = {5: (60, 12), 30: (20, 4), 100: (8, 2)}
ANSWERS = 5
MANY_QUESTIONS = 16
TIMESTAMP = 1_700_000_000


class Bench:
    """One election of `questions` questions with so many answers each, and its voters."""

    def __init__(self, *, questions: int, voters: int, answers: int = ANSWERS) -> None:
        self.uuid = generate_uuid()
        trustee = make_trustee(secret_key=random_scalar(), name="Bench")
        question = Question(
            text="Which?",
            answers=tuple(f"Answer {number}" for number in range(answers)),
            minimum=0,
            maximum=1,
            has_blank=False,
        )
        self.archived = encode_election(
            uuid=self.uuid,
            name="Bench",
            description="",
            public_key=combine_public_keys([trustee]),
            questions=[question] * questions,
            context=None,
        )
        self.election = decode_election(self.archived)
        self.trustees = encode_trustees([trustee])
        self.private = [generate_credential() for _ in range(voters)]
        self.credentials = encode_credentials(
            derive_public_credential(uuid=self.uuid, credential=private) for private in self.private
        )
        self.choices = [[1] + [0] * (answers - 1)] * questions

    def create(self, number: int) -> bytes:
        """Make the ballot of one voter."""
        return create_ballot(
            election=self.election, credential=self.private[number], answers=self.choices
        )

    def write_record(self, folder: Path, *, ballots: list[bytes]) -> None:
        """Write a record with these ballots, as the peer reads it."""
        setup = encode_setup(
            election=self.archived, trustees=self.trustees, credentials=self.credentials
        )
        parts = [encode_header(timestamp=TIMESTAMP)]
        parts += [
            encode_data(body=body, timestamp=TIMESTAMP)
            for body in (self.archived, self.trustees, self.credentials, setup)
        ]
        parent: str | None = None
        payloads = [("Setup", sha256_hex(setup))]
        for height, body in enumerate([None, *ballots]):
            if body is not None:
                parts.append(encode_data(body=body, timestamp=TIMESTAMP))
                payloads.append(("Ballot", sha256_hex(body)))
            kind, payload = payloads[height]
            event = Event(type=kind, height=height, parent=parent, payload=payload)
            parts.append(encode_event_member(event=event, timestamp=TIMESTAMP))
            parent = sha256_hex(encode_event(event))
        (folder / f"{self.uuid}.bel").write_bytes(b"".join(parts))


def processor_time_of(command: list[str], *, folder: Path) -> float:
    """Run a program to its end and return its processor time in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def peer_verify_seconds(tool: str, bench: Bench, ballots: Sequence[bytes]) -> float:
    """Return the peer's time to verify one ballot.

    `election verify` does not check every proof of every ballot (docs/protocol.md, 3.2), so
    this is `election verify-ballot`, less the time to load and verify the same election
    without ballots.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench.write_record(folder, ballots=[])
        spent = 0.0
        for ballot in ballots:
            (folder / "ballot").write_bytes(ballot)
            command = [tool, "election", "verify-ballot", "--ballot", "ballot"]
            spent += processor_time_of(command, folder=folder)
            spent -= processor_time_of([tool, "election", "verify"], folder=folder)
    return spent / len(ballots)


def peer_create_seconds(tool: str, few: Bench, many: Bench) -> float:
    """Return the peer's time for one question: a long ballot minus a short one."""
    spent = 0.0
    for bench, sign in ((many, 1), (few, -1)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            bench.write_record(folder, ballots=[])
            (folder / "credential").write_text(bench.private[0], encoding="ascii")
            choices = ",".join("[1,0,0,0,0]" for _ in bench.choices)
            (folder / "choice").write_text(f"[{choices}]", encoding="ascii")
            command = [tool, "election", "generate-ballot"]
            command += ["--privcred", "credential", "--choice", "choice"]
            spent += sign * processor_time_of(command, folder=folder)
    return spent / (len(many.choices) - len(few.choices))


def own_seconds(work: Sequence[Callable[[], object]]) -> float:
    """Return our processor time for each call in `work`."""
    before = time.process_time()
    for call in work:
        call()
    return (time.process_time() - before) / len(work)


def verify_seconds(backend: str, bench: Bench, ballots: Sequence[bytes]) -> float:
    """Return our time to verify one ballot with this back end."""
    given = {"election": bench.archived.decode(), "ballots": [body.decode() for body in ballots]}
    ran = subprocess.run(
        [sys.executable, "-m", "bench.one_backend"],
        input=json.dumps(given),
        env=os.environ | {"EVOTE_BACKEND": backend},
        check=True,
        capture_output=True,
        text=True,
    )
    answer = json.loads(ran.stdout)
    assert answer["backend"] == backend
    return float(answer["each"])


def compare_verifying(tool: str, *, answers: int) -> None:
    """Measure in turn and print one line for each program."""
    own_count, peer_count = SIZES[answers]
    bench = Bench(questions=1, voters=own_count, answers=answers)
    ballots = [bench.create(number) for number in range(own_count)]
    seconds: dict[str, list[float]] = {name: [] for name in (*BACKENDS, "belenios-tool 3.3")}
    for _ in range(ROUNDS):
        for backend in BACKENDS:
            seconds[backend].append(verify_seconds(backend, bench, ballots))
        seconds["belenios-tool 3.3"].append(peer_verify_seconds(tool, bench, ballots[:peer_count]))
    print(f"verify one ballot of {answers} answers")
    for name, times in seconds.items():
        ratios = [
            other / one for one, other in zip(times, seconds["belenios-tool 3.3"], strict=True)
        ]
        print(
            f"  {name:<20} {statistics.median(times) * 1000:8.2f} ms"
            f"   peer/own {statistics.median(ratios):5.2f}x"
        )


def compare_creating(tool: str) -> None:
    """Measure in turn and print both."""
    few, many = Bench(questions=1, voters=1), Bench(questions=1 + MANY_QUESTIONS, voters=1)
    own, peer = [], []
    for _ in range(ROUNDS):
        long = own_seconds([lambda: many.create(0)])
        short = own_seconds([lambda: few.create(0)] * 4)
        own.append((long - short) / MANY_QUESTIONS)
        peer.append(peer_create_seconds(tool, few, many))
    ratios = [other / one for one, other in zip(own, peer, strict=True)]
    print(f"create one question of {ANSWERS} answers")
    print(f"  evote                {statistics.median(own) * 1000:8.2f} ms", end="   ")
    print(f"peer/own {statistics.median(ratios):5.2f}x")
    print(f"  belenios-tool 3.3    {statistics.median(peer) * 1000:8.2f} ms")


def main() -> None:
    """Measure in turn and print the table."""
    folder = os.environ.get("BELENIOS_TOOL_DIR")
    if folder is None:
        print("ballots: skipped, because BELENIOS_TOOL_DIR names no folder of the peer's releases")
        return
    tool = str(Path(folder) / "belenios-tool-3.3")
    print(f"Processor time, one core, median of {ROUNDS} rounds, 0 to 1 choices")
    for answers in SIZES:
        compare_verifying(tool, answers=answers)
    compare_creating(tool)


if __name__ == "__main__":
    main()
