"""What every counting rule ends with: an order of the answers, and who has a seat."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

# Places from the best: each holds the answers that the rule finds equal, in ballot order.
Order = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """Who is elected. An answer is meant by its 0-based place on the ballot.

    `elected` have a seat for certain. `tied` are equal and more than the `open_seats` left for
    them: no rule of this package draws a lot between them. A seat that nobody may take is not
    open, it stays empty.
    """

    elected: tuple[int, ...]
    tied: tuple[int, ...]
    open_seats: int


def give_seats(*, order: Order, seats: int) -> Seats:
    """Fill the seats from the best place on, as long as a whole place fits."""
    elected: list[int] = []
    for place in order:
        left = seats - len(elected)
        if len(place) > left:
            return Seats(
                elected=tuple(elected),
                tied=place if left else (),
                open_seats=left,
            )
        elected.extend(place)
    return Seats(elected=tuple(elected), tied=(), open_seats=0)


def order_by_beating(beats: Sequence[Sequence[bool]]) -> Order:
    """Sort answers by a relation without circles: `beats[i][j]` says that i is before j.

    Each place holds the answers that none of those still to be placed beats.
    """
    left = list(range(len(beats)))
    places: list[tuple[int, ...]] = []
    while left:
        place = tuple(answer for answer in left if not any(beats[rival][answer] for rival in left))
        assert place, "a relation with a circle orders nothing"
        places.append(place)
        left = [answer for answer in left if answer not in place]
    return tuple(places)


def order_by_score(scores: Sequence[Fraction | int]) -> Order:
    """Sort answers by a score, the highest first; equal scores share a place."""
    places: dict[Fraction | int, list[int]] = {}
    for answer, score in enumerate(scores):
        places.setdefault(score, []).append(answer)
    return tuple(tuple(places[score]) for score in sorted(places, reverse=True))
