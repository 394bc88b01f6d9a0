"""Everything that `evote` raises on purpose.

To decode or to verify is to return a value or to raise one of these; no function of this package
answers False. Each message is a clause without a full stop, fit for whoever supplied the input.
"""

from typing import Literal

DecodeCode = Literal["non_canonical", "too_large", "too_deep"]
BallotCode = Literal[
    "non_canonical",
    "too_large",
    "too_deep",
    "wrong_election",
    "unknown_credential",
    "bad_signature",
    "bad_proof",
    "wrong_shape",
    "duplicate_ciphertext",
    "identity_element",
]


class EvoteError(Exception):
    """The root of all errors that `evote` raises on purpose."""


class DecodeError(EvoteError):
    """The bytes are not what they should be: not parseable, not canonical, or of a wrong shape.

    `code` is stable and meant for programs; `place` says where in the object it happened, as in
    `answers[2].choices[0].alpha`, and is empty when the whole object is meant.
    """

    def __init__(
        self, message: str, *, place: str = "", code: DecodeCode = "non_canonical"
    ) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.message = message
        self.place = place
        self.code: DecodeCode = code

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return _rebuild_decode_error, (self.message, self.place, self.code)


class ShapeError(DecodeError):
    """JSON, but with other fields, types or lengths than the object must have."""

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return _rebuild_shape_error, (self.message, self.place)


class NotSupported(EvoteError):
    """The object may be sound, but it uses what this version of `evote` cannot check yet.

    Nothing about the object is confirmed: what cannot be checked whole is not checked at all.
    """


class InvalidProof(EvoteError):
    """A zero-knowledge proof or a signature does not hold."""


class InvalidBallot(EvoteError):
    """The ballot must not be accepted.

    `code` is stable and meant for programs; `place` says where in the ballot, as in
    `answers[2].overall_proof`, and is empty when the whole ballot is meant.
    """

    def __init__(self, code: BallotCode, message: str, *, place: str = "") -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.code: BallotCode = code
        self.message = message
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return _rebuild_invalid_ballot, (self.code, self.message, self.place)


class InvalidRecord(EvoteError):
    """The election record must not be believed.

    `step` is the number of the verification step that found it, `place` where in the record, as
    in `event 17, ballot, answers[2].choices[0].alpha`.
    """

    def __init__(self, step: int, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.step = step
        self.place = place
        self.message = message

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return InvalidRecord, (self.step, self.place, self.message)


def _rebuild_decode_error(message: str, place: str, code: DecodeCode) -> DecodeError:
    return DecodeError(message, place=place, code=code)


def _rebuild_shape_error(message: str, place: str) -> ShapeError:
    return ShapeError(message, place=place)


def _rebuild_invalid_ballot(code: BallotCode, message: str, place: str) -> InvalidBallot:
    return InvalidBallot(code, message, place=place)
