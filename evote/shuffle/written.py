"""A shuffle as it is written, read for its form only: seen before any power is computed.

Lengths, fields and spelling are checked here, membership in the group is not. The challenges hash
nothing but texts, so they are known from here on; `evote.shuffle.parts` does the rest in parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from evote.encoding import read_list, read_object, read_text
from evote.errors import DecodeError
from evote.group import Group, GroupElement
from evote.proofs import read_scalar
from evote.shuffle.statement import challenge_of_texts, listed, order_challenges_of_texts

# α and β as they are written.
WrittenCiphertext = tuple[str, str]
# Where t1, t2, t3, t41 and t42 stand in a proof.
SHORT_PLACES = ("[0][0]", "[0][1]", "[0][2]", "[0][3][0]", "[0][3][1]")


@dataclass(frozen=True, kw_only=True)
class WrittenShuffle:
    """The claim that `shuffled` holds what `source` holds, and its proof, as texts.

    `place` names this list inside the object, for messages: the place of its ciphertexts and that
    of its proof.
    """

    fingerprint: str
    public_key: GroupElement
    source: Sequence[WrittenCiphertext]
    shuffled: Sequence[WrittenCiphertext]
    # t1, t2, t3, t41, t42 (`SHORT_PLACES`), then t̂, c and ĉ.
    t: tuple[str, ...]
    t_hat: tuple[str, ...]
    permutation: tuple[str, ...]
    chain: tuple[str, ...]
    # s1, s2, s3, s4, then ŝ and s'.
    s: tuple[int, ...]
    s_hat: tuple[int, ...]
    s_prime: tuple[int, ...]
    place: tuple[str, str]

    @property
    def length(self) -> int:
        """How many ciphertexts were shuffled."""
        return len(self.source)

    @property
    def group(self) -> Group:
        """The group of the election."""
        return self.public_key.group

    @cached_property
    def order_challenges(self) -> list[int]:
        """u_0, …, u_{N−1}: one challenge for each ciphertext of the source."""
        return order_challenges_of_texts(
            lists=self._lists,
            fingerprint=self.fingerprint,
            count=self.length,
            order=self.group.order,
        )

    @cached_property
    def challenge(self) -> int:
        """Give c, the hash of the whole statement and of all commitments."""
        return challenge_of_texts(
            lists=self._lists,
            fingerprint=self.fingerprint,
            commitments=listed([*self.t, *self.t_hat]),
            chain=listed(self.chain),
            public_key=self.public_key,
        )

    @property
    def _lists(self) -> str:
        return (
            listed(text for item in self.source for text in item)
            + listed(text for item in self.shuffled for text in item)
            + listed(self.permutation)
        )


def read_written_shuffle(
    *,
    ciphertexts: object,
    proof: object,
    place: tuple[str, str],
    source: Sequence[WrittenCiphertext],
    fingerprint: str,
    public_key: GroupElement,
) -> WrittenShuffle:
    """Take one list of a shuffle of `source` with its proof, as texts.

    Raises:
        DecodeError: a list of another length, an unknown field, or a text that can be neither an
            element nor a scalar.
    """
    group, length = public_key.group, len(source)
    at = place[1]
    t, s, c, c_hat = read_list(proof, place=at, length=4)
    t1, t2, t3, t4, t_hat = read_list(t, place=f"{at}[0]", length=5)
    t41, t42 = read_list(t4, place=f"{at}[0][3]", length=2)
    s1, s2, s3, s4, s_hat, s_prime = read_list(s, place=f"{at}[1]", length=6)

    def elements(items: object, where: str) -> tuple[str, ...]:
        found = read_list(items, place=f"{at}{where}", length=length)
        return tuple(
            _text(item, place=f"{at}{where}[{index}]", group=group)
            for index, item in enumerate(found)
        )

    def scalars(items: object, where: str) -> tuple[int, ...]:
        found = read_list(items, place=f"{at}{where}", length=length)
        return tuple(
            read_scalar(item, place=f"{at}{where}[{index}]", group=group)
            for index, item in enumerate(found)
        )

    short = zip((t1, t2, t3, t41, t42), SHORT_PLACES, strict=True)
    return WrittenShuffle(
        fingerprint=fingerprint,
        public_key=public_key,
        source=source,
        shuffled=read_written_ciphertexts(ciphertexts, place=place[0], length=length, group=group),
        t=tuple(_text(item, place=f"{at}{where}", group=group) for item, where in short),
        t_hat=elements(t_hat, "[0][4]"),
        permutation=elements(c, "[2]"),
        chain=elements(c_hat, "[3]"),
        s=tuple(
            read_scalar(item, place=f"{at}[1][{index}]", group=group)
            for index, item in enumerate((s1, s2, s3, s4))
        ),
        s_hat=scalars(s_hat, "[1][4]"),
        s_prime=scalars(s_prime, "[1][5]"),
        place=place,
    )


def read_written_ciphertexts(
    value: object, *, place: str, length: int, group: Group
) -> tuple[WrittenCiphertext, ...]:
    """Take a list of ciphertexts as texts.

    Raises:
        DecodeError: another length, an unknown field, or a text that cannot be an element.
    """
    ciphertexts = []
    for index, entry in enumerate(read_list(value, place=place, length=length)):
        inner = f"{place}[{index}]"
        item = read_object(entry, place=inner, fields=("alpha", "beta"))
        ciphertexts.append(
            (
                _text(item["alpha"], place=f"{inner}.alpha", group=group),
                _text(item["beta"], place=f"{inner}.beta", group=group),
            )
        )
    return tuple(ciphertexts)


def _text(value: object, *, place: str, group: Group) -> str:
    text = read_text(value, place=place)
    if not group.is_encoding(text):
        msg = "this is not how an element is written"
        raise DecodeError(msg, place=place)
    return text
