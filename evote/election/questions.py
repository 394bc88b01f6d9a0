"""The kinds of questions an election can ask (PROTOCOL 1.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evote.encoding import read_boolean, read_integer, read_list, read_object, read_text
from evote.errors import DecodeError, NotSupported
from evote.group import Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that is counted by adding ("homomorphic").

    A ballot chooses from `minimum` to `maximum` of `answers`, or, where `has_blank`, nothing.
    """

    text: str
    answers: tuple[str, ...]
    minimum: int
    maximum: int
    has_blank: bool

    @property
    def choice_count(self) -> int:
        """How many ciphertexts answer this question: one for each answer, and one for blank."""
        return len(self.answers) + self.has_blank

    def to_json(self) -> dict[str, object]:
        """Give the object `question` of PROTOCOL 1.3; blank is written only where it is true."""
        blank: dict[str, object] = {"blank": True} if self.has_blank else {}
        return (
            {"answers": list(self.answers)}
            | blank
            | {"min": self.minimum, "max": self.maximum, "question": self.text}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedQuestion:
    """A question answered with a number for each answer: a rank or a grade ("NonHomomorphic").

    The whole answer is one ciphertext, shuffled with those of all voters and then decrypted. Any
    numbers from 0 to 255 are valid; what they mean is for the method of counting. `extra` is
    whatever JSON the description carries for it, None where it carries nothing.
    """

    text: str
    answers: tuple[str, ...]
    extra: object = None

    @property
    def choice_count(self) -> int:
        """How many ciphertexts answer this question: one holds the whole ranking."""
        return 1

    def to_json(self) -> dict[str, object]:
        """Give the object `question` of PROTOCOL 1.3."""
        value = {"answers": list(self.answers), "question": self.text}
        return _typed("NonHomomorphic", value, self.extra)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsQuestion:
    """A question that asks for one list, and perhaps candidates on it, counted by adding.

    Each of `lists` is the list's name followed by its candidates.
    """

    text: str
    lists: tuple[tuple[str, ...], ...]
    extra: object = None

    @property
    def choice_count(self) -> int:
        """How many ciphertexts answer this question: one for each list and each candidate."""
        return sum(self.list_lengths)

    @property
    def list_lengths(self) -> tuple[int, ...]:
        """How many ciphertexts each list has: one for itself and one for each candidate."""
        return tuple(len(names) for names in self.lists)

    def to_json(self) -> dict[str, object]:
        """Give the object `question` of PROTOCOL 1.3."""
        value = {"answers": [list(names) for names in self.lists], "question": self.text}
        return _typed("Lists", value, self.extra)


AnyQuestion = Question | RankedQuestion | ListsQuestion


def _typed(kind: str, value: Mapping[str, object], extra: object) -> dict[str, object]:
    item: dict[str, object] = {"type": kind, "value": dict(value)}
    return item if extra is None else item | {"extra": extra}


def read_question(value: object, *, place: str, group: Group) -> AnyQuestion:
    """Take one entry of `questions`.

    Raises:
        DecodeError: malformed, without answers, or with more than a ranking can hold.
        NotSupported: another kind of question.
    """
    if not isinstance(value, dict) or "type" not in value:
        return _read_homomorphic(value, place=place)
    item = read_object(value, place=place, fields=("type", "value"), optional=("extra",))
    kind = read_text(item["type"], place=f"{place}.type")
    if kind not in ("NonHomomorphic", "Lists"):
        msg = f"questions of type {kind!r:.40} are not supported"
        raise NotSupported(msg)
    place = f"{place}.value"
    inner = read_object(item["value"], place=place, fields=("answers", "question"))
    text = read_text(inner["question"], place=f"{place}.question")
    answers = read_list(inner["answers"], place=f"{place}.answers")
    if not answers:
        msg = "a question has at least one answer"
        raise DecodeError(msg, place=f"{place}.answers")
    if kind == "Lists":
        return ListsQuestion(
            text=text,
            lists=tuple(
                _read_names(names, place=f"{place}.answers[{index}]")
                for index, names in enumerate(answers)
            ),
            extra=item.get("extra"),
        )
    if len(answers) > group.vector_limit:
        msg = f"a ranking has {len(answers)} answers; at most {group.vector_limit} fit"
        raise DecodeError(msg, place=f"{place}.answers")
    names = _read_names(answers, place=f"{place}.answers")
    return RankedQuestion(text=text, answers=names, extra=item.get("extra"))


def _read_homomorphic(value: object, *, place: str) -> Question:
    item = read_object(
        value,
        place=place,
        fields=("answers", "min", "max", "question"),
        optional=("blank",),
    )
    answers = read_list(item["answers"], place=f"{place}.answers")
    minimum = read_integer(item["min"], place=f"{place}.min")
    maximum = read_integer(item["max"], place=f"{place}.max")
    if not 0 <= minimum <= maximum <= len(answers) or not answers:
        msg = f"from {minimum} to {maximum} of {len(answers)} answers cannot be chosen"
        raise DecodeError(msg, place=place)
    return Question(
        text=read_text(item["question"], place=f"{place}.question"),
        answers=_read_names(answers, place=f"{place}.answers"),
        minimum=minimum,
        maximum=maximum,
        has_blank=read_boolean(item.get("blank", False), place=f"{place}.blank"),
    )


def _read_names(value: object, *, place: str) -> tuple[str, ...]:
    names: Sequence[object] = read_list(value, place=place)
    if not names:
        msg = "a list has at least a name"
        raise DecodeError(msg, place=place)
    return tuple(read_text(name, place=f"{place}[{index}]") for index, name in enumerate(names))
