"""The kinds of entry that the log knows, and what an entry of each kind looks like."""

import json
from dataclasses import dataclass
from functools import cache

from django.conf import settings

# kind -> the members whose hash people search for; an entry has one of them at most
ENTRY_KINDS: dict[str, tuple[str, ...]] = {
    "election-event": ("payload",),
    "election-outcome": ("result",),
    "booth": ("sha256",),
    "roll-sealed": ("commitment",),
    "credentials-listed": ("list",),
    "credential-replaced": ("new",),
    "consultation-phase": (),
    "rule-fired": ("inputs",),
    "proposal": ("text",),
    "moderation": ("commitment",),
    "appeal": ("commitment",),
    "certificate-issued": ("certificate",),
    "certificate-revoked": ("certificate",),
    "evidence": ("document", "commitment"),
    "data-shared": ("content",),
    "software": ("evote",),
    "key-rotation": (),
    "log-succession": (),
}

# The members that say which election or consultation an entry is about.
ABOUT_MEMBERS = ("election", "consultation")
ELECTION_PATTERN = "[1-9A-HJ-NP-Za-km-z]{14,64}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindDescription:
    """A kind in the words of its schema, which are English."""

    kind: str
    title: str
    description: str


@cache
def kind_descriptions() -> tuple[KindDescription, ...]:
    """Return what each kind of entry records, in the order of the log's description."""
    schemas = {kind: json.loads(entry_schema(kind)) for kind in ENTRY_KINDS}
    return tuple(
        KindDescription(kind=kind, title=schema["title"], description=schema["description"])
        for kind, schema in schemas.items()
    )


@cache
def entry_schema(kind: str) -> bytes:
    """Return the JSON Schema of one kind, as it is published.

    Raises:
        KeyError: the log knows no such kind.
    """
    ENTRY_KINDS[kind]
    return (settings.BASE_DIR / "docs" / "log" / f"{kind}.json").read_bytes()
