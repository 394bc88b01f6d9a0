"""One trustee's key, whether it stands alone or is a member's share (PROTOCOL 1.5).

"Verification keys" of the specification: X = g^x with a proof that somebody knows x.
"""

from dataclasses import dataclass

from evote.encoding import decode_json, encode_json, read_object, read_text
from evote.errors import DecodeError
from evote.group import ED25519, GENERATOR, Group, GroupElement, SecretScalar
from evote.proofs import Proof, prove_key_possession, read_proof, verify_key_possession

TRUSTEE_LIMIT_BYTES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trustee:
    """A trustee's public key X = g^x, with the proof that they know x.

    `name` is None where the record gives none; nothing depends on it. `signature` is the member's
    over the key, where the key is a share of a threshold, and None otherwise.
    """

    public_key: GroupElement
    proof: Proof
    name: str | None
    signature: Proof | None = None

    def to_json(self) -> dict[str, object]:
        """Give the object `tpk` of PROTOCOL 1.5."""
        item: dict[str, object] = {
            "pok": self.proof.to_json(),
            "public_key": self.public_key.encode(),
        }
        if self.signature is not None:
            item["signature"] = self.signature.to_json()
        return item if self.name is None else item | {"name": self.name}


def make_trustee(*, secret_key: SecretScalar, name: str | None) -> Trustee:
    """Make the public half of a trustee's key, with its proof of possession."""
    public_key = GENERATOR**secret_key
    proof = prove_key_possession(secret_key=secret_key, public_key=public_key)
    return Trustee(public_key=public_key, proof=proof, name=name)


def verify_trustee(trustee: Trustee) -> None:
    """Check the proof of possession.

    Raises:
        InvalidProof: whoever made this key did not show that they know its secret.
    """
    verify_key_possession(proof=trustee.proof, public_key=trustee.public_key)


def encode_trustee(trustee: Trustee) -> bytes:
    """Write the public-key file that a trustee hands in."""
    return encode_json(trustee.to_json())


def decode_trustee(data: bytes) -> Trustee:
    """Read the public-key file of one trustee; `verify_trustee` checks its proof.

    Raises:
        DecodeError: malformed, or its key is no element or the identity.
    """
    value = decode_json(data, source="public key", limit_bytes=TRUSTEE_LIMIT_BYTES)
    return read_trustee(value, place="", group=ED25519)


def read_trustee(value: object, *, place: str, group: Group) -> Trustee:
    """Take the object `tpk` of a trustee who stands alone."""
    return _read(value, place=place, group=group, fields=("pok", "public_key"))


def read_share_trustee(value: object, *, place: str, group: Group) -> Trustee:
    """Take the object `tpk` of a member of a threshold, which is signed."""
    return _read(value, place=place, group=group, fields=("pok", "public_key", "signature"))


def read_public_key(value: object, *, place: str, group: Group) -> GroupElement:
    """Take an element that is somebody's public key: any but the identity."""
    public_key = group.decode(read_text(value, place=place), place=place)
    if public_key.is_identity:
        msg = "the identity is no public key"
        raise DecodeError(msg, place=place)
    return public_key


def _read(value: object, *, place: str, group: Group, fields: tuple[str, ...]) -> Trustee:
    prefix = f"{place}." if place else ""
    item = read_object(value, place=place, fields=fields, optional=("name",))
    name = item.get("name")

    def proof_of(field: str) -> Proof:
        return read_proof(item[field], place=f"{prefix}{field}", is_ordered=False, group=group)

    return Trustee(
        public_key=read_public_key(item["public_key"], place=f"{prefix}public_key", group=group),
        proof=proof_of("pok"),
        name=None if "name" not in item else read_text(name, place=f"{prefix}name"),
        signature=proof_of("signature") if "signature" in fields else None,
    )
