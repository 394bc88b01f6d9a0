"""Work that threads of one process do together when they come to it at the same time.

Nobody waits for others to come: whoever finds nobody at work does their own part at once, and
those who come in the meantime wait for the next turn, which one of them does for all.
"""

import logging
import threading
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

    def wait(self) -> None:
        """Wait until the outcome is there, or until it is this thread's turn to lead."""
        self._called.acquire()

    def call(self) -> None:
        """End the waiting. Once only."""
        self._called.release()


class Gathering(Generic[Item, Outcome]):
    """Hands the items of several threads to one of them, which works on all in one call.

    `work` returns an outcome for each item, in their order; None where an item needs to be looked
    at by itself. When it fails as a whole, it is None for everybody: no item harms another.
    """

    def __init__(
        self, work: Callable[[Sequence[Item]], Sequence[Outcome | None]], *, largest: int
    ) -> None:
        self._work = work
        self._largest = largest
        self._lock = threading.Lock()
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
            seat.leads = not self._is_led
            self._is_led = True
        if not seat.leads:
            seat.wait()
        if seat.leads:
            self._lead()
        return seat.outcome

    def _lead(self) -> None:
        """Work for those who are here, whoever leads first; then let the next one lead."""
        with self._lock:
            count = min(len(self._seats), self._largest)
            seats = [self._seats.popleft() for _ in range(count)]
        try:
            outcomes = self._work([seat.item for seat in seats])
            for seat, outcome in zip(seats, outcomes, strict=True):
                seat.outcome = outcome
        except Exception:  # noqa: BLE001 - each thread tries alone, and meets its own error
            # Without the error's words: they could quote a ballot.
            logger.warning("Work for %s threads at once failed; each does its own", len(seats))
            for seat in seats:
                seat.outcome = None
        finally:
            self._pass_on()
            for seat in seats[1:]:
                seat.call()

    def _pass_on(self) -> None:
        """Let whoever has waited longest lead those who came meanwhile."""
        with self._lock:
            if not self._seats:
                self._is_led = False
                return
            heir = self._seats[0]
            heir.leads = True
        heir.call()
