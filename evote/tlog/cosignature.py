"""Cosignatures: what a witness says under a checkpoint (c2sp.org/tlog-cosignature).

    — <cosigner> <base64 of key_id[4] ‖ seconds since 1970[8] ‖ signature>

says: at this time, this root was that of the longest log of this origin that I have seen, and it
continues every shorter one that I have seen. It never says that the entries are true.

Two algorithms: Ed25519, by libsodium, and ML-DSA-44 (FIPS 204), which quantum computers would not
break, by the package `cryptography`, because libsodium has none.
"""

import base64
from dataclasses import dataclass, field
from enum import IntEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from nacl import signing
from nacl.exceptions import BadSignatureError
from nacl.utils import random as random_bytes

from evote.errors import DecodeError, InvalidProof, NotSupported
from evote.tlog.checkpoint import SIZE_LIMIT, Checkpoint
from evote.tlog.note import (
    PRIVATE_KEY_PREFIX,
    SEED_SIZE_BYTES,
    NoteSignature,
    check_key_name,
    decode_key_text,
    decode_private_key_text,
    key_id_of,
)

TIMESTAMP_SIZE_BYTES = 8
ML_DSA_NAME_LIMIT_BYTES = 255
_ML_DSA_LABEL = b"subtree/v1\n\0"


class Algorithm(IntEnum):
    """How a cosigner signs: the first byte of its key."""

    ED25519 = 0x04
    ML_DSA_44 = 0x06

    @property
    def title(self) -> str:
        """The name by which people and the command line know it."""
        return {Algorithm.ED25519: "Ed25519", Algorithm.ML_DSA_44: "ML-DSA-44"}[self]


_PUBLIC_SIZES_BYTES = {Algorithm.ED25519: 32, Algorithm.ML_DSA_44: 1312}
_SIGNATURE_SIZES_BYTES = {Algorithm.ED25519: 64, Algorithm.ML_DSA_44: 2420}


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignerKey:
    """The public half of a cosigner's key, with the name under which it signs."""

    name: str
    algorithm: Algorithm
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart: SHA-256(name ‖ LF ‖ type ‖ key)[:4]."""
        return key_id_of(name=self.name, material=bytes([self.algorithm]) + self.public)

    def encode(self) -> str:
        """Write the key as `name+id+base64`."""
        material = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def decode(cls, text: str) -> "CosignerKey":
        """Read a cosigner's key.

        Raises:
            DecodeError: it is none, or its id does not belong to it.
            NotSupported: it signs otherwise than cosigners do.
        """
        name, material = decode_key_text(text, source="the cosigner's key")
        algorithm = _algorithm(material[0], name=name)
        public = material[1:]
        if len(public) != _PUBLIC_SIZES_BYTES[algorithm]:
            size = _PUBLIC_SIZES_BYTES[algorithm]
            msg = f"the cosigner's key has {len(public)} bytes; {algorithm.title} has {size}"
            raise DecodeError(msg)
        return cls(name=_check_name(name, algorithm=algorithm), algorithm=algorithm, public=public)


@dataclass(frozen=True, slots=True, kw_only=True)
class CosigningKey:
    """The secret half: a seed of 32 bytes. It is never printed: only `encode` gives it away."""

    name: str
    algorithm: Algorithm
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> CosignerKey:
        """The public half.

        Raises:
            NotSupported: an ML-DSA-44 key, and `cryptography` was built without.
        """
        if self.algorithm is Algorithm.ED25519:
            public = bytes(signing.SigningKey(self.seed).verify_key)
        else:
            public = _ml_dsa_secret(self.seed).public_key().public_bytes_raw()
        return CosignerKey(name=self.name, algorithm=self.algorithm, public=public)

    def cosign(self, checkpoint: Checkpoint, *, at: int) -> NoteSignature:
        """Sign that this is the longest consistent log seen at `at`, in seconds since 1970.

        ML-DSA-44 signatures have randomness in them: signing twice gives two that both hold.

        Raises:
            DecodeError: the time is none, or the log's name is too long for ML-DSA-44.
            NotSupported: an ML-DSA-44 key, and `cryptography` was built without.
        """
        if not 0 < at <= SIZE_LIMIT:
            msg = f"a cosignature cannot bear the time {at}"
            raise DecodeError(msg)
        key = self.verifier
        message = _message(checkpoint, key=key, at=at)
        if self.algorithm is Algorithm.ED25519:
            signature = signing.SigningKey(self.seed).sign(message).signature
        else:
            signature = _ml_dsa_secret(self.seed).sign(message)
        return NoteSignature(
            name=self.name,
            key_id=key.key_id,
            signature=at.to_bytes(TIMESTAMP_SIZE_BYTES, "big") + signature,
        )

    def encode(self) -> str:
        """Write the key as a log's private key is written: `PRIVATE+KEY+name+id+base64`."""
        material = base64.b64encode(bytes([self.algorithm]) + self.seed).decode()
        return f"{PRIVATE_KEY_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{material}"

    @classmethod
    def decode(cls, text: str) -> "CosigningKey":
        """Read a private key.

        Raises:
            DecodeError: it is none, or its id does not belong to it.
            NotSupported: it signs otherwise than cosigners do, or as nothing here can.
        """
        name, key_id, material = decode_private_key_text(text)
        algorithm = _algorithm(material[0], name=name)
        key = cls(
            name=_check_name(name, algorithm=algorithm), algorithm=algorithm, seed=material[1:]
        )
        if key.verifier.key_id.hex() != key_id:
            msg = "the private key's id does not belong to it"
            raise DecodeError(msg)
        return key

    @classmethod
    def generate(cls, *, name: str, algorithm: Algorithm) -> "CosigningKey":
        """Make a new key from the system's randomness.

        Raises:
            DecodeError: a key cannot have this name.
        """
        return cls(
            name=_check_name(check_key_name(name), algorithm=algorithm),
            algorithm=algorithm,
            seed=random_bytes(SEED_SIZE_BYTES),
        )


def verify_cosignature(line: NoteSignature, *, checkpoint: Checkpoint, key: CosignerKey) -> int:
    """Check that the cosigner signed this checkpoint. Returns when, in seconds since 1970.

    The time is the cosigner's own word. `key` comes from a policy, never from the note.

    Raises:
        InvalidProof: the line is another key's, or does not fit the checkpoint.
        NotSupported: an ML-DSA-44 key, and `cryptography` was built without.
    """
    if (line.name, line.key_id) != (key.name, key.key_id):
        msg = f"the line by {line.name} is not of the key {key.name} ({key.key_id.hex()})"
        raise InvalidProof(msg)
    signature = line.signature[TIMESTAMP_SIZE_BYTES:]
    if len(signature) != _SIGNATURE_SIZES_BYTES[key.algorithm]:
        msg = f"the cosignature by {key.name} does not have the length of {key.algorithm.title}"
        raise InvalidProof(msg)
    at = int.from_bytes(line.signature[:TIMESTAMP_SIZE_BYTES], "big")
    if not 0 < at <= SIZE_LIMIT:
        msg = f"the cosignature by {key.name} does not say when it was made"
        raise InvalidProof(msg)
    try:
        _verify(signature, message=_message(checkpoint, key=key, at=at), key=key)
    except (BadSignatureError, InvalidSignature, ValueError, DecodeError) as error:
        msg = f"the cosignature by {key.name} ({key.key_id.hex()}) does not fit the checkpoint"
        raise InvalidProof(msg) from error
    return at


def _verify(signature: bytes, *, message: bytes, key: CosignerKey) -> None:
    if key.algorithm is Algorithm.ED25519:
        signing.VerifyKey(key.public).verify(message, signature)
        return
    try:
        MLDSA44PublicKey.from_public_bytes(key.public).verify(signature, message)
    except UnsupportedAlgorithm as error:
        raise _no_ml_dsa() from error


def _message(checkpoint: Checkpoint, *, key: CosignerKey, at: int) -> bytes:
    """Write what is signed. Ed25519's does not name the cosigner: no two may share a key."""
    if key.algorithm is Algorithm.ED25519:
        return f"cosignature/v1\ntime {at}\n{checkpoint.encode()}".encode()
    return b"".join(
        [
            _ML_DSA_LABEL,
            _short(key.name),
            at.to_bytes(8, "big"),
            _short(checkpoint.origin),
            (0).to_bytes(8, "big"),  # the whole tree: from entry 0
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        ]
    )


def _short(name: str) -> bytes:
    data = name.encode()
    if not 1 <= len(data) <= ML_DSA_NAME_LIMIT_BYTES:
        msg = f"ML-DSA-44 cosignatures have names of 1 to 255 bytes; this has {len(data)}"
        raise DecodeError(msg)
    return bytes([len(data)]) + data


def _check_name(name: str, *, algorithm: Algorithm) -> str:
    if algorithm is Algorithm.ML_DSA_44:
        _short(name)
    return name


def _algorithm(kind: int, *, name: str) -> Algorithm:
    try:
        return Algorithm(kind)
    except ValueError as error:
        msg = f"the key {name} is of type {kind:#04x}; cosigners' are 0x04 and 0x06"
        raise NotSupported(msg) from error


# --- ML-DSA-44 ---------------------------------------------------------------------------------


def _ml_dsa_secret(seed: bytes) -> MLDSA44PrivateKey:
    try:
        return MLDSA44PrivateKey.from_seed_bytes(seed)
    except UnsupportedAlgorithm as error:
        raise _no_ml_dsa() from error


def _no_ml_dsa() -> NotSupported:
    return NotSupported(
        "the Python package cryptography was built here without ML-DSA-44; "
        "install its own build with: pip install --only-binary :all: cryptography"
    )
