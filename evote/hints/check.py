"""Checks ballots with the help of hints, many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evote.ballot import Ballot, decode_ballot, verify_ballot
from evote.ballot.check import write_checks
from evote.ballot.checks import Deferred
from evote.election import Election
from evote.encoding import hash_of_b64
from evote.errors import DecodeError, InvalidBallot
from evote.group import (
    EIGHTH_BYTES,
    Eighths,
    Element,
    Equations,
    computes_together,
    eighths_length,
    weigh,
)

TRACKER_BYTES = 32
# How many ballots are put aside together where the equation of all does not hold.
_BALLOTS_PER_BLOCK = 32

Answer = Ballot | DecodeError | InvalidBallot


@dataclass(frozen=True, slots=True)
class HintedAnswers:
    """For each ballot itself if it is valid, or why it is not; and whose hints were of use."""

    answers: list[Answer]
    hinted: frozenset[int]


def check_bodies(
    bodies: Sequence[bytes], *, hints: Sequence[bytes], election: Election
) -> HintedAnswers:
    """Check ballots, as archived: form, signature and proofs.

    `hints` has one for each ballot, as `make_hints` gives them; an empty one is none. Each answer
    is the one of `decode_ballot` and `verify_ballot`, with the same error where there is one.
    About a thousand ballots at a time cost the least for each.
    """
    assert len(hints) == len(bodies)
    answers = [_read(body, election=election) for body in bodies]
    points = _points_of_use(hints, answers=answers, election=election)
    eighths = _multiply(points)
    if eighths is None:
        points = [own if _multiply([own]) else b"" for own in points]
        eighths = _multiply(points)
    equations: dict[int, Equations] = {}
    first = 0
    for index, (answer, own) in enumerate(zip(answers, points, strict=True)):
        if (
            own
            and eighths
            and isinstance(answer, Ballot)
            and (weighed := _weigh(answer, own, eighths=eighths, first=first, election=election))
        ):
            equations[index] = weighed
        first += len(own) // EIGHTH_BYTES
    vouched = _that_hold(equations, eighths=eighths, election=election)
    for index, answer in enumerate(answers):
        if index not in vouched and isinstance(answer, Ballot):
            answers[index] = _verify(answer, election=election)
    return HintedAnswers(answers=answers, hinted=vouched)


def _points_of_use(
    hints: Sequence[bytes], *, answers: Sequence[Answer], election: Election
) -> list[bytes]:
    """Give the eighths of each hint, or nothing where they are of no use.

    They are not if the hint is about another ballot, or has a length that no ballot here asks for:
    memory is not given to what is thrown away. The ballots of an election ask for one length as a
    rule; so the checks are written down for few of them only to see it.
    """
    key = election.public_key
    if not computes_together() or not isinstance(key, Element):
        return [b""] * len(hints)
    lengths: set[int] = set()
    points = []
    for hint, answer in zip(hints, answers, strict=True):
        own = b""
        if (
            hint
            and isinstance(answer, Ballot)
            and hint[:TRACKER_BYTES] == hash_of_b64(answer.tracker)
        ):
            own = hint[TRACKER_BYTES:]
            if len(own) not in lengths:
                checks = Deferred(key)
                write_checks(answer, election=election, checks=checks)
                lengths.add(eighths_length(checks.together))
        points.append(own if len(own) in lengths else b"")
    return points


def _multiply(points: Sequence[bytes]) -> Eighths | None:
    """Multiply the eighths of some hints by eight; None where one is no point, or there is none.

    Where there is no memory for them, there are none either.
    """
    try:
        return Eighths(b"".join(points)) if any(points) else None
    except (DecodeError, MemoryError):
        return None


def _read(body: bytes, *, election: Election) -> Answer:
    try:
        return decode_ballot(body, election=election)
    except (DecodeError, InvalidBallot) as error:
        return error


def _verify(ballot: Ballot, *, election: Election) -> Answer:
    try:
        verify_ballot(ballot=ballot, election=election)
    except InvalidBallot as error:
        return error
    return ballot


def _weigh(
    ballot: Ballot, own: bytes, *, eighths: Eighths, first: int, election: Election
) -> Equations | None:
    """Go through the checks of a ballot with the points of its hint; None if one fails.

    What is left is whether the commitments are the right ones: the equations.
    """
    assert isinstance(election.public_key, Element)
    checks = Deferred(election.public_key)
    write_checks(ballot, election=election, checks=checks)
    together = checks.together
    if len(own) != eighths_length(together) or not eighths.fill(together, first=first):
        return None
    try:
        checks.compare()
    except InvalidBallot:
        return None
    return weigh(together, first=first)


def _that_hold(
    equations: Mapping[int, Equations], *, eighths: Eighths | None, election: Election
) -> frozenset[int]:
    """Give the ballots whose equations hold: all, as a rule; else those of the blocks that do."""
    key = election.public_key
    if not eighths or not isinstance(key, Element):
        return frozenset()
    if eighths.hold(list(equations.values()), public_key=key):
        return frozenset(equations)
    indices = list(equations)
    blocks = [
        indices[start : start + _BALLOTS_PER_BLOCK]
        for start in range(0, len(indices), _BALLOTS_PER_BLOCK)
    ]
    return frozenset(
        index
        for block in blocks
        if eighths.hold([equations[index] for index in block], public_key=key)
        for index in block
    )
