"""The one way into the log."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from django.db import transaction
from jsonschema import Draft202012Validator

from audit.models import LogEntry, PendingEntry
from audit.selectors.schemas import ABOUT_MEMBERS, ENTRY_KINDS, entry_schema
from audit.services.rows import add_rows
from evote.encoding import canonical_json
from evote.errors import DecodeError

ENTRY_LIMIT_BYTES = 60_000
# Python's `$` also matches before a last line feed, so patterns alone would let one through.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class EntryRefused(Exception):
    """The log takes no such entry. The message names the kind and what is wrong."""


def append_entry(*, kind: str, body: Mapping[str, object]) -> bytes:
    """Put an entry in the log together with the caller's other changes, or with none of them.

    The entry is canonical JSON of `{"kind": kind, **body}` and holds no personal data: names,
    addresses and free text stay in the database, the entry has a salted hash of them. It gets
    its index from the sequencer, within a second or two. The same entry appended again is the
    same entry, so a body has something that tells it from every other: a height, a version.

    Returns the entry's identity, the SHA-256 of its bytes.

    Raises:
        EntryRefused: the kind is unknown, or the body does not fit its schema.
    """
    return append_entries(kind=kind, bodies=[body])[0]


@transaction.atomic
def append_entries(*, kind: str, bodies: Sequence[Mapping[str, object]]) -> list[bytes]:
    """Put several entries of one kind in the log, in this order; else as `append_entry`.

    Returns their identities. If one is refused, none is appended.
    """
    entries = [encode_entry(kind=kind, body=body) for body in bodies]
    identities = [hashlib.sha256(entry).digest() for entry in entries]
    # The look into the log may miss an entry that is being sequenced right now; then both rows
    # exist for a moment, and the sequencer drops the second one.
    logged = {
        bytes(identity)
        for identity in LogEntry.objects.filter(identity__in=identities).values_list(
            "identity", flat=True
        )
    }
    rows = [
        PendingEntry(
            identity=identity,
            kind=kind,
            body=entry,
            subject=subject_of(kind=kind, body=body),
            about=about_of(body),
        )
        for identity, entry, body in zip(identities, entries, bodies, strict=True)
        if identity not in logged
    ]
    add_rows(rows, unless_known=True)
    return identities


def encode_entry(*, kind: str, body: Mapping[str, object]) -> bytes:
    """Write an entry as it is hashed, and refuse it unless it fits the schema of its kind.

    Raises:
        EntryRefused: it does not.
    """
    if kind not in ENTRY_KINDS:
        msg = f"The log knows no entries of the kind {kind!r}."
        raise EntryRefused(msg)
    if "kind" in body:
        msg = f"{kind}: the body of an entry has no member 'kind' of its own."
        raise EntryRefused(msg)
    entry = {"kind": kind, **body}
    error = next(_validator(kind).iter_errors(entry), None)
    if error is not None:
        place = ".".join(map(str, error.absolute_path)) or "the whole entry"
        msg = f"{kind}: {place}: {error.message}"
        raise EntryRefused(msg)
    if any(_CONTROL.search(text) for text in _texts(entry)):
        msg = f"{kind}: an entry holds no control characters."
        raise EntryRefused(msg)
    try:
        data = canonical_json(entry)
    except DecodeError as problem:
        msg = f"{kind}: {problem}"
        raise EntryRefused(msg) from problem
    if len(data) > ENTRY_LIMIT_BYTES:
        msg = f"{kind}: the entry has {len(data)} bytes; at most {ENTRY_LIMIT_BYTES} are allowed."
        raise EntryRefused(msg)
    return data


def subject_of(*, kind: str, body: Mapping[str, object]) -> bytes | None:
    """Return the hash by which people find an entry of this kind, if its kind has one."""
    values = [body[member] for member in ENTRY_KINDS[kind] if member in body]
    return bytes.fromhex(values[0]) if values and isinstance(values[0], str) else None


def about_of(body: Mapping[str, object]) -> str:
    """Return which election or consultation an entry is about, in the form that is filtered by."""
    names = (name for name in ABOUT_MEMBERS if body.get(name))
    return next((f"{name}/{body[name]}" for name in names), "")


def _texts(entry: Mapping[str, object]) -> Iterator[str]:
    for value in entry.values():
        yield from (
            item
            for item in (value if isinstance(value, list) else [value])
            if isinstance(item, str)
        )


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(entry_schema(kind)))
