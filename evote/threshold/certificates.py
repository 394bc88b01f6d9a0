"""Certificates: who the members of a threshold are, in their own words (PROTOCOL 1.5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.encoding import (
    decode_canonical_json,
    encode_json,
    read_integer,
    read_ordered_object,
    read_text,
    sha256_hex,
)
from evote.errors import DecodeError
from evote.group import Group, GroupElement
from evote.threshold.keys import MemberKeys
from evote.threshold.signed import MESSAGE_LIMIT_BYTES, Signed, sign_object, verify_signed

_FINGERPRINT_LENGTH_DIGITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a certificate is for: one member among `size`, of which `threshold` will suffice."""

    group: str
    size: int
    threshold: int
    index: int

    def to_json(self) -> dict[str, object]:
        """Give the member `context` of a certificate's message."""
        return {
            "group": self.group,
            "size": self.size,
            "threshold": self.threshold,
            "index": self.index,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A member's two public keys, signed with the first of them."""

    verification: GroupElement
    encryption: GroupElement
    signed: Signed


def make_certificate(*, keys: MemberKeys, context: Context) -> Signed:
    """Make the certificate of one member."""
    value = {
        "context": context.to_json(),
        "verification": keys.verification.encode(),
        "encryption": keys.encryption.encode(),
    }
    return sign_object(value, secret_key=keys.signing)


def read_certificate(signed: Signed, *, place: str, group: Group, context: Context) -> Certificate:
    """Understand a certificate, which must be for exactly this `context`.

    Raises:
        DecodeError: not the one spelling of a certificate, for another member or another threshold,
            or one of its keys is no element or the identity.
    """
    value = _decode(signed, place=place)
    item = read_ordered_object(value, place=place, fields=("context", "verification", "encryption"))
    found = read_ordered_object(
        item["context"],
        place=f"{place}.context",
        fields=("group", "size", "threshold", "index"),
    )
    said = Context(
        group=read_text(found["group"], place=f"{place}.context.group"),
        size=read_integer(found["size"], place=f"{place}.context.size"),
        threshold=read_integer(found["threshold"], place=f"{place}.context.threshold"),
        index=read_integer(found["index"], place=f"{place}.context.index"),
    )
    if said != context:
        msg = (
            f"the certificate is for member {said.index} with {said.threshold} of {said.size} in "
            f"group {said.group!r:.40}, not for member {context.index} with {context.threshold} "
            f"of {context.size} in {context.group}"
        )
        raise DecodeError(msg, place=f"{place}.context")
    return _keys(item, signed=signed, place=place, group=group)


def read_legacy_certificate(signed: Signed, *, place: str, group: Group) -> Certificate:
    """Understand a certificate of 2022, which does not say what it is for (PROTOCOL 3.3).

    Raises:
        DecodeError: not the one spelling of such a certificate.
    """
    value = _decode(signed, place=place)
    item = read_ordered_object(value, place=place, fields=("verification", "encryption"))
    return _keys(item, signed=signed, place=place, group=group)


def verify_certificate(certificate: Certificate) -> None:
    """Check that the certificate is signed with the very key it names.

    Raises:
        InvalidProof: it is not.
    """
    verify_signed(certificate.signed, public_key=certificate.verification)


def check_are_different(certificates: Sequence[Certificate], *, place: str) -> None:
    """Refuse one person as two members.

    Raises:
        DecodeError: a key stands in two certificates.
    """
    keys: set[GroupElement] = set()
    for index, certificate in enumerate(certificates):
        for key in (certificate.verification, certificate.encryption):
            if key in keys:
                msg = "a key of this certificate stands in the list before"
                raise DecodeError(msg, place=f"{place}[{index}]")
            keys.add(key)


def certificates_hash(certificates: Sequence[Signed]) -> str:
    """Give the SHA-256 (hexadecimal) of all certificates as a compact list (PROTOCOL 2.4)."""
    return sha256_hex(encode_json([signed.to_json() for signed in certificates]))


def certificates_fingerprint(certificates: Sequence[Signed]) -> str:
    """Give the start of that hash in groups of four, to be compared by telephone (2.4).

    128 bits: to find two lists with the same fingerprint takes some 2^64 certificates made
    between the moment when a member's key is known and the telephone call.
    """
    digits = certificates_hash(certificates)[:_FINGERPRINT_LENGTH_DIGITS]
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _decode(signed: Signed, *, place: str) -> object:
    try:
        return decode_canonical_json(
            signed.message.encode(), source="certificate", limit_bytes=MESSAGE_LIMIT_BYTES
        )
    except DecodeError as error:
        raise DecodeError(error.message, place=f"{place}.message", code=error.code) from error


def _keys(item: dict[str, object], *, signed: Signed, place: str, group: Group) -> Certificate:
    keys = []
    for name in ("verification", "encryption"):
        inner = f"{place}.{name}"
        key = group.decode(read_text(item[name], place=inner), place=inner)
        if key.is_identity:
            msg = "the identity is no public key"
            raise DecodeError(msg, place=inner)
        keys.append(key)
    return Certificate(verification=keys[0], encryption=keys[1], signed=signed)
