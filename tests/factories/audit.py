"""Make entries and logs for tests."""

import hashlib
import itertools

from audit.services.log import append_entries

NUMBERS = itertools.count(1)
ELECTION = "hfd19JUwUteUwr"


def digest(text) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


ACT = "3f0c8d0e-52c4-4b7e-9f43-6b0f2c1f7a10"
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
    "rule-fired": {
        "consultation": "town-trees",
        "rule": 3,
        "text": digest("rule"),
        "inputs": digest("inputs"),
        "effect": "start-phase",
        "at": "2026-11-21T09:00:00Z",
    },
    "proposal": {
        "proposal": 17,
        "version": 2,
        "text": digest("proposal"),
        "consultation": "town-trees",
    },
    "moderation": {
        "number": ACT,
        "act": "hide",
        "target": "comment",
        "reference": 311,
        "consultation": "town-trees",
        "rule": "no-insults",
        "commitment": digest("reason"),
        "content": digest("content"),
        "at": "2026-11-21T09:00:00Z",
    },
    "appeal": {
        "number": "8a1f1c2e-0d44-4a57-8c36-1f2e3d4c5b6a",
        "act": ACT,
        "step": "filed",
        "consultation": "town-trees",
        "commitment": digest("appeal"),
        "at": "2026-11-22T09:00:00Z",
    },
    "certificate-issued": {
        "certificate": digest("certificate"),
        "type": "residence",
        "issuer": digest("office"),
        "issued_date": "2026-11-21",
        "expires_date": "2027-11-21",
    },
    "certificate-revoked": {
        "certificate": digest("certificate"),
        "issuer": digest("office"),
        "reason": "replaced",
        "revoked_date": "2026-11-22",
    },
    "evidence": {"document": digest("a contract")},
    "data-shared": {
        "set": "pupils-by-district",
        "version": 1,
        "from": "northfield",
        "to": "northfield-schools",
        "act": "given",
        "content": digest("set"),
        "basis": "school-places",
        "at": "2026-11-21T09:00:00Z",
    },
    "software": {"version": "0.1.0", "evote": digest("evote"), "booth": digest("booth")},
    "key-rotation": {
        "origin": "127.0.0.1:8000/log",
        "old": "127.0.0.1:8000/log+7ba5f4d9+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "new": "127.0.0.1:8000/log+1c0f4a5b+AYmyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "signature_of_old": "A" * 91 + "=",
        "signature_of_new": "B" * 91 + "=",
    },
    "log-succession": {
        "old": "127.0.0.1:8000/log+7ba5f4d9+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "final_size": 300,
        "final_root": digest("final"),
        "new": "127.0.0.1:8000/log/2026b+1c0f4a5b+AYmyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "kept_size": 200,
        "kept_root": digest("kept"),
        "reason": "behind",
        "explanation": digest("explanation"),
        "at": "2026-11-21T09:00:00Z",
        "signature_of_old": "A" * 91 + "=",
        "signature_of_new": "B" * 91 + "=",
    },
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
