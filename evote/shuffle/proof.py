"""The proof of a shuffle as it is written: [t, s, c, ĉ] (PROTOCOL 1.8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.encoding import read_list, read_text
from evote.errors import DecodeError
from evote.group import Group, GroupElement, encode_scalar
from evote.proofs import read_scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """t = [t1, t2, t3, [t41, t42], [t̂_0, …, t̂_{N−1}]]."""

    t1: GroupElement
    t2: GroupElement
    t3: GroupElement
    t41: GroupElement
    t42: GroupElement
    t_hat: tuple[GroupElement, ...]

    def to_json(self) -> list[object]:
        """Give t as JSON holds it."""
        return [
            self.t1.encode(),
            self.t2.encode(),
            self.t3.encode(),
            [self.t41.encode(), self.t42.encode()],
            _encode_all(self.t_hat),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """s = [s1, s2, s3, s4, [ŝ_0, …], [s'_0, …]]."""

    s1: int
    s2: int
    s3: int
    s4: int
    s_hat: tuple[int, ...]
    s_prime: tuple[int, ...]

    def to_json(self) -> list[object]:
        """Give s as JSON holds it."""
        return [
            *(encode_scalar(value) for value in (self.s1, self.s2, self.s3, self.s4)),
            [encode_scalar(value) for value in self.s_hat],
            [encode_scalar(value) for value in self.s_prime],
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffleProof:
    """[t, s, c, ĉ]: `permutation` commits to the order (c), `chain` to the challenges (ĉ)."""

    commitments: Commitments
    responses: Responses
    permutation: tuple[GroupElement, ...]
    chain: tuple[GroupElement, ...]

    def to_json(self) -> list[object]:
        """Give the proof as JSON holds it."""
        return [
            self.commitments.to_json(),
            self.responses.to_json(),
            _encode_all(self.permutation),
            _encode_all(self.chain),
        ]


def _encode_all(elements: Sequence[GroupElement]) -> list[str]:
    return [element.encode() for element in elements]


# --- Reading -----------------------------------------------------------------------------


def read_shuffle_proof(value: object, *, place: str, length: int, group: Group) -> ShuffleProof:
    """Take the proof of a shuffle of `length` ciphertexts.

    Raises:
        DecodeError: a list of another length, an element outside the group, the identity, or a
            scalar in another spelling than its one.
    """
    t, s, c, c_hat = read_list(value, place=place, length=4)
    t1, t2, t3, t4, t_hat = read_list(t, place=f"{place}[0]", length=5)
    t41, t42 = read_list(t4, place=f"{place}[0][3]", length=2)
    s1, s2, s3, s4, s_hat, s_prime = read_list(s, place=f"{place}[1]", length=6)

    def element(item: object, where: str) -> GroupElement:
        return read_shuffle_element(item, place=f"{place}{where}", group=group)

    def elements(items: object, where: str) -> tuple[GroupElement, ...]:
        listed = read_list(items, place=f"{place}{where}", length=length)
        return tuple(element(item, f"{where}[{index}]") for index, item in enumerate(listed))

    def scalars(items: object, where: str) -> tuple[int, ...]:
        listed = read_list(items, place=f"{place}{where}", length=length)
        return tuple(
            read_scalar(item, place=f"{place}{where}[{index}]", group=group)
            for index, item in enumerate(listed)
        )

    return ShuffleProof(
        commitments=Commitments(
            t1=element(t1, "[0][0]"),
            t2=element(t2, "[0][1]"),
            t3=element(t3, "[0][2]"),
            t41=element(t41, "[0][3][0]"),
            t42=element(t42, "[0][3][1]"),
            t_hat=elements(t_hat, "[0][4]"),
        ),
        responses=Responses(
            s1=read_scalar(s1, place=f"{place}[1][0]", group=group),
            s2=read_scalar(s2, place=f"{place}[1][1]", group=group),
            s3=read_scalar(s3, place=f"{place}[1][2]", group=group),
            s4=read_scalar(s4, place=f"{place}[1][3]", group=group),
            s_hat=scalars(s_hat, "[1][4]"),
            s_prime=scalars(s_prime, "[1][5]"),
        ),
        permutation=elements(c, "[2]"),
        chain=elements(c_hat, "[3]"),
    )


def read_shuffle_element(value: object, *, place: str, group: Group) -> GroupElement:
    """Take an element of a shuffle: a member of the group, but never the identity (3.1)."""
    element = group.decode(read_text(value, place=place), place=place)
    if element.is_identity:
        msg = "the identity has no place in a shuffle"
        raise DecodeError(msg, place=place)
    return element
