"""`evote verify`: check an election from its record alone."""

import argparse
import hashlib
import json
import textwrap
from collections.abc import Sequence

from evote import __version__
from evote.cli.errors import CommandFailed
from evote.cli.follow import follow
from evote.cli.large_files import open_record_source
from evote.cli.log_comparison import compare_with_log
from evote.cli.log_source import LogSource, open_log
from evote.cli.log_trust import add_trust_arguments, read_trust
from evote.cli.report_page import Verified, make_page
from evote.cli.results import result_lines
from evote.cli.sources import write_new_file
from evote.cli.text import printable
from evote.cli.verification import Rechecker
from evote.group.backend import BACKEND, BACKEND_SENTENCES
from evote.record import RecordBytes
from evote.tlog.policy import Policy
from evote.verify import Report, Step, StepStatus, Verdict

_CHUNK_BYTES = 1 << 20
_FROM_GOOD_TO_BAD = (Verdict.COMPLETE, Verdict.UNFINISHED, Verdict.INVALID)
EXIT_STATUSES = {Verdict.COMPLETE: 0, Verdict.UNFINISHED: 3, Verdict.INVALID: 1}

_DESCRIPTION = """\
Check a whole election from its record: that every ballot is well formed and
signed by a listed credential, that the encrypted tally is the sum of the
ballots, that the trustees decrypted exactly that tally, and that the result
is what they decrypted. Nobody needs to be trusted for this, not the server
the record comes from either.

Where the election asks for its second file, <uuid>.pnyx.json, it is read from
beside the record and checked too.

Each step says what it compared, or what is wrong and where. Of several records
each is checked; the exit status is that of the worst.
"""
_EPILOG = """\
examples:
  evote verify hfd19JUwUteUwr.bel
  evote verify https://vote.example.org/elections/hfd19JUwUteUwr/
  evote verify hfd19JUwUteUwr.bel --json | jq .verdict
  evote verify *.bel --report report.html
  evote verify hfd19JUwUteUwr.bel --log https://vote.example.org/log --key log.vkey
  evote verify https://vote.example.org/elections/hfd19JUwUteUwr/ --follow

exit status:
  0  valid and complete: the result is right
  3  valid so far, but the election is not finished
  1  invalid; with --follow also: the board was changed or has shrunk
  2  unreadable, of a kind this version does not support yet, or wrong usage
"""
_SIGNS = {
    StepStatus.PASSED: "passed",
    StepStatus.FAILED: "FAILED",
    StepStatus.WAITING: "not yet in the record",
    StepStatus.NOT_REACHED: "NOT REACHED, because of an earlier failure",
    StepStatus.NOT_ASKED_FOR: "this election has none",
}
_PROFILES = {
    0: "profile 0: the election consists of its record alone.",
    1: "profile 1: the election asks for its second file, which steps 12 to 16 check.",
}
_SENTENCES = {
    Verdict.COMPLETE: "VALID AND COMPLETE: every step passed.",
    Verdict.UNFINISHED: "VALID SO FAR: nothing is wrong, but the election is not finished.",
    Verdict.INVALID: "INVALID: do not believe this record.",
}


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "verify",
        help="check a whole election from its record",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "records",
        nargs="+",
        metavar="FILE|URL",
        help="the record, or the address of the election's page",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the same steps as JSON, for programs"
    )
    parser.add_argument(
        "--report", metavar="FILE", help="also write the report as one HTML page, for people"
    )
    parser.add_argument(
        "--legacy-threshold",
        action="store_true",
        help="accept trustees of a threshold as records of 2022 hold them: their certificates do "
        "not say which threshold they are for",
    )
    parser.add_argument(
        "--hints",
        metavar="FILE",
        help="hints for the ballots, as `evote hints make` writes them: they save time and are "
        "never trusted; default: the file <uuid>.hints beside the record, if there is one",
    )
    logged = parser.add_argument_group("comparing the record with the log (step 17)")
    logged.add_argument(
        "--log",
        metavar="URL|DIR",
        help="where the log is, https://…/log, or a folder with a copy of it: every event of the "
        "record must be in it, in order, and none besides",
    )
    add_trust_arguments(logged, is_required=False)
    watching = parser.add_argument_group("watching an election that is not finished")
    watching.add_argument(
        "--follow",
        action="store_true",
        help="ask again until it is complete; complain if the board ever shrinks",
    )
    watching.add_argument(
        "--every", type=int, default=60, metavar="SECONDS", help="how often to ask; default: 60"
    )
    watching.add_argument(
        "--copy", metavar="FILE", help="where to keep the record between two looks"
    )
    parser.set_defaults(handler=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    if arguments.follow:
        return _follow(arguments)
    if arguments.hints and len(arguments.records) != 1:
        msg = "--hints goes with one record"
        raise CommandFailed(msg)
    log, policy = _log_and_trust(arguments)
    verified = []
    for source in arguments.records:
        data = open_record_source(source)
        rechecker = Rechecker(accepts_legacy_threshold=arguments.legacy_threshold)
        report = rechecker.verify(data, source=source, hints=arguments.hints)
        try:
            if log is not None and policy is not None:
                report = compare_with_log(
                    report, data=data, companion=rechecker.companion, log=log, policy=policy
                )
            sha256 = _sha256(data, report=report) if arguments.report else ""
        except OSError as error:
            msg = f"{source}: {error}"
            raise CommandFailed(msg) from error
        verified.append(Verified(source=source, sha256=sha256, report=report))
    if arguments.report:
        page = make_page(verified, program=f"evote {__version__}")
        write_new_file(arguments.report, page, mode=0o644)
    if arguments.json:
        _print_json(verified)
    else:
        for item in verified:
            if len(verified) > 1:
                print(f"== {printable(item.source)}")
            print_report(item.report)
    worst = max((item.report.verdict for item in verified), key=_FROM_GOOD_TO_BAD.index)
    return EXIT_STATUSES[worst]


def _sha256(data: RecordBytes, *, report: Report) -> str:
    """Give the hash of the bytes that the report is about; of what is no archive, as it is now."""
    if report.read is not None:
        return report.read.record_sha256
    digest = hashlib.sha256()
    for start in range(0, len(data), _CHUNK_BYTES):
        digest.update(data[start : start + _CHUNK_BYTES])
    return digest.hexdigest()


def _log_and_trust(arguments: argparse.Namespace) -> tuple[LogSource | None, Policy | None]:
    """Give the log to compare with, and whose signatures are asked for under it."""
    names_trust = arguments.key is not None or arguments.policy is not None
    if (arguments.log is not None) != names_trust:
        msg = "--log goes with --key or --policy: a log is believed for its signatures alone"
        raise CommandFailed(msg)
    if arguments.log is None:
        return None, None
    return open_log(arguments.log), read_trust(key=arguments.key, policy=arguments.policy)


def _print_json(verified: Sequence[Verified]) -> None:
    """Print one report as an object; of several, a list of objects that also name their source."""
    reports = [item.report.to_json() for item in verified]
    value = (
        reports[0]
        if len(reports) == 1
        else [
            {"source": item.source} | report for item, report in zip(verified, reports, strict=True)
        ]
    )
    print(json.dumps(value, indent=1, ensure_ascii=False))


def _follow(arguments: argparse.Namespace) -> int:
    is_plain = not (
        arguments.json
        or arguments.report
        or arguments.legacy_threshold
        or arguments.log
        or arguments.hints
    )
    if len(arguments.records) != 1 or not is_plain:
        msg = (
            "--follow watches one election, without --json, --report, --log, --hints, "
            "--legacy-threshold"
        )
        raise CommandFailed(msg)
    if arguments.every < 1:
        msg = "--every: at least 1 second"
        raise CommandFailed(msg)
    report = follow(
        arguments.records[0],
        every_seconds=arguments.every,
        copy=arguments.copy,
        show=_print_look,
    )
    return EXIT_STATUSES[Verdict.INVALID if report is None else report.verdict]


def _print_look(report: Report) -> None:
    """Say in one line what a look at an unfinished record found; at the end, everything."""
    if report.verdict != Verdict.UNFINISHED:
        print_report(report)
        return
    passed = sum(step.status == StepStatus.PASSED for step in report.steps)
    print(f"valid so far: {passed} of {len(report.steps)} steps; {_how_far(report)}", flush=True)


def _how_far(report: Report) -> str:
    return next(
        f"waiting for step {step.number}, {step.title.lower()}"
        for step in report.steps
        if step.status == StepStatus.WAITING
    )


def print_report(report: Report) -> None:
    """Print every step with what it compared, the result, and the verdict."""
    for step in report.steps:
        _print_step(step)
    print(f"backend {BACKEND}: {BACKEND_SENTENCES[BACKEND]}")
    if report.hints is not None:
        print(f"hints: {report.hints.sentence}")
    if report.profile is not None:
        print(_PROFILES[report.profile])
    if report.verdict == Verdict.COMPLETE:
        _print_result(report)
    print(_SENTENCES[report.verdict])


def _print_step(step: Step) -> None:
    print(f"{step.number:>2}. {step.title}: {_SIGNS[step.status]}")
    for problem in step.problems:
        text = printable(str(problem))
        print(textwrap.fill(text, 96, initial_indent="    ! ", subsequent_indent="      "))
    for comparison in step.comparisons:
        print(f"    {comparison}")


def _print_result(report: Report) -> None:
    election, result = report.election, report.result
    assert election is not None
    assert result is not None
    print(f"\n{printable(election.name)}")
    for question, answer in zip(election.questions, result.answers, strict=True):
        print(f"\n  {printable(question.text)}")
        for line in result_lines(question, answer):
            print(f"    {line}")
    print()
