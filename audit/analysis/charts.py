"""Charts of the log: figures in, SVG coordinates out. The same figures draw the same picture."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640
# Room above the plot and below it for words that are twice as large on a phone.
TOP = 40
PLOT_HEIGHT = 170
BOTTOM = 40
ROW_HEIGHT = 66
BAR_HEIGHT = 14
BAR_BASELINE = 28
# A shorter bar would be nothing but its round corners.
BAR_MINIMUM = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthChart:
    """The log's length over days as steps: the outline, and the area under it."""

    width: int
    height: int
    line: str
    area: str
    baseline: int
    top: int
    labels_baseline: int
    largest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessBar:
    """How much of the log one witness cosigned: words above, a bar below."""

    label: str
    size: int
    words_y: int
    bar_y: int
    length: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessChart:
    """One bar for each witness; the full width is the whole log."""

    width: int
    height: int
    bar_height: int
    bars: tuple[WitnessBar, ...]


def growth_chart(sizes: Sequence[int]) -> GrowthChart:
    """Draw the log's length at the end of each day: one step for each, all of one width."""
    largest = max(sizes, default=0)
    baseline = TOP + PLOT_HEIGHT
    step = WIDTH / max(len(sizes), 1)
    heights = [baseline - (PLOT_HEIGHT * size / largest if largest else 0) for size in sizes]
    line = "".join(
        f"{'M0 ' if number == 0 else 'V'}{height:.1f}H{step * (number + 1):.1f}"
        for number, height in enumerate(heights)
    )
    return GrowthChart(
        width=WIDTH,
        height=baseline + BOTTOM,
        line=line,
        area=f"{line}V{baseline}H0Z" if line else "",
        baseline=baseline,
        top=TOP,
        labels_baseline=baseline + BOTTOM - 10,
        largest=largest,
    )


def witness_chart(rows: Sequence[tuple[str, int]], *, size: int) -> WitnessChart:
    """Draw how much of a log of `size` entries each witness cosigned: (its name, its size)."""
    bars = []
    for number, (label, cosigned) in enumerate(rows):
        share = min(cosigned, size) / size if size else 0
        y = ROW_HEIGHT * number
        bars.append(
            WitnessBar(
                label=label,
                size=cosigned,
                words_y=y + BAR_BASELINE,
                bar_y=y + BAR_BASELINE + 10,
                length=max(round(WIDTH * share, 1), BAR_MINIMUM) if cosigned else 0,
            )
        )
    return WitnessChart(
        width=WIDTH, height=ROW_HEIGHT * len(rows), bar_height=BAR_HEIGHT, bars=tuple(bars)
    )
