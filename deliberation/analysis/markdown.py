"""Markdown in, harmless HTML out."""

import html
import re
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

MAX_CHARACTERS = 10_000
ALLOWED_TAGS = {
    "p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "a", "code", "pre", "hr",
    "h3", "h4", "h5",
}  # fmt: skip
ALLOWED_SCHEMES = {"https", "mailto"}
ALLOWED_ADDRESSES = ("https://", "mailto:")
# Deeper nesting says nothing to a reader, and costs time.
MAX_NESTING = 12

_HEADING = re.compile(r"<(/?)h([1-6])>")
# More than eight marks in a row are no emphasis, only work for the parser: eight stay.
_LONG_RUN = re.compile(r"([*_]{8})[*_]+|([\[\]()<>`!&~])(?=\2{8})")


def _is_allowed_address(address: str) -> bool:
    """Say whether a link may lead there: an absolute one only, so that it cannot act here."""
    return address.strip().casefold().startswith(ALLOWED_ADDRESSES)


def _words_of_image(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    """Show an image's alternative text in its place."""
    return html.escape(tokens[index].content)


def _keep_address(tag: str, attribute: str, value: str) -> str | None:
    """Drop the address of a link that the parser should not have made."""
    if (tag, attribute) == ("a", "href") and not _is_allowed_address(value):
        return None
    return value


_PARSER = MarkdownIt(
    "commonmark", {"html": False, "linkify": False, "maxNesting": MAX_NESTING}
).disable(["html_block", "html_inline", "reference"])
_PARSER.validateLink = _is_allowed_address  # type: ignore[method-assign,assignment]  # its own hook
_PARSER.add_render_rule("image", _words_of_image)


class TooLong(ValueError):
    """The text is longer than Pnyx renders. Forms say so before it comes to that."""


def render_markdown(text: str) -> str:
    """Return the text as HTML that may stand in a page.

    Raw HTML is shown as typed, images and links to anything but https and mailto are dropped
    (the words stay), headings begin below those of the page. nh3 cleans what the parser made:
    two programs would have to err at once.

    Raises:
        TooLong: more than MAX_CHARACTERS.

    """
    if len(text) > MAX_CHARACTERS:
        msg = f"{len(text)} characters; at most {MAX_CHARACTERS} are rendered"
        raise TooLong(msg)
    shortened = _LONG_RUN.sub(lambda run: run[1] or "", text.replace("\0", ""))
    rendered = _HEADING.sub(_lower_heading, _PARSER.render(shortened))
    return nh3.clean(
        rendered,
        tags=ALLOWED_TAGS,
        attributes={"*": set(), "a": {"href"}},
        attribute_filter=_keep_address,
        url_schemes=ALLOWED_SCHEMES,
        link_rel="nofollow noopener",
    )


def excerpt(text: str, *, characters: int) -> str:
    """Return the beginning of the text without its marks, cut at a word."""
    rendered = nh3.clean(render_markdown(text[:MAX_CHARACTERS][: characters * 4]), tags=set())
    plain = " ".join(html.unescape(rendered).split())
    if len(plain) <= characters:
        return plain
    cut = plain[: characters - 1]
    # Chinese has no spaces: cut anywhere. Else go back to the last one, if it is near.
    space = cut.rfind(" ")
    return (cut[:space] if space > characters * 2 // 3 else cut) + "…"


def _lower_heading(heading: re.Match[str]) -> str:
    """Turn h1 and h2, which belong to the page, into h3, h3 into h4, the rest into h5."""
    level = {"1": 3, "2": 3, "3": 4}.get(heading[2], 5)
    return f"<{heading[1]}h{level}>"
