"""Points and commitments that somebody else computed, given as their eighths: never trusted.

For a point P the hint is Q = P/8, with no proof attached. Eight times any point of the curve is in
the prime-order group, and only members of it are eight times one. So P = 8·Q, computed here, *is* a
member, whatever Q was: the check of membership is exact, costs three doublings, and there is no
hint at all for a point outside. Whoever takes P compares it with what the record has in its place,
or hashes it, so that another Q can only make a check fail.

What is left is whether each hinted commitment R is g^a·y^b·Π P^c. All R, P, g and y being in a
group of prime order, one product of random powers of all these equations decides: it holds although
one of them is wrong with a probability of at most 2^−128. The weights are drawn here, after
everything else is known. (A commitment that came otherwise, with a point of order 2, 4 or 8 in it,
would be let through in one case of 2, 4 or 8; and always, if the product were multiplied by eight.)
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from evote.errors import DecodeError
from evote.group.backend import NATIVE
from evote.group.ed25519 import Element
from evote.group.scalars import ORDER, scalar_bytes
from evote.group.together import NO_BASE, TERM, Together, encodings_of, tables

EIGHTH_BYTES = 64

_EIGHTH = pow(8, -1, ORDER)
_WEIGHT_BYTES = 16
_HIGH_HALF = bytes(32 - _WEIGHT_BYTES)
_ZERO = bytes(32)


def eighths_length(together: Together) -> int:
    """Give how many bytes the eighths of the points and of everything wanted have."""
    return EIGHTH_BYTES * (len(together.points) + together.wanted_count)


def compute_eighths(together: Together) -> bytes:
    """Give the eighth of each point that was read, then of everything that is wanted, in order.

    Nothing is checked beside membership: whether they fit, whoever uses them finds out.

    Raises:
        DecodeError: a point is no member, or something wanted has several powers.
    """
    assert NATIVE is not None
    if len(together.terms) != together.wanted_count:
        msg = "a commitment with several powers has no hint"
        raise DecodeError(msg)
    handle, points, products, terms = together.job(_EIGHTH)
    factor = scalar_bytes(_EIGHTH)
    own = [TERM.pack(number, _ZERO, _ZERO, factor) for number in range(len(together.points))]
    outputs: bytes
    verdicts, outputs = NATIVE.coordinates(handle, points, products, b"".join(own) + terms)
    if 0 in verdicts:
        msg = "a point outside the prime-order group has no hint"
        raise DecodeError(msg)
    return outputs


class Equations(NamedTuple):
    """That every commitment of a list is what it has to be: all its equations, with their weights.

    Fields:
        first: the number of the list's first point among the eighths.
        generator: Σ w·a. The weights w are random, of 128 bits.
        key: Σ w·b.
        powers: for each point −Σ w·c, then for each commitment w, 32 bytes each.
    """

    first: int
    generator: int
    key: int
    powers: bytes


def weigh(together: Together, *, first: int) -> Equations:
    """Draw the weights of a list whose values and hints are known."""
    random = os.urandom(_WEIGHT_BYTES * together.wanted_count)
    weights = [
        random[place : place + _WEIGHT_BYTES] for place in range(0, len(random), _WEIGHT_BYTES)
    ]
    numbers = [int.from_bytes(weight, "little") for weight in weights]
    generator = key = 0
    count = len(together.points)
    # The products stand at the end, from the last: a number below 0 finds its place.
    powers = [0] * (count + len(together.products))
    for number, base, a, b, c in together.terms:
        weight = numbers[number]
        if a:
            generator += weight * a
        if b:
            key += weight * b
        powers[base] += weight * c
    for number, factors in enumerate(together.products):
        power = powers[~number]
        for factor in factors:
            powers[factor] += power
    reduced = [(-power % ORDER).to_bytes(32, "little") for power in powers[:count]]
    padded = [weight + _HIGH_HALF for weight in weights]
    return Equations(first, generator, key, b"".join(reduced + padded))


class Eighths:
    """The eighths of several lists of points and commitments, one after the other."""

    def __init__(self, eighths: bytes) -> None:
        """Multiply them all by eight.

        Raises:
            DecodeError: one of them is not a canonical point of the curve.
        """
        assert NATIVE is not None
        try:
            self._handle, outputs = NATIVE.eightfold(eighths)
        except ValueError as error:
            msg = "a hint is not a point of the curve"
            raise DecodeError(msg) from error
        self._encodings = encodings_of(outputs)

    def fill(self, together: Together, *, first: int) -> bool:
        """Take everything that is wanted from here, as computed; `first` counts points.

        Says whether the points that were read are those of the hints; nothing is filled if not.
        """
        middle = first + len(together.points)
        end = middle + together.wanted_count
        if end > len(self._encodings) or self._encodings[first:middle] != together.points:
            return False
        together.take(self._encodings[middle:end])
        together.take_as_members()
        return True

    def hold(self, equations: Sequence[Equations], *, public_key: Element) -> bool:
        """Say whether these equations hold, in the order of their points.

        A "no" is certain, though not about which; a "yes" is wrong with a probability of at most
        2^−128.
        """
        assert NATIVE is not None
        if not equations:
            return True
        scalars = []
        end = 0
        for one in equations:
            scalars += [bytes(32 * (one.first - end)), one.powers]
            end = one.first + len(one.powers) // 32
        scalars.append(bytes(32 * (len(self._encodings) - end)))
        # Π R^w·Π P^(−Σ w·c) = g^(Σ w·a)·y^(Σ w·b), over everything.
        generator = scalar_bytes(sum(one.generator for one in equations))
        key = scalar_bytes(sum(one.key for one in equations))
        term = TERM.pack(NO_BASE, generator, key, _ZERO)
        _, right = NATIVE.commitments(tables(public_key), b"", b"", term)
        left = NATIVE.power_product(self._handle, b"".join(scalars))
        return bool(left == right)
