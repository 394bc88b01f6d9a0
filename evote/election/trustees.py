"""The trustees, whose keys together are the election's key (PROTOCOL 1.5)."""

from collections.abc import Iterable
from dataclasses import dataclass

from evote.encoding import decode_json, encode_json, read_list, read_object, read_text
from evote.errors import DecodeError, NotSupported
from evote.group import GENERATOR, Element, SecretScalar
from evote.proofs import Proof, prove_key_possession, read_proof, verify_key_possession

TRUSTEES_LIMIT_BYTES = 4_000_000
TRUSTEE_LIMIT_BYTES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trustee:
    """A trustee's public key X = g^x, with the proof that they know x.

    `name` is None where the record gives none; nothing depends on it.
    """

    public_key: Element
    proof: Proof
    name: str | None

    def to_json(self) -> dict[str, object]:
        """Give the object `tpk` of PROTOCOL 1.5."""
        item: dict[str, object] = {
            "pok": self.proof.to_json(),
            "public_key": self.public_key.encode(),
        }
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


def combine_public_keys(trustees: Iterable[Trustee]) -> Element:
    """Give the election's public key y: the product of all trustees' keys ("Trustees", 1.5)."""
    keys = [trustee.public_key for trustee in trustees]
    assert keys, "an election has at least one trustee"
    combined = keys[0]
    for key in keys[1:]:
        combined = combined * key
    return combined


def encode_trustee(trustee: Trustee) -> bytes:
    """Write the public-key file that a trustee hands in."""
    return encode_json(trustee.to_json())


def decode_trustee(data: bytes) -> Trustee:
    """Read the public-key file of one trustee; `verify_trustee` checks its proof.

    Raises:
        DecodeError: malformed, or its key is no element or the identity.
    """
    value = decode_json(data, source="public key", limit_bytes=TRUSTEE_LIMIT_BYTES)
    return _read_trustee(value, place="")


def encode_trustees(trustees: Iterable[Trustee]) -> bytes:
    """Write the record's list of trustees; the n-th is the owner n of partial decryptions."""
    return encode_json([["Single", trustee.to_json()] for trustee in trustees])


def decode_trustees(data: bytes) -> tuple[Trustee, ...]:
    """Read the record's list of trustees.

    Raises:
        DecodeError: malformed, empty, or the same key twice.
        NotSupported: trustees of a threshold ("Pedersen").
    """
    value = decode_json(data, source="trustees", limit_bytes=TRUSTEES_LIMIT_BYTES)
    trustees: list[Trustee] = []
    keys: set[Element] = set()
    for index, item in enumerate(read_list(value, place="")):
        place = f"[{index}]"
        kind, trustee = read_list(item, place=place, length=2)
        if kind == "Pedersen":
            msg = "threshold trustees are not supported yet"
            raise NotSupported(msg)
        if kind != "Single":
            msg = f"{kind!r:.40} is no kind of trustee"
            raise DecodeError(msg, place=place)
        trustees.append(_read_trustee(trustee, place=f"{place}[1]"))
        keys.add(trustees[-1].public_key)
        if len(keys) < len(trustees):
            msg = "this public key stands twice in the list"
            raise DecodeError(msg, place=place)
    if not trustees:
        msg = "an election has at least one trustee"
        raise DecodeError(msg)
    return tuple(trustees)


def _read_trustee(value: object, *, place: str) -> Trustee:
    prefix = f"{place}." if place else ""
    item = read_object(value, place=place, fields=("pok", "public_key"), optional=("name",))
    name = item.get("name")
    return Trustee(
        public_key=read_public_key(item["public_key"], place=f"{prefix}public_key"),
        proof=read_proof(item["pok"], place=f"{prefix}pok", is_ordered=False),
        name=None if "name" not in item else read_text(name, place=f"{prefix}name"),
    )


def read_public_key(value: object, *, place: str) -> Element:
    """Take an element that is somebody's public key: any but the identity."""
    public_key = Element.decode(read_text(value, place=place), place=place)
    if public_key.is_identity:
        msg = "the identity is no public key"
        raise DecodeError(msg, place=place)
    return public_key
