"""What the log says of the software that runs here, so that anyone can compare (LOG.md)."""

import hashlib
import json
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
    """Enter the booth's hash and the software's version in the log, whenever they changed.

    Going back to an older version is a change too, so an entry names the one before it.

    Raises:
        config.built.NotBuiltError: there is no booth to announce.

    """
    append_entry(kind="booth", body=_booth())
    newest = _newest("software")
    running = software_body(previous=None)
    if newest is not None and running.items() <= json.loads(bytes(newest.body)).items():
        return
    previous = None if newest is None else bytes(newest.identity)
    append_entry(kind="software", body=software_body(previous=previous))


def is_booth_announced() -> bool:
    """Say whether the booth that is built here is in the log, or on its way there."""
    identity = hashlib.sha256(encode_entry(kind="booth", body=_booth())).digest()
    return any(
        table.objects.filter(identity=identity).exists() for table in (PendingEntry, LogEntry)
    )


def _booth() -> dict[str, object]:
    return booth_body(sha256=str(built_file(BOOTH)["sha256"]), name=BOOTH)


def software_body(*, previous: bytes | None) -> dict[str, object]:
    """Say what this installation runs from here on, after the entry `previous` if there is one."""
    body: dict[str, object] = {
        "version": __version__,
        "evote": _hash_of_sources(settings.BASE_DIR / "evote"),
        "booth": built_file(BOOTH)["sha256"],
    }
    return body if previous is None else body | {"previous": previous.hex()}


def _newest(kind: str) -> PendingEntry | LogEntry | None:
    pending = PendingEntry.objects.filter(kind=kind).order_by("-id").first()
    return pending or LogEntry.objects.filter(kind=kind).order_by("-index").first()


def _hash_of_sources(folder: Path) -> str:
    """Return the SHA-256 over "<SHA-256>  <name>" of each Python file, in the order of names."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder.parent)}\n"
        for path in sorted(folder.rglob("*.py"))
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
