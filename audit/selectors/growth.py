"""How the log grew, by days: finer times would tell when single ballots came in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from audit.models import Checkpoint

DAYS_SHOWN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfLog:
    """A day, the entries under its last checkpoint, and how many of them are new."""

    day: date
    size: int
    added: int


def growth(*, today: date, days: int = DAYS_SHOWN) -> list[DayOfLog]:
    """Return the last days, the oldest first, each with the log's length at its end.

    Reads one checkpoint for each day on which one was signed, however many there are.
    """
    first = today - timedelta(days=days - 1)
    sizes: dict[date, int] = {}
    until = today
    while until >= first and (found := _last_of_day(until=until)) is not None:
        day, size = found
        sizes[day] = size
        until = day - timedelta(days=1)
    before = _last_of_day(until=first - timedelta(days=1))
    size = 0 if before is None else before[1]
    grown = []
    for day in (first + timedelta(days=number) for number in range(days)):
        new_size = sizes.get(day, size)
        grown.append(DayOfLog(day=day, size=new_size, added=new_size - size))
        size = new_size
    return grown


def first_signed_dates(indexes: Sequence[int]) -> dict[int, date]:
    """Return for each index the day of the first checkpoint that covers it. It never changes."""
    signed = {}
    for index in indexes:
        dates = Checkpoint.objects.filter(head_id__gt=index).order_by("head_id")
        day = dates.values_list("signed_date", flat=True).first()
        if day is not None:
            signed[index] = day
    return signed


def _last_of_day(*, until: date) -> tuple[date, int] | None:
    newest = Checkpoint.objects.filter(signed_date__lte=until)
    return newest.order_by("-signed_date", "-head_id").values_list("signed_date", "head_id").first()
