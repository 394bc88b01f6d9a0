"""The zero-knowledge proofs of a ballot, a trustee and a partial decryption (PROTOCOL 1.5 to 1.9).

One convention throughout, Schnorr's: whoever knows a secret x commits to a random w, is given a
challenge c by the hash, and answers with the response ρ = w − x·c. The verifier recomputes the
commitment as g^ρ·X^c and asks for the same challenge. The challenges are those of Belenios
version 1 to the letter; what they do not hash, the voter's signature over the whole ballot binds.

To verify is to return nothing, or to raise `InvalidProof`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evote.elgamal import Ciphertext
from evote.encoding import read_object, read_ordered_object, read_text
from evote.errors import InvalidProof
from evote.group import (
    GENERATOR,
    GROUP_NAME,
    ORDER,
    Element,
    SecretScalar,
    decode_scalar,
    encode_scalar,
    random_scalar,
)
from evote.transcript import challenge


@dataclass(frozen=True, slots=True)
class Proof:
    """(c, ρ): challenge and response, two public scalars in [0, q)."""

    challenge: int
    response: int

    def to_json(self) -> dict[str, str]:
        """Give the object `proof` of PROTOCOL 1.3."""
        return {
            "challenge": encode_scalar(self.challenge),
            "response": encode_scalar(self.response),
        }


def read_proof(value: object, *, place: str, is_ordered: bool) -> Proof:
    """Take the object `proof` of PROTOCOL 1.3 from decoded JSON.

    `is_ordered`: whether the order of the fields matters, as it does in canonical objects.
    """
    read = read_ordered_object if is_ordered else read_object
    item = read(value, place=place, fields=("challenge", "response"))
    return Proof(
        challenge=_read_scalar(item["challenge"], place=f"{place}.challenge"),
        response=_read_scalar(item["response"], place=f"{place}.response"),
    )


def _read_scalar(value: object, *, place: str) -> int:
    return decode_scalar(read_text(value, place=place), place=place)


# --- Knowledge of a discrete logarithm ---------------------------------------------------


def prove_key_possession(*, secret_key: SecretScalar, public_key: Element) -> Proof:
    """Prove that one knows x with X = g^x: the `pok` of a trustee ("Verification keys", 1.5)."""
    return _prove_knowledge(f"pok|{GROUP_NAME}|{public_key.encode()}|", secret_key)


def verify_key_possession(*, proof: Proof, public_key: Element) -> None:
    """Check a trustee's `pok`: without it, a key made from the others' keys could cancel them.

    Raises:
        InvalidProof: the equation does not hold.
    """
    if not _knows(f"pok|{GROUP_NAME}|{public_key.encode()}|", proof, public_key):
        msg = "the proof of possession does not match the public key"
        raise InvalidProof(msg)


def sign_hash(*, digest: str, secret_key: SecretScalar) -> Proof:
    """Sign a ballot's hash (base64, 43 characters) with the credential ("Signatures", 1.6)."""
    return _prove_knowledge(f"sig|{digest}|", secret_key)


def verify_hash_signature(*, proof: Proof, digest: str, public_key: Element) -> None:
    """Check a ballot's signature. The hash covers the credential, so the key is bound too.

    Raises:
        InvalidProof: the signature is not by this credential over this hash.
    """
    if not _knows(f"sig|{digest}|", proof, public_key):
        msg = "the signature is not by this credential over this ballot"
        raise InvalidProof(msg)


def _prove_knowledge(prefix: str, secret: SecretScalar) -> Proof:
    # A = g^w, c = H(prefix; A), ρ = w − x·c.
    w = random_scalar()
    c = challenge(prefix, [GENERATOR**w])
    return Proof(c, (w - secret * c).reveal())


def _knows(prefix: str, proof: Proof, public_key: Element) -> bool:
    # A = g^ρ·X^c; the challenge must be the hash of exactly this A.
    commitment = GENERATOR**proof.response * public_key**proof.challenge
    return proof.challenge == challenge(prefix, [commitment])


# --- One of several plaintexts -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Branch:
    """The claim that one ciphertext encrypts one number: log_g(α) = log_y(β/g^shift)."""

    ciphertext: Ciphertext
    shift: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What the maker of a ciphertext knows about it: α = g^r and β = y^r·g^m."""

    randomness: SecretScalar
    plaintext: int


def prove_interval(
    *,
    context: str,
    public_key: Element,
    ciphertext: Ciphertext,
    opening: Opening,
    choices: Sequence[int],
) -> list[Proof]:
    """Prove that the plaintext is one of `choices`, without saying which (iprove in 1.6)."""
    return _prove_disjunction(
        prefix=_interval_prefix(context, ciphertext),
        public_key=public_key,
        branches=[Branch(ciphertext, choice) for choice in choices],
        openings=[opening] * len(choices),
    )


def verify_interval(
    *,
    context: str,
    public_key: Element,
    ciphertext: Ciphertext,
    choices: Sequence[int],
    proofs: Sequence[Proof],
) -> None:
    """Check that the plaintext is one of `choices` ("Proofs of interval membership", 1.6).

    `context` is S0 for a single choice and S for the sum of an answer: S0 = φ‖"|"‖str(g^x),
    S = S0‖"|"‖all ciphertexts of the answer.

    Raises:
        InvalidProof: the number of proofs is wrong, or the equation does not hold.
    """
    _verify_disjunction(
        prefix=_interval_prefix(context, ciphertext),
        public_key=public_key,
        branches=[Branch(ciphertext, choice) for choice in choices],
        proofs=proofs,
    )


def _interval_prefix(context: str, ciphertext: Ciphertext) -> str:
    return f"prove|{context}|{ciphertext.alpha.encode()},{ciphertext.beta.encode()}|"


def blank_or_nothing(*, blank: Ciphertext, total: Ciphertext) -> list[Branch]:
    """Give the branches of `blank_proof`: the vote is not blank, or it chooses nothing else."""
    return [Branch(blank, 0), Branch(total, 0)]


def blank_or_enough(
    *, blank: Ciphertext, total: Ciphertext, minimum: int, maximum: int
) -> list[Branch]:
    """Give the branches of `overall_proof`: blank, or from `minimum` to `maximum` choices."""
    return [Branch(blank, 1), *(Branch(total, count) for count in range(minimum, maximum + 1))]


def prove_blank(
    *,
    prefix: str,
    context: str,
    public_key: Element,
    branches: Sequence[Branch],
    openings: Sequence[Opening],
) -> list[Proof]:
    """Prove one of the two statements about a question with a blank answer (1.6).

    `prefix` is "bproof0" for `blank_or_nothing`, "bproof1" for `blank_or_enough`; `context` is S.
    `openings[j]` opens the ciphertext of `branches[j]`.
    """
    return _prove_disjunction(
        prefix=f"{prefix}|{context}|",
        public_key=public_key,
        branches=branches,
        openings=openings,
    )


def verify_blank(
    *,
    prefix: str,
    context: str,
    public_key: Element,
    branches: Sequence[Branch],
    proofs: Sequence[Proof],
) -> None:
    """Check one of the two statements about a question with a blank answer (1.6).

    Raises:
        InvalidProof: the number of proofs is wrong, or the equation does not hold.
    """
    _verify_disjunction(
        prefix=f"{prefix}|{context}|", public_key=public_key, branches=branches, proofs=proofs
    )


def _prove_disjunction(
    *,
    prefix: str,
    public_key: Element,
    branches: Sequence[Branch],
    openings: Sequence[Opening],
) -> list[Proof]:
    """Prove that at least one branch is true; the others are simulated (Cramer et al. 1994).

    For a true branch A = g^w, B = y^w. A simulated one draws c and ρ first and solves for
    A = g^ρ·α^c, B = y^ρ·(β/g^shift)^c. As we know r and m of the ciphertext, that is
    A = g^e, B = y^e·g^((m−shift)·c) with e = ρ + r·c: no multiplication of unknown points.
    """
    truths = [
        index
        for index, (branch, opening) in enumerate(zip(branches, openings, strict=True))
        if branch.shift == opening.plaintext
    ]
    assert truths, "a false statement cannot be proven"
    true_index = truths[0]

    exponents = [random_scalar() for _ in branches]  # e, or w for the true branch
    challenges = [random_scalar() for _ in branches]
    commitments: list[Element] = []
    for index, (branch, opening) in enumerate(zip(branches, openings, strict=True)):
        difference = opening.plaintext - branch.shift
        commitments += [
            GENERATOR ** exponents[index],
            public_key ** exponents[index] * GENERATOR ** (challenges[index] * difference),
        ]

    # Σ c_j = H(prefix; A_0,B_0,…): the true branch's challenge is what remains.
    remaining = SecretScalar(challenge(prefix, commitments).to_bytes(32, "little"))
    for index, drawn in enumerate(challenges):
        if index != true_index:
            remaining = remaining - drawn
    challenges[true_index] = remaining

    # ρ = e − r·c: by definition of e where simulated, by Schnorr's answer where true.
    return [
        Proof(c.reveal(), (e - opening.randomness * c).reveal())
        for c, e, opening in zip(challenges, exponents, openings, strict=True)
    ]


def _verify_disjunction(
    *, prefix: str, public_key: Element, branches: Sequence[Branch], proofs: Sequence[Proof]
) -> None:
    if len(proofs) != len(branches):
        msg = f"the proof has {len(proofs)} branches, not {len(branches)}"
        raise InvalidProof(msg)
    commitments = _branch_commitments(public_key, branches, proofs)
    # Σ c_j ≡ H(prefix; A_0,B_0,…,A_k,B_k): only k of the k+1 challenges were free.
    if sum(proof.challenge for proof in proofs) % ORDER != challenge(prefix, commitments):
        msg = "the proof of the permitted choices does not hold"
        raise InvalidProof(msg)


def _branch_commitments(
    public_key: Element, branches: Sequence[Branch], proofs: Sequence[Proof]
) -> Iterator[Element]:
    # A_j = g^ρ·α^c and B_j = y^ρ·(β/g^shift)^c.
    for branch, proof in zip(branches, proofs, strict=True):
        beta = branch.ciphertext.beta
        if branch.shift:
            beta = beta / GENERATOR**branch.shift
        yield GENERATOR**proof.response * branch.ciphertext.alpha**proof.challenge
        yield public_key**proof.response * beta**proof.challenge


# --- Correct decryption ------------------------------------------------------------------


def prove_decryption(
    *,
    fingerprint: str,
    secret_key: SecretScalar,
    public_key: Element,
    alpha: Element,
) -> Proof:
    """Prove that the factor α^x was made with the x of X = g^x ("Partial decryptions", 1.9)."""
    # Commitments g^w and α^w, c = H("decrypt|"‖φ‖"|"‖X‖"|"; g^w, α^w), ρ = w − x·c.
    w = random_scalar()
    c = challenge(_decryption_prefix(fingerprint, public_key), [GENERATOR**w, alpha**w])
    return Proof(c, (w - secret_key * c).reveal())


def verify_decryption(
    *,
    proof: Proof,
    fingerprint: str,
    public_key: Element,
    alpha: Element,
    factor: Element,
) -> None:
    """Check that a trustee decrypted with the key they committed to ("Partial decryptions", 1.9).

    Proves log_g(X) = log_α(F): the same secret x gives the trustee's public key X = g^x and the
    factor F = α^x, without revealing x (Chaum and Pedersen, CRYPTO '92).

    Args:
        proof: (c, ρ).
        fingerprint: φ, binds the proof to one election.
        public_key: X, the trustee's key from the sealed list, never from the message checked.
        alpha: α, one entry of the encrypted tally.
        factor: F, one element.

    Raises:
        InvalidProof: the equation does not hold. The challenge of version 1 hashes neither α nor
            F: whoever chooses an α after the proof could fit it, which is why the encrypted tally
            is recomputed from the ballots before any decryption is looked at.
    """
    # g^ρ·X^c and α^ρ·F^c are the two commitments; ask for the same challenge.
    commitments = [
        GENERATOR**proof.response * public_key**proof.challenge,
        alpha**proof.response * factor**proof.challenge,
    ]
    if proof.challenge != challenge(_decryption_prefix(fingerprint, public_key), commitments):
        msg = "the decryption factor does not match the trustee's public key"
        raise InvalidProof(msg)


def _decryption_prefix(fingerprint: str, public_key: Element) -> str:
    return f"decrypt|{fingerprint}|{public_key.encode()}|"
