"""What an election asks (PROTOCOL 1.3)."""

from dataclasses import dataclass

from evote.encoding import read_boolean, read_integer, read_list, read_object, read_text
from evote.errors import DecodeError, NotSupported


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


def read_question(value: object, *, place: str) -> Question:
    """Take one entry of `questions`."""
    if isinstance(value, dict) and "type" in value:
        msg = f"questions of type {value['type']!r:.40} are not supported yet"
        raise NotSupported(msg)
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
        answers=tuple(
            read_text(answer, place=f"{place}.answers[{index}]")
            for index, answer in enumerate(answers)
        ),
        minimum=minimum,
        maximum=maximum,
        has_blank=read_boolean(item.get("blank", False), place=f"{place}.blank"),
    )
