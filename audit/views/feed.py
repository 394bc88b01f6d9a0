"""The log as an Atom feed (RFC 4287): all of it, one kind, or one election or consultation.

Its language is in its address and nothing in it depends on who asks, so that any cache may keep
it. Only entries under a published checkpoint stand in it. An entry's date is the day on which
the first checkpoint that covers it was signed; the log tells no finer time.
"""

import re
from dataclasses import dataclass
from datetime import date
from html import unescape
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_supported_language_variant, override
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from audit.forms import KIND_NAMES, BoardForm
from audit.models import LogEntry
from audit.selectors import (
    EntryPage,
    EntryQuery,
    entry_page,
    first_signed_dates,
    latest_checkpoint,
    log_origin,
)

A_MINUTE = "public, max-age=60"
# What an empty feed says of its last change: it needs a date, and there was none.
NEVER = date(1970, 1, 1)
LANGUAGE_LIMIT_CHARACTERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """An entry in words."""

    entry: LogEntry
    kind_name: str
    sentence: str
    signed_date: date


@conditional_page
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Serve the newest entries; `before` leads on to older ones, as in RFC 5005."""
    form = BoardForm(request.GET)
    if not form.is_valid():
        return HttpResponse(status=400, content_type="text/plain")
    with override(_language(request)):
        content = render_to_string("audit/feed.xml", _context(form))
    response = HttpResponse(content, content_type="application/atom+xml; charset=utf-8")
    response.headers["Content-Language"] = _language(request)
    response.headers["Cache-Control"] = A_MINUTE
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _language(request: HttpRequest) -> str:
    """Read the language from the address: an unknown one gives the installation's own."""
    wanted = request.GET.get("language", "")[:LANGUAGE_LIMIT_CHARACTERS]
    try:
        return get_supported_language_variant(wanted)
    except LookupError:
        return settings.LANGUAGE_CODE


def _context(form: BoardForm) -> dict[str, object]:
    wanted = form.cleaned_data
    page = _published_page(form)
    dates = first_signed_dates([entry.index for entry in page.entries])
    rows = [
        FeedEntry(
            entry=entry,
            kind_name=str(KIND_NAMES[entry.kind]),
            sentence=sentence_of(entry),
            signed_date=dates[entry.index],
        )
        for entry in page.entries
    ]
    names = ("kind", "election", "consultation")
    query = {name: str(wanted[name]) for name in names if wanted[name]}
    address = settings.BASE_URL + reverse("audit:feed")
    return {
        "origin": log_origin(),
        "site": settings.BASE_URL,
        "rows": rows,
        "updated": rows[0].signed_date if rows else NEVER,
        "title": _title(wanted),
        "query": urlencode(query),
        "address": address,
        "own_query": urlencode(query | ({"before": wanted["before"]} if wanted["before"] else {})),
        "next_query": None
        if page.older_before is None
        else urlencode(query | {"before": page.older_before}),
    }


def _published_page(form: BoardForm) -> EntryPage:
    """Return the newest entries that a published checkpoint covers."""
    checkpoint = latest_checkpoint()
    if checkpoint is None:
        return EntryPage(entries=[], older_before=None, newer_after=None)
    before = form.cleaned_data["before"]
    covered = checkpoint.head_id if before is None else min(before, checkpoint.head_id)
    return entry_page(
        EntryQuery(kind=form.cleaned_data["kind"] or "", about=form.about, before=covered)
    )


def _title(wanted: dict[str, object]) -> str:
    parts = [
        str(KIND_NAMES[str(wanted["kind"])]) if wanted["kind"] else _("All entries"),
        str(wanted["election"] or wanted["consultation"] or ""),
    ]
    return " · ".join([_("Bulletin board"), *filter(None, parts)])


def sentence_of(entry: LogEntry) -> str:
    """Return what happened, in the language that is active, without markup."""
    text = render_to_string("audit/partials/sentence.html", {"entry": entry})
    return re.sub(r"\s+", " ", unescape(text)).strip()
