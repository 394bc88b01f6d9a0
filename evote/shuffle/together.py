"""A whole shuffle checked by one product of powers (PROTOCOL 1.8), with the C extension.

Every equation of the proof says that a product of powers is the identity. Raised to random weights
and multiplied, they are one product over 8N + 8 points (Pippenger). In a group of prime order, a
combination with weights from [0, 2^128), drawn after the shuffle was read, is the identity with a
probability of at most 2^−128 where a single equation does not hold. That needs every point to be
of the prime-order group: what is new in the shuffle is tested for torsion together, with an error
of at most 2^−128 again.

A "no" says nothing about who is wrong: the reference (`verify_shuffle_list`) then finds out.
"""

import os
from collections.abc import Iterable

from evote.group import (
    GENERATOR,
    IDENTITY_ENCODING,
    ORDER,
    Element,
    are_members,
    product_vanishes,
    raw_of,
    shuffle_generators_together,
)
from evote.shuffle.written import WrittenShuffle

WEIGHT_BYTES = 16


def holds_together(shuffle: WrittenShuffle) -> bool:
    """Say whether every element is a member and no identity, and every equation holds.

    The source is known to be of the group: whoever has it has checked it.
    """
    if not shuffle.length:
        return False
    new = [
        *shuffle.t,
        *(alpha for alpha, _ in shuffle.shuffled),
        *(beta for _, beta in shuffle.shuffled),
        *shuffle.permutation,
        *shuffle.chain,
        *shuffle.t_hat,
    ]
    if IDENTITY_ENCODING in new:
        return False
    raw = _raw(new)
    if not are_members(raw):
        return False
    y = shuffle.public_key
    assert isinstance(y, Element)
    generators = shuffle_generators_together(shuffle.length)
    points = [
        raw,
        _raw(alpha for alpha, _ in shuffle.source),
        _raw(beta for _, beta in shuffle.source),
        generators.each,
        generators.h,
        GENERATOR.raw,
        y.raw,
    ]
    return product_vanishes(b"".join(points), _exponents(shuffle))


def _exponents(shuffle: WrittenShuffle) -> list[int]:
    """Give the exponent of each point in the weighted product of all equations, in their order.

    With weights w for t1, t2, t3, t41, t42 and v_i for the links of the chain.
    """
    c, u, s_prime = shuffle.challenge, shuffle.order_challenges, shuffle.s_prime
    s1, s2, s3, s4 = shuffle.s
    w1, w2, w3, w41, w42 = w = _weights(5)
    v = _weights(shuffle.length)
    product_u = 1
    for value in u:
        product_u = product_u * value % ORDER
    # ĉ_i ends link i and begins link i+1; the last one also is the base of t2.
    links = [c * weight for weight in v]
    for index in range(1, shuffle.length):
        links[index - 1] -= v[index] * s_prime[index]
    links[-1] += c * w2
    answered = sum(weight * s_hat for weight, s_hat in zip(v, shuffle.s_hat, strict=True))
    return [
        *w,
        *(-w42 * s for s in s_prime),  # α'
        *(-w41 * s for s in s_prime),  # β'
        *(c * w1 + c * w3 * value for value in u),  # c_i
        *links,  # ĉ_i
        *v,  # t̂_i
        *(c * w42 * value for value in u),  # α
        *(c * w41 * value for value in u),  # β
        *(-c * w1 - w3 * s for s in s_prime),  # h_i
        -c * w2 * product_u - v[0] * s_prime[0],  # h
        -w1 * s1 - w2 * s2 - w3 * s3 + w42 * s4 - answered,  # g
        w41 * s4,  # y
    ]


def _weights(count: int) -> list[int]:
    data = os.urandom(WEIGHT_BYTES * count)
    return [
        int.from_bytes(data[place : place + WEIGHT_BYTES], "little")
        for place in range(0, len(data), WEIGHT_BYTES)
    ]


def _raw(texts: Iterable[str]) -> bytes:
    return b"".join(map(raw_of, texts))
