"""What a shuffle claims, and the challenges that follow from it (PROTOCOL 1.8)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evote.elgamal import Ciphertext
from evote.group import Group, GroupElement
from evote.shuffle.proof import Commitments


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffleStatement:
    """`shuffled` holds what `source` holds, in another order, under the election's key."""

    fingerprint: str
    public_key: GroupElement
    source: Sequence[Ciphertext]
    shuffled: Sequence[Ciphertext]

    def order_challenges(self, permutation: Sequence[GroupElement]) -> list[int]:
        """Give u_0, …, u_{N−1}: one challenge for each ciphertext of the source.

        u_i = int(SHA256_hex(SHA256_hex("shuffle-challenges|"‖φ‖"|"‖str1) ‖ SHA256_hex(i))) mod q.
        """
        return order_challenges_of_texts(
            lists=self._hashed_lists(permutation),
            fingerprint=self.fingerprint,
            count=len(self.source),
            order=self.public_key.group.order,
        )

    def challenge(
        self,
        *,
        commitments: Commitments,
        permutation: Sequence[GroupElement],
        chain: Sequence[GroupElement],
    ) -> int:
        """Give c, the hash of the whole statement and of all commitments."""
        t = commitments
        return challenge_of_texts(
            lists=self._hashed_lists(permutation),
            fingerprint=self.fingerprint,
            commitments=_listed([t.t1, t.t2, t.t3, t.t41, t.t42, *t.t_hat]),
            chain=_listed(chain),
            public_key=self.public_key,
        )

    def _hashed_lists(self, permutation: Sequence[GroupElement]) -> str:
        """Write str1 = ⟦e⟧⟦e'⟧⟦c⟧."""
        return (
            _listed(element for item in self.source for element in (item.alpha, item.beta))
            + _listed(element for item in self.shuffled for element in (item.alpha, item.beta))
            + _listed(permutation)
        )


def order_challenges_of_texts(*, lists: str, fingerprint: str, count: int, order: int) -> list[int]:
    """Give u_0, …, u_{N−1} from str1, the texts of all ciphertexts and commitments (`listed`)."""
    seed = _hex(f"shuffle-challenges|{fingerprint}|{lists}")
    return [int(_hex(seed + _hex(str(index))), 16) % order for index in range(count)]


def challenge_of_texts(
    *, lists: str, fingerprint: str, commitments: str, chain: str, public_key: GroupElement
) -> int:
    """Give c from texts as `listed` writes them: str1, all of t with t̂, and ĉ."""
    text = f"shuffle-challenge|{fingerprint}|" + commitments + lists + chain + public_key.encode()
    return int(_hex(text), 16) % public_key.group.order


def listed(texts: Iterable[str]) -> str:
    """Write texts with a comma after each, the last one too: ⟦…⟧ of 1.8."""
    return "".join(f"{text}," for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generators:
    """h and h_0, …, h_{N−1}: elements whose logarithms nobody knows (1.1)."""

    h: GroupElement
    each: tuple[GroupElement, ...]


def shuffle_generators(*, group: Group, length: int) -> Generators:
    """Give the generators for a list of `length` ciphertexts; all are different."""
    h = group.shuffle_generator(-1)
    each = tuple(group.shuffle_generator(index) for index in range(length))
    assert len({h, *each}) == length + 1, "two generators are the same"
    return Generators(h=h, each=each)


def _listed(elements: Iterable[GroupElement]) -> str:
    return listed(element.encode() for element in elements)


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
