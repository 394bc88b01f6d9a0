"""Knowledge of a discrete logarithm: Schnorr's proof, and signatures (PROTOCOL 1.5, 1.6)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from evote.encoding import read_object, read_ordered_object, read_text
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.group import (
    ED25519,
    GENERATOR,
    Commitment,
    Element,
    Group,
    GroupElement,
    SecretScalar,
    Together,
    computes_together,
    is_encoding,
    random_scalar,
)
from evote.group.ed25519 import NOT_A_MEMBER
from evote.proofs.claims import Claim
from evote.transcript import challenge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Proof:
    """(c, ρ): challenge and response, two public scalars in [0, q)."""

    challenge: int
    response: int

    def to_json(self) -> dict[str, str]:
        """Give the object `proof` of PROTOCOL 1.3; q may be that of any group."""
        return {"challenge": str(self.challenge), "response": str(self.response)}


def proofs_to_json(proofs: Iterable[Proof]) -> list[dict[str, str]]:
    """Give a list of proofs as JSON holds it."""
    return [proof.to_json() for proof in proofs]


def read_proof(value: object, *, place: str, is_ordered: bool, group: Group = ED25519) -> Proof:
    """Take the object `proof` of PROTOCOL 1.3 from decoded JSON.

    `is_ordered`: whether the order of the fields matters, as it does in canonical objects.
    `group` is the one of the election; a forgotten one refuses, it never lets pass.
    """
    read = read_ordered_object if is_ordered else read_object
    item = read(value, place=place, fields=("challenge", "response"))
    return Proof(
        challenge=read_scalar(item["challenge"], place=f"{place}.challenge", group=group),
        response=read_scalar(item["response"], place=f"{place}.response", group=group),
    )


def read_scalar(value: object, *, place: str, group: Group = ED25519) -> int:
    """Take a public scalar in its one spelling."""
    return group.decode_scalar(read_text(value, place=place), place=place)


def prove_key_possession(*, secret_key: SecretScalar, public_key: Element) -> Proof:
    """Prove that one knows x with X = g^x: the `pok` of a trustee ("Verification keys", 1.5)."""
    return prove_knowledge(_possession_prefix(public_key), secret_key)


def verify_key_possession(*, proof: Proof, public_key: GroupElement) -> None:
    """Check a trustee's `pok`: without it, a key made from the others' keys could cancel them.

    Raises:
        InvalidProof: the equation does not hold.
    """
    knowledge_claim(
        _possession_prefix(public_key),
        proof,
        public_key,
        failure="the proof of possession does not match the public key",
    ).verify()


def _possession_prefix(public_key: GroupElement) -> str:
    return f"pok|{public_key.group.name}|{public_key.encode()}|"


def sign_hash(*, digest: str, secret_key: SecretScalar) -> Proof:
    """Sign a ballot's hash (base64, 43 characters) with the credential ("Signatures", 1.6)."""
    return prove_knowledge(f"sig|{digest}|", secret_key)


def hash_signature_claim(*, proof: Proof, digest: str, public_key: GroupElement) -> Claim:
    """Claim that the credential signed this hash, which covers the credential: the key is bound."""
    return knowledge_claim(
        f"sig|{digest}|",
        proof,
        public_key,
        failure="the signature is not by this credential over this ballot",
    )


def prove_knowledge(prefix: str, secret: SecretScalar) -> Proof:
    """Prove that one knows x of g^x; everything that is signed thereby stands in `prefix`."""
    # A = g^w, c = H(prefix; A), ρ = w − x·c.
    w = random_scalar()
    c = challenge(prefix, [GENERATOR**w])
    return Proof(c, (w - secret * c).reveal())


def knowledge_claim(prefix: str, proof: Proof, public_key: GroupElement, *, failure: str) -> Claim:
    """Claim that `prove_knowledge` made this proof for this prefix and this key."""
    # A = g^ρ·X^c; the challenge must be the hash of exactly this A.
    commitment = Commitment(proof.response, 0, ((public_key, proof.challenge),))
    return Claim(
        # There is no other key than X, and none of its own is needed in A.
        key=public_key,
        challenge=proof.challenge,
        head=prefix,
        statement=(),
        commitments=lambda: (commitment,),
        failure=failure,
    )


def equality_claim(
    prefix: str,
    proof: Proof,
    *,
    public_key: GroupElement,
    base: GroupElement,
    power: GroupElement,
    failure: str,
) -> Claim:
    """Claim log_g(X) = log_base(power), with X the public key (Chaum and Pedersen, CRYPTO '92)."""
    # g^ρ·X^c and base^ρ·power^c are the two commitments; ask for the same challenge.
    c, response = proof.challenge, proof.response
    commitments = (
        Commitment(response, 0, ((public_key, c),)),
        Commitment(0, 0, ((base, response), (power, c))),
    )
    return Claim(
        key=public_key,
        challenge=c,
        head=prefix,
        statement=(),
        commitments=lambda: commitments,
        failure=failure,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """A proof by a public key that is given as text; `place` is where the key stands."""

    encoding: str
    prefix: str
    proof: Proof
    place: str
    failure: str


def verify_knowledge_of(
    encoding: str, *, prefix: str, proof: Proof, place: str, failure: str
) -> None:
    """Check a proof by a public key that is given as text; `place` is where the key stands.

    Raises:
        DecodeError: the text is no element of Ed25519.
        InvalidProof: the equation does not hold; `failure` says so.
    """
    knowledge = Knowledge(
        encoding=encoding, prefix=prefix, proof=proof, place=place, failure=failure
    )
    for _, error in refused_knowledge([knowledge]):
        raise error


def refused_knowledge(proofs: Sequence[Knowledge]) -> list[tuple[int, EvoteError]]:
    """Find the proofs that do not hold: each by its index, with a DecodeError or an InvalidProof.

    With the C extension all are computed in one call.
    """
    if not computes_together():
        return list(_refused(proofs, _verify_now))
    together = Together(GENERATOR)
    written = [_write_down(one, together=together) for one in proofs]
    together.compute()
    return list(_refused(written, lambda check: check()))


def _refused(items: Iterable[T], verify: Callable[[T], None]) -> Iterator[tuple[int, EvoteError]]:
    for index, item in enumerate(items):
        try:
            verify(item)
        except (DecodeError, InvalidProof) as error:
            yield index, error


def _verify_now(one: Knowledge) -> None:
    public_key = ED25519.decode(one.encoding, place=one.place)
    knowledge_claim(one.prefix, one.proof, public_key, failure=one.failure).verify()


def _write_down(one: Knowledge, *, together: Together) -> Callable[[], None]:
    """Give the check that is left to do once all is computed."""
    if not is_encoding(one.encoding):
        return partial(_verify_now, one)
    read = together.read(one.encoding)
    claim = knowledge_claim(one.prefix, one.proof, read, failure=one.failure)
    wanted = together.want(claim.commitments())

    def check() -> None:
        if not together.is_member(read):
            raise DecodeError(NOT_A_MEMBER, place=one.place)
        claim.compare(together.encodings[wanted])

    return check
