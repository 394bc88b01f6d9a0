"""The checks of a ballot in their order, done one by one or with all their arithmetic at once.

Whoever checks writes the same lines for both: `element` where an encoding becomes an element of the
group, `hold` where a proof has to hold, `finish` at the end. The first check that fails is the one
that is reported, in either case.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from evote.ballot.reading import decode_element
from evote.errors import BallotCode, InvalidBallot, InvalidProof
from evote.group import Combination, Element, GroupElement, Together, computes_together
from evote.group.ed25519 import NOT_A_MEMBER
from evote.proofs import Claim


class Checks(Protocol):
    """What the checks of one ballot are written down in."""

    @property
    def key(self) -> GroupElement:
        """The election's public key, to compute with."""
        ...

    def element(self, text: str, *, place: str) -> GroupElement:
        """Take the spelling of an element, and check that it is a member of the group.

        Raises:
            InvalidBallot: `non_canonical`, here or in `finish`.
        """
        ...

    def hold(self, claim: Claim, *, code: BallotCode, place: str) -> None:
        """Check a proof.

        Raises:
            InvalidBallot: `code`, here or in `finish`.
        """
        ...

    def refuse(self, error: InvalidBallot) -> None:
        """Note a check that failed.

        Raises:
            InvalidBallot: that one, here or in `finish`.
        """
        ...

    def finish(self) -> None:
        """Do what has not been done yet.

        Raises:
            InvalidBallot: the first check that fails.
        """
        ...


def checks_of(public_key: GroupElement) -> Checks:
    """Begin the checks of one ballot of the election with this key."""
    if isinstance(public_key, Element) and computes_together():
        return Deferred(public_key)
    return OneByOne(public_key)


class OneByOne:
    """Each check when it comes up: nothing is computed behind a check that failed."""

    def __init__(self, public_key: GroupElement) -> None:
        self.key = public_key

    def element(self, text: str, *, place: str) -> GroupElement:
        """Decode it now."""
        return decode_element(text, place=place, group=self.key.group)

    def hold(self, claim: Claim, *, code: BallotCode, place: str) -> None:
        """Verify it now."""
        try:
            claim.verify()
        except InvalidProof as error:
            raise InvalidBallot(code, str(error), place=place) from error

    def refuse(self, error: InvalidBallot) -> None:
        """Raise it now."""
        raise error

    def finish(self) -> None:
        """Nothing is left."""


class Deferred:
    """Written down first; then everything is computed in one call, and compared in order."""

    def __init__(self, public_key: Element, *, together: Together | None = None) -> None:
        self.key = public_key
        # Several ballots may share one, which somebody computes before `compare`.
        self.together = Together(public_key) if together is None else together
        # Nothing in it leads back to this object: so it goes as soon as it is not needed.
        self._checks: list[Callable[[Together], None]] = []

    def element(self, text: str, *, place: str) -> Combination:
        """Read it now, and decide later whether it is a member."""
        # The spelling was seen when the ballot was read (`read_encoding`).
        point = self.together.read(text)
        self._checks.append(partial(_compare_membership, point, place))
        return point

    def hold(self, claim: Claim, *, code: BallotCode, place: str) -> None:
        """Write down what it asks for, and verify it later."""
        try:
            commitments = claim.commitments()
        except InvalidProof as error:
            self.refuse(InvalidBallot(code, str(error), place=place))
            return
        self.together.want_named(claim.statement)
        wanted = self.together.want(commitments)
        self._checks.append(partial(_compare_claim, claim, wanted, code, place))

    def refuse(self, error: InvalidBallot) -> None:
        """Raise it when its turn comes."""

        def refuse(together: Together) -> None:
            raise error

        self._checks.append(refuse)

    def finish(self) -> None:
        """Compute everything, then look at each check in its turn."""
        self.together.compute()
        self.compare()

    def compare(self) -> None:
        """Look at each check in its turn, with everything computed.

        Raises:
            InvalidBallot: the first check that fails.
        """
        for check in self._checks:
            check(self.together)


def _compare_membership(point: Combination, place: str, together: Together) -> None:
    if not together.is_member(point):
        raise InvalidBallot("non_canonical", NOT_A_MEMBER, place=place)


def _compare_claim(
    claim: Claim, wanted: slice, code: BallotCode, place: str, together: Together
) -> None:
    try:
        claim.compare(together.encodings[wanted])
    except InvalidProof as error:
        raise InvalidBallot(code, str(error), place=place) from error
