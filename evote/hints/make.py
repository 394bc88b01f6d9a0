"""Makes hints: of public data, with nothing secret, for anybody who wants to check again."""

from collections.abc import Sequence

from evote.ballot import Ballot, decode_ballot
from evote.ballot.check import write_checks
from evote.ballot.checks import Deferred
from evote.election import Election
from evote.encoding import hash_of_b64
from evote.errors import DecodeError, InvalidBallot
from evote.group import Element, compute_eighths, computes_together
from evote.hints.check import check_bodies


def make_hints(bodies: Sequence[bytes], *, election: Election) -> list[bytes]:
    """Give one hint for each ballot: its tracker, 32 bytes, and its eighths, 64 bytes each.

    A ballot that is not valid, and one of a kind that has no hints, gets its tracker alone, or
    nothing where it cannot even be read. Every hint was tried before it is given.

    Raises:
        NotImplementedError: evote has no C extension here.
    """
    made = [_make(body, election=election) for body in bodies]
    answers = check_bodies(bodies, hints=made, election=election).answers
    return [
        hint if isinstance(answer, Ballot) else b""
        for hint, answer in zip(made, answers, strict=True)
    ]


def _make(body: bytes, *, election: Election) -> bytes:
    key = election.public_key
    if not isinstance(key, Element) or not computes_together():
        return b""
    try:
        ballot = decode_ballot(body, election=election)
        checks = Deferred(key)
        write_checks(ballot, election=election, checks=checks)
        return hash_of_b64(ballot.tracker) + compute_eighths(checks.together)
    except (DecodeError, InvalidBallot):
        return b""
