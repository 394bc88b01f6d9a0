"""Read a roll that somebody typed or exported, and name every line that is wrong.

The file is UTF-8 text: a line with the words "email" and "name", then one person a line,
separated by commas, semicolons or tabs. A third column, "weight", may say how many votes each
person has; without it everybody has one. A record is one line: a quotation mark that is never
closed spoils its own line and not the rest of the file.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.models.roll import GREATEST_WEIGHT, PERSON_NAME_LENGTH

LARGEST_FILE_BYTES = 64 * 2**20
MOST_PEOPLE = 1_000_000
LONGEST_LINE_BYTES = 2_000
LONGEST_EMAIL = 254
COLUMNS = ("email", "name")
WEIGHT_COLUMN = "weight"
DELIMITERS = (",", ";", "\t")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
OTHER_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
PROBLEMS_KEPT = 200
# A file with so many bad lines is another kind of file: reading it to its end helps nobody.
MOST_PROBLEMS = 10_000
PEOPLE_SHOWN = 5
WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Person:
    """One good line. The address is in lower case."""

    line: int
    email: str
    name: str
    weight: int


@dataclass(frozen=True, slots=True)
class BadLine:
    """One bad line and why, fit for the administrator. Line 0 is the file as a whole."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class RollCheck:
    """What a dry run found: how many people with how many votes, and what is wrong where.

    `problems` holds the first 200; `problem_count` says how many there are. Reading stops
    at the ten-thousandth.
    """

    people: int
    votes: int
    first_people: tuple[Person, ...]
    problems: tuple[BadLine, ...]
    problem_count: int

    @property
    def was_read_to_the_end(self) -> bool:
        """Say whether `people` and `problem_count` are of the whole file."""
        return self.problem_count < MOST_PROBLEMS

    @property
    def is_weighted(self) -> bool:
        """Say whether somebody has more than one vote."""
        return self.votes > self.people

    @property
    def is_clean(self) -> bool:
        """Say whether the file can become a roll."""
        return self.problem_count == 0


class RollRefused(Exception):
    """The file has bad lines; nothing was changed."""

    def __init__(self, check: RollCheck) -> None:
        self.check = check
        first = check.problems[0]
        super().__init__(
            _("Line %(line)d: %(reason)s") % {"line": first.line, "reason": first.reason}
        )


class _LineRefused(Exception):
    """Why one line is refused."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How the lines of one file are made."""

    delimiter: str
    columns: tuple[str, ...]


def read_roll(data: bytes) -> Iterator[Person | BadLine]:
    """Yield each line as a person or as what is wrong with it, without holding all of them."""
    if len(data) > LARGEST_FILE_BYTES:
        yield BadLine(0, _("The file is larger than 64 MB. Split it into several rolls."))
        return
    if data.startswith(OTHER_BYTE_ORDER_MARKS):
        yield BadLine(0, _("The file is UTF-16 text. Save it as “CSV UTF-8”."))
        return
    lines = enumerate(BytesIO(data.removeprefix(BYTE_ORDER_MARK).rstrip(b"\r\n \t")), 1)
    first = next(lines, None)
    if first is None:
        yield BadLine(0, _("The file is empty."))
        return
    try:
        form = _read_header(first[1])
    except _LineRefused as refused:
        yield BadLine(1, str(refused))
        return
    yield from _read_people(lines, form)


def _read_people(lines: Iterator[tuple[int, bytes]], form: _Form) -> Iterator[Person | BadLine]:
    seen: dict[str, int] = {}
    number = 1
    for number, raw in lines:
        if number > MOST_PEOPLE + 1:
            yield BadLine(number, _("A roll holds 1,000,000 people at most."))
            return
        try:
            person = _read_person(number, raw, form)
            before = seen.setdefault(person.email, number)
            if before != number:
                raise _LineRefused(_("The same address as on line %(line)d.") % {"line": before})
        except _LineRefused as refused:
            yield BadLine(number, str(refused))
        else:
            yield person
    if number == 1:
        yield BadLine(0, _("The file names nobody."))


def _text(raw: bytes) -> str:
    if len(raw) > LONGEST_LINE_BYTES:
        raise _LineRefused(_("The line is longer than 2,000 bytes."))
    if b"\0" in raw:
        raise _LineRefused(_("The line holds a zero byte. Is this a text file?"))
    try:
        return raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise _LineRefused(
            _("Byte %(place)d of the line is not UTF-8 text. Save the file as “CSV UTF-8”.")
            % {"place": error.start + 1}
        ) from error


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, strict=True))]
    except csv.Error as error:
        raise _LineRefused(_("A quotation mark is not closed, or stands inside a word.")) from error


def _read_header(raw: bytes) -> _Form:
    text = _text(raw)
    delimiter = max(DELIMITERS, key=text.count)
    columns = tuple(cell.lower() for cell in _cells(text, delimiter))
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        raise _LineRefused(
            _("The column “%(column)s” is missing. The first line must read: email,name")
            % {"column": missing[0]}
        )
    unwanted = [column for column in columns if column not in (*COLUMNS, WEIGHT_COLUMN)]
    if unwanted:
        raise _LineRefused(
            _("Remove the column “%(column)s”: a roll keeps no more than it needs.")
            % {"column": unwanted[0][:50]}
        )
    if len(columns) != len(set(columns)):
        raise _LineRefused(_("A column is named twice."))
    return _Form(delimiter, columns)


def _read_person(line: int, raw: bytes, form: _Form) -> Person:
    text = _text(raw)
    if not text.strip():
        raise _LineRefused(_("The line is empty."))
    cells = _cells(text, form.delimiter)
    if len(cells) < len(form.columns):
        raise _LineRefused(
            _("The column “%(column)s” is missing.") % {"column": form.columns[len(cells)]}
        )
    if len(cells) > len(form.columns):
        raise _LineRefused(
            _("The line has %(cells)d cells, the first line has %(columns)d.")
            % {"cells": len(cells), "columns": len(form.columns)}
        )
    values = dict(zip(form.columns, cells, strict=True))
    return Person(
        line,
        _read_email(values["email"]),
        _read_name(values["name"]),
        _read_weight(values[WEIGHT_COLUMN]) if WEIGHT_COLUMN in values else 1,
    )


def _read_email(text: str) -> str:
    if not text:
        raise _LineRefused(_("There is no e-mail address."))
    if len(text) > LONGEST_EMAIL:
        raise _LineRefused(_("The e-mail address is longer than 254 characters."))
    # Before it is judged: a letter may change its length or kind in lower case.
    email = text.lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise _LineRefused(
            _("“%(text)s” is not an e-mail address.") % {"text": _shown(text)}
        ) from error
    return email


def _read_name(text: str) -> str:
    if len(text) > PERSON_NAME_LENGTH:
        raise _LineRefused(_("The name is longer than 200 characters."))
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
        raise _LineRefused(_("The name holds a control character."))
    return text


def _read_weight(text: str) -> int:
    if not WHOLE_NUMBER.fullmatch(text) or int(text) > GREATEST_WEIGHT:
        raise _LineRefused(_("A weight is a whole number from 1 to 1,000,000."))
    return int(text)


def _shown(text: str) -> str:
    short = text if len(text) <= 60 else f"{text[:60]}…"
    return "".join(letter if letter.isprintable() else "�" for letter in short)


def check_roll(data: bytes) -> RollCheck:
    """Read a file and change nothing."""
    people = votes = problem_count = 0
    first_people: list[Person] = []
    problems: list[BadLine] = []
    for line in read_roll(data):
        if isinstance(line, Person):
            people += 1
            votes += line.weight
            if len(first_people) < PEOPLE_SHOWN:
                first_people.append(line)
        else:
            problem_count += 1
            if problem_count <= PROBLEMS_KEPT:
                problems.append(line)
            if problem_count == MOST_PROBLEMS:
                break
    return RollCheck(people, votes, tuple(first_people), tuple(problems), problem_count)
