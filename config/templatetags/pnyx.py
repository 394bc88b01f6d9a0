"""The house's own tags: `{% load pnyx %}`. docs/design.md has an example of each."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, to_locale

from config import drawings, wording
from config.built import built_file
from config.icons import ICONS

register = template.Library()

TRACKER_GROUP_LETTERS = 4
PEBBLE_SHAPES = {
    "agree": '<circle cx="8" cy="8" r="7" fill="currentColor"/>',
    "disagree": (
        '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"/>'
        '<circle cx="8" cy="8" r="2.2" fill="currentColor"/>'
    ),
    "pass": (
        '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"'
        ' stroke-dasharray="3 2.7"/>'
    ),
}
# A side of a debate and a stance on a statement share their pebbles.
SIDE_PEBBLES = {
    "for": "agree",
    "against": "disagree",
    "neutral": "pass",
    "agree": "agree",
    "disagree": "disagree",
    "pass": "pass",
}


# --- The frame -----------------------------------------------------------------------------
@register.simple_tag
def html_lang(code: str | None = None) -> str:
    """Return a language as HTML writes it: "zh-Hans" for Django's "zh-hans"."""
    return to_locale(code or get_language() or "en").replace("_", "-")


def _built_address(name: str) -> str:
    return f"{static(name)}?v={built_file(name)['sha256'][:12]}"


@register.simple_tag
def stylesheet(name: str) -> SafeString:
    """Link a built style sheet, with its hash."""
    return format_html(
        '<link rel="stylesheet" href="{}" integrity="{}">',
        _built_address(name),
        built_file(name)["integrity"],
    )


@register.simple_tag
def script(name: str) -> SafeString:
    """Load a built script as a module, with its hash."""
    return format_html(
        '<script type="module" src="{}" integrity="{}"></script>',
        _built_address(name),
        built_file(name)["integrity"],
    )


@register.inclusion_tag("components/breadcrumbs.html")
def breadcrumbs(*words_and_addresses: str) -> dict[str, object]:
    """Show the way down to this page: pairs of a word and an address."""
    parents = zip(words_and_addresses[::2], words_and_addresses[1::2], strict=True)
    return {"parents": list(parents)}


# --- Words and figures ---------------------------------------------------------------------
@register.simple_tag
def moment(value: date | datetime | None, form: str = "both") -> SafeString:
    """Write a moment or a day in `<time>`; `form` is "both", "absolute" or "relative"."""
    if value is None:
        return SafeString("")
    now = timezone.now()
    if isinstance(value, datetime):
        absolute = wording.absolute_moment(value, now=now)
        relative = wording.relative_moment(value, now=now)
        machine = timezone.localtime(value).isoformat(timespec="minutes")
    else:
        today = timezone.localdate(now)
        absolute = wording.absolute_day(value, today=today)
        relative = wording.relative_day(value, today=today)
        machine = value.isoformat()
    in_one_line = relative.replace(" ", "\N{NO-BREAK SPACE}")
    both = gettext("%(absolute)s (%(relative)s)") % {"absolute": absolute, "relative": in_one_line}
    text = {"both": both, "absolute": absolute, "relative": relative}[form]
    return format_html('<time datetime="{}">{}</time>', machine, text)


@register.filter
def grouped(value: str) -> SafeString:
    """Write a tracker or a hash in groups of four, as separate `<span>`s."""
    groups = [
        (value[start : start + TRACKER_GROUP_LETTERS],)
        for start in range(0, len(value), TRACKER_GROUP_LETTERS)
    ]
    return format_html_join(" ", "<span>{}</span>", groups)


@register.inclusion_tag("components/tracker.html")
def tracker(value: str, *, copy: bool = True) -> dict[str, object]:
    """Show a whole tracker; Copy, where there is a script, copies it without spaces."""
    return {"value": value, "copy": copy}


def share(count: int, total: int) -> str:
    """Return 100·count/total with one decimal, rounded half up, without floats."""
    per_mille = (2000 * count + total) // (2 * total) if total else 0
    return f"{per_mille // 10}.{per_mille % 10}"


# --- Marks ---------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str, *, flip: bool = False, label: str = "") -> SafeString:
    """Draw an icon. It always stands beside a word; `flip` for one that points somewhere."""
    css = "pnyx-icon pnyx-icon--flip" if flip else "pnyx-icon"
    shapes = mark_safe(ICONS[name])  # noqa: S308 - our own constant
    if label:
        return format_html(
            '<svg class="{}" viewBox="0 0 24 24" role="img" aria-label="{}" focusable="false">'
            "{}</svg>",
            css,
            label,
            shapes,
        )
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        css,
        shapes,
    )


@register.simple_tag
def pebble(name: str) -> SafeString:
    """Draw the pebble that stands for a person, from the name they go by."""
    return format_html(
        '<svg class="pnyx-avatar pnyx-avatar--{}" viewBox="0 0 28 28" aria-hidden="true"'
        ' focusable="false"><path d="{}"/></svg>',
        drawings.avatar_kind(str(name)),
        drawings.avatar_path(str(name)),
    )


@register.simple_tag
def person(name: str) -> SafeString:
    """Write a person's name beside their pebble."""
    return format_html('<span class="pnyx-person">{}{}</span>', pebble(name), name)


@register.simple_tag
def stance_pebble(side: str, *, large: bool = False) -> SafeString:
    """Draw the mark of a side: solid for agree, pierced for disagree, dashed for pass."""
    return format_html(
        '<svg class="{}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{}</svg>',
        "pnyx-pebble pnyx-pebble--l" if large else "pnyx-pebble",
        mark_safe(PEBBLE_SHAPES[SIDE_PEBBLES[side.lower()]]),  # noqa: S308 - our own constant
    )


@register.simple_tag
def side(value: str) -> SafeString:
    """Say "For", "Against", "Question", "Agree", "Disagree" or "Pass" with its mark."""
    words = {
        "for": gettext("For"),
        "against": gettext("Against"),
        "neutral": gettext("Question"),
        "agree": gettext("Agree"),
        "disagree": gettext("Disagree"),
        "pass": gettext("Pass"),
    }
    key = value.lower()
    return format_html(
        '<span class="pnyx-side pnyx-side--{}">{}{}</span>', key, stance_pebble(key), words[key]
    )


# --- Charts --------------------------------------------------------------------------------
@register.inclusion_tag("components/meter.html")
def meter(value: int, total: int) -> dict[str, object]:
    """Draw how full something is. The words "412 of 500" stand beside it."""
    return {"width": share(min(value, total), total)}


@register.inclusion_tag("components/result_bars.html")
def result_bars(
    rows: Iterable[Mapping[str, Any]],
    total: int,
    caption: str,
    counted: str = "",
    *,
    is_weighted: bool = False,
) -> dict[str, object]:
    """Draw the counts of one question, and the same numbers in a table.

    Each row has `answer` and `count`, and may have `is_first` (drawn strong) and `tag`.
    `total` is what the shares are of, `caption` names the table, `counted` its column. Where
    votes do not all weigh the same, `is_weighted`, votes are counted and not ballots.
    """
    return {
        "rows": [dict(row) | {"share": share(row["count"], total)} for row in rows],
        "total": total,
        "caption": caption,
        "counted": counted or (gettext("Votes") if is_weighted else gettext("Ballots")),
        "is_weighted": is_weighted,
    }


@register.inclusion_tag("components/stance_bar.html")
def stance_bar(agree: int, disagree: int, total: int) -> dict[str, object]:
    """Draw agree from one end and disagree, hatched, from the other."""
    width = share(disagree, total)
    return {
        "agree": share(agree, total),
        "disagree": width,
        "disagree_start": share(total - disagree, total),
        "label": gettext("%(agree)d agree, %(disagree)d disagree, of %(total)d")
        % {"agree": agree, "disagree": disagree, "total": total},
    }


@register.inclusion_tag("components/hero_art.html")
def hero_art(agree: int, disagree: int, passed: int) -> dict[str, object]:
    """Draw the hillside with one pebble for each person of a real consultation."""
    return {
        "steps": drawings.step_paths(),
        "hillside": drawings.hillside(agree=agree, disagree=disagree, passed=passed),
    }


# --- Notes and lists -----------------------------------------------------------------------
@register.inclusion_tag("components/steps.html")
def steps(phases: Iterable[Mapping[str, Any]], label: str = "") -> dict[str, object]:
    """Show phases in order. Each has `name`, `when` and `state`: done, current or coming."""
    return {"phases": list(phases), "label": label or gettext("Phases")}


@register.inclusion_tag("components/checks.html")
def checks(items: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """List numbered checks. Each has `text`, `how` and `state`: held, waiting, later, failed.

    `how_language` says in which language `how` is, where it is not the page's.
    """
    words = {
        "held": gettext("Checked"),
        "waiting": gettext("Waiting"),
        "later": gettext("Later"),
        "failed": gettext("Failed"),
    }
    return {
        "items": [{"word": words[item["state"]]} | dict(item) for item in items],
    }


@register.simple_block_tag
def note(content: str, kind: str = "", title: str = "", symbol: str = "") -> SafeString:
    """Set what stands between `note` and `endnote` apart; kind is "", "care" or "good"."""
    return SafeString(
        render_to_string(
            "components/note.html",
            {"kind": kind, "title": title, "icon": symbol, "content": conditional_escape(content)},
        )
    )
