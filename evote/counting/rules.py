"""The counting rules that an election can bind in its description (`pnyx.rules`).

`pnyx.rules` is a list with one object for each question; `method` says which rule, and the other
fields belong to that rule alone. The election's fingerprint covers it, so nobody can choose
another rule once they know the votes. Where `rules` is absent, nothing but the counts is
published. docs/counting.md explains each rule.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from evote.encoding import read_integer, read_list, read_object, read_text
from evote.errors import DecodeError

GRADES_LIMIT = 20
# Each surplus doubles the digits of the exact weights: twelve of them take a second, twenty hours.
STV_SEATS_LIMIT = 12
_FRACTION = re.compile(r"([1-9][0-9]{0,4})/([1-9][0-9]{0,4})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a rule has to know of a question: its form, not its words.

    `maximum` is how many answers a ballot may choose. It is None where ballots rank or grade.
    """

    answers: int
    maximum: int | None


class Base(StrEnum):
    """What a majority is a part of.

    The ballots counted, blank ones too; the votes for all answers, without blank ones; or all
    on the roll, whether they voted or not.
    """

    BALLOTS = "ballots"
    VOTES = "votes"
    ROLL = "roll"


@dataclass(frozen=True, slots=True, kw_only=True)
class Majority:
    """The part of a whole that a winner needs: more than it, or at least it."""

    part: Fraction
    is_strict: bool
    base: Base

    def needed(self, whole: int) -> int:
        """Give the smallest weight that is enough."""
        if self.is_strict:
            return math.floor(self.part * whole) + 1
        return math.ceil(self.part * whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """No rule: what the trustees decrypted is all there is. It stands for any question."""

    def to_json(self) -> dict[str, object]:
        """Give the rule as it stands in the election."""
        return {"method": "counts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plurality:
    """The most votes win. With `is_approval` every answer may be approved.

    `quorum` is the part of the roll that has to vote, None for no quorum; `majority` is what a
    winner needs beside being ahead of the others, None for nothing more.
    """

    is_approval: bool
    seats: int
    quorum: Fraction | None
    majority: Majority | None

    def to_json(self) -> dict[str, object]:
        """Give the rule as it stands in the election."""
        method = "approval" if self.is_approval else "plurality"
        item: dict[str, object] = {"method": method, "seats": self.seats}
        if self.quorum is not None:
            item["quorum"] = _written(self.quorum)
        if self.majority is not None:
            name = "majority" if self.majority.is_strict else "supermajority"
            item[name] = _written(self.majority.part)
            item["majority_of"] = str(self.majority.base)
        return item


@dataclass(frozen=True, slots=True, kw_only=True)
class Schulze:
    """Schulze's method, on rankings."""

    def to_json(self) -> dict[str, object]:
        """Give the rule as it stands in the election."""
        return {"method": "schulze"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPairs:
    """Tideman's ranked pairs, on rankings."""

    def to_json(self) -> dict[str, object]:
        """Give the rule as it stands in the election."""
        return {"method": "ranked-pairs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Borda:
    """Borda's points, on rankings."""

    def to_json(self) -> dict[str, object]:
        """Give the rule as it stands in the election."""
        return {"method": "borda"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stv:
    """The single transferable vote, on strict rankings."""

    seats: int

    def to_json(self) -> dict[str, object]:
        """Give the rule as it stands in the election."""
        return {"method": "stv", "seats": self.seats}


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorityJudgment:
    """Majority judgment, on grades; `grades` are their words, the best first."""

    grades: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Give the rule as it stands in the election."""
        return {"method": "majority-judgment", "grades": list(self.grades)}


Rule = Counts | Plurality | Schulze | RankedPairs | Borda | Stv | MajorityJudgment


def read_rules(value: object, *, place: str, questions: Sequence[Asked]) -> tuple[Rule, ...]:
    """Read `pnyx.rules` beside the questions that it is for.

    Raises:
        DecodeError: not one rule for each question, an unknown field or method, or a rule that
            the ballots of its question cannot be counted by. It names the field.
    """
    items = read_list(value, place=place, length=len(questions))
    return tuple(
        read_rule(item, place=f"{place}[{index}]", question=question)
        for index, (item, question) in enumerate(zip(items, questions, strict=True))
    )


def read_rule(value: object, *, place: str, question: Asked) -> Rule:
    """Read the rule of one question.

    Raises:
        DecodeError: as `read_rules`.
    """
    method = value.get("method") if isinstance(value, dict) else None
    read = _READERS.get(method) if isinstance(method, str) else None
    if read is None:
        read_object(value, place=place, fields=("method",), optional=frozenset(_FIELD_NAMES))
        msg = f"{method!r:.40} is no counting rule"
        raise DecodeError(msg, place=f"{place}.method")
    is_for_counts = method in ("plurality", "approval")
    if method != "counts" and is_for_counts != (question.maximum is not None):
        ballots = "counts what is chosen" if is_for_counts else "needs rankings or grades"
        msg = f"{method} {ballots}, and the ballots of this question are not like that"
        raise DecodeError(msg, place=f"{place}.method")
    return read(value, place, question)


def _read_bare(rule: Rule) -> Callable[[object, str, Asked], Rule]:
    def read(value: object, place: str, question: Asked) -> Rule:
        read_object(value, place=place, fields=("method",))
        return rule

    return read


def _read_plurality(value: object, place: str, question: Asked) -> Rule:
    item = read_object(
        value,
        place=place,
        fields=("method",),
        optional=("seats", "quorum", "majority", "supermajority", "majority_of"),
    )
    if item["method"] == "approval" and question.maximum != question.answers:
        msg = f"approval lets a ballot choose every answer, here at most {question.maximum}"
        raise DecodeError(msg, place=f"{place}.method")
    quorum = None
    if "quorum" in item:
        quorum = _read_part(item["quorum"], place=f"{place}.quorum")
    return Plurality(
        is_approval=item["method"] == "approval",
        seats=_read_seats(item.get("seats", 1), place=place, question=question),
        quorum=quorum,
        majority=_read_majority(item, place=place, question=question),
    )


def _read_majority(item: dict[str, object], *, place: str, question: Asked) -> Majority | None:
    names = [name for name in ("majority", "supermajority") if name in item]
    if len(names) == 2:
        msg = "either more than a part is needed or at least a part, not both"
        raise DecodeError(msg, place=f"{place}.supermajority")
    if not names:
        if "majority_of" in item:
            msg = "this belongs to a majority, and there is none"
            raise DecodeError(msg, place=f"{place}.majority_of")
        return None
    name = names[0]
    part = _read_part(item[name], place=f"{place}.{name}")
    if name == "majority" and part == 1:
        msg = "nothing is more than the whole"
        raise DecodeError(msg, place=f"{place}.majority")
    base = read_text(item.get("majority_of", "ballots"), place=f"{place}.majority_of")
    if base not in set(Base):
        msg = f"{base!r:.40} is none of {', '.join(Base)}"
        raise DecodeError(msg, place=f"{place}.majority_of")
    if base == Base.VOTES and question.maximum != 1:
        msg = "the votes are one for each voter only where a ballot chooses one answer"
        raise DecodeError(msg, place=f"{place}.majority_of")
    return Majority(part=part, is_strict=name == "majority", base=Base(base))


def _read_stv(value: object, place: str, question: Asked) -> Rule:
    item = read_object(value, place=place, fields=("method", "seats"))
    seats = _read_seats(item["seats"], place=place, question=question)
    if seats > STV_SEATS_LIMIT:
        msg = f"exact counting fills at most {STV_SEATS_LIMIT} seats, not {seats}"
        raise DecodeError(msg, place=f"{place}.seats")
    return Stv(seats=seats)


def _read_majority_judgment(value: object, place: str, question: Asked) -> Rule:
    item = read_object(value, place=place, fields=("method", "grades"))
    grades = [
        read_text(grade, place=f"{place}.grades[{index}]")
        for index, grade in enumerate(read_list(item["grades"], place=f"{place}.grades"))
    ]
    if not 2 <= len(grades) <= GRADES_LIMIT:
        msg = f"there are {len(grades)} grades, not 2 to {GRADES_LIMIT}"
        raise DecodeError(msg, place=f"{place}.grades")
    if len(set(grades)) != len(grades) or not all(grade.strip() for grade in grades):
        msg = "a grade has no words, or the same ones as another"
        raise DecodeError(msg, place=f"{place}.grades")
    return MajorityJudgment(grades=tuple(grades))


def _read_seats(value: object, *, place: str, question: Asked) -> int:
    seats = read_integer(value, place=f"{place}.seats", minimum=1)
    if seats > question.answers:
        msg = f"{question.answers} answers cannot fill {seats} seats"
        raise DecodeError(msg, place=f"{place}.seats")
    return seats


def is_part(text: str) -> bool:
    """Say whether a text is a part of a whole as rules write it: "1/2", more than 0, at most 1."""
    return _part_of(text) is not None


def _part_of(text: str) -> Fraction | None:
    match = _FRACTION.fullmatch(text)
    part = Fraction(int(match[1]), int(match[2])) if match else None
    return part if part is not None and part <= 1 else None


def _read_part(value: object, *, place: str) -> Fraction:
    part = _part_of(read_text(value, place=place))
    if part is None:
        msg = 'expected a part of the whole, as in "1/2"'
        raise DecodeError(msg, place=place)
    return part


def _written(part: Fraction) -> str:
    return f"{part.numerator}/{part.denominator}"


_READERS: dict[str, Callable[[object, str, Asked], Rule]] = {
    "counts": _read_bare(Counts()),
    "plurality": _read_plurality,
    "approval": _read_plurality,
    "schulze": _read_bare(Schulze()),
    "ranked-pairs": _read_bare(RankedPairs()),
    "borda": _read_bare(Borda()),
    "stv": _read_stv,
    "majority-judgment": _read_majority_judgment,
}
METHODS = tuple(_READERS)
_FIELD_NAMES = ("seats", "quorum", "majority", "supermajority", "majority_of", "grades")
