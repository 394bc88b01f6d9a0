"""Checks a shuffle (PROTOCOL 1.8)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evote.elgamal import Ciphertext
from evote.errors import InvalidProof
from evote.group import GroupElement
from evote.shuffle.proof import ShuffleProof
from evote.shuffle.statement import ShuffleStatement, shuffle_generators


@dataclass(frozen=True, slots=True)
class Equation:
    """The claim that `left` is Π base^exponent.

    All equations of a shuffle have this form, so that one multi-scalar product over a random
    combination of them could replace the products one by one.
    """

    name: str
    left: GroupElement
    bases: Sequence[GroupElement]
    exponents: Sequence[int]


def verify_shuffle_list(*, statement: ShuffleStatement, proof: ShuffleProof) -> None:
    """Check that the second list holds the contents of the first, each exactly once.

    Membership in the group, and that nothing is the identity, is checked by whoever decoded the
    lists and the proof; lengths are compared here again.

    Raises:
        InvalidProof: a list has another length, or an equation does not hold.
    """
    length = len(statement.source)
    for name, items in (
        ("ciphertexts", statement.shuffled),
        ("commitments to the order", proof.permutation),
        ("commitments to the challenges", proof.chain),
        ("t̂", proof.commitments.t_hat),
        ("ŝ", proof.responses.s_hat),
        ("s'", proof.responses.s_prime),
    ):
        if len(items) != length:
            msg = f"there are {len(items)} {name}, not {length}"
            raise InvalidProof(msg)
    group = statement.public_key.group
    for equation in shuffle_equations(statement, proof):
        if group.power_product(equation.bases, equation.exponents) != equation.left:
            msg = f"the proof of the shuffle does not hold: {equation.name}"
            raise InvalidProof(msg)


def shuffle_equations(statement: ShuffleStatement, proof: ShuffleProof) -> Iterator[Equation]:
    """Give every equation that the proof must satisfy."""
    y = statement.public_key
    group = y.group
    g, q = group.generator, group.order
    t, s, c, c_hat = proof.commitments, proof.responses, proof.permutation, proof.chain
    generators = shuffle_generators(group=group, length=len(c))
    h, h_each = generators.h, generators.each
    u = statement.order_challenges(c)
    challenge = statement.challenge(commitments=t, permutation=c, chain=c_hat)
    source_alpha, source_beta = _columns(statement.source)
    alpha, beta = _columns(statement.shuffled)

    product_u = 1
    for value in u:
        product_u = product_u * value % q
    c_bar = group.identity
    for committed, generator in zip(c, h_each, strict=True):
        c_bar = c_bar * committed / generator
    last_link = c_hat[-1] if c_hat else h
    c_end = last_link / h**product_u
    c_tilde = group.power_product(c, u)
    alpha_tilde = group.power_product(source_alpha, u)
    beta_tilde = group.power_product(source_beta, u)

    yield Equation("t1", t.t1, [c_bar, g], [-challenge, s.s1])
    yield Equation("t2", t.t2, [c_end, g], [-challenge, s.s2])
    yield Equation("t3", t.t3, [c_tilde, g, *h_each], [-challenge, s.s3, *s.s_prime])
    yield Equation("t41", t.t41, [beta_tilde, y, *beta], [-challenge, -s.s4, *s.s_prime])
    yield Equation("t42", t.t42, [alpha_tilde, g, *alpha], [-challenge, -s.s4, *s.s_prime])
    link = h
    for index, (left, next_link, s_hat, s_prime) in enumerate(
        zip(t.t_hat, c_hat, s.s_hat, s.s_prime, strict=True)
    ):
        bases, exponents = [next_link, g, link], [-challenge, s_hat, s_prime]
        yield Equation(f"t̂ {index}", left, bases, exponents)
        link = next_link


def _columns(
    items: Sequence[Ciphertext],
) -> tuple[list[GroupElement], list[GroupElement]]:
    return [item.alpha for item in items], [item.beta for item in items]
