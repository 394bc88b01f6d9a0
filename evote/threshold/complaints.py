"""Shares that are wrong, and complaints that anybody can check (PROTOCOL 2.4).

Only the recipient can open a share. Whoever finds it wrong discloses the key of that one message,
with a proof that it is the right key; then everybody opens it and sees the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.encoding import (
    decode_canonical_json,
    encode_json,
    read_integer,
    read_list,
    read_ordered_object,
    read_text,
)
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.group import ED25519, Element, SecretScalar
from evote.proofs import Proof, read_proof
from evote.proofs.statements import prove_disclosure, verify_disclosure
from evote.threshold.ceremony import Ceremony, Reveal, open_ceremony, read_reveal, read_secret
from evote.threshold.keys import MemberKeys
from evote.threshold.messages import UnreadableMessage, decode_encrypted_message, open_message
from evote.threshold.polynomials import verify_share
from evote.threshold.signed import (
    MESSAGE_LIMIT_BYTES,
    Signed,
    read_signed,
    sign_object,
    verify_signed,
)

EVIDENCE_LIMIT_BYTES = 4 * MESSAGE_LIMIT_BYTES


class BadShare(EvoteError):
    """Member `about` sent a share that is garbage or does not fit. It is theirs to answer for."""

    def __init__(self, about: int, reason: str) -> None:
        super().__init__(f"the share that member {about} sent is wrong: {reason}")
        self.about = about
        self.reason = reason


class UnfoundedComplaint(EvoteError):
    """The complaint proves nothing: whoever made it is named, not whom it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Member `by` shows what member `about` had sent them."""

    about: int
    by: int
    secret: str
    key: Element
    proof: Proof


@dataclass(frozen=True, slots=True)
class Verdict:
    """A complaint that was founded: who complained, about whom, and what was wrong."""

    by: int
    about: int
    reason: str


def take_share(
    *, ceremony: Ceremony, reveals: Sequence[Reveal], index: int, keys: MemberKeys
) -> SecretScalar:
    """Open what every member sent to `index`, check it, and give the sum S_j.

    Raises:
        BadShare: by the first member whose share is wrong.
    """
    assert len(reveals) == ceremony.size
    total: SecretScalar | None = None
    for sender, reveal in enumerate(reveals, start=1):
        encrypted = decode_encrypted_message(
            reveal.secrets[index - 1], place=f"secrets[{index - 1}]"
        )
        key = encrypted.key(keys.decryption)
        share = _open_share(
            ceremony=ceremony, reveal=reveal, sender=sender, recipient=index, key=key
        )
        total = share if total is None else total + share
    assert total is not None
    return total


def _open_share(
    *, ceremony: Ceremony, reveal: Reveal, sender: int, recipient: int, key: Element
) -> SecretScalar:
    encrypted = decode_encrypted_message(
        reveal.secrets[recipient - 1], place=f"secrets[{recipient - 1}]"
    )
    try:
        text = open_message(
            encrypted,
            key=key,
            sender=ceremony.verification_key(sender),
            recipient=ceremony.encryption_key(recipient),
        )
        share = read_secret(text, name="secret")
        verify_share(share=share, commitments=reveal.commitments, index=recipient)
    except (UnreadableMessage, DecodeError, InvalidProof) as error:
        raise BadShare(sender, str(error)) from error
    return share


def make_complaint(
    *, ceremony: Ceremony, reveals: Sequence[Reveal], about: int, by: int, keys: MemberKeys
) -> Signed:
    """Disclose the key of the message that `about` sent to `by`, and sign that."""
    secret = reveals[about - 1].secrets[by - 1]
    encrypted = decode_encrypted_message(secret, place="secret")
    key = encrypted.key(keys.decryption)
    proof = prove_disclosure(
        secret_key=keys.decryption,
        uuid=ceremony.uuid,
        alpha=encrypted.alpha,
        beta=encrypted.beta,
        key=key,
    )
    value = {
        "about": about,
        "by": by,
        "secret": secret,
        "key": key.encode(),
        "proof": proof.to_json(),
    }
    return sign_object(value, secret_key=keys.signing)


def read_complaint(signed: Signed, *, ceremony: Ceremony) -> Complaint:
    """Understand a complaint and check who made it; `judge_complaint` says whether it is founded.

    Raises:
        DecodeError: malformed.
        InvalidProof: it is not signed by the member who is said to complain.
    """
    value = decode_canonical_json(
        signed.message.encode(), source="complaint", limit_bytes=MESSAGE_LIMIT_BYTES
    )
    item = read_ordered_object(value, place="", fields=("about", "by", "secret", "key", "proof"))
    complaint = Complaint(
        about=_read_member(item["about"], place="about", size=ceremony.size),
        by=_read_member(item["by"], place="by", size=ceremony.size),
        secret=read_text(item["secret"], place="secret"),
        key=Element.decode(read_text(item["key"], place="key"), place="key"),
        proof=read_proof(item["proof"], place="proof", is_ordered=True),
    )
    verify_signed(signed, public_key=ceremony.verification_key(complaint.by))
    return complaint


def _read_member(value: object, *, place: str, size: int) -> int:
    number = read_integer(value, place=place, minimum=1)
    if number > size:
        msg = f"there is no member {number}, only {size}"
        raise DecodeError(msg, place=place)
    return number


def judge_complaint(complaint: Complaint, *, ceremony: Ceremony, reveal: Reveal) -> Verdict:
    """Open the disclosed message and see whether it is wrong.

    `reveal` is the polynomial of the member complained about, already checked.

    Raises:
        UnfoundedComplaint: nobody sent this message, the key is not the one it was encrypted
            with, or the share is right.
    """
    if complaint.secret != reveal.secrets[complaint.by - 1]:
        msg = f"member {complaint.about} sent member {complaint.by} another message than this"
        raise UnfoundedComplaint(msg)
    encrypted = decode_encrypted_message(complaint.secret, place="secret")
    try:
        verify_disclosure(
            proof=complaint.proof,
            uuid=ceremony.uuid,
            encryption_key=ceremony.encryption_key(complaint.by),
            alpha=encrypted.alpha,
            beta=encrypted.beta,
            key=complaint.key,
        )
    except InvalidProof as error:
        raise UnfoundedComplaint(str(error)) from error
    try:
        _open_share(
            ceremony=ceremony,
            reveal=reveal,
            sender=complaint.about,
            recipient=complaint.by,
            key=complaint.key,
        )
    except BadShare as fault:
        return Verdict(by=complaint.by, about=complaint.about, reason=fault.reason)
    msg = f"the share that member {complaint.about} sent member {complaint.by} is right"
    raise UnfoundedComplaint(msg)


# --- Evidence ----------------------------------------------------------------------------


def encode_evidence(*, ceremony: Ceremony, polynomial: Signed, complaint: Signed) -> bytes:
    """Write one file with which anybody can judge a complaint, without a network."""
    return encode_json(
        {
            "version": 1,
            "election": ceremony.uuid,
            "threshold": ceremony.threshold,
            "certs": [signed.to_json() for signed in ceremony.signed_certificates],
            "polynomial": polynomial.to_json(),
            "complaint": complaint.to_json(),
        }
    )


def judge_evidence(data: bytes) -> tuple[Ceremony, Verdict]:
    """Check a file of evidence from its certificates on.

    That the certificates are those of the ceremony meant, their fingerprint shows.

    Raises:
        DecodeError: malformed.
        InvalidProof: a signature does not hold.
        UnfoundedComplaint: the evidence does not show what it claims.
    """
    value = decode_canonical_json(data, source="evidence", limit_bytes=EVIDENCE_LIMIT_BYTES)
    item = read_ordered_object(
        value,
        place="",
        fields=("version", "election", "threshold", "certs", "polynomial", "complaint"),
    )
    if item["version"] != 1:
        msg = "this version of evidence is not known"
        raise DecodeError(msg, place="version")
    certs = read_list(item["certs"], place="certs")
    threshold = read_integer(item["threshold"], place="threshold", minimum=1)
    if threshold > len(certs):
        msg = f"{threshold} of {len(certs)} members cannot be asked for"
        raise DecodeError(msg, place="threshold")
    ceremony = open_ceremony(
        uuid=read_text(item["election"], place="election"),
        threshold=threshold,
        certificates=[
            read_signed(cert, place=f"certs[{index}]", group=ED25519)
            for index, cert in enumerate(certs)
        ],
    )
    complaint = read_complaint(
        read_signed(item["complaint"], place="complaint", group=ED25519), ceremony=ceremony
    )
    reveal = read_reveal(
        read_signed(item["polynomial"], place="polynomial", group=ED25519),
        ceremony=ceremony,
        index=complaint.about,
        commit=None,
    )
    return ceremony, judge_complaint(complaint, ceremony=ceremony, reveal=reveal)
