"""What a verification found: numbered steps, each with what it compared."""

from dataclasses import dataclass
from enum import StrEnum

from evote.election import Election, Trustees
from evote.group import BACKEND
from evote.record import Companion, Link
from evote.tally import EncryptedTally, Result, SizedTally


class Verdict(StrEnum):
    """The whole record in one word."""

    COMPLETE = "complete"
    UNFINISHED = "unfinished"
    INVALID = "invalid"


class StepStatus(StrEnum):
    """How one step ended. `failed` and `not reached` are those of an invalid record."""

    PASSED = "passed"
    FAILED = "failed"
    # The record is valid so far but has not come to this step.
    WAITING = "waiting"
    # An earlier step failed, and this one builds on it.
    NOT_REACHED = "not reached"
    # The election has nothing of the kind, so there is nothing to check.
    NOT_ASKED_FOR = "not asked for"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, and where."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered step of the verification."""

    number: int
    title: str
    status: StepStatus
    comparisons: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HintsUsed:
    """What became of a file of hints, which nobody is trusted for.

    Of so many ballots `hinted` were checked with their hints. `problem` says why the file was not
    read to its end, and is empty where it was.
    """

    ballots: int
    hinted: int
    problem: str

    @property
    def sentence(self) -> str:
        """Say it to people."""
        if BACKEND != "native":
            return "not used: they need evote's C extension."
        counted = f"used for {self.hinted} of {self.ballots} ballots, and trusted for none."
        if not self.problem:
            return counted
        return f"{counted} The file is not as it should be: {self.problem}."

    def to_json(self) -> dict[str, object]:
        """Give it for programs."""
        return {"ballots": self.ballots, "hinted": self.hinted, "problem": self.problem}


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesRead:
    """Which bytes a verdict is about: whoever reads the files again compares them with this.

    `companion` is the second file without its cast statements, and `casts_sha256` is of these as
    they are written, a comma behind each; both are None where their steps did not pass.
    """

    record_sha256: str
    last: Link | None
    companion: Companion | None
    casts_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of `verify_record`.

    What follows the steps is what the record says, to be shown or used beside the verdict. Each
    is None where the record does not say it yet, or where the step that checks it did not pass.
    `tally` was added up from the ballots here, not copied; `shuffled` is what the shuffles so far
    made of it, and `decryptable` is that too, but None until all who shuffle have done so.
    """

    verdict: Verdict
    steps: tuple[Step, ...]
    election: Election | None
    trustees: Trustees | None
    sized_tally: SizedTally | None
    tally: EncryptedTally | None
    shuffled: EncryptedTally | None
    decryptable: EncryptedTally | None
    result: Result | None
    # What hints there were for the ballots, where somebody gave any: no step depends on it.
    hints: HintsUsed | None = None
    # None where the record is no archive, or was not read in one piece.
    read: BytesRead | None = None

    @property
    def profile(self) -> int | None:
        """Give 1 where the election asks for its second file, else 0; None where it is unknown."""
        return None if self.election is None else int(self.election.has_companion)

    def to_json(self) -> dict[str, object]:
        """Give the report for programs."""
        return {
            "verdict": str(self.verdict),
            "profile": self.profile,
            "backend": BACKEND,
            "hints": None if self.hints is None else self.hints.to_json(),
            "election": None
            if self.election is None
            else {
                "uuid": self.election.uuid,
                "name": self.election.name,
                "fingerprint": self.election.fingerprint,
            },
            "num_tallied": None if self.sized_tally is None else self.sized_tally.num_tallied,
            "total_weight": None if self.sized_tally is None else self.sized_tally.total_weight,
            "result": None if self.result is None else list(self.result.answers),
            "steps": [
                {
                    "number": step.number,
                    "title": step.title,
                    "status": str(step.status),
                    "comparisons": list(step.comparisons),
                    "problems": [
                        {"place": problem.place, "message": problem.message}
                        for problem in step.problems
                    ],
                }
                for step in self.steps
            ],
        }
