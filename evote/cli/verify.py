"""`evote verify`: check an election from its record alone."""

import argparse
import json
import textwrap

from evote.cli.sources import read_record_source
from evote.cli.text import printable
from evote.cli.verification import verify_with_all_cores
from evote.verify import Report, Step, StepStatus, Verdict

EXIT_STATUSES = {Verdict.COMPLETE: 0, Verdict.UNFINISHED: 3, Verdict.INVALID: 1}

_DESCRIPTION = """\
Check a whole election from its record: that every ballot is well formed and
signed by a listed credential, that the encrypted tally is the sum of the
ballots, that the trustees decrypted exactly that tally, and that the result
is what they decrypted. Nobody needs to be trusted for this, not the server
the record comes from either.

Each step says what it compared, or what is wrong and where.
"""
_EPILOG = """\
examples:
  evote verify hfd19JUwUteUwr.bel
  evote verify https://vote.example.org/elections/hfd19JUwUteUwr/
  evote verify hfd19JUwUteUwr.bel --json | jq .verdict

exit status:
  0  valid and complete: the result is right
  3  valid so far, but the election is not finished
  1  invalid
  2  unreadable, of a kind this version does not support yet, or wrong usage
"""
_SIGNS = {
    StepStatus.PASSED: "passed",
    StepStatus.FAILED: "FAILED",
    StepStatus.WAITING: "not yet in the record",
    StepStatus.NOT_REACHED: "NOT REACHED, because of an earlier failure",
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
        "record", metavar="FILE|URL", help="the record, or the address of the election's page"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the same steps as JSON, for programs"
    )
    parser.set_defaults(handler=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    data = read_record_source(arguments.record)
    report = verify_with_all_cores(data, source=arguments.record)
    if arguments.json:
        print(json.dumps(report.to_json(), indent=1, ensure_ascii=False))
    else:
        print_report(report)
    return EXIT_STATUSES[report.verdict]


def print_report(report: Report) -> None:
    """Print every step with what it compared, the result, and the verdict."""
    for step in report.steps:
        _print_step(step)
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
    for question, counts in zip(election.questions, result.counts, strict=True):
        answers = ("(blank)",) * question.has_blank + question.answers
        print(f"\n  {printable(question.text)}")
        width = max(len(str(count)) for count in counts)
        for answer, count in zip(answers, counts, strict=True):
            print(f"    {count:>{width}}  {printable(answer)}")
    print()
