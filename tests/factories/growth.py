"""Let a log grow in tests, and look at what it publishes."""

from datetime import date

from django.conf import settings

from audit.selectors.key import signing_key
from audit.services.sequencing import sequence
from evote.tlog.checkpoint import verify_checkpoint
from tests.factories.audit import append_ballots

TODAY = date(2026, 11, 21)


def grow(number=1):
    identities = append_ballots(number)
    sequence(today=TODAY)
    return identities


def published_file():
    path = settings.DATA_DIR / "log" / "checkpoint"
    return path.read_bytes() if path.exists() else None


def published_size():
    note = published_file()
    return 0 if note is None else verify_checkpoint(note, key=signing_key().verifier).size
