"""A finished record verified in parts, which any number of machines may share.

The parts are sections of ballots (`evote.verify.sections`), ranges of credentials, ranges of each
shuffle, and each partial decryption. `verify_in_parts` then runs the same numbered steps as
`verify_record`, with the answers in place of the work. Where it says that a record is complete,
`verify_record` says so too, with the same words; where it says anything else, the place and the
reason are for `verify_record` to find.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from evote.election import Election, Trustee
from evote.errors import DecodeError
from evote.proofs.statements import NO_PREVIOUS_TRACKER
from evote.record import (
    Link,
    Record,
    encode_header,
    join_companion,
    read_archive,
    read_chain,
    read_record,
)
from evote.record.companion import StrongDecryption, decode_companion
from evote.shuffle import PartProducts
from evote.tally import (
    EncryptedTally,
    PartialDecryption,
    add_tallies,
    decode_encrypted_tally,
    decode_partial_decryption,
    encode_encrypted_tally,
    verify_partial_decryption,
    verify_strong_decryptions,
)
from evote.tally.shuffle_parts import close_shuffle, open_shuffle, tally_lists
from evote.tally.shuffles import shuffled_tally
from evote.verify.ballots import (
    CREDENTIALS_PER_TASK,
    Answer,
    CredentialTask,
    Task,
    check_credentials,
    prints_of,
)
from evote.verify.box import Box
from evote.verify.companion_steps import (
    CASTS,
    COMPANION,
    cast_comparisons,
    companion_comparisons,
)
from evote.verify.report import Problem, Report
from evote.verify.run import run_steps
from evote.verify.sections import SectionAnswer
from evote.verify.state import At, NotAskedFor, State, StepFailed, fail_if_any
from evote.verify.steps import (
    ARCHIVE,
    BALLOTS,
    CHAIN,
    STEPS,
    archive_comparisons,
    ballot_comparisons,
    chain_comparisons,
)
from evote.verify.tally_steps import TALLY, compare_tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Elements:
    """The elements of the second file but the cast statements, as they are written."""

    ceremony: bytes
    shuffles: tuple[bytes, ...]
    decryptions: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that is left to put together.

    `head` is the record up to its Setup event, `tail` what follows its last ballot, as archived.
    `credentials` are the ranges (first, end) of the list of which each credential held; `shuffles`
    the products of each question of the Shuffle event at that height; `decryptions` the heights of
    PartialDecryption events whose proofs, the strong ones too where there are any, held.
    """

    head: bytes
    tail: bytes
    timestamp: int
    sections: Sequence[SectionAnswer]
    elements: Elements | None
    credentials: frozenset[tuple[int, int]]
    shuffles: Mapping[int, Sequence[Sequence[PartProducts]]]
    decryptions: frozenset[int]


# --- The parts that are not sections ----------------------------------------------------------


def credential_tasks(credentials: Sequence[str], *, election: Election) -> list[CredentialTask]:
    """Cut the list of credentials into pieces of work."""
    return [
        credential_task(
            credentials[first : first + CREDENTIALS_PER_TASK], first=first, election=election
        )
        for first in range(0, len(credentials), CREDENTIALS_PER_TASK)
    ]


def credential_task(
    credentials: Sequence[str], *, first: int, election: Election
) -> CredentialTask:
    """Make one piece of work of neighbouring credentials, the first of which has this index."""
    return CredentialTask(election.group.name, first, tuple(credentials))


def check_credential_task(task: CredentialTask) -> None:
    """Do one of them.

    Raises:
        DecodeError: a credential is outside the group or the identity.
    """
    for error in check_credentials(task):
        raise error


def check_decryption(
    *,
    data: bytes,
    statement: StrongDecryption | None,
    election: Election,
    trustee: Trustee,
    tally: EncryptedTally,
    closing: str,
) -> None:
    """Check one partial decryption, with its strong proofs where the election has them.

    Raises:
        DecodeError: it is malformed.
        InvalidProof: a proof does not hold.
    """
    decryption = verify_partial_decryption(
        data=data, election=election, trustee=trustee, tally=tally
    )
    if statement is not None:
        verify_strong_decryptions(
            proofs=statement.proofs,
            election=election,
            trustee=trustee,
            tally=tally,
            decryption=decryption,
            closing=closing,
        )


# --- Putting them together --------------------------------------------------------------------


def verify_in_parts(parts: Parts) -> Report:
    """Run the numbered steps over the answers.

    Raises:
        NotSupported: the record uses what this version cannot check.
    """
    return run_steps(
        [replace(step, check=_REPLACED.get(step.number, step.check)) for step in STEPS],
        state=_Joined(parts),
    )


class _Joined(State):
    """The state of a verification whose long work was done elsewhere."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(
            b"",
            companion=None,
            progress=_without_progress,
            parallel_map=self._answer,
            accepts_legacy_threshold=False,
        )
        self.parts = parts

    def alphas_of(self, height: int) -> Sequence[str]:
        for section in self.parts.sections:
            if section.after.height < height <= section.last.height:
                return section.ballots[height - section.after.height - 1].alphas
        msg = f"no section has the ballot of height {height}"
        raise LookupError(msg)

    def verify_shuffle(self, *, height: int, data: bytes, source: EncryptedTally) -> EncryptedTally:
        lists = tally_lists(
            encode_encrypted_tally(source, election=self.election), election=self.election
        )
        shuffle = open_shuffle(data, election=self.election, source=lists)
        close_shuffle(shuffle, parts=self.parts.shuffles[height])
        return shuffled_tally(data=data, election=self.election, tally=source)

    def verify_decryption(self, *, height: int, data: bytes, trustee: Trustee) -> PartialDecryption:
        assert trustee in self.trustees.slots
        self._has_held(height)
        return decode_partial_decryption(data, election=self.election)

    def verify_strong_proofs(
        self, *, height: int, statement: StrongDecryption, closing: str
    ) -> None:
        assert statement.owner <= len(self.trustees.slots)
        assert closing
        self._has_held(height)

    def _has_held(self, height: int) -> None:
        if height not in self.parts.decryptions:
            msg = "nobody has checked this partial decryption"
            raise StepFailed([Problem(f"event {height}", msg)])

    def _answer(
        self, function: Callable[[Task], Answer], tasks: Iterable[Task], /
    ) -> Iterator[Answer]:
        """Answer what was checked before; whatever else is asked is done here."""
        for task in tasks:
            if isinstance(task, CredentialTask) and (
                (task.first, task.first + len(task.credentials)) in self.parts.credentials
            ):
                held: list[DecodeError] = []
                yield cast(Answer, held)
            else:
                yield function(task)


def _joined(run: State) -> _Joined:
    assert isinstance(run, _Joined)
    return run


def _check_archive(run: State) -> list[str]:
    """Read the two ends; every section was read where it was checked."""
    parts = _joined(run).parts
    head = read_archive(parts.head)
    tail = read_archive(encode_header(timestamp=parts.timestamp) + parts.tail)
    if head.timestamp != parts.timestamp:
        msg = "the sections were read with another timestamp"
        raise StepFailed([Problem("byte 0", msg)])
    sections = parts.sections
    return archive_comparisons(
        size_bytes=len(parts.head) + sum(one.size_bytes for one in sections) + len(parts.tail),
        files=len(head.members) + len(tail.members) + sum(one.files for one in sections) + 1,
        timestamp=head.timestamp,
    )


def _check_chain(run: State) -> list[str]:
    """Compare the ends of neighbouring sections: with them the chain has no gap."""
    parts = _joined(run).parts
    head = read_record(parts.head)
    if len(head.events) != 1:
        msg = "the head of a record is its Setup event alone"
        raise StepFailed([Problem("event 0", msg)])
    setup = Link(height=0, type="Setup", hash=head.events[0].hash)
    ends = [setup, *(one.last for one in parts.sections)]
    for before, section in zip(ends, parts.sections, strict=False):
        if section.after != before:
            msg = "the sections of the record do not follow each other"
            raise StepFailed([Problem(f"event {before.height + 1}", msg)])
    tail_archive = read_archive(encode_header(timestamp=parts.timestamp) + parts.tail)
    tail = read_chain(tail_archive, after=ends[-1])
    if any(recorded.event.type == "Ballot" for recorded in tail.events):
        msg = "a ballot is in no section"
        raise StepFailed([Problem("", msg)])
    # Without the ballots: no step of these reads them.
    run.record = Record(timestamp=head.timestamp, events=(*head.events, *tail.events))
    last = tail.events[-1].event
    return chain_comparisons(count=last.height + 1, last_type=last.type)


def _check_ballots(run: State) -> list[str]:
    box = Box()
    problems: list[Problem] = []
    for section in _joined(run).parts.sections:
        for height, ballot in enumerate(section.ballots, start=section.after.height + 1):
            if ballot.credential not in run.weights:
                msg = "it is not on the list of credentials"
                problems.append(Problem(f"event {height}, ballot, credential", msg))
            box.add(
                height=height,
                tracker=ballot.tracker,
                credential=ballot.credential,
                prints=prints_of(ballot.alphas),
            )
        assert section.last.height == section.after.height + len(section.ballots)
    fail_if_any(problems)
    run.box = box
    return ballot_comparisons(len(box))


def _check_tally(run: State) -> list[str]:
    return compare_tally(run, add_up=_add_up)


def _add_up(run: State) -> EncryptedTally:
    """Add the sums of the sections, each made of the last ballots with their weights."""
    sections = _joined(run).parts.sections
    counted = {
        height: ballot.weight
        for section in sections
        for height, ballot in enumerate(section.ballots, start=section.after.height + 1)
        if ballot.weight is not None
    }
    expected = {height: run.weights[one] for one, height in run.last_ballots.items()}
    if counted != expected:
        msg = "the sections counted other ballots, or with other weights, than the record does"
        raise StepFailed([Problem("", msg)])
    return add_tallies(
        (
            decode_encrypted_tally(section.tally.encode(), election=run.election)
            for section in sections
        ),
        election=run.election,
    )


def _check_companion(run: State) -> list[str]:
    """Read the second file without its cast statements, which the sections read."""
    if not run.election.has_companion:
        raise NotAskedFor
    parts = _joined(run).parts
    if parts.elements is None:
        msg = f"the election asks for its second file, {run.election.uuid}.pnyx.json"
        raise StepFailed([Problem("", msg)])
    data = join_companion(
        uuid=run.election.uuid,
        fingerprint=run.election.fingerprint,
        ceremony=parts.elements.ceremony,
        casts=(),
        shuffles=parts.elements.shuffles,
        decryptions=parts.elements.decryptions,
    )
    with At("companion"):
        companion = decode_companion(data, election=run.election)
    if len(companion.shuffles) != len(run.record.of_type("Shuffle")) or len(
        companion.decryptions
    ) != len(run.record.of_type("PartialDecryption")):
        msg = "a statement is missing or left over"
        raise StepFailed([Problem("companion", msg)])
    run.companion = companion
    casts = sum(len(section.ballots) for section in parts.sections)
    commas = max(casts - 1, 0)
    size = len(data) + sum(section.casts_bytes for section in parts.sections) + commas
    return companion_comparisons(size)


def _check_casts(run: State) -> list[str]:
    """Follow each credential's chain through all sections; the signatures held there."""
    newest: dict[str, str] = {}
    problems: list[Problem] = []
    ballots = [one for section in _joined(run).parts.sections for one in section.ballots]
    for index, ballot in enumerate(ballots):
        if ballot.prev != newest.get(ballot.credential, NO_PREVIOUS_TRACKER):
            msg = "it does not follow the ballot that its credential cast before"
            problems.append(Problem(f"casts[{index}]", msg))
        newest[ballot.credential] = ballot.tracker
    fail_if_any(problems)
    return cast_comparisons(len(ballots))


def _without_progress(step: int, done: int, total: int) -> None:
    """Show nothing: what is left here is short."""


_REPLACED: Mapping[int, Callable[[State], list[str]]] = {
    ARCHIVE: _check_archive,
    CHAIN: _check_chain,
    BALLOTS: _check_ballots,
    TALLY: _check_tally,
    COMPANION: _check_companion,
    CASTS: _check_casts,
}
