"""A finished record of many ballots, written quickly to disk. Only for measuring: see below.

The ballots are those of `bench.quick_ballots`, whose numbers are no secrets. Everything else, the
trustee's key too, is made as in the tests. Nothing is held in memory but the list of credentials.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from bench.goals import CORES
from bench.quick_ballots import ANSWERS, Made, Work, make_ballots, make_credentials
from evote.cli.workers import bounded_map
from evote.election import Question, encode_trustees
from evote.elgamal import Ciphertext
from evote.encoding import encode_json, sha256_hex
from evote.group import GENERATOR, ORDER
from evote.record import (
    Event,
    encode_data,
    encode_element,
    encode_event,
    encode_event_member,
    encode_header,
    encode_owned,
    encode_setup,
)
from evote.record.companion import companion_parts
from evote.tally import (
    EncryptedTally,
    combine,
    decode_partial_decryption,
    decrypt_partially,
    encode_encrypted_tally,
    encode_result,
    encode_sized_tally,
)
from tests.factories.companion import make_ceremony, make_strong_decryption
from tests.factories.evote import TIMESTAMP, World
from tests.factories.profile import make_profile_world

BALLOTS_AT_ONCE = 250
CREDENTIALS_AT_ONCE = 5000
_QUESTION = Question(
    text="Which?",
    answers=tuple(f"Answer {number}" for number in range(ANSWERS)),
    minimum=0,
    maximum=1,
    has_blank=False,
)
_CASTS = b',"casts":['


@dataclass(frozen=True, slots=True)
class Files:
    """Where the record and its second file are."""

    record: Path
    companion: Path

    @property
    def size_bytes(self) -> int:
        """How much there is to verify."""
        return self.record.stat().st_size + self.companion.stat().st_size


@dataclass(frozen=True, slots=True)
class _MadeFiles:
    """What a worker made, and its ballots as files of the record, each with its hash."""

    made: Made
    files: tuple[tuple[bytes, str], ...]


def make_files(work: Work) -> _MadeFiles:
    """Make ballots, and write each as a file of the record."""
    made = make_ballots(work)
    return _MadeFiles(
        made,
        tuple(
            (encode_data(body=body, timestamp=TIMESTAMP), sha256_hex(body)) for body in made.ballots
        ),
    )


class _Record:
    """Writes a record event by event into a file."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.parent: str | None = None
        self.height = 0
        file.write(encode_header(timestamp=TIMESTAMP))

    def add(self, kind: str, *objects: bytes) -> None:
        """Write some objects and the event after them."""
        for body in objects:
            self.file.write(encode_data(body=body, timestamp=TIMESTAMP))
        self.add_event(kind, payload=sha256_hex(objects[-1]) if objects else None)

    def add_event(self, kind: str, *, payload: str | None) -> None:
        """Write an event whose objects are written already."""
        event = Event(type=kind, height=self.height, parent=self.parent, payload=payload)
        self.file.write(encode_event_member(event=event, timestamp=TIMESTAMP))
        self.parent = sha256_hex(encode_event(event))
        self.height += 1


def write_record(folder: Path, *, ballots: int) -> Files:
    """Write an election of profile 1 in which each of so many voters has voted once."""
    seed = os.urandom(16).hex()
    with ProcessPoolExecutor(CORES) as pool:
        voters = quick_voters(pool, seed=seed, count=ballots)
        public_list = encode_json([credential for credential, _ in voters])
        world = replace(
            make_profile_world(questions=[_QUESTION], voters=0, trustees=1), public_list=public_list
        )
        name = world.election.uuid
        files = Files(folder / f"{name}.bel", folder / f"{name}.pnyx.json")
        made = bounded_map(pool, workers=CORES)(
            make_files, quick_work(world.election.archived, seed=seed, voters=voters)
        )
        with ExitStack() as stack:
            _write(
                world,
                made,
                record=_Record(stack.enter_context(files.record.open("wb"))),
                companion=stack.enter_context(files.companion.open("wb")),
            )
    return files


def quick_voters(pool: ProcessPoolExecutor, *, seed: str, count: int) -> list[tuple[str, int]]:
    """Give the public credentials in the order of their list, each with its voter's number."""
    parts = _credentials(pool, seed=seed, count=count)
    return sorted(
        (found for part in parts for found in part),
        key=lambda voter: bytes.fromhex(voter[0])[::-1],
    )


def quick_work(archived: bytes, *, seed: str, voters: list[tuple[str, int]]) -> Iterator[Work]:
    """Cut the making of everybody's ballot into tasks."""
    for first in range(0, len(voters), BALLOTS_AT_ONCE):
        part = tuple((number, text) for text, number in voters[first : first + BALLOTS_AT_ONCE])
        yield Work(archived, seed, part)


def _credentials(
    pool: ProcessPoolExecutor, *, seed: str, count: int
) -> Iterator[list[tuple[str, int]]]:
    tasks = (
        (seed, range(first, min(first + CREDENTIALS_AT_ONCE, count)))
        for first in range(0, count, CREDENTIALS_AT_ONCE)
    )
    return bounded_map(pool, workers=CORES)(make_credentials, tasks)


def _write(
    world: World, parts: Iterable[_MadeFiles], *, record: _Record, companion: BinaryIO
) -> None:
    objects = {
        "election": world.election.archived,
        "trustees": encode_trustees(world.trustee_list.items),
        "credentials": world.public_list,
    }
    record.add("Setup", *objects.values(), encode_setup(**objects))
    head, _ = _companion(world, decryptions=())
    companion.write(head)
    randomness, counts, count = [0] * ANSWERS, [0] * ANSWERS, 0
    for part in parts:
        for file, payload in part.files:
            record.file.write(file)
            record.add_event("Ballot", payload=payload)
        companion.write((b"," if count else b"") + b",".join(part.made.casts))
        count += len(part.files)
        for index in range(ANSWERS):
            randomness[index] += part.made.randomness[index]
            counts[index] += part.made.counts[index]
    decryption = _finish(world, record, randomness=randomness, counts=counts, count=count)
    companion.write(_companion(world, decryptions=(decryption,))[1])


def _companion(world: World, *, decryptions: Iterable[bytes]) -> tuple[bytes, bytes]:
    """Give what stands before the cast statements, and what stands behind them."""
    parts = companion_parts(
        uuid=world.election.uuid,
        fingerprint=world.election.fingerprint,
        ceremony=encode_element(make_ceremony(world)),
        casts=(),
        shuffles=(),
        decryptions=decryptions,
    )
    before, opening, behind = b"".join(parts).partition(_CASTS)
    return before + opening, behind


def _finish(
    world: World, record: _Record, *, randomness: list[int], counts: list[int], count: int
) -> bytes:
    """Close the box, decrypt the sum, and give the strong proofs of that."""
    election, key = world.election, world.election.public_key
    tally = EncryptedTally(
        (
            tuple(
                Ciphertext(GENERATOR ** (r % ORDER), key ** (r % ORDER) * key.generator**m)
                for r, m in zip(randomness, counts, strict=True)
            ),
        )
    )
    encoded = encode_encrypted_tally(tally, election=election)
    record.add("EndBallots")
    record.add(
        "EncryptedTally",
        encoded,
        encode_sized_tally(
            num_tallied=count, total_weight=count, encrypted_tally=sha256_hex(encoded)
        ),
    )
    closing = record.parent
    assert closing is not None
    data = decrypt_partially(secret_key=world.secret_keys[0], election=election, tally=tally)
    strong = make_strong_decryption(world, owner=1, data=data, tally=tally, closing=closing)
    record.add("PartialDecryption", data, encode_owned(owner=1, payload=data))
    result = combine(
        election=election,
        tally=tally,
        trustees=world.trustee_list,
        partial_decryptions={1: decode_partial_decryption(data, election=election)},
        total_weight=count,
    )
    assert result.counts == (tuple(counts),)
    record.add("Result", encode_result(result))
    return encode_element(strong)
