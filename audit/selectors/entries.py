"""Finding entries of the log: by index, by hash, by tracker, by kind, newest first."""

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from audit.models import LogEntry

PAGE_SIZE_ENTRIES = 25
HASH_HEX_CHARACTERS = 64
TRACKER_CHARACTERS = 43
# Two groups of a tracker are 48 bits: shorter beginnings would find strangers' ballots.
SEARCH_MINIMUM_CHARACTERS = 8
FOUND_LIMIT_ENTRIES = 50
_INDEX = re.compile(r"#?([0-9][0-9,. ]{0,24})", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{8,64}", re.ASCII)
_TRACKER = re.compile(r"[A-Za-z0-9+/_-]{8,43}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryQuery:
    """What part of the log to show: before or after an index, or the newest.

    `about` is an election or a consultation, as `LogEntry.about` has it. Empty means all.
    """

    kind: str = ""
    about: str = ""
    before: int | None = None
    after: int | None = None
    limit: int = PAGE_SIZE_ENTRIES


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """Entries, newest first, and where the neighbouring pages begin."""

    entries: list[LogEntry]
    older_before: int | None
    newer_after: int | None


def entry_at(index: int) -> LogEntry | None:
    """Return the entry at an index, or None: the log is not that long."""
    return LogEntry.objects.filter(index=index).first()


def entry_by_identity(identity: bytes) -> LogEntry | None:
    """Return the entry with this identity (SHA-256 of its bytes), or None: not yet, or never."""
    return LogEntry.objects.filter(identity=identity).first()


def entries_by_identities(identities: Collection[bytes]) -> dict[bytes, LogEntry]:
    """Return those of the entries that have their place already, by identity."""
    entries = LogEntry.objects.filter(identity__in=list(identities))
    return {bytes(entry.identity): entry for entry in entries}


def entry_page(query: EntryQuery) -> EntryPage:
    """Return one page of the log, newest first."""
    wanted = Q(kind=query.kind) if query.kind else Q()
    wanted &= Q(about=query.about) if query.about else Q()
    ascending = LogEntry.objects.filter(wanted).order_by("index")
    descending = LogEntry.objects.filter(wanted).order_by("-index")
    if query.after is not None:
        entries = list(ascending.filter(index__gt=query.after)[: query.limit])[::-1]
    elif query.before is not None:
        entries = list(descending.filter(index__lt=query.before)[: query.limit])
    else:
        entries = list(descending[: query.limit])
    if not entries:
        return EntryPage(entries=[], older_before=None, newer_after=None)
    newest, oldest = entries[0].index, entries[-1].index
    # In order, and not by exists(): a planner that may take any row reads the table for one.
    older = descending.filter(index__lt=oldest).values_list("index").first()
    newer = ascending.filter(index__gt=newest).values_list("index").first()
    return EntryPage(
        entries=entries,
        older_before=None if older is None else oldest,
        newer_after=None if newer is None else newest,
    )


def entries_matching(text: str) -> list[LogEntry]:
    """Find entries by what people have in hand: an index, a tracker, a hash, or a beginning of one.

    A tracker or hash is looked for among the entries' subjects (a ballot's tracker, a text's
    salted hash) and identities. Of a beginning, at least eight characters.
    """
    text = text.strip()
    number = _INDEX.fullmatch(text)
    digits = re.sub(r"[^0-9]", "", text)
    if number is not None and len(digits) <= 18:
        return list(LogEntry.objects.filter(index=int(digits)))
    compact = re.sub(r"\s", "", text)
    found: dict[int, LogEntry] = {}
    if _HEX.fullmatch(compact.lower()):
        found |= _beginning_with(bits=_bits_of_hex(compact.lower()))
    if _TRACKER.fullmatch(compact):
        found |= _beginning_with(bits=_bits_of_tracker(compact))
    return [found[index] for index in sorted(found, reverse=True)][:FOUND_LIMIT_ENTRIES]


def tracker_of(text: str) -> bytes | None:
    """Read a whole tracker as people type it, in groups or not; None when it is none."""
    compact = re.sub(r"\s", "", text).rstrip("=").replace("-", "+").replace("_", "/")
    if len(compact) != TRACKER_CHARACTERS:
        return None
    try:
        digest = base64.b64decode(compact + "=", validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest if base64.b64encode(digest).decode() == compact + "=" else None


def _bits_of_hex(text: str) -> str:
    return "".join(f"{int(character, 16):04b}" for character in text)


def _bits_of_tracker(text: str) -> str:
    standard = text.replace("-", "+").replace("_", "/")
    padded = standard + "A" * (-len(standard) % 4)
    digest = base64.b64decode(padded)
    return "".join(f"{byte:08b}" for byte in digest)[: min(6 * len(text), 256)]


def _beginning_with(*, bits: str) -> dict[int, LogEntry]:
    """Find by index, each column for itself and in its own order: one range of one B-tree."""
    lowest = int(bits.ljust(256, "0"), 2).to_bytes(32, "big")
    highest = int(bits.ljust(256, "1"), 2).to_bytes(32, "big")
    by_subject = LogEntry.objects.filter(subject__gte=lowest, subject__lte=highest)
    by_identity = LogEntry.objects.filter(identity__gte=lowest, identity__lte=highest)
    return {
        entry.index: entry
        for entries in (by_subject.order_by("subject"), by_identity.order_by("identity"))
        for entry in entries[:FOUND_LIMIT_ENTRIES]
    }
