"""Trackers as people type them and as addresses carry them."""

import re

from django.utils.translation import gettext as _

from evote.encoding import b64_of_hash, hash_of_b64
from evote.errors import DecodeError

TRACKER_CHARACTERS = 43
ALPHABET = re.compile(r"[A-Za-z0-9+/]+", re.ASCII)
# Two groups of four: what the booth tells people to note at least.
START_CHARACTERS = 8


class InvalidTracker(Exception):
    """The text is not a tracker. The message says what one looks like."""


def decode_typed_tracker(text: str) -> bytes:
    """Return the 32 bytes of a tracker, with or without spaces, also in an address's form.

    Raises:
        InvalidTracker: the text is not 43 characters of base64, or not canonical.
    """
    compact = "".join(text.split()).replace("-", "+").replace("_", "/")
    if len(compact) != TRACKER_CHARACTERS:
        message = _("A tracker has 43 letters, digits, + or /. This one has %(count)s characters.")
        raise InvalidTracker(message % {"count": len(compact)})
    if not ALPHABET.fullmatch(compact):
        raise InvalidTracker(
            _("A tracker has only the letters A to Z and a to z, digits, + and /.")
        )
    try:
        return hash_of_b64(compact)
    except DecodeError as error:
        raise InvalidTracker(_("The last character of this tracker cannot be right.")) from error


def decode_tracker_in_address(text: str) -> bytes:
    """Return the 32 bytes of a tracker in the one form that the interface's addresses have.

    Raises:
        InvalidTracker: it has spaces, or `+` and `/`, or is no tracker at all.
    """
    tracker = decode_typed_tracker(text)
    if encode_in_address(tracker) != text:
        raise InvalidTracker(_("In an address a tracker has - and _ for + and /, and no spaces."))
    return tracker


def is_start_of_tracker(text: str) -> bool:
    """Say whether the text is the start of a tracker, and long enough for the board's search."""
    compact = "".join(text.split())
    return START_CHARACTERS <= len(compact) < TRACKER_CHARACTERS and bool(
        ALPHABET.fullmatch(compact)
    )


def encode_tracker(tracker: bytes) -> str:
    """Return the 43 characters of a tracker: base64 without padding (PROTOCOL 1.2)."""
    return b64_of_hash(tracker.hex())


def encode_in_address(tracker: bytes) -> str:
    """Return a tracker as addresses carry it: `-` and `_` for `+` and `/`."""
    return encode_tracker(tracker).replace("+", "-").replace("/", "_")
