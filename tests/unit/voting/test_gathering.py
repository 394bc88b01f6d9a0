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

    def __call__(self, items):
        self.turns.append(list(items))
        self.has_begun.set()
        assert self.may_end.wait(SECONDS)
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


def gather(work, items, *, largest=64):
    """Let the first item's thread be at work while those of the others come one after the other."""
    gathering = Gathering(work, largest=largest)
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

    assert Gathering(work, largest=64).take_part(3) == 6
    assert work.turns == [[3]]


def test_those_who_come_during_a_turn_are_served_together_in_the_next(work):
    futures = gather(work, list(range(9)))

    assert [future.result() for future in futures] == [2 * number for number in range(9)]
    assert work.turns == [[0], list(range(1, 9))]


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
    gathering = Gathering(work, largest=64)

    assert [gathering.take_part(number) for number in range(3)] == [0, 2, 4]
