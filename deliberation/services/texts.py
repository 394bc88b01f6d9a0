"""What people type, made fit to be kept."""

import unicodedata

from django.utils.translation import gettext as _

from deliberation.services.refusal import Refused

# Marks that turn the direction of what follows, by which a text could show what it does not
# say. Hebrew, Arabic and Persian do not need them.
TURNING_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class UnfitText(Refused):
    """The text cannot be kept like this. `field` names the input."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message, code="unfit_text")
        self.field = field


def clean_line(text: str, *, field: str, minimum: int, maximum: int) -> str:
    """Return one line without marks that cannot be seen.

    Raises:
        UnfitText: too short or too long.

    """
    line = " ".join(_without_controls(text).split())
    if not minimum <= len(line) <= maximum:
        message = _("Write %(minimum)s to %(maximum)s characters in one line. This has %(length)s.")
        numbers = {"minimum": minimum, "maximum": maximum, "length": len(line)}
        raise UnfitText(message % numbers, field=field)
    return line


def clean_text(text: str, *, field: str, minimum: int, maximum: int) -> str:
    """Return a text of several lines, with plain line feeds.

    Raises:
        UnfitText: too short or too long.

    """
    plain = _without_controls(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(plain) < minimum:
        raise UnfitText(_("Write something here."), field=field)
    if len(plain) > maximum:
        message = _("Write at most %(maximum)s characters. This has %(length)s.")
        raise UnfitText(message % {"maximum": maximum, "length": len(plain)}, field=field)
    return plain


def _without_controls(text: str) -> str:
    """Drop control characters but line feeds and tabs, lone surrogates, and turning marks."""
    return "".join(
        character
        for character in unicodedata.normalize("NFC", text)
        if character in "\n\t"
        or (unicodedata.category(character) not in {"Cc", "Cs"} and character not in TURNING_MARKS)
    )
