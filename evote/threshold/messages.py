"""Private messages between members, which everybody may carry (PROTOCOL 1.5).

A message is signed, encrypted with AES-256 in GCM under a fresh element g^s, and that element is
encrypted with ElGamal to the recipient. The initialisation vector has 32 bytes, which libsodium
does not offer: this is the one place that uses OpenSSL.
"""

import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from evote.encoding import (
    decode_canonical_json,
    encode_json,
    read_ordered_object,
    read_text,
)
from evote.errors import DecodeError, EvoteError
from evote.group import GENERATOR, Element, SecretScalar, random_scalar
from evote.threshold.signed import (
    MESSAGE_LIMIT_BYTES,
    decode_signed,
    encode_signed,
    sign_object,
    verify_signed,
)

_DATA = re.compile(r"(?:[0-9a-f]{2}){16,}", re.ASCII)


class UnreadableMessage(EvoteError):
    """A private message does not hold what its sender owed its recipient."""


@dataclass(frozen=True, slots=True)
class EncryptedMessage:
    """(α, β) = (g^r, ek^r·g^s) and the text under the key that follows from g^s."""

    alpha: Element
    beta: Element
    data: bytes

    def key(self, secret_key: SecretScalar) -> Element:
        """Give g^s = β/α^dk, as only the recipient can."""
        return self.beta / self.alpha**secret_key


def encrypt_message(*, message: str, signing_key: SecretScalar, recipient: Element) -> str:
    """Sign a text and encrypt it to the key `recipient`; the result is a JSON text."""
    inner = sign_object(
        {"recipient": recipient.encode(), "message": message}, secret_key=signing_key
    )
    return encrypt_text(encode_signed(inner), recipient=recipient)


def encrypt_text(plaintext: bytes, *, recipient: Element) -> str:
    """Encrypt any text to the key `recipient`; `encrypt_message` says what members owe."""
    key = GENERATOR ** random_scalar()
    randomness = random_scalar()
    alpha = GENERATOR**randomness
    data = AESGCM(_cipher_key(key)).encrypt(_vector(alpha), plaintext, None)
    value = {
        "algorithm": "AES-GCM",
        "alpha": alpha.encode(),
        "beta": (recipient**randomness * key).encode(),
        "data": data.hex(),
    }
    return encode_json(value).decode()


def decode_encrypted_message(text: str, *, place: str) -> EncryptedMessage:
    """Take a private message apart, without opening it.

    Raises:
        DecodeError: not the one spelling, or an element outside the group or the identity.
    """
    try:
        value = decode_canonical_json(
            text.encode(), source="private message", limit_bytes=MESSAGE_LIMIT_BYTES
        )
    except DecodeError as error:
        raise DecodeError(error.message, place=place, code=error.code) from error
    item = read_ordered_object(value, place=place, fields=("algorithm", "alpha", "beta", "data"))
    if item["algorithm"] != "AES-GCM":
        msg = f"{item['algorithm']!r:.40} is no algorithm of private messages"
        raise DecodeError(msg, place=f"{place}.algorithm")
    elements = []
    for name in ("alpha", "beta"):
        inner = f"{place}.{name}"
        element = Element.decode(read_text(item[name], place=inner), place=inner)
        if element.is_identity:
            msg = "the identity hides nothing"
            raise DecodeError(msg, place=inner)
        elements.append(element)
    data = read_text(item["data"], place=f"{place}.data")
    if not _DATA.fullmatch(data):
        msg = "this is not an encrypted text in lower-case hexadecimal"
        raise DecodeError(msg, place=f"{place}.data")
    return EncryptedMessage(elements[0], elements[1], bytes.fromhex(data))


def open_message(
    encrypted: EncryptedMessage, *, key: Element, sender: Element, recipient: Element
) -> str:
    """Decrypt with the disclosed g^s, and check who sent it to whom.

    Everybody who is told g^s sees the same: that is what a complaint rests on.

    Raises:
        UnreadableMessage: garbage, or not signed by `sender` for `recipient`.
    """
    try:
        plaintext = AESGCM(_cipher_key(key)).decrypt(_vector(encrypted.alpha), encrypted.data, None)
        return _read_signed_message(plaintext, sender=sender, recipient=recipient)
    except InvalidTag as error:
        msg = "the private message does not decrypt"
        raise UnreadableMessage(msg) from error
    except UnreadableMessage:
        raise
    except EvoteError as error:
        msg = f"the private message is not what it must be: {error}"
        raise UnreadableMessage(msg) from error


def decrypt_message(text: str, *, secret_key: SecretScalar, sender: Element, place: str) -> str:
    """Open a private message as its recipient.

    Raises:
        DecodeError: it is no private message.
        UnreadableMessage: garbage, or not signed by `sender` for this recipient.
    """
    encrypted = decode_encrypted_message(text, place=place)
    return open_message(
        encrypted,
        key=encrypted.key(secret_key),
        sender=sender,
        recipient=GENERATOR**secret_key,
    )


def _read_signed_message(plaintext: bytes, *, sender: Element, recipient: Element) -> str:
    signed = decode_signed(plaintext)
    verify_signed(signed, public_key=sender)
    inner = decode_canonical_json(
        signed.message.encode(), source="private message", limit_bytes=MESSAGE_LIMIT_BYTES
    )
    item = read_ordered_object(inner, place="message", fields=("recipient", "message"))
    if item["recipient"] != recipient.encode():
        msg = "the private message is for somebody else"
        raise UnreadableMessage(msg)
    return read_text(item["message"], place="message.message")


def _cipher_key(key: Element) -> bytes:
    return hashlib.sha256(f"key|{key.encode()}".encode()).digest()


def _vector(alpha: Element) -> bytes:
    return hashlib.sha256(f"iv|{alpha.encode()}".encode()).digest()
