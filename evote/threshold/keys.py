"""The keys with which a member signs and reads private messages (PROTOCOL 1.5)."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from evote.errors import DecodeError
from evote.group import GENERATOR, Element, SecretScalar, reduce_secret

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# 22 characters of 58: 128 bits.
_SEED_LENGTH_CHARACTERS = 22
_SEED = re.compile(f"[{BASE58}]{{{_SEED_LENGTH_CHARACTERS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MemberKeys:
    """sk, with which a member signs, and dk, with which they read what is sent to them alone."""

    signing: SecretScalar = field(repr=False)
    decryption: SecretScalar = field(repr=False)

    @property
    def verification(self) -> Element:
        """The key g^sk that checks the member's signatures."""
        return GENERATOR**self.signing

    @property
    def encryption(self) -> Element:
        """The key g^dk that private messages to the member are encrypted with."""
        return GENERATOR**self.decryption


def generate_seed() -> str:
    """Draw the secret from which a member's two keys follow: 22 characters of base58."""
    return "".join(secrets.choice(BASE58) for _ in range(_SEED_LENGTH_CHARACTERS))


def is_seed(text: str) -> bool:
    """Say whether a text has the form of a seed."""
    return _SEED.fullmatch(text) is not None


def derive_keys(seed: str) -> MemberKeys:
    """Derive sk = SHA256("sk|"‖seed) mod q and dk = SHA256("dk|"‖seed) mod q.

    Raises:
        DecodeError: the text is not a seed. It is not repeated.
    """
    if not is_seed(seed):
        msg = f"a seed has {_SEED_LENGTH_CHARACTERS} letters and digits"
        raise DecodeError(msg)
    return MemberKeys(_derive(f"sk|{seed}"), _derive(f"dk|{seed}"))


def _derive(text: str) -> SecretScalar:
    return reduce_secret(bytes(32) + hashlib.sha256(text.encode()).digest())
