"""`evote count`: who is elected, by the rule that the election binds, and why."""

import argparse
import json

from evote.cli.outcomes import outcome_lines
from evote.cli.results import result_lines
from evote.cli.sources import read_record_source
from evote.cli.text import printable
from evote.cli.verification import verify_with_all_cores
from evote.cli.verify import EXIT_STATUSES, print_report
from evote.counting import Turnout, outcome_to_json
from evote.credential import decode_credentials
from evote.election import Election, ListsQuestion
from evote.record import read_record
from evote.tally import Result, outcomes_of
from evote.verify import Report, Verdict

_DESCRIPTION = """\
Verify an election's record, then apply to its result the counting rules that
its description binds: who is elected, and every step on the way there. A
record that is not valid and complete is not counted.

All numbers are exact. Where an election binds no rule, its result is shown.
"""
_EPILOG = """\
examples:
  evote count hfd19JUwUteUwr.bel
  evote count https://vote.example.org/elections/hfd19JUwUteUwr/
  evote count hfd19JUwUteUwr.bel --json | jq .questions[0].outcome.elected

exit status: that of "evote verify"
"""


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "count",
        help="apply an election's counting rules to its result",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "record", metavar="FILE|URL", help="the record, or the address of the election's page"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the outcomes as JSON, for programs"
    )
    parser.set_defaults(handler=_count)


def _count(arguments: argparse.Namespace) -> int:
    data = read_record_source(arguments.record)
    report = verify_with_all_cores(data, source=arguments.record)
    status = EXIT_STATUSES[report.verdict]
    if report.verdict != Verdict.COMPLETE:
        _say_why_not(report, is_json=arguments.json)
        return status
    election, result, sized = report.election, report.result, report.sized_tally
    assert election is not None
    assert result is not None
    assert sized is not None
    credentials = decode_credentials(read_record(data).events[0].objects[2], group=election.group)
    turnout = Turnout(roll=sum(credentials.values()), ballots=sized.total_weight)
    if arguments.json:
        _print_json(election, result=result, turnout=turnout)
    else:
        _print_text(election, result=result, turnout=turnout)
    return status


def _say_why_not(report: Report, *, is_json: bool) -> None:
    if is_json:
        print(json.dumps({"verdict": str(report.verdict), "questions": []}, indent=1))
        return
    print_report(report)
    print("Nothing was counted.")


def _print_text(election: Election, *, result: Result, turnout: Turnout) -> None:
    outcomes = outcomes_of(election=election, result=result, turnout=turnout)
    print(printable(election.name))
    for question, answer, outcome in zip(election.questions, result.answers, outcomes, strict=True):
        print(f"\n  {printable(question.text)}")
        if outcome is None or isinstance(question, ListsQuestion):
            lines = ["Rule: none; the result is", *result_lines(question, answer)]
        else:
            lines = outcome_lines(outcome, answers=question.answers)
        for line in lines:
            print(f"    {line}")


def _print_json(election: Election, *, result: Result, turnout: Turnout) -> None:
    outcomes = outcomes_of(election=election, result=result, turnout=turnout)
    rules = election.rules or (None,) * len(outcomes)
    questions = [
        {
            "question": question.text,
            "answers": None if isinstance(question, ListsQuestion) else list(question.answers),
            "result": answer,
            "outcome": None
            if outcome is None or rule is None
            else outcome_to_json(outcome, rule=rule),
        }
        for question, answer, outcome, rule in zip(
            election.questions, result.answers, outcomes, rules, strict=True
        )
    ]
    value = {
        "verdict": str(Verdict.COMPLETE),
        "election": {
            "uuid": election.uuid,
            "name": election.name,
            "fingerprint": election.fingerprint,
        },
        "roll": turnout.roll,
        "ballots": turnout.ballots,
        "questions": questions,
    }
    print(json.dumps(value, indent=1, ensure_ascii=False))
