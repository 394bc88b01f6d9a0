"""Letters to voters as a PDF, one page each: the credential as a QR code and in letters to type."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from evote.cli.errors import CommandFailed

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

LANGUAGES = ("en", "zh-hans")

# Points; 72 to the inch. A4 with margins that a window envelope and a folding machine accept.
_MARGIN = 64.0
_QR_SIZE = 170.0
_TEXT_SIZE = 11.0
_LINE = 16.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """A letter's words in one language."""

    heading: str
    asks: str
    scan: str
    typing: str
    how: str
    steps: tuple[str, ...]
    keep: str
    number: str


_WORDS = {
    "en": _Words(
        heading="Your credential to vote",
        asks="{organisation} asks you to vote:",
        scan="Scan this code with your telephone or tablet. It opens the voting booth with"
        " your credential.",
        typing="Or open this page, choose “Vote”, and type your credential:",
        how="How to vote",
        steps=(
            "Choose in the booth. Your device encrypts the ballot before it sends anything.",
            "The booth shows a tracker. Note it, or check the encryption, before you cast.",
            (
                "Cast, and keep the receipt. With it anyone can check that your ballot is in the"
                " public record; nobody can see how you voted."
            ),
            "You may vote again until voting closes. The last ballot counts.",
        ),
        keep="Keep this letter to yourself until voting closes: whoever has it can cast a"
        " ballot with it. If you lose it before voting opens, ask the registrar for a new one;"
        " then this one no longer works.",
        number="Letter {pseudonym}",
    ),
    "zh-hans": _Words(
        heading="您的投票凭证",
        asks="{organisation}邀请您投票：",
        scan="用手机或平板扫描此码，即可带着您的凭证打开投票间。",
        typing="或者打开此页面，选择“投票”，并输入您的凭证：",
        how="如何投票",
        steps=(
            "在投票间作出选择。您的设备先加密选票，然后才发送。",
            "投票间会显示追踪码。投出之前，请记下它，或检验加密。",
            "投出并保存回执。凭回执，任何人都能核对您的选票在公开记录中；没有人能看到您如何投票。",
            "投票结束前可以重新投票，以最后一张选票为准。",
        ),
        keep="投票结束前请勿让他人看到此信：持有此信的人可以用它投票。若在投票开始前遗失，"
        "请向登记人索取新凭证；届时此凭证作废。",
        number="信件 {pseudonym}",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What all letters say. `page` is the address of the election's page."""

    title: str
    organisation: str
    page: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One voter's letter."""

    pseudonym: str
    credential: str
    link: str


def make_letters(*, head: Letterhead, letters: Sequence[Letter], font: Path | None) -> bytes:
    """Write the PDF. The same letters give the same bytes; it holds no date.

    Raises:
        CommandFailed: reportlab is not installed, the font cannot be read, or a text has
            characters that it cannot show.
    """
    try:
        from reportlab.lib.pagesizes import A4
        from reportlab.pdfgen.canvas import Canvas
    except ImportError as error:
        msg = 'letters need the package reportlab: pip install "pnyx[letters]"'
        raise CommandFailed(msg) from error
    texts = [head.title, head.organisation, *(letter.pseudonym for letter in letters)]
    name = _register_font(font, language=head.language, texts=texts)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(head.title)
    canvas.setAuthor(head.organisation)
    for letter in letters:
        _write_page(_Page(canvas, font=name, size=A4), head=head, letter=letter)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _register_font(font: Path | None, *, language: str, texts: Sequence[str]) -> str:
    """Choose a font that has every character; give the name that the canvas knows it by."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    if font is not None:
        try:
            loaded = TTFont("Letter", str(font))
        except (TTFError, OSError) as error:
            msg = f"--font: {font}: {error}"
            raise CommandFailed(msg) from error
        known = set(loaded.face.charToGlyph)
        _check_characters(texts, are_known=lambda text: all(ord(c) in known for c in text))
        pdfmetrics.registerFont(loaded)
        return "Letter"
    if language == "en" and all(_fits(text, "cp1252") for text in texts):
        return "Helvetica"
    # Not embedded: every PDF viewer with Chinese fonts shows it.
    _check_characters(texts, are_known=lambda text: _fits(text, "gb18030") and _is_chinese(text))
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return "STSong-Light"


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _is_chinese(text: str) -> bool:
    return _fits(text, "gb2312") or _fits(text, "cp1252")


def _check_characters(texts: Sequence[str], *, are_known: Callable[[str], bool]) -> None:
    for text in texts:
        if not are_known(text):
            msg = f"the font has no characters for {text!r}: give one that has, with --font"
            raise CommandFailed(msg)


class _Page:
    """One sheet, written from the top: `y` is where the next text begins, in points."""

    def __init__(self, canvas: "Canvas", *, font: str, size: tuple[float, float]) -> None:
        self.canvas = canvas
        self.font = font
        self.width = size[0] - 2 * _MARGIN
        self.y = size[1] - _MARGIN

    def write(
        self, text: str, *, size: float = _TEXT_SIZE, gap: float = _LINE / 2, font: str = ""
    ) -> None:
        """Write a paragraph, broken into lines, and leave a gap below."""
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.platypus import Paragraph

        style = ParagraphStyle(
            "letter",
            fontName=font or self.font,
            fontSize=size,
            leading=size * _LINE / _TEXT_SIZE,
            # Chinese has no spaces at which a line could be broken.
            wordWrap="LTR" if self.font == "Helvetica" else "CJK",
        )
        paragraph = Paragraph(escape(text), style)
        _, height = paragraph.wrap(self.width, self.y)
        self.y -= height
        paragraph.drawOn(self.canvas, _MARGIN, self.y)
        self.y -= gap

    def write_to_type(self, text: str) -> None:
        """Write what has to be typed, in letters that cannot be taken for others."""
        self.y -= _LINE
        self.canvas.setFont("Courier-Bold", 16)
        self.canvas.drawString(_MARGIN, self.y, text)
        self.y -= _LINE

    def draw_code(self, text: str) -> None:
        """Draw a QR code."""
        from reportlab.graphics import renderPDF
        from reportlab.graphics.barcode.qr import QrCodeWidget
        from reportlab.graphics.shapes import Drawing

        widget = QrCodeWidget(text, barLevel="M", barWidth=_QR_SIZE, barHeight=_QR_SIZE)
        drawing = Drawing(_QR_SIZE, _QR_SIZE)
        drawing.add(widget)
        self.y -= _QR_SIZE
        renderPDF.draw(drawing, self.canvas, _MARGIN, self.y)
        self.y -= _LINE


def _write_page(page: _Page, *, head: Letterhead, letter: Letter) -> None:
    words = _WORDS[head.language]
    page.write(words.number.format(pseudonym=letter.pseudonym), gap=_LINE * 2)
    page.write(words.heading, size=20, gap=_LINE)
    page.write(words.asks.format(organisation=head.organisation), gap=2)
    page.write(head.title, size=14, gap=_LINE)
    page.write(words.scan)
    page.draw_code(letter.link)
    page.write(words.typing, gap=2)
    page.write(head.page, gap=0, font="Helvetica")
    page.write_to_type(letter.credential)
    page.y -= _LINE / 2
    page.write(words.how, size=14)
    for number, step in enumerate(words.steps, start=1):
        page.write(f"{number}. {step}", gap=4)
    page.y -= _LINE / 2
    page.write(words.keep)
