"""Pebbles and hillsides: numbers in, SVG coordinates out. The same input draws the same picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from math import cos, pi, sin

AVATAR_CORNERS = 7
AVATAR_KINDS = 4
# The hillside of the home page: eight steps, the lowest first, in a box of 660 by 430.
HILL_RIGHT = 660
HILL_BOTTOM = 430
STEP_EDGES = tuple((118 + 58 * level, 406 - 42 * level) for level in range(8))
PEBBLE_SPACING = 12.25


def _fraction(*seed: object) -> float:
    """Return a number from 0 to 1 that depends on the seed alone. For looks, not for secrets."""
    digest = sha256("/".join(map(str, seed)).encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def avatar_kind(name: str) -> int:
    """Return which of the four fills, from 1 to 4, a person's pebble has."""
    return 1 + int(_fraction("kind", name) * AVATAR_KINDS)


def avatar_path(name: str) -> str:
    """Return the outline of a person's pebble in a box of 28 by 28: a rounded polygon."""
    turn = _fraction("turn", name) * 2 * pi
    corners = []
    for corner in range(AVATAR_CORNERS):
        angle = turn + 2 * pi * corner / AVATAR_CORNERS
        radius = 9.6 + 2.6 * _fraction("radius", name, corner)
        corners.append((14 + 1.06 * radius * cos(angle), 14 + 0.88 * radius * sin(angle)))
    # Each corner is the control point of a curve between the middles of its two sides.
    middles = [
        ((ax + bx) / 2, (ay + by) / 2) for (ax, ay), (bx, by) in pairwise([*corners, corners[0]])
    ]
    curves = "".join(
        f"Q{corner[0]:.1f} {corner[1]:.1f} {middle[0]:.1f} {middle[1]:.1f}"
        for corner, middle in zip(corners, middles, strict=True)
    )
    return f"M{middles[-1][0]:.1f} {middles[-1][1]:.1f}{curves}z"


@dataclass(frozen=True, slots=True)
class Pebble:
    """One pebble on the hillside. Its kind is "agree", "disagree" or "pass"."""

    kind: str
    x: str
    y: str
    radius: str


@dataclass(frozen=True, slots=True)
class Hillside:
    """The pebbles of a consultation, and how many people each of them stands for."""

    pebbles: tuple[Pebble, ...]
    people: int
    people_per_pebble: int


def step_paths() -> list[str]:
    """Return the outlines of the eight steps, the highest first."""
    return [f"M{x} {y}H{HILL_RIGHT}V{HILL_BOTTOM}H{x}z" for x, y in reversed(STEP_EDGES)]


def _places() -> list[tuple[float, float]]:
    return [
        (left + 20 + PEBBLE_SPACING * index, top)
        for left, top in STEP_EDGES
        for index in range(round((HILL_RIGHT - 19 - left - 20) / PEBBLE_SPACING) + 1)
    ]


def _kinds(counts: dict[str, int], people_per_pebble: int) -> Iterator[str]:
    for kind, count in counts.items():
        yield from [kind] * round(count / people_per_pebble)


def hillside(*, agree: int, disagree: int, passed: int) -> Hillside:
    """Return one pebble for each person, mixed; beyond the room on the hill, for several."""
    counts = {"agree": agree, "disagree": disagree, "pass": passed}
    people = sum(counts.values())
    places = _places()
    people_per_pebble = max(1, -(-people // len(places)))
    kinds = list(_kinds(counts, people_per_pebble))[: len(places)]
    kinds = [kind for _, kind in sorted(enumerate(kinds), key=lambda pair: _fraction(pair[0]))]
    pebbles = []
    for index, (kind, (x, top)) in enumerate(zip(kinds, places, strict=False)):
        # A hollow pebble gains half its stroke, so its circle is smaller.
        radius = (3.9 if kind == "disagree" else 5.0) + 1.6 * _fraction("r", index)
        nudge = _fraction("x", index) * 1.6 - 0.8
        rim = 1.25 if kind == "disagree" else 0
        pebbles.append(
            Pebble(kind, f"{x + nudge:.1f}", f"{top - radius - rim:.1f}", f"{radius:.1f}")
        )
    return Hillside(tuple(pebbles), people, people_per_pebble)
