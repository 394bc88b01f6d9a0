"""Writes threshold.json beside this file: `python -m tests.vectors.make_threshold`.

Ceremonies have fresh randomness, so each run writes other numbers with the same verdicts. The
independent checks are the peer's record in belenios/case2-threshold-ed25519, which both
implementations read, and belenios-tool itself (tests/interop).
"""

import json
from collections.abc import Iterator, Sequence

from evote.encoding import b64_digest, encode_json
from evote.group import ORDER
from evote.threshold import (
    Signed,
    certificates_fingerprint,
    certificates_hash,
    derive_keys,
    generate_seed,
)
from evote.threshold.complaints import encode_evidence, judge_evidence, make_complaint
from evote.threshold.messages import encrypt_message
from evote.threshold.pedersen import lagrange_coefficients
from evote.threshold.transcript import transcript_hash
from tests.factories.threshold import (
    UUID,
    Members,
    Room,
    bad_secrets,
    finish,
    hold_ceremony,
    with_secret,
)
from tests.vectors.make_group import write


def texts(signed: Sequence[Signed]) -> list[object]:
    return [item.to_json() for item in signed]


def keys() -> list[dict[str, str]]:
    items = []
    for seed in ("1" * 22, "z" * 22, generate_seed()):
        own = derive_keys(seed)
        items.append(
            {
                "seed": seed,
                "signing": str(own.signing.reveal()),
                "decryption": str(own.decryption.reveal()),
                "verification": own.verification.encode(),
                "encryption": own.encryption.encode(),
            }
        )
    return items


def private_message() -> dict[str, str]:
    sender, recipient = generate_seed(), generate_seed()
    message = '{"note":"Ä „\\" \\\\ 投票 \x7f"}'
    encrypted = encrypt_message(
        message=message,
        signing_key=derive_keys(sender).signing,
        recipient=derive_keys(recipient).encryption,
    )
    return {"sender": sender, "recipient": recipient, "message": message, "encrypted": encrypted}


def ceremony(room: Room, members: Members) -> dict[str, object]:
    certs = room.ceremony.signed_certificates
    fingerprint = b64_digest(b"an election")
    trustees = encode_json([["Pedersen", members.trustees.to_json()]])
    return {
        "uuid": room.ceremony.uuid,
        "threshold": room.ceremony.threshold,
        "seeds": list(room.seeds),
        "coefficients": [
            [str(item.reveal()) for item in polynomial.coefficients]
            for polynomial in room.polynomials
        ],
        "certs": texts(certs),
        "certs_hash": certificates_hash(certs),
        "certs_fingerprint": certificates_fingerprint(certs),
        "commits": texts(room.commit_messages),
        "commit_hashes": list(room.commits),
        "polynomials": texts(room.reveal_messages),
        "shares": texts(members.share_messages),
        "secret_keys": [str(share.reveal()) for share in members.shares],
        "trustees": members.trustees.to_json(),
        "public_key": members.trustees.public_key.encode(),
        "transcript": {
            "election_hash": fingerprint,
            "trustees": trustees.decode(),
            "commits": [list(room.commits)],
            "transcript": transcript_hash(
                fingerprint=fingerprint,
                trustees=trustees,
                ceremonies=[members.trustees],
                commits=[room.commits],
            ),
        },
    }


def complaints() -> Iterator[dict[str, object]]:
    """Member 1 cheats, member 2 complains: once for each way to cheat."""
    names = list(
        bad_secrets(
            (room := hold_ceremony(threshold=2, size=3)).reveal_messages[0],
            number=2,
            keys=room.keys[0],
            ceremony=room.ceremony,
        )
    )
    for name in names:
        room = hold_ceremony(
            threshold=2,
            size=3,
            cheat=lambda index, reveal, own, opened, name=name: (
                with_secret(
                    reveal,
                    2,
                    bad_secrets(reveal, number=2, keys=own, ceremony=opened)[name],
                    keys=own,
                )
                if index == 1
                else reveal
            ),
        )
        evidence = complain(room, about=1, by=2)
        verdict = judge_evidence(evidence)[1]
        assert (verdict.by, verdict.about) == (2, 1)
        yield {"comment": name, "about": 1, "by": 2, "evidence": evidence.decode()}


def complain(room: Room, *, about: int, by: int) -> bytes:
    complaint = make_complaint(
        ceremony=room.ceremony,
        reveals=room.reveals,
        about=about,
        by=by,
        keys=room.keys[by - 1],
    )
    return encode_evidence(
        ceremony=room.ceremony,
        polynomial=room.reveal_messages[about - 1],
        complaint=complaint,
    )


def unfounded() -> Iterator[dict[str, str]]:
    room = hold_ceremony(threshold=2, size=3)
    right = complain(room, about=1, by=2)
    yield {"comment": "the share is right", "evidence": right.decode()}
    value = json.loads(right)
    for name, other in (("key", room.ceremony.encryption_key(3).encode()), ("by", 3), ("about", 2)):
        complaint = json.loads(value["complaint"]["message"]) | {name: other}
        changed = value | {"complaint": value["complaint"] | {"message": dump(complaint)}}
        yield {"comment": f"another {name}, not signed", "evidence": dump(changed)}


def dump(value: object) -> str:
    return encode_json(value).decode()


def contents() -> dict[str, object]:
    sizes = [(1, 1), (2, 3), (3, 3)]
    rooms = [hold_ceremony(threshold=threshold, size=size) for threshold, size in sizes]
    return {
        "source": "PROTOCOL 1.5, 2.4; made by tests/vectors/make_threshold.py",
        "uuid": UUID,
        "keys": keys(),
        "private_messages": [private_message()],
        "lagrange": [
            {
                "numbers": numbers,
                "coefficients": {
                    str(number): str(value)
                    for number, value in lagrange_coefficients(numbers, order=ORDER).items()
                },
            }
            for numbers in ([1], [1, 2], [1, 3], [2, 5, 7])
        ],
        "ceremonies": [ceremony(room, finish(room)) for room in rooms],
        "founded_complaints": list(complaints()),
        "unfounded_complaints": list(unfounded()),
    }


if __name__ == "__main__":
    write("threshold.json", contents())
