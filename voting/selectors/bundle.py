"""The booth's bundle, as this server gives it out."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

BOOTH_NAME = "booth.js"


class BoothMissing(Exception):
    """The booth's bundle has not been built. The message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The hash of the bundle: in hexadecimal, and as Subresource Integrity writes it."""

    sha256: str
    integrity: str


def booth_bundle() -> Bundle:
    """Return the hash of the bundle that voters' browsers get.

    It is computed from the file itself: that is what anybody can compare.

    Raises:
        BoothMissing: there is no bundle.
    """
    path = Path(settings.STATICFILES_DIRS[0]) / BOOTH_NAME
    try:
        digest = hashlib.sha256(path.read_bytes()).digest()
    except FileNotFoundError as error:
        msg = "The booth has not been built yet. Build the front end first."
        raise BoothMissing(msg) from error
    return Bundle(sha256=digest.hex(), integrity=f"sha256-{base64.b64encode(digest).decode()}")
