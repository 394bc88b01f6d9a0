"""Trackers as people type them and as addresses carry them."""

import base64
import binascii
import re

from django.utils.translation import gettext as _

from evote.encoding import b64_of_hash

TRACKER_BYTES = 32
TRACKER_CHARACTERS = 43
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
    try:
        tracker = base64.b64decode(compact.encode("ascii") + b"=", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InvalidTracker(
            _("A tracker has only the letters A to Z and a to z, digits, + and /.")
        ) from error
    if encode_tracker(tracker) != compact:
        raise InvalidTracker(_("The last character of this tracker cannot be right."))
    return tracker


def is_start_of_tracker(text: str) -> bool:
    """Say whether the text is the start of a tracker, and long enough for the board's search."""
    compact = "".join(text.split())
    return START_CHARACTERS <= len(compact) < TRACKER_CHARACTERS and bool(
        re.fullmatch(r"[A-Za-z0-9+/]+", compact)
    )


def encode_tracker(tracker: bytes) -> str:
    """Return the 43 characters of a tracker: base64 without padding (PROTOCOL 1.2)."""
    return b64_of_hash(tracker.hex())


def encode_in_address(tracker: bytes) -> str:
    """Return a tracker as addresses carry it: `-` and `_` for `+` and `/`."""
    return encode_tracker(tracker).replace("+", "-").replace("/", "_")
