"""What the log says of the software that runs here, so that anyone can compare (LOG.md)."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.db import transaction

from audit.models import LogEntry, PendingEntry
from audit.services.entries import booth_body
from audit.services.log import append_entry, encode_entry
from config.built import built_file
from evote import __version__

BOOTH = "booth.js"


@transaction.atomic
def announce_software() -> None:
    """Enter the booth's hash and the software's version in the log; once for each version.

    Raises:
        config.built.NotBuiltError: there is no booth to announce.

    """
    append_entry(kind="booth", body=_booth())
    append_entry(kind="software", body=software_body())


def is_booth_announced() -> bool:
    """Say whether the booth that is built here is in the log, or on its way there."""
    identity = hashlib.sha256(encode_entry(kind="booth", body=_booth())).digest()
    return any(
        table.objects.filter(identity=identity).exists() for table in (PendingEntry, LogEntry)
    )


def _booth() -> dict[str, object]:
    return booth_body(sha256=str(built_file(BOOTH)["sha256"]), name=BOOTH)


def software_body() -> dict[str, object]:
    """Say what this installation runs."""
    return {
        "version": __version__,
        "evote": _hash_of_sources(settings.BASE_DIR / "evote"),
        "booth": built_file(BOOTH)["sha256"],
    }


def _hash_of_sources(folder: Path) -> str:
    """Return the SHA-256 over "<SHA-256>  <name>" of each Python file, in the order of names."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder.parent)}\n"
        for path in sorted(folder.rglob("*.py"))
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
