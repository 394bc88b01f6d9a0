"""Registering documents, so that anyone can prove later that they existed.

The document never comes here: what comes is its SHA-256, or a commitment to it. Who filed it and
what they call it stays in the database; the log gets the hash alone. A checkpoint's time is the
witnesses' and the timestamping authority's to say, so the entry holds none.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit.models import Evidence, EvidenceCount, EvidenceKey, EvidenceRequest
from audit.models.evidence import (
    HASH_SIZE_BYTES,
    LABEL_CHARACTERS,
    SALT_SIZE_BYTES,
)
from audit.services.log import append_entry
from audit.services.signing import sign_note
from evote.encoding import canonical_json

# Registered by mistake again and again: it proves nothing.
EMPTY_FILE = hashlib.sha256(b"").hexdigest()
# How long the log may take. Seconds are the rule; a day leaves time to recover a halted log.
INCLUSION_LIMIT = timedelta(hours=24)


class EvidenceRefused(Exception):
    """The document is not registered. The message is fit to show; `code` is for programs."""

    code = "refused"


class QuotaReached(EvidenceRefused):
    """Enough was filed today."""

    code = "quota_reached"


class RequestChanged(EvidenceRefused):
    """The name of a request came again with another content."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What is to be registered: a document's hash, or a commitment, perhaps with its salt."""

    form: Evidence.Form
    digest: bytes
    salt: bytes | None = None
    label: str = ""

    def __post_init__(self) -> None:
        assert len(self.digest) == HASH_SIZE_BYTES
        assert self.salt is None or len(self.salt) == SALT_SIZE_BYTES
        assert self.salt is None or self.form is Evidence.Form.COMMITMENT
        assert len(self.label) <= LABEL_CHARACTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """The owner's evidence, and whether it was new."""

    evidence: Evidence
    is_new: bool


def private_filing(*, document: bytes, label: str) -> Filing:
    """Commit to a document by its SHA-256 with a fresh salt. The hash itself is not kept."""
    salt = secrets.token_bytes(SALT_SIZE_BYTES)
    commitment = hashlib.sha256(salt + document).digest()
    return Filing(form=Evidence.Form.COMMITMENT, digest=commitment, salt=salt, label=label)


@transaction.atomic
def file_evidence(*, owner: str, filing: Filing, now: datetime) -> Filed:
    """Register a document for a person. The same again gives the same evidence.

    Raises:
        QuotaReached: they filed as much as one may in a day.
        LogKeyMissing: the installation cannot promise anything yet.
    """
    count = _count_of(subscriber=f"person {owner}", now=now)
    return _file(
        owner=owner, key=None, filing=filing, count=count, limit=settings.EVIDENCE_PER_DAY, now=now
    )


@transaction.atomic
def file_by_key(*, key: EvidenceKey, filing: Filing, request_name: str, now: datetime) -> Filed:
    """Register a document for another platform, in the name of the key's owner.

    `request_name` is the request's own name, or empty: the same name and content again give the
    same evidence, also after the document was filed under another name.

    Raises:
        QuotaReached: the key filed as much as one may in a day.
        RequestChanged: the name was used for something else.
    """
    count = _count_of(subscriber=f"key {key.pk}", now=now)
    content = _content_of(filing)
    if request_name:
        earlier = EvidenceRequest.objects.filter(key=key, name=request_name).first()
        if earlier is not None:
            if bytes(earlier.content) != content:
                msg = _("This Idempotency-Key was used for another document.")
                raise RequestChanged(msg)
            return Filed(evidence=earlier.evidence, is_new=False)
    limit = settings.EVIDENCE_PER_KEY_AND_DAY
    filed = _file(owner=key.owner, key=key, filing=filing, count=count, limit=limit, now=now)
    if request_name:
        EvidenceRequest.objects.create(
            key=key, name=request_name, content=content, evidence=filed.evidence
        )
    return filed


def _content_of(filing: Filing) -> bytes:
    asked = {
        "form": filing.form.value,
        "digest": filing.digest.hex(),
        "salt": "" if filing.salt is None else filing.salt.hex(),
        "label": filing.label,
    }
    return hashlib.sha256(canonical_json(asked)).digest()


def _count_of(*, subscriber: str, now: datetime) -> EvidenceCount:
    """Lock the day's count: requests of one subscriber come one after the other from here."""
    day = now.date()
    count, is_new = EvidenceCount.objects.get_or_create(subscriber=subscriber, day=day)
    if is_new:
        EvidenceCount.objects.filter(subscriber=subscriber, day__lt=day).delete()
    return EvidenceCount.objects.select_for_update().get(pk=count.pk)


def _file(
    *,
    owner: str,
    key: EvidenceKey | None,
    filing: Filing,
    count: EvidenceCount,
    limit: int,
    now: datetime,
) -> Filed:
    wanted = {"owner": owner, "form": filing.form, "digest": filing.digest}
    earlier = Evidence.objects.filter(**wanted).first()
    if earlier is not None:
        return Filed(evidence=earlier, is_new=False)
    if count.filed >= limit:
        msg = _("At most %(limit)s documents can be registered in a day. Try again tomorrow.")
        raise QuotaReached(msg % {"limit": limit})
    entry = append_entry(kind="evidence", body=evidence_body(filing))
    # Another key of the same owner may be filing the same: the database decides who was first.
    evidence, is_new = Evidence.objects.get_or_create(
        **wanted,
        defaults={
            "salt": filing.salt,
            "label": filing.label,
            "entry": entry,
            "promise": sign_note(text=promise_text(filing=filing, entry=entry, now=now)),
            "filed_at": now,
            "key": key,
        },
    )
    if is_new:
        count.filed += 1
        count.save(update_fields=["filed"])
    return Filed(evidence=evidence, is_new=is_new)


def evidence_body(filing: Filing) -> dict[str, object]:
    """Say that somebody registered a document: one hash, no name and no time."""
    return {filing.form.value: filing.digest.hex()}


def promise_text(*, filing: Filing, entry: bytes, now: datetime) -> str:
    """Return what the installation promises by its signature: this entry, before that moment."""
    before = (now + INCLUSION_LIMIT).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [
        "pnyx promise 1",
        f"evidence {filing.form.value} {filing.digest.hex()}",
        f"entry {entry.hex()}",
        f"before {before}",
    ]
    return "\n".join(lines) + "\n"


def change_label(*, evidence: Evidence, label: str) -> None:
    """Call it something else; empty: nothing."""
    evidence.label = label
    evidence.save(update_fields=["label"])


def delete_evidence(*, evidence: Evidence) -> None:
    """Take it off its owner's list, with its name and salt. The log's entry stays for ever."""
    evidence.delete()


@transaction.atomic
def forget_owner(*, owner: str) -> None:
    """Delete all that an owner filed here, and their keys. The log keeps its hashes."""
    keys = list(EvidenceKey.objects.filter(owner=owner).values_list("pk", flat=True))
    Evidence.objects.filter(owner=owner).delete()
    EvidenceKey.objects.filter(pk__in=keys).delete()
    subscribers = [f"person {owner}", *(f"key {pk}" for pk in keys)]
    EvidenceCount.objects.filter(subscriber__in=subscribers).delete()
