"""The conversation of which the demo is made: its statements and everybody's stances."""

import csv
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"
ANSWERS = ("Agree", "Disagree", "Pass")
# A stance as the file writes it, and its answers to one question.
CHOICES = {"1": [1, 0, 0], "-1": [0, 1, 0], "0": [0, 0, 1], "": [0, 0, 0]}
OPPOSITE = {"1": "-1", "-1": "1", "0": "", "": "0"}


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that participants agreed with or not."""

    number: int
    author: int
    text: str


@dataclass(frozen=True)
class Conversation:
    """All of it. Stances are by participant, then by statement."""

    statements: dict[int, Statement]
    stances: dict[int, dict[int, str]]
    plan: dict[str, Any]

    @cached_property
    def counts(self) -> dict[int, list[int]]:
        """For each statement how many agreed, disagreed and passed."""
        counts = {}
        for number in self.statements:
            given = [CHOICES[stances[number]] for stances in self.stances.values()]
            counts[number] = [sum(column) for column in zip(*given, strict=True)]
        return counts

    @cached_property
    def most_answered(self) -> list[Statement]:
        """All statements, the most answered first; of equals the earlier one first."""
        order = sorted(self.statements, key=lambda number: (-sum(self.counts[number]), number))
        return [self.statements[number] for number in order]

    def title(self, statement: Statement) -> str:
        """Return a title short enough for a proposal."""
        return str(self.plan["titles"].get(str(statement.number), statement.text.rstrip(".")))


def read_conversation() -> Conversation:
    """Read the files in the tree."""
    folder = DATA / "brexit-consensus"
    with (folder / "comments.csv").open(encoding="utf-8", newline="") as lines:
        statements = {
            int(row["comment-id"]): Statement(
                number=int(row["comment-id"]),
                author=int(row["author-id"]),
                text=row["comment-body"],
            )
            for row in csv.DictReader(lines)
        }
    with (folder / "participants-votes.csv").open(encoding="utf-8", newline="") as lines:
        stances = {
            int(row["participant"]): {number: row[str(number)] for number in statements}
            for row in csv.DictReader(lines)
        }
    plan = json.loads((DATA / "debate.json").read_text(encoding="utf-8"))
    return Conversation(statements=statements, stances=stances, plan=plan)
