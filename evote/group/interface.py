"""What every public check asks of a group (PROTOCOL 1.1; "Groups").

Checks are written against these two protocols, so that a record of any group can be verified.
Secrets exist for Ed25519 only: there is no `SecretScalar` here.
"""

from collections.abc import Sequence
from typing import Protocol, Self

from evote.errors import EvoteError


class InvalidVector(EvoteError):
    """These numbers cannot be written as an element: too many of them, or one not in 0..255."""


class GroupElement(Protocol):
    """A member of a group of prime order, checked when it was decoded.

    Written multiplicatively. Elements of different groups never meet: each comes from the one
    group of its election.
    """

    @property
    def group(self) -> "Group":
        """The group that this is an element of."""
        ...

    @property
    def generator(self) -> Self:
        """The element g of the group, to compute with beside this one."""
        ...

    @property
    def is_identity(self) -> bool:
        """Whether this is the neutral element."""
        ...

    def encode(self) -> str:
        """Write the element as the protocol hashes it: str(E) in PROTOCOL 1.1."""
        ...

    def __hash__(self) -> int: ...

    def __mul__(self, other: Self, /) -> Self: ...

    def __truediv__(self, other: Self, /) -> Self: ...

    def __pow__(self, exponent: int, /) -> Self: ...


class Group(Protocol):
    """A group of prime order q in which discrete logarithms are hard."""

    @property
    def name(self) -> str:
        """As it stands in `election.group`."""
        ...

    @property
    def order(self) -> int:
        """The prime q."""
        ...

    @property
    def generator(self) -> GroupElement:
        """The element g."""
        ...

    @property
    def identity(self) -> GroupElement:
        """The neutral element."""
        ...

    @property
    def vector_limit(self) -> int:
        """How many numbers of 0..255 fit into one element."""
        ...

    def is_encoding(self, text: str) -> bool:
        """Say whether the text has the form of an element; membership is left to `decode`."""
        ...

    def decode(self, text: str, *, place: str = "") -> GroupElement:
        """Read an element, with the check of membership. The identity is an element.

        Raises:
            DecodeError: not the one spelling of an element of the group.
        """
        ...

    def decode_known(self, text: str) -> GroupElement:
        """Read an element whose spelling and membership have been checked already."""
        ...

    def multiply_columns(self, rows: Sequence[Sequence[GroupElement]]) -> Sequence[GroupElement]:
        """Give the product of each column of at least one row; all rows are equally long."""
        ...

    def decode_scalar(self, text: str, *, place: str = "") -> int:
        """Read a public scalar: canonical decimal in [0, q).

        Raises:
            DecodeError: another spelling, or not below q.
        """
        ...

    def sort_key(self, element: GroupElement) -> bytes:
        """Give what elements are sorted by, where the protocol sorts them."""
        ...

    def embed(self, vector: Sequence[int]) -> GroupElement:
        """Write numbers of 0..255 as an element ("Integer-vector embedding", 1.1).

        Raises:
            InvalidVector: too many numbers, or one out of range.
        """
        ...

    def extract(self, element: GroupElement, length: int) -> tuple[int, ...]:
        """Read back `length` numbers. Every element gives some: higher bits are ignored (1.9)."""
        ...

    def shuffle_generator(self, index: int) -> GroupElement:
        """Give an element whose logarithm nobody knows: h for index −1, h_i from 0 (1.1)."""
        ...

    def power_product(
        self, bases: Sequence[GroupElement], exponents: Sequence[int]
    ) -> GroupElement:
        """Give Π base^exponent, for public values; of none, the identity."""
        ...


def embedded_integer(vector: Sequence[int], *, limit: int) -> int:
    """Give ((v1·256 + v2)·256 + …) + vn, the first step of every embedding.

    Raises:
        InvalidVector: more than `limit` numbers, or one not in 0..255.
    """
    if len(vector) > limit:
        msg = f"{len(vector)} numbers do not fit into one element; at most {limit} do"
        raise InvalidVector(msg)
    for number in vector:
        if type(number) is not int or not 0 <= number <= 255:
            msg = f"{number!r:.20} is not a whole number from 0 to 255"
            raise InvalidVector(msg)
    return int.from_bytes(bytes(vector), "big")


def extracted_numbers(integer: int, *, length: int) -> tuple[int, ...]:
    """Give the low 8·length bits as numbers, the first one from the highest of them."""
    return tuple((integer % 256**length).to_bytes(length, "big"))
