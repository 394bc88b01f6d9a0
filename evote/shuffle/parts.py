"""Checks a shuffle in parts, which any number of machines may share (PROTOCOL 1.8).

Every long product of the proof is a product over the ciphertexts, and each link of the chain is an
equation of its own. So a part decodes and checks the elements of its range and the links that end
there, and gives its share of the products; `join_parts` multiplies the shares and checks the five
equations that are left. Parts and join together compute exactly what `verify_shuffle_list` does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from evote.elgamal import Ciphertext
from evote.encoding import read_integer, read_object, read_text
from evote.errors import InvalidProof
from evote.group import Group, GroupElement
from evote.shuffle.proof import read_shuffle_element
from evote.shuffle.verify import Equation, first_failing
from evote.shuffle.written import SHORT_PLACES, WrittenShuffle

_PRODUCTS = (
    "permutation",
    "generators",
    "committed",
    "source_alpha",
    "source_beta",
    "answered_generators",
    "answered_alpha",
    "answered_beta",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartProducts:
    """What the ciphertexts from index `first` to before `end` contribute to the long products.

    Πc_i, Πh_i, Πc_i^{u_i}, Πα_i^{u_i}, Πβ_i^{u_i}, Πh_i^{s'_i}, Πα'_i^{s'_i} and Πβ'_i^{s'_i}.
    """

    first: int
    end: int
    permutation: GroupElement
    generators: GroupElement
    committed: GroupElement
    source_alpha: GroupElement
    source_beta: GroupElement
    answered_generators: GroupElement
    answered_alpha: GroupElement
    answered_beta: GroupElement

    def to_json(self) -> dict[str, object]:
        """Give the part for whoever keeps it until all are there."""
        products = {name: getattr(self, name).encode() for name in _PRODUCTS}
        return {"first": self.first, "end": self.end, **products}

    @classmethod
    def from_json(cls, value: object, *, group: Group) -> Self:
        """Read back what `to_json` gave.

        Raises:
            DecodeError: it is something else.
        """
        item = read_object(value, place="", fields=("first", "end", *_PRODUCTS))
        # The empty product is the identity, so it is one of the values that may stand here.
        products = {
            name: group.decode(read_text(item[name], place=name), place=name) for name in _PRODUCTS
        }
        return cls(
            first=read_integer(item["first"], place="first"),
            end=read_integer(item["end"], place="end"),
            **products,
        )


def part_ranges(length: int, *, size: int) -> list[tuple[int, int]]:
    """Cut a list of `length` ciphertexts into ranges (first, end); of none, one empty range."""
    return [(first, min(first + size, length)) for first in range(0, length, size)] or [(0, 0)]


def check_part(shuffle: WrittenShuffle, *, first: int, end: int) -> PartProducts:
    """Check everything that concerns the ciphertexts of one range alone.

    Every element of the range is checked to be a member of the group, and what is new in the
    shuffle not to be the identity.

    Raises:
        DecodeError: an element of the range is outside the group or the identity.
        InvalidProof: a link of the chain does not hold.
    """
    assert 0 <= first <= end <= shuffle.length, "a range of the list"
    group = shuffle.group
    # The source is part of the record: what it must be was checked where it came from.
    source = [
        Ciphertext(group.decode(alpha), group.decode(beta))
        for alpha, beta in shuffle.source[first:end]
    ]
    shuffled = _ciphertexts(shuffle, first=first, end=end)
    permutation = _elements(
        shuffle.permutation, first, end, place=f"{shuffle.place[1]}[2]", group=group
    )
    _check_links(shuffle, first=first, end=end)
    u = shuffle.order_challenges[first:end]
    s_prime = shuffle.s_prime[first:end]
    generators = [group.shuffle_generator(index) for index in range(first, end)]
    assert len(set(generators)) == len(generators), "two generators are the same"
    ones = [1] * (end - first)

    def product(bases: Sequence[GroupElement], exponents: Sequence[int]) -> GroupElement:
        return group.power_product(bases, exponents)

    return PartProducts(
        first=first,
        end=end,
        permutation=product(permutation, ones),
        generators=product(generators, ones),
        committed=product(permutation, u),
        source_alpha=product([item.alpha for item in source], u),
        source_beta=product([item.beta for item in source], u),
        answered_generators=product(generators, s_prime),
        answered_alpha=product([item.alpha for item in shuffled], s_prime),
        answered_beta=product([item.beta for item in shuffled], s_prime),
    )


def join_parts(shuffle: WrittenShuffle, *, parts: Sequence[PartProducts]) -> None:
    """Check what is left of the proof, from the parts of the whole list in their order.

    Raises:
        DecodeError: a commitment is outside the group or the identity.
        InvalidProof: an equation does not hold.
    """
    ends = [0, *(part.end for part in parts)]
    firsts = [*(part.first for part in parts), shuffle.length]
    assert parts, "at least one part"
    assert ends == firsts, "the parts are the whole list, none twice"
    for equation in _equations(shuffle, parts=parts):
        if first_failing((equation,)) is not None:
            raise _refusal(equation.name)


def _equations(shuffle: WrittenShuffle, *, parts: Sequence[PartProducts]) -> Iterator[Equation]:
    """Give the five equations over the whole list (1.8, "Verify")."""
    group, c = shuffle.group, shuffle.challenge
    g, y, q = group.generator, shuffle.public_key, group.order
    s1, s2, s3, s4 = shuffle.s
    at = shuffle.place[1]
    t1, t2, t3, t41, t42 = (
        read_shuffle_element(text, place=f"{at}{where}", group=group)
        for text, where in zip(shuffle.t, SHORT_PLACES, strict=True)
    )
    h = group.shuffle_generator(-1)
    total = dict.fromkeys(_PRODUCTS, group.identity)
    for part in parts:
        for name in _PRODUCTS:
            total[name] = total[name] * getattr(part, name)
    product_u = 1
    for value in shuffle.order_challenges:
        product_u = product_u * value % q
    end = (
        read_shuffle_element(shuffle.chain[-1], place=f"{at}[3]", group=group)
        if shuffle.chain
        else h
    )
    c_bar = total["permutation"] / total["generators"]
    c_end = end / h**product_u
    yield Equation("t1", t1, [c_bar, g], [-c, s1])
    yield Equation("t2", t2, [c_end, g], [-c, s2])
    for name, left, base, exponent, sources, answers in (
        ("t3", t3, g, s3, "committed", "answered_generators"),
        ("t41", t41, y, -s4, "source_beta", "answered_beta"),
        ("t42", t42, g, -s4, "source_alpha", "answered_alpha"),
    ):
        yield Equation(name, left, [total[sources], base, total[answers]], [-c, exponent, 1])


def _check_links(shuffle: WrittenShuffle, *, first: int, end: int) -> None:
    """Check t̂_i = ĉ_i^{−c} g^{ŝ_i} ĉ_{i−1}^{s'_i} for the range; ĉ_{−1} is h."""
    group, at = shuffle.group, shuffle.place[1]
    chain = _elements(shuffle.chain, first, end, place=f"{at}[3]", group=group)
    t_hat = _elements(shuffle.t_hat, first, end, place=f"{at}[0][4]", group=group)
    link = (
        group.shuffle_generator(-1)
        if first == 0
        else read_shuffle_element(
            shuffle.chain[first - 1], place=f"{at}[3][{first - 1}]", group=group
        )
    )
    g, c = group.generator, shuffle.challenge
    for index, (left, following) in enumerate(zip(t_hat, chain, strict=True), start=first):
        exponents = [-c, shuffle.s_hat[index], shuffle.s_prime[index]]
        equation = Equation(f"t̂ {index}", left, [following, g, link], exponents)
        if first_failing((equation,)) is not None:
            raise _refusal(equation.name)
        link = following


def _refusal(name: str) -> InvalidProof:
    return InvalidProof(f"the proof of the shuffle does not hold: {name}")


def _elements(
    texts: Sequence[str], first: int, end: int, *, place: str, group: Group
) -> list[GroupElement]:
    return [
        read_shuffle_element(texts[index], place=f"{place}[{index}]", group=group)
        for index in range(first, end)
    ]


def _ciphertexts(shuffle: WrittenShuffle, *, first: int, end: int) -> list[Ciphertext]:
    group, at = shuffle.group, shuffle.place[0]
    return [
        Ciphertext(
            read_shuffle_element(alpha, place=f"{at}[{index}].alpha", group=group),
            read_shuffle_element(beta, place=f"{at}[{index}].beta", group=group),
        )
        for index, (alpha, beta) in enumerate(shuffle.shuffled[first:end], start=first)
    ]
