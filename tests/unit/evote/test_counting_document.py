"""Every worked example of docs/counting.md, counted again."""

import json
import re
from pathlib import Path

import pytest

from evote.cli.outcomes import outcome_lines
from evote.counting import METHODS, Asked, Turnout, count_choices, count_rankings, read_rule

DOCUMENT = (Path(__file__).parents[3] / "docs" / "counting.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```\n\n```text\n(.*?)```", DOCUMENT, re.DOTALL)


def count(example):
    answers = example["answers"]
    is_ranked = "votes" not in example
    maximum = None if is_ranked else len(answers) if "seats" in example["rule"] else 1
    question = Asked(answers=len(answers), maximum=maximum)
    rule = read_rule(example["rule"], place="", question=question)
    if is_ranked:
        ballots = [ranking for times, ranking in example["ballots"] for _ in range(times)]
        return count_rankings(ballots, answers=len(answers), rule=rule)
    blank = example.get("blank")
    return count_choices(
        example["votes"] if blank is None else [blank, *example["votes"]],
        has_blank=blank is not None,
        rule=rule,
        turnout=Turnout(roll=example["roll"], ballots=example["ballots"]),
    )


def test_every_rule_has_an_example():
    methods = {json.loads(given)["rule"]["method"] for given, _ in EXAMPLES}

    assert methods == set(METHODS) - {"counts"}


@pytest.mark.parametrize(
    ("given", "printed"), EXAMPLES, ids=[json.loads(each)["rule"]["method"] for each, _ in EXAMPLES]
)
def test_the_example_is_what_evote_count_prints(given, printed):
    example = json.loads(given)

    lines = outcome_lines(count(example), answers=example["answers"])

    assert printed == "\n".join(lines) + "\n"
