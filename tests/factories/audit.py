"""Make entries and logs for tests."""

import hashlib
import itertools

from audit.services.log import append_entries

NUMBERS = itertools.count(1)
ELECTION = "hfd19JUwUteUwr"


def digest(text) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


BODIES = {
    "election-event": {
        "election": ELECTION,
        "event": digest("event"),
        "height": 0,
        "type": "Setup",
        "payload": digest("setup"),
    },
    "election-outcome": {
        "election": ELECTION,
        "fingerprint": "53KNlIhNVc/QsIVMKYREKvJsWfjn6oyi5NZ922v7qNo",
        "result": digest("result"),
        "note": digest("note"),
        "outcome": "published",
    },
    "booth": {"sha256": digest("booth"), "name": "booth.js"},
    "roll-sealed": {"election": ELECTION, "people": 204, "commitment": digest("roll")},
    "credentials-listed": {
        "election": ELECTION,
        "by": "registrar",
        "credentials": 204,
        "weight": 204,
        "list": digest("credentials"),
    },
    "credential-replaced": {
        "election": ELECTION,
        "lost": digest("lost"),
        "new": digest("new"),
        "list": digest("credentials"),
    },
    "consultation-phase": {
        "consultation": "town-trees",
        "phase": "DEBATE-2",
        "act": "started",
        "at": "2026-11-21T09:00:00Z",
        "starts_at": "2026-11-21T09:00:00Z",
        "ends_at": "2026-12-21T09:00:00Z",
        "features": ["COMMENT", "ENDORSE"],
    },
    "proposal": {"proposal": 17, "version": 2, "text": digest("proposal")},
    "moderation": {
        "number": 5,
        "act": "hide",
        "target": "comment",
        "reference": 311,
        "consultation": "town-trees",
        "rule": "no-insults",
        "commitment": digest("reason"),
        "content": digest("content"),
        "at": "2026-11-21T09:00:00Z",
    },
    "evidence": {"document": digest("a contract")},
    "software": {"version": "0.1.0", "evote": digest("evote"), "booth": digest("booth")},
}


def ballot_event(*, height=1, ballot="ballot", election=ELECTION) -> dict:
    return {
        "election": election,
        "event": digest(f"{election} event {height}"),
        "height": height,
        "type": "Ballot",
        "payload": digest(ballot),
    }


def append_ballots(number) -> list[bytes]:
    """Put this many ballots of a new election in the outbox; return their identities."""
    election = f"{next(NUMBERS):x}".translate(str.maketrans("0", "z")).rjust(14, "E")
    return append_entries(
        kind="election-event",
        bodies=[
            ballot_event(height=height, ballot=f"{election}{height}", election=election)
            for height in range(1, number + 1)
        ],
    )
