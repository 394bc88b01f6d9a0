from datetime import UTC, date, datetime, timedelta

import pytest

from config.wording import absolute_day, absolute_moment, relative_day, relative_moment

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=59), "in less than a minute"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(minutes=-2), "2 minutes ago"),
        (timedelta(hours=23, minutes=59), "in 23 hours"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=-59), "59 days ago"),
        (timedelta(days=-60), "2 months ago"),
        (timedelta(days=729), "in 24 months"),
        (timedelta(days=730), "in 2 years"),
    ],
)
def test_a_moment_is_told_from_now(distance, words):
    assert relative_moment(NOW + distance, now=NOW) == words


def test_a_moment_has_its_weekday_and_its_time():
    assert absolute_moment(NOW + timedelta(days=2), now=NOW) == "Monday 23 November, 18:00"


def test_a_day_of_another_year_has_its_year():
    assert absolute_day(date(2027, 1, 18), today=NOW.date()) == "18 January 2027"


@pytest.mark.parametrize(("days", "words"), [(0, "today"), (1, "in 1 day"), (-3, "3 days ago")])
def test_a_day_is_told_from_today(days, words):
    today = NOW.date()

    assert relative_day(today + timedelta(days=days), today=today) == words
