"""Reads the parts that the answers to all kinds of questions are made of (PROTOCOL 1.3)."""

from collections.abc import Sequence
from typing import Protocol

from evote.elgamal import Ciphertext
from evote.encoding import read_list, read_ordered_object, read_text
from evote.errors import DecodeError, InvalidBallot
from evote.group import Group, GroupElement
from evote.proofs import Proof, read_proof

# A pair (str(α), str(β)), not yet known to be elements of the group.
EncodedChoice = tuple[str, str]


class TakeElement(Protocol):
    """Makes an element of its encoding, with the check of membership; `place` is for the error."""

    def __call__(self, text: str, /, *, place: str) -> GroupElement:
        """Take one encoding."""
        ...


def read_choice(value: object, *, place: str, group: Group) -> EncodedChoice:
    """Take a ciphertext, and look at its form only."""
    item = read_ordered_object(value, place=place, fields=("alpha", "beta"))
    return (
        read_encoding(item["alpha"], place=f"{place}.alpha", group=group),
        read_encoding(item["beta"], place=f"{place}.beta", group=group),
    )


def read_encoding(value: object, *, place: str, group: Group) -> str:
    """Take what has the form of an element and is not the identity; membership is for later."""
    text = read_text(value, place=place)
    if not group.is_encoding(text):
        msg = f"this is not how an element of {group.name} is written"
        raise DecodeError(msg, place=place)
    if text == group.identity.encode():
        raise InvalidBallot("identity_element", "the identity encrypts nothing", place=place)
    return text


def read_proofs(value: object, *, place: str, length: int, group: Group) -> tuple[Proof, ...]:
    """Take a list of exactly `length` proofs."""
    return tuple(
        read_proof(proof, place=f"{place}[{index}]", is_ordered=True, group=group)
        for index, proof in enumerate(read_list(value, place=place, length=length))
    )


def take_choices(
    choices: Sequence[EncodedChoice], *, places: Sequence[str], take: TakeElement
) -> tuple[Ciphertext, ...]:
    """Make ciphertexts of their encodings, with the check of membership that `take` does (A-10)."""
    return tuple(
        Ciphertext(
            take(alpha, place=f"{place}.alpha"),
            take(beta, place=f"{place}.beta"),
        )
        for (alpha, beta), place in zip(choices, places, strict=True)
    )


def decode_element(text: str, *, place: str, group: Group) -> GroupElement:
    """Decode an element of a ballot, with the check of membership.

    Raises:
        InvalidBallot: `non_canonical`, with the place.
    """
    try:
        return group.decode(text, place=place)
    except DecodeError as error:
        raise InvalidBallot("non_canonical", error.message, place=place) from error
