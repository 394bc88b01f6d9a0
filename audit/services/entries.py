"""What the log says of things whose feature does not make its entry itself.

Each kind of entry is made by one function. It stands beside its feature where there is one
(`log_body` of a proposal's version, of an act, of a phase's change; the elections' in
`voting.services`). Here are the kinds that several features write, and those whose feature is
still to come: it calls `append_entry(kind="appeal", body=appeal_body(...))` and adds nothing.

Whatever is text arrives here as a salted hash (`commitment_to`), and organisations, sets and
rules by the short names in their addresses.
"""

import hashlib
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from audit.models.entry import log_time

SALT_MINIMUM_BYTES = 16

Body = dict[str, object]
AppealStep = Literal["filed", "withdrawn", "upheld", "overturned"]
RevocationReason = Literal["replaced", "withdrawn", "mistaken", "key-lost"]
SharingAct = Literal["given", "taken-back"]


def commitment_to(content: bytes, *, salt: bytes) -> str:
    """Return the hash by which an entry binds a text or file that the log must not hold.

    The salt is random and stays with the content: without it, who guesses a short text could
    compare.
    """
    assert len(salt) >= SALT_MINIMUM_BYTES
    return hashlib.sha256(salt + content).hexdigest()


def booth_body(*, sha256: str, name: str) -> Body:
    """Say which program the voters' browsers run."""
    return {"sha256": sha256, "name": name}


def rule_fired_body(
    *,
    consultation: str,
    rule: int,
    text: bytes,
    inputs: bytes,
    effect: str,
    now: datetime,
) -> Body:
    """Say that a sealed rule came true, on which figures, and what was done.

    `text` and `inputs` are the canonical JSON of the rule and of the figures. Both are public,
    so their hashes need no salt.
    """
    return {
        "consultation": consultation,
        "rule": rule,
        "text": hashlib.sha256(text).hexdigest(),
        "inputs": hashlib.sha256(inputs).hexdigest(),
        "effect": effect,
        "at": log_time(now),
    }


def appeal_body(
    *,
    number: UUID,
    act: UUID,
    step: AppealStep,
    consultation: str,
    commitment: str,
    now: datetime,
) -> Body:
    """Say what happened to an appeal: its reasons, or those of who decided, as a commitment."""
    return {
        "number": str(number),
        "act": str(act),
        "step": step,
        "consultation": consultation,
        "commitment": commitment,
        "at": log_time(now),
    }


def certificate_issued_body(
    *, certificate: str, type_: str, issuer_key: bytes, issued_date: date, expires_date: date | None
) -> Body:
    """Say that an office issued a certificate; `certificate` is the commitment to it."""
    expiry = {} if expires_date is None else {"expires_date": expires_date.isoformat()}
    return {
        "certificate": certificate,
        "type": type_,
        "issuer": hashlib.sha256(issuer_key).hexdigest(),
        "issued_date": issued_date.isoformat(),
        **expiry,
    }


def certificate_revoked_body(
    *, certificate: str, issuer_key: bytes, reason: RevocationReason, revoked_date: date
) -> Body:
    """Say that a certificate is not valid any more; `certificate` as when it was issued."""
    return {
        "certificate": certificate,
        "issuer": hashlib.sha256(issuer_key).hexdigest(),
        "reason": reason,
        "revoked_date": revoked_date.isoformat(),
    }


def data_shared_body(
    *,
    set_: str,
    version: int,
    giver: str,
    reader: str,
    act: SharingAct,
    commitment: str,
    basis: str,
    now: datetime,
) -> Body:
    """Say that one organisation let another read a set of data, or does so no longer."""
    return {
        "set": set_,
        "version": version,
        "from": giver,
        "to": reader,
        "act": act,
        "content": commitment,
        "basis": basis,
        "at": log_time(now),
    }
