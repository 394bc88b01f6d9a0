import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from voting.services.gathering import Gathering

SECONDS = 20


class Work:
    """Doubles numbers, remembers what was done together, and can be held up."""

    def __init__(self):
        self.turns = []
        self.has_begun = threading.Event()
        self.may_end = threading.Event()
        self.may_end_again = threading.Event()
        self.may_end_again.set()

    def __call__(self, items):
        may_end = self.may_end_again if self.turns else self.may_end
        self.turns.append(list(items))
        self.has_begun.set()
        assert may_end.wait(SECONDS)
        if "broken" in items:
            raise ValueError(items)
        if "killed" in items:
            raise SystemExit
        return [2 * item for item in items]


@pytest.fixture
def work():
    return Work()


def wait_for_guests(gathering, number):
    deadline = time.monotonic() + SECONDS
    while gathering.waiting_count < number:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def gather(work, items, *, largest=64, rush_seconds=0):
    """Let the first item's thread be at work while those of the others come one after the other."""
    gathering = Gathering(
        work, largest=largest, patience_seconds=SECONDS, rush_seconds=rush_seconds
    )
    with ThreadPoolExecutor(len(items)) as pool:
        futures = [pool.submit(gathering.take_part, items[0])]
        assert work.has_begun.wait(SECONDS)
        for number, item in enumerate(items[1:], start=1):
            futures.append(pool.submit(gathering.take_part, item))
            wait_for_guests(gathering, number)
        work.may_end.set()
    return futures


def test_whoever_comes_alone_waits_for_nobody(work):
    work.may_end.set()

    gathering = Gathering(work, largest=64, patience_seconds=SECONDS, rush_seconds=SECONDS)

    assert [gathering.take_part(number) for number in range(3)] == [0, 2, 4]
    assert work.turns == [[0], [1], [2]]


def test_those_who_come_during_a_turn_are_served_together_in_the_next(work):
    futures = gather(work, list(range(9)))

    assert [future.result() for future in futures] == [2 * number for number in range(9)]
    assert work.turns == [[0], list(range(1, 9))]


def after_a_turn_of_three(work, *, rush_seconds):
    gathering = Gathering(work, largest=64, patience_seconds=SECONDS, rush_seconds=rush_seconds)
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(gathering.take_part, 0)]
        assert work.has_begun.wait(SECONDS)
        futures += [pool.submit(gathering.take_part, number) for number in (1, 2, 3)]
        wait_for_guests(gathering, 3)
        work.may_end.set()
        assert [future.result(SECONDS) for future in futures] == [0, 2, 4, 6]
    return gathering


def test_in_a_rush_a_turn_waits_for_as_many_as_were_just_served(work):
    gathering = after_a_turn_of_three(work, rush_seconds=SECONDS)
    with ThreadPoolExecutor(3) as pool:
        futures = []
        for number in (4, 5):
            futures.append(pool.submit(gathering.take_part, number))
            wait_for_guests(gathering, len(futures))
        assert len(work.turns) == 2

        futures.append(pool.submit(gathering.take_part, 6))

        assert [future.result(SECONDS) for future in futures] == [8, 10, 12]
    assert work.turns[2:] == [[4, 5, 6]]


def test_when_the_rush_is_over_a_turn_begins_without_them(work):
    gathering = after_a_turn_of_three(work, rush_seconds=0.05)

    assert gathering.take_part(4) == 8
    assert gathering.take_part(5) == 10
    assert work.turns[2:] == [[4], [5]]


def test_a_turn_is_never_larger_than_its_bound(work):
    futures = gather(work, list(range(8)), largest=3)

    assert [future.result() for future in futures] == [2 * number for number in range(8)]
    assert work.turns == [[0], [1, 2, 3], [4, 5, 6], [7]]


def test_when_the_work_fails_everybody_of_the_turn_is_told_to_go_alone(work):
    futures = gather(work, [0, 1, "broken", 2])

    assert [future.result() for future in futures] == [0, None, None, None]


def test_the_next_turn_begins_after_one_that_failed(work):
    futures = gather(work, ["broken", 1, 2])

    assert [future.result() for future in futures] == [None, 2, 4]


def test_a_leader_that_is_killed_leaves_nobody_waiting(work):
    futures = gather(work, [0, "killed", 1, 2, 3], largest=3)

    with pytest.raises(SystemExit):
        futures[1].result()
    assert [futures[number].result() for number in (0, 2, 3, 4)] == [0, None, None, 6]


def test_a_gathering_goes_on_after_it_was_left(work):
    work.may_end.set()
    gathering = Gathering(work, largest=64, patience_seconds=SECONDS, rush_seconds=0)

    assert [gathering.take_part(number) for number in range(3)] == [0, 2, 4]


def test_whoever_has_waited_long_enough_leaves_the_queue_and_goes_alone(work):
    gathering = Gathering(work, largest=64, patience_seconds=0.1, rush_seconds=0)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(gathering.take_part, 1)
        assert work.has_begun.wait(SECONDS)

        assert gathering.take_part(2) is None

        assert gathering.waiting_count == 0
        work.may_end.set()
        assert leader.result(SECONDS) == 2
    assert gathering.take_part(3) == 6
    assert work.turns == [[1], [3]]


def test_whoever_has_waited_long_enough_goes_alone_though_the_turn_has_begun(work):
    gathering = Gathering(work, largest=64, patience_seconds=3, rush_seconds=0)
    work.may_end_again.clear()
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(gathering.take_part, 0)]
        assert work.has_begun.wait(SECONDS)
        for number in (1, 2):
            futures.append(pool.submit(gathering.take_part, number))
            wait_for_guests(gathering, number)
        work.may_end.set()

        assert futures[2].result(SECONDS) is None

        assert not futures[1].done()
        work.may_end_again.set()
        assert [future.result(SECONDS) for future in futures] == [0, 2, None]
    assert work.turns == [[0], [1, 2]]
    assert gathering.take_part(3) == 6


def test_somebody_always_leads_however_short_their_patience_is():
    def double(items):
        time.sleep(0.001)
        return [2 * item for item in items]

    gathering = Gathering(double, largest=3, patience_seconds=0.002, rush_seconds=0.001)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(gathering.take_part, range(2000)))

    served = [number for number, outcome in enumerate(outcomes) if outcome is not None]
    assert served
    assert [outcomes[number] for number in served] == [2 * number for number in served]
    assert gathering.waiting_count == 0
    assert gathering.take_part(3) == 6
