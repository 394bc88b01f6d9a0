"""The long work of a verification, cut into tasks that any number of processes may share.

Each task is a value and each answer too, so that a pool of processes can carry them. The election
travels as its archived bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from evote.ballot import decode_ballot, verify_ballot
from evote.credential import check_credential
from evote.election import Election, decode_election
from evote.errors import DecodeError, EvoteError, InvalidBallot
from evote.group import (
    ED25519,
    IDENTITY_ENCODING,
    are_members,
    computes_together,
    group_named,
    is_encoding,
    raw_of,
)
from evote.proofs.statements import verify_cast
from evote.record.companion import Cast
from evote.tally import EncryptedTally, add_ballots

Task = TypeVar("Task")
Answer = TypeVar("Answer")

BALLOTS_PER_TASK = 20
CREDENTIALS_PER_TASK = 500
CASTS_PER_TASK = 200


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
    """Some ballots, as archived, each with the height of its event."""

    election: bytes
    ballots: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class CheckedBallot:
    """What the rest of the verification needs of a ballot whose proofs and signature hold."""

    height: int
    tracker: str
    credential: str
    alphas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusedBallot:
    """A ballot that fails by itself, whatever else is in the record."""

    height: int
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class AddTask:
    """Some ballots to add, each with its voter's weight."""

    election: bytes
    ballots: tuple[tuple[bytes, int], ...]


@dataclass(frozen=True, slots=True)
class CastTask:
    """Some cast statements, each with its place and its credential."""

    fingerprint: str
    casts: tuple[tuple[str, str, Cast], ...]


def check_casts(task: CastTask) -> list[tuple[str, str]]:
    """Find the cast statements of a task that their credential did not sign: place and reason."""
    refused = []
    for place, credential, cast in task.casts:
        try:
            verify_cast(
                proof=cast.proof,
                fingerprint=task.fingerprint,
                credential=credential,
                tracker=cast.tracker,
                prev=cast.prev,
            )
        except EvoteError as error:
            refused.append((place, str(error)))
    return refused


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
    election = _election(task.election)
    return [_check_ballot(height, body, election=election) for height, body in task.ballots]


def _check_ballot(height: int, body: bytes, *, election: Election) -> CheckedBallot | RefusedBallot:
    try:
        ballot = decode_ballot(body, election=election)
        verify_ballot(ballot=ballot, election=election)
    except (DecodeError, InvalidBallot) as error:
        return RefusedBallot(height=height, place=error.place, reason=error.message)
    return CheckedBallot(
        height=height,
        tracker=ballot.tracker,
        credential=ballot.credential,
        alphas=ballot.alphas,
    )


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


def chunks(items: Sequence[Task], *, size: int) -> Iterator[tuple[Task, ...]]:
    """Cut a sequence into tuples of `size`, the last one shorter."""
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


@lru_cache(maxsize=1)
def _election(archived: bytes) -> Election:
    return decode_election(archived)
