"""Decodes ballots, and those whose form is the usual one at a glance.

What the ballots of an election have in common follows from its questions: everything but the texts
between certain quotation marks. So a ballot is cut at its quotation marks, and where all the rest
is as it must be, only those texts are left to look at. Whatever is different in any way is decoded
in full (`evote.ballot.form`), which is also what says why a ballot is refused.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import count
from operator import itemgetter

from evote.ballot.form import BALLOT_LIMIT_BYTES, Ballot, decode_in_full
from evote.ballot.homomorphic import EncodedAnswer
from evote.election import Election, Question, decode_election
from evote.encoding import b64_digest, encode_json
from evote.group import ED25519, IDENTITY_ENCODING, ORDER
from evote.proofs import Proof

_OUTLINES_KEPT = 64
# Two elements of 64 digits.
_LEAST_BYTES_PER_CHOICE = 128
_ELEMENTS = re.compile(r"[0-9a-f]{64}(?:,[0-9a-f]{64})*", re.ASCII)
_HASH = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)
_ELEMENT_FIELDS = ("credential", "alpha", "beta")
_NUMBER_FIELDS = ("challenge", "response")


def decode_ballot(data: bytes, *, election: Election) -> Ballot:
    """Read a ballot for `election`, with every check that costs next to nothing.

    Raises:
        DecodeError: not JSON, or not the one spelling of a ballot: field order, scalars, hex.
        InvalidBallot: `wrong_shape`, `wrong_election`, `identity_element`, or
            `duplicate_ciphertext` where one ballot uses the same α twice.
    """
    outline = outline_of(election)
    ballot = None if outline is None else outline.read(data)
    return decode_in_full(data, election=election) if ballot is None else ballot


class Outline:
    """What all ballots of an election have in common, where all its questions are of one kind."""

    def __init__(self, *, sample: bytes, questions: Sequence[Question]) -> None:
        """Take it from a ballot of this election that was decoded in full."""
        pieces = sample.decode().split('"')
        # Every second piece stands between quotation marks; what no colon follows is a value.
        values = {
            place: pieces[place - 2]
            for place in range(1, len(pieces), 2)
            if not pieces[place + 1].startswith(":")
        }
        elements = [place for place, field in values.items() if field in _ELEMENT_FIELDS]
        numbers = [place for place, field in values.items() if field in _NUMBER_FIELDS]
        (self._hash,) = (place for place, field in values.items() if field == "hash")
        free = {*elements, *numbers, self._hash}
        self._common = _picker([place for place in range(len(pieces)) if place not in free])
        self._elements, self._numbers = _picker(elements), _picker(numbers)
        self._expected = self._common(pieces)
        self._piece_count = len(pieces)
        self._questions = questions

    def read(self, data: bytes) -> Ballot | None:
        """Read a ballot; None where anything about it is unusual."""
        if len(data) > BALLOT_LIMIT_BYTES or not data.isascii():
            return None
        pieces = data.decode("ascii").split('"')
        if len(pieces) != self._piece_count or self._common(pieces) != self._expected:
            return None
        elements = self._elements(pieces)
        numbers = _read_numbers(self._numbers(pieces))
        if (
            numbers is None
            or not _are_elements(elements)
            or not _HASH.fullmatch(pieces[self._hash])
        ):
            return None
        alphas = elements[1::2]
        if len(set(alphas)) != len(alphas):
            return None
        choices = iter(zip(alphas, elements[2::2], strict=True))
        proofs = map(Proof, numbers[0::2], numbers[1::2])
        return Ballot(
            archived=data,
            tracker=b64_digest(data),
            credential=elements[0],
            answers=tuple(_answer(question, choices, proofs) for question in self._questions),
            signed_hash=pieces[self._hash],
            signature=next(proofs),
        )


def _picker(places: Sequence[int]) -> Callable[[list[str]], tuple[str, ...]]:
    assert len(places) > 1, "itemgetter gives a tuple"
    return itemgetter(*places)


def _are_elements(texts: Sequence[str]) -> bool:
    """Say whether each has the form of an element and none is the identity."""
    joined = ",".join(texts)
    # With this length, each comma of the pattern is one of those put here.
    return (
        len(joined) == 65 * len(texts) - 1
        and _ELEMENTS.fullmatch(joined) is not None
        and IDENTITY_ENCODING not in texts
    )


def _read_numbers(texts: Sequence[str]) -> list[int] | None:
    """Read scalars that are canonical and do not begin with a zero: nearly all are like that."""
    joined = ",".join(texts)
    if not joined.replace(",", "").isdigit() or ",0" in f",{joined}":
        return None
    try:
        numbers = list(map(int, texts))
    except ValueError:
        return None
    return numbers if max(numbers) < ORDER else None


def _answer(
    question: Question, choices: Iterator[tuple[str, str]], proofs: Iterator[Proof]
) -> EncodedAnswer:
    """Take the next answer, in the order in which its parts are written."""
    choice_count = question.choice_count
    branches = question.maximum - question.minimum + 1 + question.has_blank
    return EncodedAnswer(
        choices=tuple([next(choices) for _ in range(choice_count)]),
        individual_proofs=tuple([(next(proofs), next(proofs)) for _ in range(choice_count)]),
        overall_proof=tuple([next(proofs) for _ in range(branches)]),
        blank_proof=(next(proofs), next(proofs)) if question.has_blank else (),
    )


def outline_of(election: Election) -> Outline | None:
    """Give the outline of an election's ballots; None where they are not all of the usual kind."""
    return _outline(election.archived)


@lru_cache(maxsize=_OUTLINES_KEPT)
def _outline(archived: bytes) -> Outline | None:
    election = decode_election(archived)
    questions = [question for question in election.questions if isinstance(question, Question)]
    if election.group is not ED25519 or len(questions) != len(election.questions):
        return None
    choice_count = sum(question.choice_count for question in questions)
    if choice_count * _LEAST_BYTES_PER_CHOICE > BALLOT_LIMIT_BYTES:
        return None
    sample = _sample(election, questions=questions)
    if len(sample) > BALLOT_LIMIT_BYTES:
        return None
    expected = decode_in_full(sample, election=election)
    outline = Outline(sample=sample, questions=questions)
    assert outline.read(sample) == expected, "both ways read the same"
    return outline


def _sample(election: Election, *, questions: Sequence[Question]) -> bytes:
    """Write something of the form of a ballot, with numbers counted up in place of everything."""
    # Not the identity, which is written as a one.
    elements = (f"{number:064x}" for number in count(2))
    scalars = count(1)

    def proof() -> dict[str, str]:
        return {"challenge": str(next(scalars)), "response": str(next(scalars))}

    def answer(question: Question) -> dict[str, object]:
        choices = range(question.choice_count)
        branches = question.maximum - question.minimum + 1 + question.has_blank
        made: dict[str, object] = {
            "choices": [{"alpha": next(elements), "beta": next(elements)} for _ in choices],
            "individual_proofs": [[proof(), proof()] for _ in choices],
            "overall_proof": [proof() for _ in range(branches)],
        }
        return made | ({"blank_proof": [proof(), proof()]} if question.has_blank else {})

    return encode_json(
        {
            "election_uuid": election.uuid,
            "election_hash": election.fingerprint,
            "credential": next(elements),
            "answers": [answer(question) for question in questions],
            "signature": {"hash": b64_digest(b""), "proof": proof()},
        }
    )
