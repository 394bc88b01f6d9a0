"""Credentials: the keys that entitle to one ballot each (PROTOCOL 1.4, "Credentials").

The voter holds 22 characters; the public list holds g^x, where x is derived from them. Nobody can
go back from the list to the characters, and a ballot is valid only when signed with x.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping

from evote.encoding import decode_json, encode_json, read_list, read_text
from evote.errors import DecodeError
from evote.group import ED25519, GENERATOR, Group, SecretScalar, reduce_secret

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# 22 characters of 58: 128 bits, grouped so that they can be typed.
_GROUP_LENGTHS = (5, 6, 5, 6)
_CREDENTIAL = re.compile("-".join(f"[{BASE58}]{{{length}}}" for length in _GROUP_LENGTHS), re.ASCII)
_WEIGHT = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)
# Room for ten million voters.
LIST_LIMIT_BYTES = 1_000_000_000


def generate_credential() -> str:
    """Draw a private credential, as in `VFZ3v-gvS7My-VnJkG-Mg4KyA`."""
    return "-".join(
        "".join(secrets.choice(BASE58) for _ in range(length)) for length in _GROUP_LENGTHS
    )


def derive_secret_key(*, uuid: str, credential: str) -> SecretScalar:
    """Derive x, the secret key of a private credential in the election `uuid`.

    Raises:
        DecodeError: the text does not have the form of a credential. It is not repeated.
    """
    if not _CREDENTIAL.fullmatch(credential):
        msg = "a credential has 22 letters and digits, in the form XXXXX-XXXXXX-XXXXX-XXXXXX"
        raise DecodeError(msg)
    # x = int(SHA256_hex(…|0|…) ‖ SHA256_hex(…|1|…), 16) mod q: 512 bits, so nothing is favoured.
    halves = [
        hashlib.sha256(f"derive_credential|{uuid}|{half}|{credential}".encode()).digest()
        for half in (0, 1)
    ]
    return reduce_secret(b"".join(halves))


def derive_public_credential(*, uuid: str, credential: str) -> str:
    """Derive g^x, the public part of a private credential, as 64 hexadecimal digits."""
    return (GENERATOR ** derive_secret_key(uuid=uuid, credential=credential)).encode()


def encode_credentials(
    credentials: Iterable[str], *, weights: Mapping[str, int] | None = None
) -> bytes:
    """Write the public list in the order of the group, which says nothing about the voters.

    `weights` gives each credential's weight, at least 1; None where every voter counts as one.
    """
    ordered = sorted(credentials, key=lambda text: bytes.fromhex(text)[::-1])
    if weights is None:
        return encode_json(ordered)
    return encode_json([f"{public},{weights[public]}" for public in ordered])


def decode_credentials(data: bytes, *, group: Group = ED25519) -> dict[str, int]:
    """Read the public list: from each credential to its weight, in the list's order.

    Raises:
        DecodeError: a credential twice, one outside the group or the identity, or a weight for
            only some of them.
    """
    weights = read_credentials(data)
    for index, public in enumerate(weights):
        check_credential(public, place=f"[{index}]", group=group)
    return weights


def read_credentials(data: bytes) -> dict[str, int]:
    """Read the public list, but leave membership in the group to `check_credential`.

    For verifiers that spread the long work over many processes; everybody else calls
    `decode_credentials`.
    """
    value = decode_json(data, source="credentials", limit_bytes=LIST_LIMIT_BYTES)
    weights: dict[str, int] = {}
    has_weights: bool | None = None
    for index, item in enumerate(read_list(value, place="")):
        place = f"[{index}]"
        public, comma, weight = read_text(item, place=place).partition(",")
        if has_weights not in (None, bool(comma)):
            msg = "only some credentials have a weight"
            raise DecodeError(msg, place=place)
        has_weights = bool(comma)
        if comma and not _WEIGHT.fullmatch(weight):
            msg = "a weight is a whole number of at least 1, in canonical decimal"
            raise DecodeError(msg, place=place)
        if public in weights:
            msg = "the same credential stands twice in the list"
            raise DecodeError(msg, place=place)
        weights[public] = int(weight) if comma else 1
    return weights


def check_credential(public: str, *, place: str, group: Group = ED25519) -> None:
    """Check that a public credential is an element of the group other than the identity."""
    if group.decode(public, place=place).is_identity:
        msg = "the identity is nobody's credential"
        raise DecodeError(msg, place=place)
