from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.elgamal import Ciphertext, encrypt_bit, neutral, product
from evote.errors import DecodeError, InvalidProof
from evote.group import ED25519, GENERATOR, IDENTITY, ORDER, SecretScalar, random_scalar
from evote.proofs import (
    Branch,
    Opening,
    Proof,
    blank_claim,
    blank_or_enough,
    blank_or_nothing,
    hash_signature_claim,
    interval_claim,
    prove_blank,
    prove_decryption,
    prove_interval,
    prove_key_possession,
    read_proof,
    sign_hash,
    verify_decryption,
    verify_key_possession,
)

OTHER = GENERATOR**12345
PUBLIC_KEY = GENERATOR**67890
HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"

secrets = st.integers(min_value=1, max_value=ORDER - 1).map(
    lambda value: SecretScalar(value.to_bytes(32, "little"))
)


def encrypt(number, randomness):
    return Ciphertext(GENERATOR**randomness, PUBLIC_KEY**randomness * GENERATOR**number)


def square_root(value):
    """Give a square root modulo q ≡ 5 (mod 8), or None."""
    root = pow(value, (ORDER + 3) // 8, ORDER)
    for candidate in (root, root * pow(2, (ORDER - 1) // 4, ORDER) % ORDER):
        if candidate**2 % ORDER == value % ORDER:
            return candidate
    return None


def changed(proof):
    """Give every way to change one number of a proof."""
    for delta in (1, ORDER - 1):
        yield replace(proof, challenge=(proof.challenge + delta) % ORDER)
        yield replace(proof, response=(proof.response + delta) % ORDER)
    yield Proof(proof.response, proof.challenge)
    yield Proof(0, 0)


def changed_lists(proofs):
    """Give every way to change a list of proofs."""
    for index, proof in enumerate(proofs):
        for forged in changed(proof):
            yield [*proofs[:index], forged, *proofs[index + 1 :]]
    yield proofs[:-1]
    yield [*proofs, proofs[0]]
    yield []
    if len(proofs) > 1:
        yield proofs[::-1]
    # The sum of the challenges stays the same, but they have changed places.
    shifted = [
        replace(proof, challenge=proofs[index - 1].challenge) for index, proof in enumerate(proofs)
    ]
    if len(proofs) > 1:
        yield shifted


class TestKnowledgeOfAKey:
    @settings(max_examples=20)
    @given(secrets)
    def test_a24_whoever_knows_the_key_can_prove_it(self, secret):
        public_key = GENERATOR**secret
        proof = prove_key_possession(secret_key=secret, public_key=public_key)
        verify_key_possession(proof=proof, public_key=public_key)

    def test_a24_the_proof_fails_when_anything_changes(self):
        secret = random_scalar()
        proof = prove_key_possession(secret_key=secret, public_key=GENERATOR**secret)
        for forged in changed(proof):
            with pytest.raises(InvalidProof):
                verify_key_possession(proof=forged, public_key=GENERATOR**secret)
        for public_key in (OTHER, IDENTITY, GENERATOR, GENERATOR**secret * GENERATOR):
            with pytest.raises(InvalidProof):
                verify_key_possession(proof=proof, public_key=public_key)

    def test_a25_a_ballot_signature_is_no_proof_of_possession(self):
        secret = random_scalar()
        with pytest.raises(InvalidProof):
            verify_key_possession(
                proof=sign_hash(digest=HASH, secret_key=secret), public_key=GENERATOR**secret
            )


class TestSignature:
    @settings(max_examples=20)
    @given(secrets)
    def test_a20_the_owner_of_a_credential_can_sign(self, secret):
        proof = sign_hash(digest=HASH, secret_key=secret)
        hash_signature_claim(proof=proof, digest=HASH, public_key=GENERATOR**secret).verify()

    def test_a20_a21_the_signature_fails_when_anything_changes(self):
        secret = random_scalar()
        public_key = GENERATOR**secret
        proof = sign_hash(digest=HASH, secret_key=secret)
        for forged in changed(proof):
            with pytest.raises(InvalidProof):
                hash_signature_claim(proof=forged, digest=HASH, public_key=public_key).verify()
        for other in (OTHER, IDENTITY, public_key**2):
            with pytest.raises(InvalidProof):
                hash_signature_claim(proof=proof, digest=HASH, public_key=other).verify()
        with pytest.raises(InvalidProof):
            hash_signature_claim(proof=proof, digest=HASH[::-1], public_key=public_key).verify()

    def test_two_signatures_of_the_same_hash_differ(self):
        secret = random_scalar()
        assert sign_hash(digest=HASH, secret_key=secret) != sign_hash(
            digest=HASH, secret_key=secret
        )


class TestInterval:
    @settings(max_examples=20, deadline=None)
    @given(secrets, st.integers(0, 4), st.integers(0, 4))
    def test_a_permitted_number_can_be_proven(self, secret, first, second):
        low, number = sorted((first, second))
        statement = {
            "context": "S",
            "public_key": PUBLIC_KEY,
            "ciphertext": encrypt(number, secret),
            "choices": range(low, 5),
        }
        proofs = prove_interval(**statement, opening=Opening(secret, number))
        interval_claim(**statement, proofs=proofs).verify()

    @pytest.fixture(params=[0, 1])
    def proven(self, request):
        secret = random_scalar()
        statement = {
            "context": "S",
            "public_key": PUBLIC_KEY,
            "ciphertext": encrypt(request.param, secret),
            "choices": (0, 1),
        }
        opening = Opening(secret, request.param)
        return statement, prove_interval(**statement, opening=opening)

    def test_a15_the_proof_fails_when_any_of_its_numbers_changes(self, proven):
        statement, proofs = proven
        for forged in changed_lists(proofs):
            with pytest.raises(InvalidProof):
                interval_claim(**statement, proofs=forged).verify()

    @pytest.mark.parametrize(
        ("field", "forged"),
        [
            ("context", "S'"),
            ("context", ""),
            ("public_key", OTHER),
            ("public_key", IDENTITY),
            ("ciphertext", neutral(ED25519)),
            ("ciphertext", Ciphertext(OTHER, OTHER)),
            ("choices", (0, 2)),
            ("choices", (1, 0)),
            ("choices", (1, 2)),
            ("choices", (0,)),
            ("choices", (0, 1, 2)),
            ("choices", ()),
        ],
    )
    def test_a06_a15_the_proof_fails_when_any_part_of_its_statement_changes(
        self, proven, field, forged
    ):
        statement, proofs = proven
        with pytest.raises(InvalidProof):
            interval_claim(**statement | {field: forged}, proofs=proofs).verify()

    def test_a01_a_rerandomised_ciphertext_needs_a_new_proof(self, proven):
        statement, proofs = proven
        copied = statement["ciphertext"] * encrypt(0, random_scalar())
        with pytest.raises(InvalidProof):
            interval_claim(**statement | {"ciphertext": copied}, proofs=proofs).verify()

    @pytest.mark.parametrize("number", [2, -1, ORDER - 1])
    def test_a15_a_false_statement_cannot_be_proven(self, number):
        secret = random_scalar()
        with pytest.raises(AssertionError):
            prove_interval(
                context="S",
                public_key=PUBLIC_KEY,
                ciphertext=encrypt(number, secret),
                opening=Opening(secret, number),
                choices=(0, 1),
            )

    def test_a15_lying_about_the_opening_does_not_help(self):
        secret = random_scalar()
        statement = {
            "context": "S",
            "public_key": PUBLIC_KEY,
            "ciphertext": encrypt(2, secret),
            "choices": (0, 1),
        }
        proofs = prove_interval(**statement, opening=Opening(secret, 1))
        with pytest.raises(InvalidProof):
            interval_claim(**statement, proofs=proofs).verify()

    def test_a03_commitments_chosen_before_the_statement_do_not_verify(self):
        # Bernhard, Pereira and Warinschi (ASIACRYPT 2012): under a weak challenge H(A0,B0,A1,B1)
        # one fixes the commitments A_j = g^a_j, B_j = g^b_j, takes c, and then solves for a
        # plaintext m and c_0 + c_1 = c: with u = b_0 − x·a_0 and v = b_1 − x·a_1 the equations are
        # m·c_0 = u and (m−1)·c_1 = v, so c·m² − (c+u+v)·m + u = 0.
        x = 67890
        root = None
        while root is None:
            a0, b0, a1, b1, c = (random_scalar().reveal() for _ in range(5))
            u, v = (b0 - x * a0) % ORDER, (b1 - x * a1) % ORDER
            root = square_root((c + u + v) ** 2 - 4 * c * u)
        m = (c + u + v + root) * pow(2 * c, -1, ORDER) % ORDER
        c0 = u * pow(m, -1, ORDER) % ORDER
        c1 = (c - c0) % ORDER
        r = random_scalar()
        ciphertext = encrypt(m, r)
        proofs = [
            Proof(c0, (a0 - c0 * r.reveal()) % ORDER),
            Proof(c1, (a1 - c1 * r.reveal()) % ORDER),
        ]
        # The commitments are those chosen beforehand: under the weak hash this would verify.
        for j, (a, b) in enumerate([(a0, b0), (a1, b1)]):
            commitment_a = GENERATOR ** proofs[j].response * ciphertext.alpha ** proofs[j].challenge
            assert commitment_a == GENERATOR**a
            shifted = ciphertext.beta / GENERATOR**j
            assert PUBLIC_KEY ** proofs[j].response * shifted ** proofs[j].challenge == GENERATOR**b
        with pytest.raises(InvalidProof):
            interval_claim(
                context="S",
                public_key=PUBLIC_KEY,
                ciphertext=ciphertext,
                choices=(0, 1),
                proofs=proofs,
            ).verify()


class TestBlank:
    @pytest.mark.parametrize("bits", [(1, 0, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1)])
    def test_permitted_votes_are_proven_and_changes_are_refused(self, bits):
        openings = [Opening(random_scalar(), bit) for bit in bits]
        blank, *others = (
            encrypt_bit(bit=opening.plaintext, public_key=PUBLIC_KEY, randomness=opening.randomness)
            for opening in openings
        )
        total = product(others, public_key=PUBLIC_KEY)
        randomness = openings[1].randomness + openings[2].randomness
        total_opening = Opening(randomness, bits[1] + bits[2])
        nothing = blank_or_nothing(blank=blank, total=total)
        enough = blank_or_enough(blank=blank, total=total, minimum=1, maximum=2)
        for prefix, branches, known in (
            ("bproof0", nothing, [openings[0], total_opening]),
            ("bproof1", enough, [openings[0], total_opening, total_opening]),
        ):
            statement = {
                "prefix": prefix,
                "context": "S",
                "public_key": PUBLIC_KEY,
                "branches": branches,
            }
            proofs = prove_blank(**statement, openings=known)
            blank_claim(**statement, proofs=proofs).verify()
            for forged in changed_lists(proofs):
                with pytest.raises(InvalidProof):
                    blank_claim(**statement, proofs=forged).verify()
            for field, other in (
                ("prefix", "bproof2"),
                ("context", "S'"),
                ("public_key", OTHER),
                ("branches", branches[::-1]),
                ("branches", branches[:-1]),
                ("branches", [Branch(neutral(ED25519), 0)] * len(branches)),
            ):
                with pytest.raises(InvalidProof):
                    blank_claim(**statement | {field: other}, proofs=proofs).verify()

    def test_a15_blank_and_a_choice_together_cannot_be_proven(self):
        openings = [Opening(random_scalar(), 1), Opening(random_scalar(), 1)]
        blank, total = (encrypt(1, opening.randomness) for opening in openings)
        with pytest.raises(AssertionError):
            prove_blank(
                prefix="bproof0",
                context="S",
                public_key=PUBLIC_KEY,
                branches=blank_or_nothing(blank=blank, total=total),
                openings=openings,
            )


class TestDecryption:
    @pytest.fixture
    def proven(self):
        secret = random_scalar()
        alpha = GENERATOR ** random_scalar()
        statement = {
            "fingerprint": HASH,
            "public_key": GENERATOR**secret,
            "alpha": alpha,
            "factor": alpha**secret,
        }
        proof = prove_decryption(
            fingerprint=HASH, secret_key=secret, public_key=GENERATOR**secret, alpha=alpha
        )
        return statement, proof

    def test_a_true_factor_can_be_proven(self, proven):
        statement, proof = proven
        verify_decryption(**statement, proof=proof)

    def test_a13_the_factor_of_the_identity_is_the_identity(self):
        secret = random_scalar()
        proof = prove_decryption(
            fingerprint=HASH, secret_key=secret, public_key=GENERATOR**secret, alpha=IDENTITY
        )
        verify_decryption(
            fingerprint=HASH,
            public_key=GENERATOR**secret,
            alpha=IDENTITY,
            factor=IDENTITY,
            proof=proof,
        )

    def test_the_proof_fails_when_any_of_its_numbers_changes(self, proven):
        statement, proof = proven
        for forged in changed(proof):
            with pytest.raises(InvalidProof):
                verify_decryption(**statement, proof=forged)

    @pytest.mark.parametrize(
        ("field", "forged"),
        [
            ("fingerprint", HASH[::-1]),
            ("public_key", OTHER),
            ("alpha", OTHER),
            ("alpha", IDENTITY),
            ("factor", OTHER),
            ("factor", IDENTITY),
        ],
    )
    def test_a06_the_proof_fails_when_any_part_of_its_statement_changes(
        self, proven, field, forged
    ):
        statement, proof = proven
        with pytest.raises(InvalidProof):
            verify_decryption(**statement | {field: forged}, proof=proof)


class TestReading:
    def test_a_proof_goes_to_json_and_back(self):
        proof = Proof(1, ORDER - 1)
        assert read_proof(proof.to_json(), place="p", is_ordered=True) == proof

    @pytest.mark.parametrize(
        ("value", "place"),
        [
            ({"challenge": "1", "response": str(ORDER)}, "p.response"),
            ({"challenge": "01", "response": "1"}, "p.challenge"),
            ({"challenge": 1, "response": "1"}, "p.challenge"),
            ({"challenge": "1"}, "p"),
            ({"challenge": "1", "response": "1", "more": "1"}, "p"),
            ([], "p"),
            (None, "p"),
        ],
    )
    def test_a11_a_bad_proof_is_refused_with_its_place(self, value, place):
        with pytest.raises(DecodeError) as error:
            read_proof(value, place=place.split(".")[0], is_ordered=False)
        assert error.value.place == place

    def test_the_order_of_the_fields_matters_in_canonical_objects_only(self):
        value = {"response": "1", "challenge": "2"}
        assert read_proof(value, place="p", is_ordered=False) == Proof(2, 1)
        with pytest.raises(DecodeError, match="order"):
            read_proof(value, place="p", is_ordered=True)
