"""A ballot that was opened instead of cast, and the check of what it holds (PROTOCOL 2.5)."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from evote.ballot.check import verify_ballot
from evote.ballot.choice import is_bits
from evote.ballot.decoding import decode_ballot
from evote.ballot.form import AnyAnswer, Ballot
from evote.ballot.reading import decode_element
from evote.election import AnyQuestion, Election, ListsQuestion, RankedQuestion
from evote.elgamal import Ciphertext
from evote.encoding import decode_json, read_integer, read_list, read_object, read_text
from evote.errors import DecodeError, EvoteError, InvalidBallot, NotSupported
from evote.group import Group, GroupElement, InvalidVector

CHALLENGE_LIMIT_BYTES = 1_000_000

Randomness = tuple[int, ...] | int


class ChallengeStep(StrEnum):
    """What is checked of a challenge, in this order; the booth's checker has the same steps."""

    FORM = "form"
    ELECTION = "election"
    BALLOT = "ballot"
    OPENING = "opening"
    TRACKER = "tracker"


class InvalidChallenge(EvoteError):
    """A step does not hold: the booth, or whoever gave the file, cheated."""

    def __init__(self, step: ChallengeStep, message: str) -> None:
        super().__init__(message)
        self.step = step


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a challenge file claims; nothing of it is checked but its form.

    `randomness` has the numbers r of each question's ciphertexts, a single number where the
    question is ranked; `answers` what the booth says that they encrypt.
    """

    fingerprint: str
    ballot: bytes
    randomness: tuple[Randomness, ...]
    answers: tuple[tuple[int, ...], ...]


def decode_challenge(data: bytes, *, group: Group) -> Challenge:
    """Read a challenge file: its form only.

    Raises:
        DecodeError: not such a file.
    """
    value = decode_json(data, source="challenge", limit_bytes=CHALLENGE_LIMIT_BYTES)
    fields = ("version", "election_hash", "ballot", "randomness", "answers")
    item = read_object(value, place="challenge", fields=fields)
    if read_integer(item["version"], place="challenge.version") != 1:
        msg = "version 1 expected"
        raise DecodeError(msg, place="challenge.version")
    return Challenge(
        fingerprint=read_text(item["election_hash"], place="challenge.election_hash"),
        ballot=read_text(item["ballot"], place="challenge.ballot").encode(),
        randomness=tuple(
            _read_randomness(value, place=f"challenge.randomness[{index}]", group=group)
            for index, value in enumerate(
                read_list(item["randomness"], place="challenge.randomness")
            )
        ),
        answers=tuple(
            tuple(
                read_integer(number, place=f"challenge.answers[{index}]")
                for number in read_list(answer, place=f"challenge.answers[{index}]")
            )
            for index, answer in enumerate(read_list(item["answers"], place="challenge.answers"))
        ),
    )


def _read_randomness(value: object, *, place: str, group: Group) -> Randomness:
    if not isinstance(value, list):
        return group.decode_scalar(read_text(value, place=place), place=place)
    return tuple(group.decode_scalar(read_text(one, place=place), place=place) for one in value)


def check_challenge(
    data: bytes,
    *,
    election: Election,
    credentials: Container[str] | None,
    tracker: str | None,
    on_step: Callable[[ChallengeStep], None],
) -> tuple[Challenge, Ballot]:
    """Check an opened ballot step by step; `on_step` hears of each step that holds.

    `credentials` is the election's public list, None where it is not at hand. `tracker` is the one
    that was seen before the voter decided; None leaves that step out. To return means that the
    ballot holds the answers named. Whether the voter chose those, only the voter can tell.

    Raises:
        InvalidChallenge: a step does not hold.
        NotSupported: the election asks for lists.
    """
    try:
        challenge = decode_challenge(data, group=election.group)
    except DecodeError as error:
        raise InvalidChallenge(ChallengeStep.FORM, str(error)) from error
    on_step(ChallengeStep.FORM)
    if challenge.fingerprint != election.fingerprint:
        msg = f"the file names the fingerprint {challenge.fingerprint!r:.60}"
        raise InvalidChallenge(ChallengeStep.ELECTION, msg)
    on_step(ChallengeStep.ELECTION)
    try:
        ballot = decode_ballot(challenge.ballot, election=election)
        verify_ballot(ballot=ballot, election=election)
    except (DecodeError, InvalidBallot) as error:
        raise InvalidChallenge(ChallengeStep.BALLOT, str(error)) from error
    if credentials is not None and ballot.credential not in credentials:
        msg = "the credential is not on the election's list"
        raise InvalidChallenge(ChallengeStep.BALLOT, msg)
    on_step(ChallengeStep.BALLOT)
    _check_opening(challenge, ballot=ballot, election=election)
    on_step(ChallengeStep.OPENING)
    if tracker is not None:
        if tracker != ballot.tracker:
            msg = f"seen before: {tracker!r:.60}; of this ballot: {ballot.tracker}"
            raise InvalidChallenge(ChallengeStep.TRACKER, msg)
        on_step(ChallengeStep.TRACKER)
    return challenge, ballot


def _check_opening(challenge: Challenge, *, ballot: Ballot, election: Election) -> None:
    """Encrypt the answers again with the same randomness, and compare every ciphertext."""
    count = len(election.questions)
    if not len(challenge.randomness) == len(challenge.answers) == len(ballot.answers) == count:
        raise InvalidChallenge(
            ChallengeStep.OPENING, "there is not one answer and one opening for each question"
        )
    for index, (question, randomness, answer, sealed) in enumerate(
        zip(
            election.questions,
            challenge.randomness,
            challenge.answers,
            ballot.answers,
            strict=True,
        )
    ):
        place = f"answer {index + 1}"
        made = _encrypt_again(
            question, randomness, answer, public_key=election.public_key, place=place
        )
        if made != _ciphertexts(sealed, place=place, group=election.group):
            msg = f"{place}: the ballot does not hold what the file says"
            raise InvalidChallenge(ChallengeStep.OPENING, msg)


def _ciphertexts(answer: AnyAnswer, *, place: str, group: Group) -> list[Ciphertext]:
    return list(answer.take_choices(partial(decode_element, group=group), place=place))


def _encrypt_again(
    question: AnyQuestion,
    randomness: Randomness,
    answer: Sequence[int],
    *,
    public_key: GroupElement,
    place: str,
) -> list[Ciphertext]:
    """Compute α = g^r and β = y^r·g^m, or y^r·ξ. The numbers r are public now."""
    if isinstance(question, ListsQuestion):
        msg = "challenges of questions with lists are not supported"
        raise NotSupported(msg)
    group = public_key.group
    if isinstance(question, RankedQuestion):
        if not isinstance(randomness, int) or len(answer) != len(question.answers):
            raise _wrong_shape(place)
        try:
            element = group.embed(answer)
        except InvalidVector as error:
            raise InvalidChallenge(ChallengeStep.OPENING, f"{place}: {error}") from error
        return [_encrypt(element, randomness, public_key=public_key)]
    if (
        isinstance(randomness, int)
        or not is_bits(answer, count=question.choice_count)
        or len(randomness) != len(answer)
    ):
        raise _wrong_shape(place)
    messages = (group.identity, group.generator)
    return [
        _encrypt(messages[bit], number, public_key=public_key)
        for bit, number in zip(answer, randomness, strict=True)
    ]


def _encrypt(message: GroupElement, randomness: int, *, public_key: GroupElement) -> Ciphertext:
    generator = public_key.generator
    return Ciphertext(generator**randomness, public_key**randomness * message)


def _wrong_shape(place: str) -> InvalidChallenge:
    msg = f"{place}: not one number for each choice, and one r for each ciphertext"
    return InvalidChallenge(ChallengeStep.OPENING, msg)
