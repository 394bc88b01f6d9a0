"""The trustees, whose keys together are the election's key (PROTOCOL 1.5).

The list has items: a trustee alone, without whom nothing can be decrypted, or members of whom some
suffice. Flattened, it has slots: one for each person. `owner` everywhere is the number of a slot,
from 1.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from evote.encoding import decode_json, encode_json, read_list
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.group import ED25519, Group, GroupElement
from evote.threshold.pedersen import (
    ThresholdTrustees,
    lagrange_coefficients,
    read_threshold_trustees,
    verify_threshold_trustees,
)
from evote.trustee import Trustee, read_trustee, verify_trustee

TRUSTEES_LIMIT_BYTES = 16_000_000

TrusteeItem = Trustee | ThresholdTrustees


class MissingDecryption(EvoteError):
    """Those who have decrypted do not suffice."""


@dataclass(frozen=True, slots=True)
class Trustees:
    """The list of trustees, in the order of the record."""

    items: tuple[TrusteeItem, ...]

    @property
    def slots(self) -> tuple[Trustee, ...]:
        """Everybody who can decrypt; the n-th is the owner n."""
        return tuple(slot for item in self.items for slot in item_slots(item))

    @property
    def public_key(self) -> GroupElement:
        """The election's key y: the product of the keys of all items."""
        return combine_public_keys(self.items)

    @property
    def ceremonies(self) -> tuple[ThresholdTrustees, ...]:
        """The items of which some members suffice."""
        return tuple(item for item in self.items if isinstance(item, ThresholdTrustees))

    def threshold_met(self, owners: Collection[int]) -> bool:
        """Say whether these owners together can decrypt."""
        return not any(True for _ in self._missing(owners))

    def exponents(self, owners: Collection[int]) -> dict[int, int]:
        """Give what each owner's factor counts for: Π F_owner^exponent decrypts (1.9).

        A trustee alone counts once. Of members, the first t of those given count with Lagrange's
        coefficients, and the others not at all: they are left out of the answer.

        Raises:
            MissingDecryption: with who is missing.
        """
        missing = list(self._missing(owners))
        if missing:
            raise MissingDecryption("; ".join(missing))
        exponents: dict[int, int] = {}
        for first, item in self._numbered():
            if isinstance(item, Trustee):
                exponents[first] = 1
                continue
            present = _present(owners, first=first, item=item)[: item.threshold]
            order = item.public_key.group.order
            for member, value in lagrange_coefficients(present, order=order).items():
                exponents[first + member - 1] = value
        return exponents

    def combine(self, factors: Mapping[int, GroupElement]) -> GroupElement:
        """Put together the factors of one ciphertext, given by owner: α^x for the whole key x.

        Raises:
            MissingDecryption: with who is missing.
        """
        group = self.public_key.group
        exponents = self.exponents(factors)
        return group.power_product(
            [factors[owner] for owner in exponents], list(exponents.values())
        )

    def _numbered(self) -> Iterator[tuple[int, TrusteeItem]]:
        """Give each item with the owner number of its first slot."""
        owner = 1
        for item in self.items:
            yield owner, item
            owner += len(item_slots(item))

    def _missing(self, owners: Collection[int]) -> Iterator[str]:
        for first, item in self._numbered():
            if isinstance(item, Trustee):
                if first not in owners:
                    yield f"the partial decryption of trustee {first} is missing"
                continue
            present = len(_present(owners, first=first, item=item))
            if present < item.threshold:
                last = first + item.size - 1
                yield (
                    f"only {present} of the trustees {first} to {last} have decrypted, "
                    f"{item.threshold} are needed"
                )


def _present(owners: Collection[int], *, first: int, item: ThresholdTrustees) -> list[int]:
    """Give the numbers, from 1 within the item, of the members who are among the owners."""
    return [member for member in range(1, item.size + 1) if first + member - 1 in owners]


def item_slots(item: TrusteeItem) -> tuple[Trustee, ...]:
    """Give the slots of one item."""
    return (item,) if isinstance(item, Trustee) else item.verification_keys


def combine_public_keys(items: Iterable[TrusteeItem]) -> GroupElement:
    """Give the election's public key y: the product of all items' keys ("Trustees", 1.5)."""
    keys = [item.public_key for item in items]
    assert keys, "an election has at least one trustee"
    combined = keys[0]
    for key in keys[1:]:
        combined = combined * key
    return combined


def verify_trustees(trustees: Trustees) -> None:
    """Check everything that the trustees proved and signed.

    That they are the trustees of an election, its public key says: `trustees.public_key`.

    Raises:
        InvalidProof: with the place in the list and what does not hold.
    """
    for index, item in enumerate(trustees.items):
        try:
            verify_trustee_item(item)
        except InvalidProof as error:
            msg = f"[{index}]: {error}"
            raise InvalidProof(msg) from error


def verify_trustee_item(item: TrusteeItem) -> None:
    """Check everything that one item of the list proves.

    Raises:
        InvalidProof: with the member, where there are some, and what does not hold.
    """
    if isinstance(item, Trustee):
        verify_trustee(item)
    else:
        verify_threshold_trustees(item)


def encode_trustees(items: Iterable[TrusteeItem]) -> bytes:
    """Write the record's list of trustees."""
    return encode_json(
        [["Single" if isinstance(item, Trustee) else "Pedersen", item.to_json()] for item in items]
    )


def decode_trustees(data: bytes, *, group: Group = ED25519, legacy: bool = False) -> Trustees:
    """Read the record's list of trustees; `verify_trustees` checks it.

    `legacy` also takes threshold trustees in the form of 2022 (PROTOCOL 3.3).

    Raises:
        DecodeError: malformed, empty, or the same key in two slots.
    """
    value = decode_json(data, source="trustees", limit_bytes=TRUSTEES_LIMIT_BYTES)
    items: list[TrusteeItem] = []
    keys: set[GroupElement] = set()
    for index, entry in enumerate(read_list(value, place="")):
        place = f"[{index}]"
        kind, content = read_list(entry, place=place, length=2)
        inner = f"{place}[1]"
        if kind == "Single":
            items.append(read_trustee(content, place=inner, group=group))
        elif kind == "Pedersen":
            items.append(
                read_threshold_trustees(content, place=inner, group=group, accepts_legacy=legacy)
            )
        else:
            msg = f"{kind!r:.40} is no kind of trustee"
            raise DecodeError(msg, place=place)
        for slot in item_slots(items[-1]):
            if slot.public_key in keys:
                msg = "this public key stands twice in the list"
                raise DecodeError(msg, place=place)
            keys.add(slot.public_key)
    if not items:
        msg = "an election has at least one trustee"
        raise DecodeError(msg)
    return Trustees(tuple(items))
