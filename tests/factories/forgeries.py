"""Take ballots apart and put them together wrongly, with a signature that holds."""

import json

from evote.credential import derive_secret_key
from evote.encoding import b64_digest, encode_json
from evote.proofs import sign_hash

# Encodings as the protocol writes them (the bytes of RFC 8032 reversed).
IDENTITY = "00" * 31 + "01"
# y = −1: the point of order 2. y = 0: the points of order 4. One point of order 8.
ORDER_2 = "7f" + "ff" * 30 + "ec"
ORDER_4 = "00" * 32
ORDER_4_NEGATIVE = "80" + "00" * 31
ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")[
    ::-1
].hex()
# A point of the prime-order group plus one of order 2: what old libraries take as valid.
MIXED_ORDER = bytes.fromhex("d600527f9723f2166ca2c99c90c52e4a21921cbec4edc771bac4fa0d5b3e2c24")[
    ::-1
].hex()
# y = p + 1, the identity spelt in a second way; and a y with no point of the curve.
NOT_REDUCED = "7f" + "ff" * 30 + "ee"
OFF_CURVE = "00" * 31 + "02"
UNUSABLE_POINTS = {
    "order 2": ORDER_2,
    "order 4": ORDER_4,
    "order 4, negative": ORDER_4_NEGATIVE,
    "order 8": ORDER_8,
    "mixed order": MIXED_ORDER,
    "not reduced": NOT_REDUCED,
    "off the curve": OFF_CURVE,
}
ORDER = 2**252 + 27742317777372353535851937790883648493


def parsed(ballot: bytes) -> dict:
    return json.loads(ballot)


def unsigned(ballot: dict) -> dict:
    return {name: value for name, value in ballot.items() if name != "signature"}


def signed(ballot: dict, *, uuid: str, credential: str) -> bytes:
    """Write a ballot with a signature of `credential` over whatever it says."""
    digest = b64_digest(encode_json(unsigned(ballot)))
    secret_key = derive_secret_key(uuid=uuid, credential=credential)
    proof = sign_hash(digest=digest, secret_key=secret_key).to_json()
    return encode_json(unsigned(ballot) | {"signature": {"hash": digest, "proof": proof}})
