"""Ceremonies of a threshold with everything in hand, right or wrong."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evote.encoding import encode_json
from evote.group import ED25519, ORDER, SecretScalar, random_scalar
from evote.threshold import (
    Context,
    MemberKeys,
    Polynomial,
    Signed,
    ThresholdTrustees,
    certificates_hash,
    derive_keys,
    derive_polynomial,
    encode_signed,
    generate_seed,
    make_certificate,
)
from evote.threshold.ceremony import (
    Ceremony,
    Reveal,
    finish_ceremony,
    make_commit,
    make_reveal,
    make_share_message,
    open_ceremony,
    read_commit,
    read_reveal,
    read_share_message,
)
from evote.threshold.complaints import take_share
from evote.threshold.messages import decrypt_message, encrypt_message, encrypt_text
from evote.threshold.signed import sign_object

UUID = "hfd19JUwUteUwr"


@dataclass(frozen=True, kw_only=True)
class Room:
    """A ceremony up to the revealed polynomials, with all secrets of all members."""

    ceremony: Ceremony
    seeds: tuple[str, ...]
    keys: tuple[MemberKeys, ...]
    polynomials: tuple[Polynomial, ...]
    commit_messages: tuple[Signed, ...]
    commits: tuple[str, ...]
    reveal_messages: tuple[Signed, ...]
    reveals: tuple[Reveal, ...]

    def share(self, index: int) -> SecretScalar:
        return take_share(
            ceremony=self.ceremony,
            reveals=self.reveals,
            index=index,
            keys=self.keys[index - 1],
        )


def certificates_of(keys: Sequence[MemberKeys], *, threshold: int) -> list[Signed]:
    return [
        make_certificate(
            keys=each,
            context=Context(group=ED25519.name, size=len(keys), threshold=threshold, index=index),
        )
        for index, each in enumerate(keys, start=1)
    ]


def hold_ceremony(
    *,
    threshold: int,
    size: int,
    uuid: str = UUID,
    cheat: Callable[[int, Signed, MemberKeys, Ceremony], Signed] | None = None,
) -> Room:
    """Go as far as the reveals; `cheat` may replace a member's polynomial message."""
    seeds = tuple(generate_seed() for _ in range(size))
    keys = tuple(derive_keys(seed) for seed in seeds)
    ceremony = open_ceremony(
        uuid=uuid,
        threshold=threshold,
        certificates=certificates_of(keys, threshold=threshold),
    )
    polynomials = tuple(
        derive_polynomial(
            seed=seed,
            uuid=uuid,
            certs=certificates_hash(ceremony.signed_certificates),
            threshold=threshold,
        )
        for seed in seeds
    )
    commit_messages, reveal_messages = [], []
    for index, (own, polynomial) in enumerate(zip(keys, polynomials, strict=True), start=1):
        part = {"ceremony": ceremony, "index": index, "keys": own, "polynomial": polynomial}
        commit_messages.append(make_commit(**part))
        reveal = make_reveal(**part)
        reveal_messages.append(reveal if cheat is None else cheat(index, reveal, own, ceremony))
    commits = tuple(
        read_commit(signed, ceremony=ceremony, index=index)
        for index, signed in enumerate(commit_messages, start=1)
    )
    return Room(
        ceremony=ceremony,
        seeds=seeds,
        keys=keys,
        polynomials=polynomials,
        commit_messages=tuple(commit_messages),
        commits=commits,
        reveal_messages=tuple(reveal_messages),
        reveals=tuple(
            read_reveal(signed, ceremony=ceremony, index=index, commit=commit)
            for index, (signed, commit) in enumerate(
                zip(reveal_messages, commits, strict=True), start=1
            )
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Members:
    """A finished ceremony: what the record holds, and each member's share of the key."""

    room: Room
    trustees: ThresholdTrustees
    shares: tuple[SecretScalar, ...]
    share_messages: tuple[Signed, ...]
    commits: tuple[str, ...]


def finish(room: Room) -> Members:
    """Take every share, publish its key and put the trustees together."""
    indices = range(1, room.ceremony.size + 1)
    shares = tuple(room.share(index) for index in indices)
    messages = tuple(
        make_share_message(keys=keys, share=share)
        for keys, share in zip(room.keys, shares, strict=True)
    )
    trustees = [
        read_share_message(message, ceremony=room.ceremony, reveals=room.reveals, index=index)
        for index, message in enumerate(messages, start=1)
    ]
    return Members(
        room=room,
        trustees=finish_ceremony(ceremony=room.ceremony, reveals=room.reveals, keys=trustees),
        shares=shares,
        share_messages=messages,
        commits=room.commits,
    )


def with_names(trustees: ThresholdTrustees) -> ThresholdTrustees:
    """Name the members in the record, as the server does."""
    return replace(
        trustees,
        verification_keys=tuple(
            replace(key, name=f"Member {index}")
            for index, key in enumerate(trustees.verification_keys, start=1)
        ),
    )


def in_the_form_of_2022(trustees: dict[str, Any], *, seeds: Sequence[str]) -> dict[str, Any]:
    """Write the object `tp` as in 2022: no context, no signatures (PROTOCOL 3.3)."""
    keys = [derive_keys(seed) for seed in seeds]
    return {
        "threshold": trustees["threshold"],
        "certs": [
            sign_object(
                {"verification": own.verification.encode(), "encryption": own.encryption.encode()},
                secret_key=own.signing,
            ).to_json()
            for own in keys
        ],
        "coefexps": trustees["coefexps"],
        "verification_keys": [
            {"pok": key["pok"], "public_key": key["public_key"]}
            for key in trustees["verification_keys"]
        ],
    }


# --- Bad shares --------------------------------------------------------------------------


def with_secret(reveal: Signed, number: int, secret: str, *, keys: MemberKeys) -> Signed:
    """Put another message for member `number` into a polynomial, and sign it again."""
    value = json.loads(reveal.message)
    value["secrets"][number - 1] = secret
    return sign_object(value, secret_key=keys.signing)


def _flip(secret: str) -> str:
    value = json.loads(secret)
    value["data"] = value["data"][:-1] + ("0" if value["data"][-1] != "0" else "1")
    return encode_json(value).decode()


def _right_share(reveal: Signed, *, number: int, keys: MemberKeys) -> str:
    """Write the share that is owed to member `number`, from the sender's own coefficients."""
    text = decrypt_message(
        json.loads(reveal.message)["polynomial"],
        secret_key=keys.decryption,
        sender=keys.verification,
        place="",
    )
    coefficients = json.loads(text)["polynomial"]
    share = sum(int(item) * number**power for power, item in enumerate(coefficients)) % ORDER
    return f'{{"secret":"{share}"}}'


def bad_secrets(
    reveal: Signed, *, number: int, keys: MemberKeys, ceremony: Ceremony
) -> dict[str, str]:
    """Give every way in which the message to member `number` can be worthless."""
    secrets = json.loads(reveal.message)["secrets"]
    recipient = ceremony.encryption_key(number)
    wrong = f'{{"secret":"{random_scalar().reveal()}"}}'
    right = _right_share(reveal, number=number, keys=keys)
    signed = sign_object(
        {"recipient": recipient.encode(), "message": right}, secret_key=keys.signing
    )
    turned = sign_object(
        {"message": right, "recipient": recipient.encode()}, secret_key=keys.signing
    )

    def sent(message: str, *, signing_key: SecretScalar = keys.signing) -> str:
        return encrypt_message(message=message, signing_key=signing_key, recipient=recipient)

    return {
        "another number": sent(wrong),
        "garbage": _flip(secrets[number - 1]),
        "signed by nobody": sent(right, signing_key=random_scalar()),
        "no share at all": sent("[]"),
        "a share with a second field": sent(right[:-1] + ',"x":"1"}'),
        "a share with a space": sent(right.replace(":", ": ")),
        "meant for another member": secrets[number % len(secrets)],
        "signed in another order of fields": encrypt_text(
            encode_json(dict(reversed(signed.to_json().items()))), recipient=recipient
        ),
        "addressed in another order of fields": encrypt_text(
            encode_signed(turned), recipient=recipient
        ),
    }
