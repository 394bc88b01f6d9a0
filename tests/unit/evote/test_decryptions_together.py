import json
from dataclasses import replace

import pytest

from evote.encoding import encode_json
from evote.errors import DecodeError, InvalidProof
from evote.group import GENERATOR
from evote.proofs.batch import refused_claims
from evote.proofs.decryption import decryption_claim, prove_decryption
from evote.tally import (
    EncryptedTally,
    decode_encrypted_tally,
    decode_partial_decryption,
    decode_strong_proofs,
    decrypt_partially,
    decrypt_strongly,
    encode_encrypted_tally,
    form,
    verify_partial_decryption,
    verify_strong_decryptions,
)
from evote.tally import decryption as decryption_module
from evote.tally import strong as strong_module
from tests.factories.evote import LISTS, PLAIN, count_ballots, make_world

WORLD = make_world(questions=[PLAIN, LISTS], trustees=1)
TRUSTEE = WORLD.trustees[0]
TALLY = count_ballots(
    WORLD, [WORLD.ballot(number, [[0, 1, 1], [[1, 1, 0], [0, 0]]]) for number in range(2)]
).tally
CLOSING = "ab" * 32
PARTS = {"secret_key": WORLD.secret_keys[0], "election": WORLD.election, "tally": TALLY}
DATA = decrypt_partially(**PARTS)
DECRYPTION = decode_partial_decryption(DATA, election=WORLD.election)
STRONG = decode_strong_proofs(decrypt_strongly(**PARTS, closing=CLOSING))


@pytest.fixture(params=[1, 2, 1000])
def at_once(request, monkeypatch):
    monkeypatch.setattr(decryption_module, "FACTORS_AT_ONCE", request.param)
    monkeypatch.setattr(strong_module, "FACTORS_AT_ONCE", request.param)


def edited(change):
    value = json.loads(DATA)
    change(value)
    return encode_json(value)


def verify(data):
    return verify_partial_decryption(
        data=data, election=WORLD.election, trustee=TRUSTEE, tally=TALLY
    )


def verify_strong(proofs):
    verify_strong_decryptions(
        proofs=proofs,
        election=WORLD.election,
        trustee=TRUSTEE,
        tally=TALLY,
        decryption=DECRYPTION,
        closing=CLOSING,
    )


@pytest.mark.usefixtures("at_once")
class TestAsManyAtOnce:
    def test_everything_holds(self):
        verify(DATA)
        verify_strong(STRONG)

    @pytest.mark.parametrize("index", [0, 1, 2])
    def test_the_first_forged_factor_is_named(self, index):
        def forge(value):
            for number in range(index, 3):
                value["decryption_factors"][0][number] = GENERATOR.encode()

        with pytest.raises(InvalidProof) as caught:
            verify(edited(forge))
        assert str(caught.value) == (
            f"decryption_factors[0][{index}]: the decryption factor does not match the "
            "trustee's public key"
        )

    def test_a_factor_that_is_the_identity_is_named_before_a_forged_one_behind_it(self):
        def forge(value):
            value["decryption_factors"][0][1] = (GENERATOR / GENERATOR).encode()
            value["decryption_factors"][0][2] = GENERATOR.encode()

        with pytest.raises(InvalidProof, match=r"\[0\]\[1\]: .*is the identity, or ought to be"):
            verify(edited(forge))

    def test_a_forged_strong_proof_is_named_by_its_place(self):
        proofs = [list(STRONG[0]), *STRONG[1:]]
        proofs[0][2] = replace(proofs[0][2], response=(proofs[0][2].response + 1))
        with pytest.raises(InvalidProof, match=r"^proofs 0\.2: the strong proof does not bind"):
            verify_strong((tuple(proofs[0]), *proofs[1:]))


def test_claims_that_do_not_hold_are_found_by_their_index():
    secret_key = WORLD.secret_keys[0]
    bases = [GENERATOR**number for number in (3, 5, 7, 11)]

    def write(take):
        return [
            decryption_claim(
                proof=prove_decryption(
                    fingerprint="φ",
                    secret_key=secret_key,
                    public_key=TRUSTEE.public_key,
                    alpha=base,
                ),
                fingerprint="φ",
                public_key=take(TRUSTEE.public_key),
                alpha=take(base),
                factor=take(base**secret_key if index % 2 else base),
            )
            for index, base in enumerate(bases)
        ]

    assert set(refused_claims(write, public_key=TRUSTEE.public_key)) == {0, 2}


class TestManyElementsAreTestedTogether:
    # A point of order 2, in no prime-order group.
    OUTSIDE = ((2**255 - 19) - 1).to_bytes(32, "big").hex()

    @pytest.fixture(autouse=True)
    def together_from_one_on(self, monkeypatch):
        monkeypatch.setattr(form, "MANY_ELEMENTS", 1)

    def test_a_tally_is_read_as_it_was_written(self):
        data = encode_encrypted_tally(TALLY, election=WORLD.election)
        assert decode_encrypted_tally(data, election=WORLD.election) == EncryptedTally(
            TALLY.questions
        )

    @pytest.mark.parametrize("name", ["alpha", "beta"])
    def test_a_tally_with_a_point_outside_the_group_is_refused_at_its_place(self, name):
        value = json.loads(encode_encrypted_tally(TALLY, election=WORLD.election))
        value[0][1][name] = self.OUTSIDE
        with pytest.raises(DecodeError) as caught:
            decode_encrypted_tally(encode_json(value), election=WORLD.election)
        assert caught.value.place == f"[0][1].{name}"

    def test_a_ciphertext_of_another_shape_is_refused_at_its_place(self):
        value = json.loads(encode_encrypted_tally(TALLY, election=WORLD.election))
        value[0][2] = {"beta": value[0][2]["beta"], "alpha": value[0][2]["alpha"]}
        with pytest.raises(DecodeError) as caught:
            decode_encrypted_tally(encode_json(value), election=WORLD.election)
        assert caught.value.place.startswith("[0][2]")

    def test_a_factor_outside_the_group_is_refused_at_its_place(self):
        def forge(value):
            value["decryption_factors"][0][2] = self.OUTSIDE

        with pytest.raises(DecodeError) as caught:
            decode_partial_decryption(edited(forge), election=WORLD.election)
        assert caught.value.place == "decryption_factors[0][2]"
