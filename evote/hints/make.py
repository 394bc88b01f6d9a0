"""Makes hints: of public data, with nothing secret, for anybody who wants to check again."""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.ballot import decode_ballot
from evote.ballot.check import write_checks
from evote.ballot.checks import Deferred
from evote.election import Election, decode_election
from evote.encoding import hash_of_b64
from evote.errors import DecodeError, InvalidBallot
from evote.group import Element, compute_eighths, computes_together
from evote.hints.check import check_bodies


@dataclass(frozen=True, slots=True)
class HintTask:
    """Some ballots, as archived: what a process is given."""

    election: bytes
    bodies: tuple[bytes, ...]


def make_hints_of_task(task: HintTask) -> list[bytes]:
    """Do one of them."""
    return make_hints(task.bodies, election=decode_election(task.election))


def make_hints(bodies: Sequence[bytes], *, election: Election) -> list[bytes]:
    """Give one hint for each ballot: its tracker, 32 bytes, and its eighths, 64 bytes each.

    A ballot that is not valid, and one of a kind that has no hints, gets nothing. Every hint was
    tried before it is given.
    """
    made = [_make(body, election=election) for body in bodies]
    of_use = check_bodies(bodies, hints=made, election=election).hinted
    return [hint if index in of_use else b"" for index, hint in enumerate(made)]


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
