"""Moments and days in words: absolute first, relative second."""

from datetime import date, datetime, timedelta

from django.utils import dateformat, timezone
from django.utils.translation import gettext, ngettext, pgettext

MINUTE_SECONDS = 60
HOUR_SECONDS = 60 * MINUTE_SECONDS
DAY_SECONDS = 24 * HOUR_SECONDS
DAYS_PER_MONTH = 30
DAYS_PER_YEAR = 365


def _days(count: int) -> str:
    if count >= 2 * DAYS_PER_YEAR:
        years = count // DAYS_PER_YEAR
        return ngettext("%(count)d year", "%(count)d years", years) % {"count": years}
    if count >= 2 * DAYS_PER_MONTH:
        months = count // DAYS_PER_MONTH
        return ngettext("%(count)d month", "%(count)d months", months) % {"count": months}
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def _length(seconds: int) -> str:
    if seconds >= DAY_SECONDS:
        return _days(seconds // DAY_SECONDS)
    if seconds >= HOUR_SECONDS:
        hours = seconds // HOUR_SECONDS
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    minutes = seconds // MINUTE_SECONDS
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def relative_moment(moment: datetime, *, now: datetime) -> str:
    """Return "in 2 days", "3 hours ago" or "just now"."""
    distance = moment - now
    seconds = int(abs(distance).total_seconds())
    if seconds < MINUTE_SECONDS:
        return gettext("just now") if distance <= timedelta() else gettext("in less than a minute")
    if distance > timedelta():
        return gettext("in %(length)s") % {"length": _length(seconds)}
    return gettext("%(length)s ago") % {"length": _length(seconds)}


def relative_day(day: date, *, today: date) -> str:
    """Return "today", "in 2 days" or "3 days ago"."""
    days = (day - today).days
    if days == 0:
        return gettext("today")
    if days > 0:
        return gettext("in %(length)s") % {"length": _days(days)}
    return gettext("%(length)s ago") % {"length": _days(-days)}


def absolute_day(day: date, *, today: date) -> str:
    """Return "Monday 23 November", with the year unless it is this one."""
    if day.year == today.year:
        return dateformat.format(day, pgettext("date format", "l j F"))
    return dateformat.format(day, pgettext("date format", "j F Y"))


def absolute_moment(moment: datetime, *, now: datetime) -> str:
    """Return "Monday 23 November, 18:00" in the current time zone."""
    local = timezone.localtime(moment)
    return gettext("%(day)s, %(time)s") % {
        "day": absolute_day(local.date(), today=timezone.localtime(now).date()),
        "time": dateformat.format(local, "H:i"),
    }
