"""Phases in words."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import dateformat
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from deliberation.selectors.consultations import Step

# A phase that ends at midnight ends on the day before.
LAST_INSTANT = timedelta(seconds=1)


def step_phrases(steps: Iterable[Step]) -> list[dict[str, str]]:
    """Return the phases as the tag `steps` takes them."""
    phrases = []
    for step in steps:
        starts = localdate(step.phase.starts_at)
        ends = localtime(step.phase.ends_at - LAST_INSTANT).date()
        if step.is_current:
            state, when = "current", _("until %(day)s") % {"day": _day(ends)}
        else:
            state = "done" if step.is_over else "coming"
            when = _("%(first)s to %(last)s") % {"first": _day(starts), "last": _day(ends)}
        name = str(step.phase.get_kind_display())
        phrases.append({"name": name, "when": when, "state": state})
    return phrases


def _day(day: date) -> str:
    """Return the day, with the year unless it is this one."""
    if day.year == localdate().year:
        return dateformat.format(day, pgettext("date format", "j F"))
    return dateformat.format(day, pgettext("date format", "j F Y"))
