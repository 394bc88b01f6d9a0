"""What Pnyx has people sign or prove beside the record (PROTOCOL, part 2).

Each challenge begins with "pnyx-" and the name of its statement, so that none of them is ever a
challenge of Belenios, nor of another statement. Whatever stands between two bars has a fixed
alphabet without the bar; that is checked here too, and not only where the object was read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evote.encoding import hash_of_b64, read_hash
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.group import GENERATOR, Element, GroupElement, SecretScalar, random_scalar
from evote.proofs.claims import Claim
from evote.proofs.schnorr import (
    Knowledge,
    Proof,
    equality_claim,
    knowledge_claim,
    prove_knowledge,
    refused_knowledge,
    verify_knowledge_of,
)
from evote.transcript import challenge, joined

# The `prev` of a credential's first ballot: 43 characters of base64, the hash of nothing at all.
NO_PREVIOUS_TRACKER = "A" * 43

_NOT_THIS_CAST = "the cast statement is not by this credential over this ballot and the one before"
_POSITION = re.compile(r"(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8}))*", re.ASCII)


# --- Casting (2.2) -----------------------------------------------------------------------


def sign_cast(*, secret_key: SecretScalar, fingerprint: str, tracker: str, prev: str) -> Proof:
    """Sign with the credential that the ballot `tracker` replaces the ballot `prev` (2.2).

    `prev` is the tracker of the credential's ballot before, or `NO_PREVIOUS_TRACKER`.
    """
    credential = (GENERATOR**secret_key).encode()
    return prove_knowledge(_cast_prefix(fingerprint, credential, tracker, prev), secret_key)


def verify_cast(
    *, proof: Proof, fingerprint: str, credential: str, tracker: str, prev: str
) -> None:
    """Check a cast statement (2.2). That `prev` is the credential's last ballot, the caller checks.

    `credential` is the public one as in the list, 64 hexadecimal digits.

    Raises:
        DecodeError: the credential is no element, or a tracker is not the spelling of a hash.
        InvalidProof: this credential did not sign that this ballot follows that one.
    """
    verify_knowledge_of(
        credential,
        prefix=_cast_prefix(fingerprint, credential, tracker, prev),
        proof=proof,
        place="credential",
        failure=_NOT_THIS_CAST,
    )


def cast_claim(
    *, proof: Proof, fingerprint: str, public_key: GroupElement, tracker: str, prev: str
) -> Claim:
    """Claim what `verify_cast` checks, for a credential that was read already.

    Raises:
        DecodeError: a tracker is not the spelling of a hash.
    """
    prefix = _cast_prefix(fingerprint, public_key.encode(), tracker, prev)
    return knowledge_claim(prefix, proof, public_key, failure=_NOT_THIS_CAST)


@dataclass(frozen=True, slots=True, kw_only=True)
class CastStatement:
    """A cast statement, with the public credential that must have made it."""

    credential: str
    tracker: str
    prev: str
    proof: Proof


def refused_casts(
    statements: Sequence[CastStatement], *, fingerprint: str
) -> list[tuple[int, EvoteError]]:
    """Find the statements that `verify_cast` refuses, each by its index, and what it raises.

    With the C extension all are computed in one call.
    """
    refused: list[tuple[int, EvoteError]] = []
    indexes: list[int] = []
    signed: list[Knowledge] = []
    for index, one in enumerate(statements):
        try:
            prefix = _cast_prefix(fingerprint, one.credential, one.tracker, one.prev)
        except EvoteError as error:
            refused.append((index, error))
            continue
        indexes.append(index)
        signed.append(
            Knowledge(
                encoding=one.credential,
                prefix=prefix,
                proof=one.proof,
                place="credential",
                failure=_NOT_THIS_CAST,
            )
        )
    refused += [(indexes[number], error) for number, error in refused_knowledge(signed)]
    return sorted(refused, key=lambda found: found[0])


def _cast_prefix(fingerprint: str, credential: str, tracker: str, prev: str) -> str:
    hash_of_b64(tracker, place="tracker")
    hash_of_b64(prev, place="prev")
    return f"pnyx-cast|{fingerprint}|{credential}|{tracker}|{prev}|"


# --- The transcript of the ceremony (2.4) ------------------------------------------------


def sign_transcript(*, secret_key: SecretScalar, fingerprint: str, transcript: str) -> Proof:
    """Sign, with a slot's decryption key, that one has seen the sealed election (2.4).

    `transcript` is T, the SHA-256 in hexadecimal of everything that the ceremony fixed.
    """
    public_key = GENERATOR**secret_key
    return prove_knowledge(_transcript_prefix(fingerprint, public_key, transcript), secret_key)


def verify_transcript(
    *, proof: Proof, fingerprint: str, public_key: GroupElement, transcript: str
) -> None:
    """Check a slot's signature of the transcript T (2.4).

    Raises:
        DecodeError: the transcript is not the spelling of a hash.
        InvalidProof: the slot with this key did not sign this transcript.
    """
    knowledge_claim(
        _transcript_prefix(fingerprint, public_key, transcript),
        proof,
        public_key,
        failure="the signature is not by this trustee's key over this transcript",
    ).verify()


def _transcript_prefix(fingerprint: str, public_key: GroupElement, transcript: str) -> str:
    read_hash(transcript, place="transcript")
    return f"pnyx-transcript|{fingerprint}|{public_key.encode()}|{transcript}|"


# --- Shuffles (2.8) ----------------------------------------------------------------------


def sign_shuffle_statement(
    *, secret_key: SecretScalar, fingerprint: str, parent: str, payload: str
) -> Proof:
    """Sign, with a slot's key, that one made the shuffle `payload` after the event `parent` (2.8).

    Both are hashes in hexadecimal: of the event before the Shuffle event, and of the object
    `shuffle` itself.
    """
    public_key = GENERATOR**secret_key
    return prove_knowledge(_shuffle_prefix(fingerprint, public_key, parent, payload), secret_key)


def verify_shuffle_statement(
    *, proof: Proof, fingerprint: str, public_key: GroupElement, parent: str, payload: str
) -> None:
    """Check who made a shuffle, and after which event (2.8).

    Raises:
        DecodeError: a hash is not written as one.
        InvalidProof: the slot with this key did not sign this shuffle at this place.
    """
    knowledge_claim(
        _shuffle_prefix(fingerprint, public_key, parent, payload),
        proof,
        public_key,
        failure="the statement is not by this trustee's key over this shuffle at this place",
    ).verify()


def _shuffle_prefix(fingerprint: str, public_key: GroupElement, parent: str, payload: str) -> str:
    read_hash(parent, place="parent")
    read_hash(payload, place="payload")
    return f"pnyx-shuffle|{fingerprint}|{public_key.encode()}|{parent}|{payload}|"


# --- Decryption factors (2.3) ------------------------------------------------------------


def prove_strong_decryption(
    *,
    secret_key: SecretScalar,
    fingerprint: str,
    position: str,
    closing: str,
    alpha: Element,
    factor: Element,
) -> Proof:
    """Prove log_g(X) = log_α(F), with α, F and their place in the tally hashed (2.3).

    `position` is the indices into `decryption_factors` joined by dots, as in "0.3"; `closing` is
    the hash of the last event before the first PartialDecryption.
    """
    public_key = GENERATOR**secret_key
    prefix = _decryption_prefix(fingerprint, public_key, position, closing, alpha, factor)
    return _prove_equality(prefix, secret_key, alpha)


def strong_decryption_claim(
    *,
    proof: Proof,
    fingerprint: str,
    public_key: GroupElement,
    position: str,
    closing: str,
    alpha: GroupElement,
    factor: GroupElement,
) -> Claim:
    """Claim that F was made of exactly this α with the key X (2.3).

    Unlike the proof of version 1, this one cannot be fitted to an α or an F chosen afterwards.

    Raises:
        DecodeError: the position or the hash of the closing event is not written as one.
    """
    return equality_claim(
        _decryption_prefix(fingerprint, public_key, position, closing, alpha, factor),
        proof,
        public_key=public_key,
        base=alpha,
        power=factor,
        failure="the strong proof does not bind this factor to this ciphertext and this trustee",
    )


def verify_strong_decryption(
    *,
    proof: Proof,
    fingerprint: str,
    public_key: GroupElement,
    position: str,
    closing: str,
    alpha: GroupElement,
    factor: GroupElement,
) -> None:
    """Check a `strong_decryption_claim`.

    Where α is the identity, nobody chose that answer and F must be the identity as well.

    Raises:
        DecodeError: the position or the hash of the closing event is not written as one.
        InvalidProof: the equation does not hold.
    """
    strong_decryption_claim(
        proof=proof,
        fingerprint=fingerprint,
        public_key=public_key,
        position=position,
        closing=closing,
        alpha=alpha,
        factor=factor,
    ).verify()
    check_identity(alpha=alpha, factor=factor)


def check_identity(*, alpha: GroupElement, factor: GroupElement) -> None:
    """Ask that F is the identity exactly where α is: x is not zero (PROTOCOL 3.1).

    Raises:
        InvalidProof: one of them is and the other is not.
    """
    if alpha.is_identity != factor.is_identity:
        msg = "the decryption factor is the identity, or ought to be"
        raise InvalidProof(msg)


def _decryption_prefix(
    fingerprint: str,
    public_key: GroupElement,
    position: str,
    closing: str,
    alpha: GroupElement,
    factor: GroupElement,
) -> str:
    if not _POSITION.fullmatch(position):
        msg = "a position is a list of indices joined by dots"
        raise DecodeError(msg, place="position")
    read_hash(closing, place="closing")
    return (
        f"pnyx-decrypt|{fingerprint}|{public_key.encode()}|{position}|{closing}"
        f"|{joined([alpha, factor])}|"
    )


# --- Complaints (1.5, 2.4) ---------------------------------------------------------------


def prove_disclosure(
    *, secret_key: SecretScalar, uuid: str, alpha: Element, beta: Element, key: Element
) -> Proof:
    """Prove that (α, β), encrypted to g^dk, hides exactly `key` (complaints, 2.4).

    Whoever complains about a private message discloses the key of that one message. The proof of
    log_g(ek) = log_α(β/key) shows that it is the key under which the message had to be written.
    """
    encryption_key = GENERATOR**secret_key
    prefix = _disclosure_prefix(uuid, encryption_key, alpha, beta, key)
    return _prove_equality(prefix, secret_key, alpha)


def verify_disclosure(
    *,
    proof: Proof,
    uuid: str,
    encryption_key: Element,
    alpha: Element,
    beta: Element,
    key: Element,
) -> None:
    """Check that `key` is what the ciphertext (α, β) hides from all but the owner of ek (2.4).

    Raises:
        InvalidProof: another key is disclosed than the message was encrypted with.
    """
    equality_claim(
        _disclosure_prefix(uuid, encryption_key, alpha, beta, key),
        proof,
        public_key=encryption_key,
        base=alpha,
        power=beta / key,
        failure="the disclosed key is not the one that this message was encrypted with",
    ).verify()


def _disclosure_prefix(
    uuid: str, encryption_key: Element, alpha: Element, beta: Element, key: Element
) -> str:
    return f"pnyx-complaint|{uuid}|{encryption_key.encode()}|{joined([alpha, beta, key])}|"


# --- Equality of two logarithms ----------------------------------------------------------


def _prove_equality(prefix: str, secret: SecretScalar, base: Element) -> Proof:
    # Commitments g^w and base^w, c = H(prefix; g^w, base^w), ρ = w − x·c.
    w = random_scalar()
    c = challenge(prefix, [GENERATOR**w, base**w])
    return Proof(c, (w - secret * c).reveal())
