"""What a verification has established so far, and the ways in which a step can end."""

from collections.abc import Callable, Sequence
from typing import Protocol

from evote.ballot import decode_ballot
from evote.election import Election, Trustee, Trustees
from evote.errors import DecodeError, EvoteError, NotSupported
from evote.hints import HintBytes, HintReader
from evote.record import IndexedRecord, RecordBytes, RecordedEvent
from evote.record.companion import Companion, StrongDecryption
from evote.record.companion_pieces import CastPieces
from evote.tally import (
    EncryptedTally,
    PartialDecryption,
    Result,
    SizedTally,
    verify_partial_decryption,
    verify_shuffle,
    verify_strong_decryptions,
)
from evote.verify.ballots import ParallelMap
from evote.verify.box import Box
from evote.verify.report import HintsUsed, Problem

# Called with the number of a step, how much of it is done, and how much there is.
Progress = Callable[[int, int, int], None]

# A record with a thousand bad ballots is not more invalid than one with twenty.
PROBLEMS_SHOWN = 20


class Waiting(Exception):
    """The record is valid so far and has not come to this step yet.

    The text says why, where it may never come to it.
    """


class NotAskedFor(Exception):
    """The election has nothing that this step would check."""


class StepFailed(Exception):
    """A step found these problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class Events(Protocol):
    """The events of a record, as far as steps ask for them; the ballots are only counted."""

    def of_type(self, kind: str, /) -> Sequence[RecordedEvent]:
        """Give the events of one type other than Ballot, in order."""
        ...

    def count_of(self, kind: str, /) -> int:
        """Say how many events of a type there are."""
        ...


class State:
    """What the steps leave behind for later ones.

    A step sets its attributes only once everything that it checks holds. An attribute that is
    missing is a step that has not passed: to read it is an error, and an error is red.
    """

    # The same record twice: as it was read, and, once the chain was checked, to be asked.
    indexed: IndexedRecord
    record: Events
    election: Election
    trustees: Trustees
    weights: dict[str, int]
    box: Box
    hints_used: HintsUsed
    # The sum of the ballots of each task, where there is one.
    totals: list[EncryptedTally | None]
    # The height of the last ballot of each credential.
    last_ballots: dict[str, int]
    sized: SizedTally
    tally: EncryptedTally
    # What the shuffles so far made of the tally, and, once they are over, what is decrypted.
    shuffled: EncryptedTally
    decryptable: EncryptedTally
    decryptions: dict[int, PartialDecryption]
    result: Result
    # The second file without its cast statements, and these.
    companion: Companion
    casts: CastPieces
    casts_sha256: str

    def __init__(
        self,
        data: RecordBytes,
        *,
        companion: RecordBytes | None,
        progress: Progress,
        parallel_map: ParallelMap,
        accepts_legacy_threshold: bool,
        hints: HintBytes | None = None,
    ) -> None:
        self.data = data
        self.companion_data = companion
        self._hints = hints
        self.progress = progress
        self.parallel_map = parallel_map
        self.accepts_legacy_threshold = accepts_legacy_threshold

    def open_hints(self) -> HintReader | None:
        """Begin to read the hints for the ballots, where there are any."""
        if self._hints is None:
            return None
        return HintReader(self._hints, fingerprint=self.election.fingerprint)

    def setup_object(self, index: int) -> bytes:
        """Give an object of the Setup event: 0 the election, 1 trustees, 2 credentials."""
        return self.record.of_type("Setup")[0].objects[index]

    def alphas_of(self, height: int) -> Sequence[str]:
        """Give the αs of a ballot that was checked."""
        return decode_ballot(self.indexed.ballot(height), election=self.election).alphas

    # What follows takes long: whoever did it in parts (`evote.verify.parts`) has the answers.

    def verify_shuffle(self, *, height: int, data: bytes, source: EncryptedTally) -> EncryptedTally:
        """Check the shuffle of an event, and give what it made of `source`."""
        assert height > 0, "a Shuffle is never the first event"
        return verify_shuffle(
            data=data, election=self.election, tally=source, parallel_map=self.parallel_map
        )

    def verify_decryption(self, *, height: int, data: bytes, trustee: Trustee) -> PartialDecryption:
        """Check the partial decryption of an event."""
        assert height > 0, "a PartialDecryption is never the first event"
        return verify_partial_decryption(
            data=data, election=self.election, trustee=trustee, tally=self.decryptable
        )

    def verify_strong_proofs(
        self, *, height: int, statement: StrongDecryption, closing: str
    ) -> None:
        """Check the strong proofs that go with the partial decryption of an event."""
        assert height > 0, "a PartialDecryption is never the first event"
        verify_strong_decryptions(
            proofs=statement.proofs,
            election=self.election,
            trustee=self.trustees.slots[statement.owner - 1],
            tally=self.decryptable,
            decryption=self.decryptions[statement.owner],
            closing=closing,
        )

    def first_event(self, kind: str) -> RecordedEvent:
        """Give the first event of a type, or end the step as waiting for it."""
        events = self.record.of_type(kind)
        if not events:
            raise Waiting
        return events[0]


class At:
    """Name the place of whatever is raised inside: `with At("event 0, trustees"): …`."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, NotSupported):
            msg = f"{self.place}: {error}"
            raise NotSupported(msg) from error
        if isinstance(error, DecodeError) and error.place:
            place = f"{self.place}, {error.place}"
            raise StepFailed([Problem(place, error.message)]) from error
        if isinstance(error, EvoteError):
            raise StepFailed([Problem(self.place, str(error))]) from error


def fail_if_any(problems: Sequence[Problem]) -> None:
    """End the step as failed if there is a problem; show the first ones."""
    if not problems:
        return
    shown = list(problems[:PROBLEMS_SHOWN])
    if len(problems) > len(shown):
        shown.append(Problem("", f"and {len(problems) - len(shown)} more"))
    raise StepFailed(shown)
