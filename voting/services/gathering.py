"""Work that threads of one process do together when they come to it at the same time.

Whoever finds nobody at work does their own part at once, and those who come in the meantime wait
for the next turn, which one of them does for all. Nobody waits for others to come, except in a
rush: see `Gathering`. Nobody waits longer than their patience: then they go alone.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

logger = logging.getLogger(__name__)


class _Seat(Generic[Item, Outcome]):
    """One thread's place: what it brought, and what it is waiting for."""

    __slots__ = ("_called", "item", "leads", "outcome")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.outcome: Outcome | None = None
        self.leads = False
        self._called = threading.Lock()
        self._called.acquire()

    def wait(self, *, seconds: float) -> bool:
        """Wait until the outcome is there, or until it is this thread's turn to lead.

        Returns whether it was called in time.
        """
        return self._called.acquire(timeout=seconds)

    def call(self) -> None:
        """End the waiting. Once only."""
        self._called.release()


class Gathering(Generic[Item, Outcome]):
    """Hands the items of several threads to one of them, which works on all in one call.

    `work` returns an outcome for each item, in their order; None where an item needs to be looked
    at by itself. When it fails as a whole, it is None for everybody: no item harms another. It is
    None, too, for whoever has waited for `patience_seconds`; a turn that holds the item by then
    goes on with it, so that it may be worked on twice at once.

    In a rush, threads that were just served come back with what has been waiting at the door. So
    after a turn of several the next one begins when as many are there again, or `rush_seconds`
    after its end. Else two halves would take turns, and what a turn costs whatever its size would
    be spent twice.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Outcome | None]],
        *,
        largest: int,
        patience_seconds: float,
        rush_seconds: float,
    ) -> None:
        self._work = work
        self._largest = largest
        self._patience_seconds = patience_seconds
        self._rush_seconds = rush_seconds
        self._lock = threading.Lock()
        self._have_come = threading.Condition(self._lock)
        # How many the leader waits for, while it does.
        self._expected = 0
        self._last_count = 0
        self._last_ended_at = 0.0
        self._seats: deque[_Seat[Item, Outcome]] = deque()
        self._is_led = False

    @property
    def waiting_count(self) -> int:
        """How many threads wait for the next turn."""
        return len(self._seats)

    def take_part(self, item: Item) -> Outcome | None:
        """Have the work done for an item, alone or together with others'; return its outcome."""
        seat = _Seat[Item, Outcome](item)
        with self._lock:
            self._seats.append(seat)
            if len(self._seats) == self._expected:
                self._have_come.notify()
            seat.leads = not self._is_led
            self._is_led = True
        if not seat.leads and not seat.wait(seconds=self._patience_seconds):
            self._leave(seat)
        if seat.leads:
            self._lead()
        return seat.outcome

    def _leave(self, seat: _Seat[Item, Outcome]) -> None:
        """Give up a place in the queue, unless it has just become the leader's."""
        with self._lock:
            if not seat.leads and seat in self._seats:
                self._seats.remove(seat)

    def _lead(self) -> None:
        """Work for those who are here, whoever leads first; then let the next one lead."""
        seats = self._take_seats()
        try:
            outcomes = self._work([seat.item for seat in seats])
            for seat, outcome in zip(seats, outcomes, strict=True):
                seat.outcome = outcome
        except Exception as error:  # noqa: BLE001 - each thread tries alone, and meets its own
            # Without the error's words: they could quote a ballot.
            logger.warning(
                "Work for %s threads at once failed (%s); each does its own",
                len(seats),
                type(error).__name__,
            )
            for seat in seats:
                seat.outcome = None
        finally:
            self._pass_on(count=len(seats))
            for seat in seats[1:]:
                seat.call()

    def _take_seats(self) -> list[_Seat[Item, Outcome]]:
        with self._lock:
            self._expected = self._last_count
            self._have_come.wait_for(
                lambda: len(self._seats) >= self._expected,
                timeout=self._last_ended_at + self._rush_seconds - time.monotonic(),
            )
            self._expected = 0
            count = min(len(self._seats), self._largest)
            return [self._seats.popleft() for _ in range(count)]

    def _pass_on(self, *, count: int) -> None:
        """Let whoever has waited longest lead those who came meanwhile, after a turn of `count`."""
        with self._lock:
            self._last_count, self._last_ended_at = count, time.monotonic()
            if not self._seats:
                self._is_led = False
                return
            heir = self._seats[0]
            heir.leads = True
        heir.call()
