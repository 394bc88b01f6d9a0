"""The part of `evote ballot check` that checks an opened ballot (PROTOCOL 2.5)."""

from collections.abc import Sequence

from evote.ballot.challenge import Challenge, ChallengeStep, InvalidChallenge, check_challenge
from evote.cli.elections import KnownElection
from evote.cli.errors import CommandFailed
from evote.cli.text import printable
from evote.counting import MajorityJudgment, Rule
from evote.election import AnyQuestion, Election, ListsQuestion, RankedQuestion
from evote.errors import NotSupported

_HELD = {
    ChallengeStep.FORM: "the file has the form of an opened ballot",
    ChallengeStep.ELECTION: "it belongs to this election",
    ChallengeStep.BALLOT: "the ballot could have been cast: form, proofs and signature hold",
    ChallengeStep.OPENING: "the ballot holds the answers below and no others",
    ChallengeStep.TRACKER: "the tracker is the one that was seen before",
}


def print_challenge_check(
    data: bytes, *, source: str, known: KnownElection, tracker: str | None
) -> int:
    """Check an opened ballot and say what it holds, in the words of the election.

    Returns the exit status: 0 where every step holds, 1 where one does not.
    """
    held: list[ChallengeStep] = []
    try:
        challenge, ballot = check_challenge(
            data,
            election=known.election,
            credentials=known.credentials(),
            tracker=tracker,
            on_step=held.append,
        )
    except InvalidChallenge as error:
        _print_steps(held)
        print(f"{source}: INVALID ({error.step}): {printable(str(error))}")
        print("Keep the file: it is evidence. Tell whoever runs the election.")
        return 1
    except NotSupported as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error
    _print_steps(held)
    print(f"{source}: the booth encrypted what it shows")
    print(f"  tracker     {ballot.tracker}")
    print(f"  credential  {ballot.credential}")
    for line in answers_in_words(challenge, election=known.election):
        print(printable(line))
    if tracker is None:
        print("Compare the tracker with the one that you saw before you decided.")
    print("Only you know whether these are the answers that you chose.")
    return 0


def _print_steps(held: Sequence[ChallengeStep]) -> None:
    for step in held:
        print(f"  held: {_HELD[step]}")


def answers_in_words(challenge: Challenge, *, election: Election) -> list[str]:
    """Give each question with what was answered, one line each."""
    rules: Sequence[Rule | None] = election.rules or [None] * len(election.questions)
    lines: list[str] = []
    for question, answer, rule in zip(election.questions, challenge.answers, rules, strict=True):
        lines.append(question.text)
        lines += [f"  {line}" for line in _answer_in_words(question, answer, rule=rule)]
    return lines


def _answer_in_words(
    question: AnyQuestion, answer: Sequence[int], *, rule: Rule | None
) -> list[str]:
    assert not isinstance(question, ListsQuestion)  # `check_challenge` refuses them
    if not isinstance(question, RankedQuestion):
        first = 1 if question.has_blank else 0
        if question.has_blank and answer[0]:
            return ["left blank"]
        chosen = [text for text, bit in zip(question.answers, answer[first:], strict=True) if bit]
        return chosen or ["no choice"]
    if not any(answer):
        return ["left blank"]
    if isinstance(rule, MajorityJudgment):
        return [
            f"{text}: {_grade(number, grades=rule.grades)}"
            for text, number in zip(question.answers, answer, strict=True)
        ]
    return _ranks_in_words(question, answer)


def _grade(number: int, *, grades: Sequence[str]) -> str:
    if 1 <= number <= len(grades):
        return grades[number - 1]
    return f"grade number {number}, which does not exist"


def _ranks_in_words(question: RankedQuestion, answer: Sequence[int]) -> list[str]:
    ranks = sorted({number for number in answer if number})
    lines = [f"number {rank}: {_having(question, answer, rank=rank)}" for rank in ranks]
    unranked = _having(question, answer, rank=0)
    return [*lines, f"not ranked: {unranked}"] if unranked else lines


def _having(question: RankedQuestion, answer: Sequence[int], *, rank: int) -> str:
    return ", ".join(
        text for text, number in zip(question.answers, answer, strict=True) if number == rank
    )
