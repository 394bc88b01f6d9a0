"""A key file behind a passphrase, as the trustee's page writes it too.

PBKDF2-HMAC-SHA-256 makes a key of the passphrase, AES-256 in GCM hides the file's text.
"""

import os
import re
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from evote.encoding import encode_json, read_integer, read_object, read_text
from evote.errors import DecodeError, EvoteError

# Shorter ones are guessed too quickly by whoever finds the file.
PASSPHRASE_LENGTH_CHARACTERS = 12

_METHOD = "PBKDF2-HMAC-SHA-256, AES-256-GCM"
_ITERATIONS = 600_000
_ITERATIONS_LIMIT = 10_000_000
_SALT_BYTES = 16
_VECTOR_BYTES = 12
_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)


class WrongPassphrase(EvoteError):
    """The passphrase does not open the key file."""


def is_protected(value: object) -> bool:
    """Say whether decoded JSON is a key file behind a passphrase."""
    return isinstance(value, dict) and "protected" in value


def protect(text: bytes, *, passphrase: str) -> bytes:
    """Hide the text of a key file; gives the text of the file to write."""
    salt, vector = os.urandom(_SALT_BYTES), os.urandom(_VECTOR_BYTES)
    key = _derive_key(passphrase, salt=salt, iterations=_ITERATIONS)
    return encode_json(
        {
            "version": 1,
            "protected": {
                "method": _METHOD,
                "iterations": _ITERATIONS,
                "salt": salt.hex(),
                "vector": vector.hex(),
                "data": AESGCM(key).encrypt(vector, text, None).hex(),
            },
        }
    )


def unprotect(value: object, *, passphrase: str) -> bytes:
    """Give the text that was hidden.

    Raises:
        DecodeError: protected in another way than this.
        WrongPassphrase: it does not open the file.
    """
    outer = read_object(value, place="", fields=("version", "protected"))
    item = read_object(
        outer["protected"],
        place="protected",
        fields=("method", "iterations", "salt", "vector", "data"),
    )
    if outer["version"] != 1 or item["method"] != _METHOD:
        msg = "the key file is protected in a way that this version does not know"
        raise DecodeError(msg)
    iterations = read_integer(item["iterations"], place="protected.iterations", minimum=1)
    if iterations > _ITERATIONS_LIMIT:
        msg = f"{iterations} iterations are too many"
        raise DecodeError(msg, place="protected.iterations")
    salt = _read_bytes(item["salt"], place="protected.salt", length=_SALT_BYTES)
    vector = _read_bytes(item["vector"], place="protected.vector", length=_VECTOR_BYTES)
    data = _read_bytes(item["data"], place="protected.data", length=None)
    key = _derive_key(passphrase, salt=salt, iterations=iterations)
    try:
        return AESGCM(key).decrypt(vector, data, None)
    except InvalidTag as error:
        msg = "the passphrase does not open the key file"
        raise WrongPassphrase(msg) from error


def _derive_key(passphrase: str, *, salt: bytes, iterations: int) -> bytes:
    # Keyboards write the same letter in several ways: NFKC makes them one.
    secret = unicodedata.normalize("NFKC", passphrase).encode()
    return PBKDF2HMAC(algorithm=SHA256(), length=32, salt=salt, iterations=iterations).derive(
        secret
    )


def _read_bytes(value: object, *, place: str, length: int | None) -> bytes:
    text = read_text(value, place=place)
    if not _HEX.fullmatch(text) or (length is not None and len(text) != 2 * length):
        msg = "this is not hexadecimal of the right length"
        raise DecodeError(msg, place=place)
    return bytes.fromhex(text)
