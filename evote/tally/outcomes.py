"""What the election's counting rules make of its result."""

from evote.counting import (
    Counts,
    Outcome,
    Plurality,
    Rule,
    Turnout,
    count_choices,
    count_rankings,
)
from evote.election import AnyQuestion, Election, Question, RankedQuestion
from evote.errors import DecodeError
from evote.tally.result import QuestionResult, Result


def outcomes_of(
    *, election: Election, result: Result, turnout: Turnout
) -> tuple[Outcome | None, ...]:
    """Give the outcome of each question, None where the election binds no rule for it.

    `turnout` are the weights of all credentials and of those with a ballot.

    Raises:
        DecodeError: the result is not one of this election.
    """
    rules = election.rules
    if rules is None:
        return (None,) * len(election.questions)
    if len(result.answers) != len(election.questions):
        msg = f"the result answers {len(result.answers)} questions, not {len(election.questions)}"
        raise DecodeError(msg)
    return tuple(
        _outcome(question=question, answer=answer, rule=rule, turnout=turnout)
        for question, answer, rule in zip(election.questions, result.answers, rules, strict=True)
    )


def _outcome(
    *, question: AnyQuestion, answer: QuestionResult, rule: Rule, turnout: Turnout
) -> Outcome | None:
    if isinstance(rule, Counts):
        return None
    if isinstance(rule, Plurality):
        assert isinstance(question, Question), "the rules were read beside their questions"
        counts = [item for item in answer if isinstance(item, int)]
        if len(counts) != len(answer) or len(counts) != question.choice_count:
            msg = f"the result has not one count for each of {question.choice_count} choices"
            raise DecodeError(msg)
        return count_choices(counts, has_blank=question.has_blank, rule=rule, turnout=turnout)
    rankings = [item for item in answer if not isinstance(item, int)]
    if len(rankings) != len(answer):
        msg = "the result has counts where ballots are ranked"
        raise DecodeError(msg)
    assert isinstance(question, RankedQuestion), "the rules were read beside their questions"
    return count_rankings(rankings, answers=len(question.answers), rule=rule)
