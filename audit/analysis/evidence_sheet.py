"""One page of A4 about a registered document, for a court: what, where, who signed, how to check.

Texts come translated. Whatever they hold, it is one page: each has a number of lines, and what
goes beyond is cut with an ellipsis.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import segno
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

MARGIN = 48
WIDTH, HEIGHT = A4
LABEL_WIDTH = 118
QR_SIZE = 96
GAP = 5
TITLE_SIZE, HEADING_SIZE, TEXT_SIZE, SMALL_SIZE = 18, 11, 9, 7.8
LINE = 1.28  # line height, of the letters' size
ROWS_LIMIT = 10
STEPS_LIMIT = 3
ELLIPSIS = "…"
LATIN, LATIN_BOLD, MONO = "Helvetica", "Helvetica-Bold", "Courier"
# Not embedded: every PDF viewer with Chinese fonts shows it.
CHINESE = "STSong-Light"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A fact with its name. Hashes, keys and names of logs are written in letters of one width."""

    name: str
    value: str
    lines: int = 2
    is_exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the check: what to do, and the command that does it."""

    text: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that stands on the page."""

    title: str
    subtitle: str
    statement: str
    rows: Sequence[Row]
    steps_title: str
    steps: Sequence[Step]
    limits: str
    address: str
    address_name: str


def draw_sheet(sheet: Sheet) -> bytes:
    """Write the PDF. The same sheet gives the same bytes; it holds no date of its own."""
    assert len(sheet.rows) <= ROWS_LIMIT
    assert len(sheet.steps) <= STEPS_LIMIT
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(_shown(sheet.title))
    page = _Page(canvas)
    page.write(sheet.title, size=TITLE_SIZE, lines=2, bold=True, right=QR_SIZE + 16)
    page.write(sheet.subtitle, size=TEXT_SIZE, lines=2, right=QR_SIZE + 16)
    page.write(sheet.statement, size=TEXT_SIZE, lines=4, right=QR_SIZE + 16)
    _draw_qr(canvas, sheet.address)
    page.y = min(page.y, HEIGHT - MARGIN - QR_SIZE - 2)
    page.write(f"{sheet.address_name} {sheet.address}", size=SMALL_SIZE, lines=2)
    page.rule()
    for row in sheet.rows:
        page.write_row(row)
    page.rule()
    page.write(sheet.steps_title, size=HEADING_SIZE, lines=1, bold=True)
    for number, step in enumerate(sheet.steps, 1):
        page.write(f"{number}. {step.text}", size=TEXT_SIZE, lines=2)
        if step.command:
            page.write(step.command, size=SMALL_SIZE, lines=4, exact=True, left=14)
    page.rule()
    page.write(sheet.limits, size=SMALL_SIZE, lines=4)
    assert page.y > MARGIN / 2, "the sheet does not fit its page"
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


class _Page:
    """The sheet, written from the top: `y` is where the next text begins, in points."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.y: float = HEIGHT - MARGIN

    def write(
        self,
        text: str,
        *,
        size: float,
        lines: int,
        bold: bool = False,
        exact: bool = False,
        left: float = 0,
        right: float = 0,
    ) -> None:
        """Write a text in at most so many lines, and leave a gap below."""
        shown = _shown(text)
        font = _font(shown, exact=exact, bold=bold)
        width = WIDTH - 2 * MARGIN - left - right
        self.canvas.setFont(font, size)
        for line in _cut(_lines(shown, font=font, size=size, width=width), limit=lines):
            self.y -= size * LINE
            self.canvas.drawString(MARGIN + left, self.y, line)
        self.y -= GAP

    def write_row(self, row: Row) -> None:
        """Write a fact: its name in the first column, its value in the second."""
        top = self.y
        self.write(
            row.name, size=TEXT_SIZE, lines=2, bold=True, right=WIDTH - 2 * MARGIN - LABEL_WIDTH + 8
        )
        below, self.y = self.y, top
        size = SMALL_SIZE if row.is_exact else TEXT_SIZE
        self.write(row.value, size=size, lines=row.lines, exact=row.is_exact, left=LABEL_WIDTH)
        self.y = min(self.y, below)

    def rule(self) -> None:
        """Draw a line across."""
        self.canvas.setLineWidth(0.5)
        self.canvas.line(MARGIN, self.y - 1, WIDTH - MARGIN, self.y - 1)
        self.y -= GAP + 2


def _draw_qr(canvas: Canvas, text: str) -> None:
    rows = list(segno.make_qr(text, error="m").matrix)
    module = QR_SIZE / len(rows)
    left, top = WIDTH - MARGIN - QR_SIZE, HEIGHT - MARGIN
    for y, row in enumerate(rows):
        for x, is_dark in enumerate(row):
            if is_dark:
                corner = (left + x * module, top - (y + 1) * module)
                canvas.rect(*corner, module, module, stroke=0, fill=1)


def _shown(text: str) -> str:
    """Replace what neither font can show."""
    return "".join(
        letter if letter.isprintable() and _fits(letter, "gb2312", "cp1252") else "?"
        for letter in text
    )


def _font(text: str, *, exact: bool, bold: bool) -> str:
    if not _fits(text, "cp1252"):
        return CHINESE
    if exact:
        return MONO
    return LATIN_BOLD if bold else LATIN


def _fits(text: str, *encodings: str) -> bool:
    for encoding in encodings:
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            continue
        return True
    return False


def _lines(text: str, *, font: str, size: float, width: float) -> Iterator[str]:
    """Break a text into lines: at a space where there is one in the line, else anywhere."""
    while text:
        end = _fitting(text, font=font, size=size, width=width)
        if end < len(text):
            space = text.rfind(" ", 0, end + 1)
            end = space if space > end // 2 else end
        yield text[:end].rstrip()
        text = text[end:].lstrip()


def _fitting(text: str, *, font: str, size: float, width: float) -> int:
    """Return how many letters fit one line; at least one."""
    end, used = 0, 0.0
    while end < len(text):
        used += pdfmetrics.stringWidth(text[end], font, size)
        if used > width:
            break
        end += 1
    return max(end, 1)


def _cut(lines: Iterator[str], *, limit: int) -> list[str]:
    kept = [line for line, _ in zip(lines, range(limit + 1), strict=False)]
    if len(kept) > limit:
        kept = [*kept[: limit - 1], kept[limit - 1][:-1] + ELLIPSIS]
    return kept
