"""Where the parts of an outcome's drawings stand. Lengths are those of the SVG's own system.

A length that shows a share is a string of a percentage with one decimal, computed without floats.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from evote.counting import Duels

CELL_WIDTH, CELL_HEIGHT = 72, 46
# Below this a matrix of two or three answers would be blown up to the width of the page.
DRAWING_MINIMUM_WIDTH = 420


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One duel in the matrix, from the row's side: `kind` is won, lost, drawn or self."""

    x: int
    y: int
    text_x: int
    text_y: int
    count: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The matrix of duels: one row and one column for each answer, in ballot order."""

    width: int
    height: int
    cells: tuple[Cell, ...]
    columns: tuple[tuple[int, int], ...]
    rows: tuple[tuple[int, int], ...]

    @property
    def cell_width(self) -> int:
        """The width of a cell's ground."""
        return CELL_WIDTH - 4

    @property
    def cell_height(self) -> int:
        """The height of a cell's ground."""
        return CELL_HEIGHT - 4

    @property
    def header_x(self) -> int:
        """Where the numbers of the rows are centred."""
        return CELL_WIDTH // 2

    @property
    def header_y(self) -> int:
        """The line on which the numbers of the columns stand."""
        return CELL_HEIGHT - 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One piece of a stacked bar. `shade` is an opacity: 1.0 for the first kind of piece."""

    x: str
    width: str
    shade: str


def percentage(part: Fraction | int, whole: Fraction | int) -> str:
    """Return 100·part/whole with one decimal, rounded half up; "0.0" of nothing."""
    per_mille = int(1000 * Fraction(part) / Fraction(whole) + Fraction(1, 2)) if whole else 0
    return f"{per_mille // 10}.{per_mille % 10}"


def draw_matrix(duels: Duels) -> Matrix:
    """Lay the duels out in rows and columns; the first ones are for the answers' numbers."""
    size = len(duels.matrix)
    cells = []
    for one, row in enumerate(duels.matrix):
        for other, count in enumerate(row):
            x, y = (other + 1) * CELL_WIDTH, (one + 1) * CELL_HEIGHT
            back = duels.matrix[other][one]
            kind = "won" if count > back else "lost" if count < back else "drawn"
            cells.append(
                Cell(
                    x=x + 2,
                    y=y + 2,
                    text_x=x + CELL_WIDTH // 2,
                    text_y=y + CELL_HEIGHT - 16,
                    count=count,
                    kind="self" if one == other else kind,
                )
            )
    numbers = range(1, size + 1)
    return Matrix(
        width=max(DRAWING_MINIMUM_WIDTH, (size + 1) * CELL_WIDTH),
        height=(size + 1) * CELL_HEIGHT,
        cells=tuple(cells),
        columns=tuple((number, number * CELL_WIDTH + CELL_WIDTH // 2) for number in numbers),
        rows=tuple((number, (number + 1) * CELL_HEIGHT - 16) for number in numbers),
    )


def draw_stack(counts: Sequence[int]) -> tuple[Segment, ...]:
    """Lay pieces end to end over the whole width, each as long as its count, shaded in order."""
    whole, before = sum(counts), 0
    segments = []
    last = max(len(counts) - 1, 1)
    for index, count in enumerate(counts):
        segments.append(
            Segment(
                x=percentage(before, whole),
                width=percentage(count, whole),
                # From full strength to an eighth of it.
                shade=percentage(8 * last - 7 * index, 800 * last),
            )
        )
        before += count
    return tuple(segments)
