"""The cast statements of a record, in tasks that any number of processes may share."""

from dataclasses import dataclass
from typing import NamedTuple

from evote.errors import DecodeError
from evote.proofs.statements import CastStatement, refused_casts
from evote.record.companion_pieces import CastPiece, read_casts


class ExpectedCast(NamedTuple):
    """The ballot that a statement must be about, and the one that it must follow."""

    height: int
    credential: str
    tracker: str
    prev: str


@dataclass(frozen=True, slots=True)
class CastTask:
    """Some cast statements as they are written, and what each must say."""

    fingerprint: str
    piece: CastPiece
    expected: tuple[ExpectedCast, ...]


@dataclass(frozen=True, slots=True)
class CastAnswer:
    """What is wrong with the statements of a task: each time place and reason."""

    out_of_order: tuple[tuple[str, str], ...]
    refused: tuple[tuple[str, str], ...]


def are_casts(piece: CastPiece) -> bool:
    """Say whether all statements of a piece have the form of one."""
    try:
        read_casts(piece)
    except DecodeError:
        return False
    return True


def check_casts(task: CastTask) -> CastAnswer:
    """Compare the statements of a task with their ballots, and check that they are signed."""
    casts = read_casts(task.piece)
    out_of_order: list[tuple[str, str]] = []
    places = []
    statements = []
    for index, (cast, expected) in enumerate(
        zip(casts, task.expected, strict=True), start=task.piece.first
    ):
        place = f"casts[{index}], event {expected.height}"
        if cast.tracker != expected.tracker:
            out_of_order.append((place, "it is about another ballot"))
        if cast.prev != expected.prev:
            msg = "it does not follow the ballot that its credential cast before"
            out_of_order.append((place, msg))
        places.append(place)
        statements.append(
            CastStatement(
                credential=expected.credential,
                tracker=cast.tracker,
                prev=cast.prev,
                proof=cast.proof,
            )
        )
    refused = refused_casts(statements, fingerprint=task.fingerprint)
    return CastAnswer(
        out_of_order=tuple(out_of_order),
        refused=tuple((places[index], str(error)) for index, error in refused),
    )
