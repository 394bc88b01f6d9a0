"""Polynomials, and their coefficients in the exponent (PROTOCOL 1.5; "Threshold")."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from evote.encoding import decode_canonical_json, read_list, read_ordered_object, read_text
from evote.errors import DecodeError, InvalidProof
from evote.group import (
    GENERATOR,
    Element,
    Group,
    GroupElement,
    SecretScalar,
    random_scalar,
    reduce_secret,
)
from evote.threshold.signed import MESSAGE_LIMIT_BYTES, Signed


@dataclass(frozen=True, slots=True)
class Polynomial:
    """f(X) = Σ a_k·X^k with t secret coefficients, a_0 first."""

    coefficients: tuple[SecretScalar, ...] = field(repr=False)

    def at(self, index: int) -> SecretScalar:
        """Give f(index): the share of the member with this number, from 1."""
        value = self.coefficients[-1]
        for coefficient in reversed(self.coefficients[:-1]):
            value = value * index + coefficient
        return value

    @property
    def commitments(self) -> tuple[Element, ...]:
        """The elements A_k = g^(a_k)."""
        return tuple(GENERATOR**coefficient for coefficient in self.coefficients)


def draw_polynomial(*, threshold: int) -> Polynomial:
    """Draw t coefficients, each uniform in [1, q−1]."""
    assert threshold >= 1
    return Polynomial(tuple(random_scalar() for _ in range(threshold)))


def derive_polynomial(*, seed: str, uuid: str, certs: str, threshold: int) -> Polynomial:
    """Derive the coefficients from a member's seed: nothing else has to be kept (PROTOCOL 2.4).

    `certs` is the hash of all certificates, so that a ceremony that starts afresh has nothing in
    common with the one before, even where a member's seed is used again.
    """
    # a_k = SHA512("pnyx-coefficient|"‖uuid‖"|"‖certs‖"|"‖k‖"|"‖seed) mod q: nothing is favoured.
    return Polynomial(
        tuple(
            reduce_secret(
                hashlib.sha512(f"pnyx-coefficient|{uuid}|{certs}|{index}|{seed}".encode()).digest()
            )
            for index in range(threshold)
        )
    )


def commitments_to_json(commitments: Sequence[GroupElement]) -> dict[str, object]:
    """Give the value that a member signs: {"coefexps": […]}."""
    return {"coefexps": [element.encode() for element in commitments]}


def read_commitments(
    signed: Signed, *, place: str, group: Group, threshold: int
) -> tuple[GroupElement, ...]:
    """Understand the message `coefexps` of one member: exactly t elements, none the identity.

    Raises:
        DecodeError: not the one spelling, another number, or an element outside the group.
    """
    try:
        value = decode_canonical_json(
            signed.message.encode(), source="coefexps", limit_bytes=MESSAGE_LIMIT_BYTES
        )
    except DecodeError as error:
        raise DecodeError(error.message, place=f"{place}.message", code=error.code) from error
    item = read_ordered_object(value, place=f"{place}.message", fields=("coefexps",))
    inner = f"{place}.message.coefexps"
    commitments = []
    for index, text in enumerate(read_list(item["coefexps"], place=inner, length=threshold)):
        element = group.decode(
            read_text(text, place=f"{inner}[{index}]"), place=f"{inner}[{index}]"
        )
        if element.is_identity:
            msg = "the identity is no commitment to a coefficient"
            raise DecodeError(msg, place=f"{inner}[{index}]")
        commitments.append(element)
    return tuple(commitments)


def share_commitment(commitments: Sequence[GroupElement], *, index: int) -> GroupElement:
    """Give g^f(index) = Π A_k^(index^k), without knowing f."""
    value = commitments[-1]
    for commitment in reversed(commitments[:-1]):
        value = value**index * commitment
    return value


def verify_share(*, share: SecretScalar, commitments: Sequence[GroupElement], index: int) -> None:
    """Check that a share s is the point of the committed polynomial: g^s = Π A_k^(index^k).

    Raises:
        InvalidProof: it is not.
    """
    if GENERATOR**share != share_commitment(commitments, index=index):
        msg = f"the share of member {index} is no point of the committed polynomial"
        raise InvalidProof(msg)
