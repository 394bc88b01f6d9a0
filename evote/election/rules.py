"""The counting rules that an election's description binds beside its questions."""

from collections.abc import Mapping, Sequence

from evote.counting import Asked, Rule, read_rules
from evote.election.questions import AnyQuestion, ListsQuestion, Question
from evote.errors import DecodeError

PLACE = "pnyx.rules"


def read_context_rules(
    context: Mapping[str, object], *, questions: Sequence[AnyQuestion]
) -> tuple[Rule, ...] | None:
    """Read the rules, one for each question; None where the election binds none.

    Raises:
        DecodeError: a rule is malformed, or cannot count the ballots of its question.
    """
    if "rules" not in context:
        return None
    return read_rules(
        context["rules"], place=PLACE, questions=[asked_by(question) for question in questions]
    )


def asked_by(question: AnyQuestion) -> Asked:
    """Say what a counting rule has to know of a question.

    Raises:
        DecodeError: it asks for lists, and no rule here counts those.
    """
    if isinstance(question, ListsQuestion):
        msg = "no counting rule counts a question with lists"
        raise DecodeError(msg, place=PLACE)
    maximum = question.maximum if isinstance(question, Question) else None
    return Asked(answers=len(question.answers), maximum=maximum)
