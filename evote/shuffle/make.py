"""Makes a shuffle: what one trustee's own computer does (PROTOCOL 1.8)."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evote.elgamal import Ciphertext
from evote.errors import NotSupported
from evote.group import (
    ED25519,
    GENERATOR,
    GROUP_NAME,
    ZERO,
    Element,
    GroupElement,
    SecretScalar,
    random_scalar,
)
from evote.shuffle.proof import Commitments, Responses, ShuffleProof
from evote.shuffle.statement import ShuffleStatement, shuffle_generators

# Called with how many steps are done, and how many there are.
Progress = Callable[[int, int], None]

# The passes over the list: encrypt anew, commit to the order, chain, t̂ with the sums.
_PASSES = 4
_ONE = SecretScalar((1).to_bytes(32, "little"))


@dataclass(frozen=True, slots=True)
class _Pair:
    """A ciphertext whose elements secrets may be computed with."""

    alpha: Element
    beta: Element


def shuffle_list(
    *,
    source: Sequence[Ciphertext],
    public_key: GroupElement,
    fingerprint: str,
    progress: Progress,
) -> tuple[tuple[Ciphertext, ...], ShuffleProof]:
    """Put ciphertexts in a fresh secret order, encrypted anew, with the proof.

    The order and all randomness are drawn here and forgotten here.

    Raises:
        NotSupported: the group is not one that secrets are computed in.
    """
    y = _own(public_key)
    pairs = [_Pair(_own(item.alpha), _own(item.beta)) for item in source]
    length = len(pairs)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, _PASSES * length)

    # e'_i = ReEnc(e_ψ(i)); r'_k belongs to the source index k.
    order = random_permutation(length)
    r_prime = _random_scalars(length)
    shuffled: list[_Pair] = []
    for k in order:
        shuffled.append(
            _Pair(pairs[k].alpha * GENERATOR ** r_prime[k], pairs[k].beta * y ** r_prime[k])
        )
        step()

    # c_ψ(i) = g^{r_ψ(i)}·h_i commits to the order.
    generators = shuffle_generators(group=ED25519, length=length)
    h, h_each = _own(generators.h), [_own(element) for element in generators.each]
    r = _random_scalars(length)
    permutation = [h] * length
    for i, k in enumerate(order):
        permutation[k] = GENERATOR ** r[k] * h_each[i]
        step()

    statement = ShuffleStatement(
        fingerprint=fingerprint,
        public_key=y,
        source=source,
        shuffled=[Ciphertext(pair.alpha, pair.beta) for pair in shuffled],
    )
    u = statement.order_challenges(permutation)
    # u'_i = u_ψ(i) is as secret as the order.
    u_prime = [SecretScalar(u[k].to_bytes(32, "little")) for k in order]

    # ĉ_i = g^{r̂_i}·ĉ_{i−1}^{u'_i}, with ĉ_{−1} = h, commits to the challenges in the new order.
    r_hat = _random_scalars(length)
    chain: list[Element] = []
    for i in range(length):
        chain.append(GENERATOR ** r_hat[i] * (chain[-1] if chain else h) ** u_prime[i])
        step()

    w1, w2, w3, w4 = _random_scalars(4)
    w_hat, w_prime = _random_scalars(length), _random_scalars(length)
    t3 = GENERATOR**w3
    t41, t42 = y ** (ZERO - w4), GENERATOR ** (ZERO - w4)
    t_hat: list[Element] = []
    for i in range(length):
        t3 = t3 * h_each[i] ** w_prime[i]
        t41 = t41 * shuffled[i].beta ** w_prime[i]
        t42 = t42 * shuffled[i].alpha ** w_prime[i]
        t_hat.append(GENERATOR ** w_hat[i] * (chain[i - 1] if i else h) ** w_prime[i])
        step()
    commitments = Commitments(
        t1=GENERATOR**w1, t2=GENERATOR**w2, t3=t3, t41=t41, t42=t42, t_hat=tuple(t_hat)
    )

    c = statement.challenge(commitments=commitments, permutation=permutation, chain=chain)
    # v_{N−1} = 1 and v_i = u'_{i+1}·v_{i+1}: what r̂_i counts for at the end of the chain.
    v = [_ONE] * length
    for i in reversed(range(length - 1)):
        v[i] = u_prime[i + 1] * v[i + 1]
    responses = Responses(
        s1=(w1 + _total(r) * c).reveal(),
        s2=(w2 + _total([a * b for a, b in zip(r_hat, v, strict=True)]) * c).reveal(),
        s3=(w3 + _total([a * value for a, value in zip(r, u, strict=True)]) * c).reveal(),
        s4=(w4 + _total([a * value for a, value in zip(r_prime, u, strict=True)]) * c).reveal(),
        s_hat=tuple((w + a * c).reveal() for w, a in zip(w_hat, r_hat, strict=True)),
        s_prime=tuple((w + a * c).reveal() for w, a in zip(w_prime, u_prime, strict=True)),
    )
    return tuple(statement.shuffled), ShuffleProof(
        commitments=commitments,
        responses=responses,
        permutation=tuple(permutation),
        chain=tuple(chain),
    )


def random_permutation(length: int) -> list[int]:
    """Draw an order of 0 to length − 1, each equally likely (Fisher and Yates)."""
    order = list(range(length))
    for last in range(length - 1, 0, -1):
        other = secrets.randbelow(last + 1)
        order[last], order[other] = order[other], order[last]
    return order


def _random_scalars(count: int) -> list[SecretScalar]:
    return [random_scalar() for _ in range(count)]


def _total(scalars: Sequence[SecretScalar]) -> SecretScalar:
    total = ZERO
    for scalar in scalars:
        total = total + scalar
    return total


def _own(element: GroupElement) -> Element:
    if not isinstance(element, Element):
        msg = f"lists are shuffled in the group {GROUP_NAME} only"
        raise NotSupported(msg)
    return element
