"""The kinds of entry that the log knows, and what an entry of each kind looks like."""

from functools import cache

from django.conf import settings

# kind -> the member whose hash people search for
ENTRY_KINDS = {
    "election-event": "payload",
    "election-outcome": "result",
    "booth": "sha256",
    "roll-sealed": "commitment",
    "credentials-listed": "list",
    "credential-replaced": "new",
    "consultation-phase": None,
    "proposal": "text",
    "moderation": "commitment",
    "software": "evote",
}

# The members that say which election or consultation an entry is about.
ABOUT_MEMBERS = ("election", "consultation")


@cache
def entry_schema(kind: str) -> bytes:
    """Return the JSON Schema of one kind, as it is published.

    Raises:
        KeyError: the log knows no such kind.
    """
    ENTRY_KINDS[kind]
    return (settings.BASE_DIR / "docs" / "log" / f"{kind}.json").read_bytes()
