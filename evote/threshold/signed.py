"""Signed texts between the members of a threshold (PROTOCOL 1.5; "Public key infrastructure")."""

from dataclasses import dataclass

from evote.encoding import (
    decode_canonical_json,
    encode_json,
    read_object,
    read_text,
)
from evote.errors import DecodeError
from evote.group import ED25519, Group, GroupElement, SecretScalar
from evote.proofs import Proof, read_proof
from evote.proofs.schnorr import knowledge_claim, prove_knowledge

MESSAGE_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Signed:
    """A text and the signature of whoever vouches for it."""

    message: str
    signature: Proof

    def to_json(self) -> dict[str, object]:
        """Give the object `signed` of PROTOCOL 1.5."""
        return {"message": self.message, "signature": self.signature.to_json()}


def sign_text(*, message: str, secret_key: SecretScalar) -> Proof:
    """Sign any text with a member's key sk: challenge H("sigmsg|"‖M‖"|"; A)."""
    return prove_knowledge(f"sigmsg|{message}|", secret_key)


def verify_text(*, proof: Proof, message: str, public_key: GroupElement) -> None:
    """Check a member's signature.

    Raises:
        InvalidProof: this key did not sign this text.
    """
    knowledge_claim(
        f"sigmsg|{message}|",
        proof,
        public_key,
        failure="the signature is not by this member over this message",
    ).verify()


def sign_object(value: object, *, secret_key: SecretScalar) -> Signed:
    """Write a value as compact JSON and sign that."""
    message = encode_json(value).decode()
    return Signed(message, sign_text(message=message, secret_key=secret_key))


def verify_signed(signed: Signed, *, public_key: GroupElement) -> None:
    """Check the signature of a signed text.

    Raises:
        InvalidProof: this key did not sign it.
    """
    verify_text(proof=signed.signature, message=signed.message, public_key=public_key)


def read_signed(value: object, *, place: str, group: Group) -> Signed:
    """Take the object `signed`, without checking the signature."""
    item = read_object(value, place=place, fields=("message", "signature"))
    prefix = f"{place}." if place else ""
    return Signed(
        read_text(item["message"], place=f"{prefix}message"),
        read_proof(item["signature"], place=f"{prefix}signature", is_ordered=False, group=group),
    )


def encode_signed(signed: Signed) -> bytes:
    """Write a signed text as compact JSON: how members post it."""
    return encode_json(signed.to_json())


def decode_signed(data: bytes) -> Signed:
    """Read what a member posted, in its one spelling; the signature is not checked.

    Raises:
        DecodeError: malformed, or not compact JSON.
    """
    value = decode_canonical_json(data, source="message", limit_bytes=MESSAGE_LIMIT_BYTES)
    signed = read_signed(value, place="", group=ED25519)
    if encode_signed(signed) != data:
        msg = "the fields are not in their order"
        raise DecodeError(msg)
    return signed
