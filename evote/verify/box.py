"""The ballot box of a verification: what is kept of each ballot once it was checked."""

from array import array
from collections import Counter
from collections.abc import Callable, Sequence

from evote.verify.ballots import PRINT_BYTES
from evote.verify.report import Problem

_BUCKETS = 256


class Box:
    """The ballots of a record in their order, a few hundred bytes for each.

    The αs are left in the record: a ciphertext that is there twice has the same print twice, and
    then those with such a print are read again and compared.
    """

    def __init__(self) -> None:
        self.heights = array("Q")
        self.trackers: list[str] = []
        self.credentials: list[str] = []
        self.prints = array("Q")

    def __len__(self) -> int:
        return len(self.heights)

    def add(self, *, height: int, tracker: str, credential: str, prints: bytes) -> None:
        """Put in the next ballot; all ballots of an election have as many αs."""
        self.heights.append(height)
        self.trackers.append(tracker)
        self.credentials.append(credential)
        self.prints.frombytes(prints)
        assert len(self.prints) % len(self.heights) == 0, "as many prints as the others have"

    def last_of_each(self) -> dict[str, int]:
        """Give the height of the last ballot of each credential."""
        return dict(zip(self.credentials, self.heights, strict=True))

    def find_copies(self, alphas_of: Callable[[int], Sequence[str]]) -> list[Problem]:
        """Find ballots and ciphertexts that are in the box twice.

        `alphas_of` reads the αs of the ballot of a height.
        """
        repeated = self._repeated_prints()
        if not repeated and len(set(self.trackers)) == len(self):
            return []
        width = len(self.prints) // len(self)
        trackers: dict[str, int] = {}
        alphas: dict[str, int] = {}
        problems: list[Problem] = []
        for index, (height, tracker) in enumerate(zip(self.heights, self.trackers, strict=True)):
            place = f"event {height}, ballot"
            earlier = trackers.setdefault(tracker, height)
            if earlier != height:
                problems.append(Problem(place, f"this is exactly the ballot of event {earlier}"))
                continue
            if repeated.isdisjoint(self.prints[width * index : width * (index + 1)]):
                continue
            for alpha in alphas_of(height):
                earlier = alphas.setdefault(alpha, height)
                if earlier != height:
                    msg = f"the ciphertext with alpha {alpha} was copied from event {earlier}"
                    problems.append(Problem(place, msg))
        return problems

    def _repeated_prints(self) -> set[int]:
        """Give the prints that are there more than once, looking at a part of them at a time."""
        assert self.prints.itemsize == PRINT_BYTES
        buckets = [array("Q") for _ in range(_BUCKETS)]
        for print_ in self.prints:
            buckets[print_ % _BUCKETS].append(print_)
        repeated: set[int] = set()
        for bucket in buckets:
            if len(set(bucket)) != len(bucket):
                repeated.update(one for one, count in Counter(bucket).items() if count > 1)
        return repeated
