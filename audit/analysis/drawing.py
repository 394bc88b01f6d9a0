"""The drawing of a proof: boxes, and the way from the entry to the root."""

from collections.abc import Sequence
from dataclasses import dataclass

BOX_WIDTH = 92
BOX_HEIGHT = 30
ROW_HEIGHT = 80
TOP = 10
MARGIN = 30
# Half the distance between the two boxes that are joined, at the bottom and above.
HALF_GAPS = (80, 100)
NAME_ROOM = 170
JOINS_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A hash at its place: the middle of the box, and its top edge."""

    x: int
    y: int
    text: str
    style: str

    @property
    def left(self) -> int:
        """The left edge."""
        return self.x - BOX_WIDTH // 2

    @property
    def baseline(self) -> int:
        """Where the text stands."""
        return self.y + 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All of it, in a box of `width` by `height`."""

    width: int
    height: int
    ways: tuple[str, ...]
    sides: tuple[str, ...]
    boxes: tuple[Box, ...]

    @property
    def entry(self) -> Box:
        """The entry's box."""
        return self.boxes[0]

    @property
    def entry_name_baseline(self) -> int:
        """Where the words under the entry's box stand."""
        return self.entry.y + BOX_HEIGHT + 20

    @property
    def root_name_x(self) -> int:
        """Where the words beside the root's box begin."""
        return self.root.x + BOX_WIDTH // 2 + 14

    @property
    def root(self) -> Box:
        """The root's box."""
        return self.boxes[-1]


def short(value: bytes) -> str:
    """Write the beginning and the end of a hash."""
    text = value.hex()
    return f"{text[:4]}…{text[-4:]}"


def proof_drawing(*, leaf: bytes, joins: Sequence[tuple[bytes, bool, bytes]]) -> Drawing:
    """Draw a proof: `joins` are (neighbour, comes from the left, result), the lowest first.

    Of a long proof the first two joins and the last are drawn.
    """
    shown = [*joins[: JOINS_SHOWN - 1], joins[-1]] if len(joins) > JOINS_SHOWN else list(joins)
    xs, neighbours = [0], []
    for level, (_, is_left, _) in enumerate(shown):
        half = HALF_GAPS[min(level, 1)]
        parent = xs[-1] + (-half if is_left else half)
        neighbours.append(2 * parent - xs[-1])
        xs.append(parent)
    shift = MARGIN + BOX_WIDTH // 2 - min(*xs, *neighbours, 0)
    bottom = TOP + ROW_HEIGHT * len(shown)
    boxes = [Box(x=shift, y=bottom, text=short(leaf), style="on" if shown else "root")]
    ways, sides = [], []
    for level, (neighbour, _, result) in enumerate(shown):
        x, beside, parent = (
            value + shift for value in (xs[level], neighbours[level], xs[level + 1])
        )
        y = bottom - ROW_HEIGHT * level
        above = y - ROW_HEIGHT + BOX_HEIGHT
        middle = (y + above) // 2
        ways.append(f"M{x} {y}V{middle}H{parent}V{above}")
        sides.append(f"M{beside} {y}V{middle}H{parent}")
        boxes.append(Box(x=beside, y=y, text=short(neighbour), style="box"))
        style = "root" if level == len(shown) - 1 else "on"
        boxes.append(Box(x=parent, y=y - ROW_HEIGHT, text=short(result), style=style))
    rightmost = max(*xs, *neighbours, 0) + shift + BOX_WIDTH // 2
    root_room = xs[-1] + shift + BOX_WIDTH // 2 + NAME_ROOM
    return Drawing(
        width=max(rightmost, root_room) + MARGIN,
        height=bottom + BOX_HEIGHT + MARGIN,
        ways=tuple(ways),
        sides=tuple(sides),
        boxes=tuple(boxes),
    )
