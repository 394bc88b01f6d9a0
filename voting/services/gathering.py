"""Work that threads of one process do together when they come to it at the same time.

Nobody waits for others to come: whoever finds nobody at work does their own part at once, and
those who come in the meantime wait for the next turn, which one of them does for all. Nobody waits
longer than their patience: then they go alone.
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
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Outcome | None]],
        *,
        largest: int,
        patience_seconds: float,
    ) -> None:
        self._work = work
        self._largest = largest
        self._patience_seconds = patience_seconds
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
        with self._lock:
            count = min(len(self._seats), self._largest)
            seats = [self._seats.popleft() for _ in range(count)]
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
