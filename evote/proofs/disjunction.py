"""One of several plaintexts: what a ballot's ciphertexts may hold (PROTOCOL 1.6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.elgamal import Ciphertext
from evote.errors import InvalidProof
from evote.group import (
    GENERATOR,
    ZERO,
    Commitment,
    Element,
    GroupElement,
    SecretScalar,
    random_scalar,
)
from evote.proofs.claims import Claim
from evote.proofs.schnorr import Proof
from evote.transcript import challenge, joined


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


def sum_openings(openings: Sequence[Opening]) -> Opening:
    """Open the product of the ciphertexts: randomness and plaintexts add up."""
    randomness = ZERO
    for opening in openings:
        randomness = randomness + opening.randomness
    return Opening(randomness, sum(opening.plaintext for opening in openings))


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
        prefix=f"prove|{context}|{joined([ciphertext.alpha, ciphertext.beta])}|",
        public_key=public_key,
        branches=[Branch(ciphertext, choice) for choice in choices],
        openings=[opening] * len(choices),
    )


def interval_claim(
    *,
    context: str,
    public_key: GroupElement,
    ciphertext: Ciphertext,
    choices: Sequence[int],
    proofs: Sequence[Proof],
) -> Claim:
    """Claim that the plaintext is one of `choices` ("Proofs of interval membership", 1.6).

    `context` is S0 for a single choice and S for the sum of an answer: S0 = φ‖"|"‖str(g^x),
    S = S0‖"|"‖all ciphertexts of the answer.
    """
    return _disjunction_claim(
        head=f"prove|{context}|",
        statement=(ciphertext.alpha, ciphertext.beta),
        public_key=public_key,
        branches=[Branch(ciphertext, choice) for choice in choices],
        proofs=proofs,
    )


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


def blank_claim(
    *,
    prefix: str,
    context: str,
    public_key: GroupElement,
    branches: Sequence[Branch],
    proofs: Sequence[Proof],
) -> Claim:
    """Claim one of the two statements about a question with a blank answer (1.6)."""
    return _disjunction_claim(
        head=f"{prefix}|{context}|",
        statement=(),
        public_key=public_key,
        branches=branches,
        proofs=proofs,
    )


def candidates_or_list(*, list_itself: Ciphertext, candidates: Ciphertext) -> list[Branch]:
    """Give the branches of a `list_proof`: the list is chosen, or no candidate on it is."""
    return [Branch(list_itself, 1), Branch(candidates, 0)]


def prove_list(
    *,
    context: str,
    public_key: Element,
    branches: Sequence[Branch],
    openings: Sequence[Opening],
) -> list[Proof]:
    """Prove that candidates are chosen only on a list that is chosen (1.6); `context` is S."""
    return _prove_disjunction(
        prefix=f"lproof|{context}|", public_key=public_key, branches=branches, openings=openings
    )


def list_claim(
    *,
    context: str,
    public_key: GroupElement,
    branches: Sequence[Branch],
    proofs: Sequence[Proof],
) -> Claim:
    """Claim that candidates are chosen only on a list that is chosen (1.6)."""
    return _disjunction_claim(
        head=f"lproof|{context}|",
        statement=(),
        public_key=public_key,
        branches=branches,
        proofs=proofs,
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


def _disjunction_claim(
    *,
    head: str,
    statement: tuple[GroupElement, ...],
    public_key: GroupElement,
    branches: Sequence[Branch],
    proofs: Sequence[Proof],
) -> Claim:
    return Claim(
        key=public_key,
        # Σ c_j ≡ H(prefix; A_0,B_0,…,A_k,B_k): only k of the k+1 challenges were free.
        challenge=sum([proof.challenge for proof in proofs]) % public_key.group.order,
        head=head,
        statement=statement,
        commitments=lambda: _branch_commitments(branches, proofs),
        failure="the proof of the permitted choices does not hold",
    )


def _branch_commitments(branches: Sequence[Branch], proofs: Sequence[Proof]) -> list[Commitment]:
    if len(proofs) != len(branches):
        msg = f"the proof has {len(proofs)} branches, not {len(branches)}"
        raise InvalidProof(msg)
    # A_j = g^ρ·α^c and B_j = y^ρ·(β/g^shift)^c = g^(−shift·c)·y^ρ·β^c.
    commitments = []
    for branch, proof in zip(branches, proofs, strict=True):
        c, response = proof.challenge, proof.response
        commitments.append(Commitment(response, 0, ((branch.ciphertext.alpha, c),)))
        commitments.append(Commitment(-branch.shift * c, response, ((branch.ciphertext.beta, c),)))
    return commitments
