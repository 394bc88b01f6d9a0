"""The long work of a verification, cut into tasks that any number of processes may share.

Each task is a value and each answer too, so that a pool of processes can carry them. The election
travels as its archived bytes.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from evote.ballot import Ballot, decode_ballot
from evote.credential import check_credential
from evote.election import Election, decode_election
from evote.errors import DecodeError
from evote.group import (
    ED25519,
    IDENTITY_ENCODING,
    are_members,
    computes_together,
    group_named,
    is_encoding,
    raw_of,
)
from evote.hints import check_bodies
from evote.tally import EncryptedTally, add_ballots, has_ranked_question

PRINT_BYTES = 8

Task = TypeVar("Task")
Answer = TypeVar("Answer")

# Testing many elements together pays from some thousands on.
CREDENTIALS_PER_TASK = 10_000


class ParallelMap(Protocol):
    """`map`, or an executor's: one answer for each task, in the order of the tasks."""

    def __call__(
        self, function: Callable[[Task], Answer], tasks: Iterable[Task], /
    ) -> Iterator[Answer]:
        """Run `function` on every task."""
        ...


@dataclass(frozen=True, slots=True)
class CredentialTask:
    """Some of the public credentials, from index `first` of the list."""

    group: str
    first: int
    credentials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BallotTask:
    """Some ballots, as archived, each with the height of its event.

    `hints` has one for each ballot, or is empty; nobody is trusted for them (`evote.hints`).
    """

    election: bytes
    ballots: tuple[tuple[int, bytes], ...]
    hints: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedBallot:
    """A ballot whose form, signature and proofs hold; maybe its hint was of use to see that."""

    height: int
    ballot: Ballot
    is_hinted: bool = False


@dataclass(frozen=True, slots=True)
class RefusedBallot:
    """A ballot that fails by itself, whatever else is in the record."""

    height: int
    place: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotAnswer:
    """What the rest of the verification needs of the ballots of a task; short, since it is kept.

    For each ballot that holds one entry in `heights`, `trackers`, `credentials` and `prints`: the
    first 8 bytes of the hash of each α. `total` is the sum of them all, each with the weight 1;
    None where one is refused, or where rankings are put together rather than added. `hinted` says
    of how many the hints were of use.
    """

    refused: tuple[RefusedBallot, ...]
    heights: tuple[int, ...]
    trackers: tuple[str, ...]
    credentials: tuple[str, ...]
    prints: tuple[bytes, ...]
    total: EncryptedTally | None
    hinted: int


@dataclass(frozen=True, slots=True)
class AddTask:
    """Some ballots to add, each with its voter's weight."""

    election: bytes
    ballots: tuple[tuple[bytes, int], ...]


def check_credentials(task: CredentialTask) -> list[DecodeError]:
    """Find the credentials of a task that are outside the group or the identity."""
    errors: list[DecodeError] = []
    group = group_named(task.group)
    if group is ED25519 and computes_together() and _are_all_members(task.credentials):
        return errors
    for index, public in enumerate(task.credentials, start=task.first):
        try:
            check_credential(public, place=f"[{index}]", group=group)
        except DecodeError as error:
            errors.append(error)
    return errors


def _are_all_members(credentials: Sequence[str]) -> bool:
    """Say whether all are elements and none the identity; a "no" says nothing about which."""
    if not all(map(is_encoding, credentials)) or IDENTITY_ENCODING in credentials:
        return False
    return are_members(b"".join(map(raw_of, credentials)))


def check_ballots(task: BallotTask) -> list[CheckedBallot | RefusedBallot]:
    """Check form, signature and proofs of the ballots of a task, one answer for each."""
    bodies = [body for _, body in task.ballots]
    hints = task.hints or (b"",) * len(bodies)
    checked = check_bodies(bodies, hints=hints, election=_election(task.election))
    answers: list[CheckedBallot | RefusedBallot] = []
    for index, ((height, _), answer) in enumerate(zip(task.ballots, checked.answers, strict=True)):
        if isinstance(answer, Ballot):
            is_hinted = index in checked.hinted
            answers.append(CheckedBallot(height=height, ballot=answer, is_hinted=is_hinted))
        else:
            refused = RefusedBallot(height=height, place=answer.place, reason=answer.message)
            answers.append(refused)
    return answers


def check_and_add(task: BallotTask) -> BallotAnswer:
    """Check the ballots of a task, and add them up while they are at hand."""
    election = _election(task.election)
    answers = check_ballots(task)
    refused = tuple(one for one in answers if isinstance(one, RefusedBallot))
    held = [one for one in answers if isinstance(one, CheckedBallot)]
    return BallotAnswer(
        refused=refused,
        heights=tuple(one.height for one in held),
        trackers=tuple(one.ballot.tracker for one in held),
        credentials=tuple(one.ballot.credential for one in held),
        prints=tuple(prints_of(one.ballot.alphas) for one in held),
        total=None
        if refused or has_ranked_question(election)
        else add_ballots(
            election=election,
            ballots_with_weights=[(one.ballot, 1) for one in held],
            are_verified=True,
        ),
        hinted=sum(one.is_hinted for one in held),
    )


def prints_of(alphas: Iterable[str]) -> bytes:
    """Give 8 bytes of each α: two that are the same have the same."""
    return b"".join(hashlib.sha256(alpha.encode()).digest()[:PRINT_BYTES] for alpha in alphas)


def add_task(task: AddTask) -> EncryptedTally:
    """Add the ballots of a task; the step before has verified them."""
    election = _election(task.election)
    return add_ballots(
        election=election,
        ballots_with_weights=[
            (decode_ballot(body, election=election), weight) for body, weight in task.ballots
        ],
        are_verified=True,
    )


def answered(
    parallel_map: ParallelMap, function: Callable[[Task], Answer], tasks: Iterable[Task]
) -> Iterator[tuple[Task, Answer]]:
    """Give each task with its answer, in order; tasks are made when the map asks for them.

    Raises:
        ValueError: the map lost an answer or gave one too many.
    """
    asked: deque[Task] = deque()

    def ask() -> Iterator[Task]:
        for task in tasks:
            asked.append(task)
            yield task

    asking = ask()
    for answer in parallel_map(function, asking):
        if not asked:
            break
        yield asked.popleft(), answer
    else:
        if not asked and next(asking, None) is None:
            return
    msg = "there is not one answer for each task"
    raise ValueError(msg)


def chunks(items: Sequence[Task], *, size: int) -> Iterator[tuple[Task, ...]]:
    """Cut a sequence into tuples of `size`, the last one shorter."""
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


@lru_cache(maxsize=1)
def _election(archived: bytes) -> Election:
    return decode_election(archived)
