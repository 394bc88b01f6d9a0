"""Checks a shuffle (PROTOCOL 1.8)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from evote.elgamal import Ciphertext
from evote.errors import InvalidProof
from evote.group import Group, GroupElement, group_named
from evote.shuffle.proof import ShuffleProof
from evote.shuffle.statement import ShuffleStatement, shuffle_generators

Task = TypeVar("Task")
Answer = TypeVar("Answer")

# A power takes a tenth of a millisecond: some tens of milliseconds for each task.
POWERS_PER_TASK = 400
# Up to so many powers an equation is put into one task with others.
_SHORT_POWERS = 3


class ParallelMap(Protocol):
    """`map`, or an executor's: one answer for each task, in the order of the tasks."""

    def __call__(
        self, function: Callable[[Task], Answer], tasks: Iterable[Task], /
    ) -> Iterator[Answer]:
        """Run `function` on every task."""
        ...


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


@dataclass(frozen=True, slots=True)
class ProductTask:
    """A part of a long product, for any process to compute."""

    group: str
    bases: tuple[GroupElement, ...]
    exponents: tuple[int, ...]


def verify_shuffle_list(
    *, statement: ShuffleStatement, proof: ShuffleProof, parallel_map: ParallelMap = map
) -> None:
    """Check that the second list holds the contents of the first, each exactly once.

    `parallel_map` may be an executor's `map`: all powers go through it.

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

    def product(bases: Sequence[GroupElement], exponents: Sequence[int]) -> GroupElement:
        return _product(bases, exponents, group=group, parallel_map=parallel_map)

    short: list[Equation] = []
    for equation in shuffle_equations(statement, proof, product=product):
        if len(equation.bases) > _SHORT_POWERS:
            if product(equation.bases, equation.exponents) != equation.left:
                raise _refusal(equation)
        else:
            short.append(equation)
    tasks = [
        tuple(short[start : start + POWERS_PER_TASK // _SHORT_POWERS])
        for start in range(0, len(short), POWERS_PER_TASK // _SHORT_POWERS)
    ]
    # One answer for each task: a map that loses one is an error, never a verified shuffle.
    for task, failing in zip(tasks, parallel_map(first_failing, tasks), strict=True):
        if failing is not None:
            raise _refusal(task[failing])


def first_failing(equations: tuple[Equation, ...]) -> int | None:
    """Give the index of the first equation that does not hold; None where all do."""
    for index, equation in enumerate(equations):
        group = equation.left.group
        if group.power_product(equation.bases, equation.exponents) != equation.left:
            return index
    return None


def partial_product(task: ProductTask) -> GroupElement:
    """Compute a part of a long product."""
    return group_named(task.group).power_product(task.bases, task.exponents)


def _refusal(equation: Equation) -> InvalidProof:
    return InvalidProof(f"the proof of the shuffle does not hold: {equation.name}")


def _product(
    bases: Sequence[GroupElement],
    exponents: Sequence[int],
    *,
    group: Group,
    parallel_map: ParallelMap,
) -> GroupElement:
    tasks = [
        ProductTask(
            group.name,
            tuple(bases[start : start + POWERS_PER_TASK]),
            tuple(exponents[start : start + POWERS_PER_TASK]),
        )
        for start in range(0, len(bases), POWERS_PER_TASK)
    ]
    total = group.identity
    for _, part in zip(tasks, parallel_map(partial_product, tasks), strict=True):
        total = total * part
    return total


def shuffle_equations(
    statement: ShuffleStatement,
    proof: ShuffleProof,
    *,
    product: Callable[[Sequence[GroupElement], Sequence[int]], GroupElement],
) -> Iterator[Equation]:
    """Give every equation that the proof must satisfy.

    `product` gives Π base^exponent: the sums of the statement are long products themselves.
    """
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
    c_tilde = product(c, u)
    alpha_tilde = product(source_alpha, u)
    beta_tilde = product(source_beta, u)

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
