"""Runs the steps and sums up."""

from collections.abc import Sequence

from evote.errors import EvoteError, InvalidRecord, NotSupported
from evote.hints import HintBytes
from evote.record import IndexedRecord, NotReadable, RecordBytes
from evote.verify.ballots import ParallelMap
from evote.verify.report import BytesRead, Problem, Report, Step, StepStatus, Verdict
from evote.verify.state import NotAskedFor, Progress, State, StepFailed, Waiting
from evote.verify.steps import STEPS, StepCheck


def verify_record(
    data: RecordBytes,
    *,
    companion: RecordBytes | None = None,
    progress: Progress,
    parallel_map: ParallelMap = map,
    accepts_legacy_threshold: bool = False,
    hints: HintBytes | None = None,
) -> Report:
    """Check a whole record, byte by byte, and report every step.

    `companion` is the second file, `<uuid>.pnyx.json`: an election of profile 1 is refused
    without it (PROTOCOL, part 2). Of any other election it is not read.
    `accepts_legacy_threshold` also takes trustees of a threshold in the form of 2022, whose
    certificates do not say what they are for (3.3).
    `parallel_map` may be an executor's `map`: the long work goes through it. How much of a large
    record is in memory at once is then up to it: it is given tasks one after the other.
    `hints` is the file `<uuid>.hints`, which anybody may have made: it saves time, and whatever is
    in it, every step says what it says without it.

    Raises:
        NotSupported: the record uses what this version cannot check. Nothing about it is
            confirmed then, not even by the steps that went before.
        NotReadable: `data` or `companion` cannot be read now.
    """
    state = State(
        data,
        companion=companion,
        progress=progress,
        parallel_map=parallel_map,
        accepts_legacy_threshold=accepts_legacy_threshold,
        hints=hints,
    )
    return run_steps(STEPS, state=state)


def run_steps(declared_steps: Sequence[StepCheck], *, state: State) -> Report:
    """Run steps in their order, and sum up what they found.

    Raises:
        NotSupported: the record uses what this version cannot check.
        NotReadable: it cannot be read now.
    """
    steps: dict[int, Step] = {}
    for declared in declared_steps:
        steps[declared.number] = _run(declared, state=state, earlier=steps)
    return Report(
        verdict=_verdict([step.status for step in steps.values()]),
        steps=tuple(steps[number] for number in sorted(steps)),
        election=getattr(state, "election", None),
        trustees=getattr(state, "trustees", None),
        sized_tally=getattr(state, "sized", None),
        tally=getattr(state, "tally", None),
        shuffled=getattr(state, "shuffled", None),
        decryptable=getattr(state, "decryptable", None),
        result=getattr(state, "result", None),
        hints=getattr(state, "hints_used", None),
        read=_bytes_read(state),
    )


def _bytes_read(state: State) -> BytesRead | None:
    indexed: IndexedRecord | None = getattr(state, "indexed", None)
    if indexed is None:
        return None
    return BytesRead(
        record_sha256=indexed.sha256,
        last=indexed.last,
        companion=getattr(state, "companion", None),
        casts_sha256=getattr(state, "casts_sha256", None),
    )


def _verdict(statuses: Sequence[StepStatus]) -> Verdict:
    wanting = set(statuses) - {StepStatus.PASSED, StepStatus.NOT_ASKED_FOR}
    if not wanting:
        return Verdict.COMPLETE
    if wanting == {StepStatus.WAITING}:
        return Verdict.UNFINISHED
    return Verdict.INVALID


def _run(declared: StepCheck, *, state: State, earlier: dict[int, Step]) -> Step:
    """Run one step. Whatever it raises, foreseen or not, it is red (A-23)."""
    comparisons: Sequence[str] = ()
    problems: Sequence[Problem] = ()
    needed = {earlier[number].status for number in declared.needs}
    if StepStatus.FAILED in needed or StepStatus.NOT_REACHED in needed:
        status = StepStatus.NOT_REACHED
    elif StepStatus.NOT_ASKED_FOR in needed:
        status = StepStatus.NOT_ASKED_FOR
    elif StepStatus.WAITING in needed:
        status = StepStatus.WAITING
    else:
        try:
            comparisons = declared.check(state)
            status = StepStatus.PASSED
            if not comparisons:
                status, problems = StepStatus.FAILED, [Problem("", "nothing was compared")]
        except (NotSupported, NotReadable):
            raise
        except NotAskedFor:
            status = StepStatus.NOT_ASKED_FOR
        except Waiting as reason:
            status, comparisons = StepStatus.WAITING, [str(reason)] if str(reason) else []
        except StepFailed as failure:
            status, problems = StepStatus.FAILED, failure.problems
        except InvalidRecord as error:
            status, problems = StepStatus.FAILED, [Problem(error.place, error.message)]
        except EvoteError as error:
            status, problems = StepStatus.FAILED, [Problem("", str(error))]
        except Exception as error:  # noqa: BLE001 — the unforeseen is red, never skipped
            message = f"unforeseen {type(error).__name__}: {error}"
            status, problems = StepStatus.FAILED, [Problem("", message)]
    return Step(
        number=declared.number,
        title=declared.title,
        status=status,
        comparisons=tuple(comparisons),
        problems=tuple(problems),
    )
