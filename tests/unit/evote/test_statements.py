import json
from pathlib import Path

import pytest

from evote.errors import EvoteError, InvalidProof
from evote.group import (
    GENERATOR,
    IDENTITY,
    Element,
    decode_secret_scalar,
    random_scalar,
)
from evote.proofs import Proof, read_proof
from evote.proofs.statements import (
    NO_PREVIOUS_TRACKER,
    prove_disclosure,
    prove_strong_decryption,
    sign_cast,
    sign_shuffle_statement,
    sign_transcript,
    verify_cast,
    verify_disclosure,
    verify_shuffle_statement,
    verify_strong_decryption,
    verify_transcript,
)

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "statements.json").read_text(encoding="utf-8")
)
SECRET = decode_secret_scalar(VECTORS["secret_key"])
VERIFY = {
    "cast": verify_cast,
    "transcript": verify_transcript,
    "shuffle": verify_shuffle_statement,
    "decryption": verify_strong_decryption,
    "disclosure": verify_disclosure,
}
PROVE = {
    "cast": sign_cast,
    "transcript": sign_transcript,
    "shuffle": sign_shuffle_statement,
    "decryption": prove_strong_decryption,
    "disclosure": prove_disclosure,
}
ELEMENTS = {"public_key", "encryption_key", "alpha", "beta", "key", "factor"}
OWN_KEYS = {"credential", "public_key", "encryption_key"}


def arguments(statement):
    return {
        name: Element.decode(value) if name in ELEMENTS else value
        for name, value in statement.items()
    }


def name_of(case):
    return f"{case['kind']} {case.get('comment', '')}".strip()


@pytest.mark.parametrize("case", VECTORS["valid"], ids=name_of)
def test_a_statement_made_by_other_arithmetic_is_accepted(case):
    proof = read_proof(case["proof"], place="", is_ordered=True)
    VERIFY[case["kind"]](proof=proof, **arguments(case["statement"]))


@pytest.mark.parametrize("case", VECTORS["forged"], ids=name_of)
def test_a_statement_with_any_part_changed_is_refused(case):
    proof = read_proof(case["proof"], place="", is_ordered=True)
    with pytest.raises(InvalidProof):
        VERIFY[case["kind"]](proof=proof, **arguments(case["statement"]))


@pytest.mark.parametrize("case", VECTORS["valid"], ids=name_of)
def test_a_statement_of_ours_is_accepted_and_its_proof_cannot_be_changed(case):
    statement = arguments(case["statement"])
    known = {name: value for name, value in statement.items() if name not in OWN_KEYS}
    proof = PROVE[case["kind"]](secret_key=SECRET, **known)
    VERIFY[case["kind"]](proof=proof, **statement)
    for forged in (
        Proof(proof.challenge, (proof.response + 1) % 2**252),
        Proof((proof.challenge + 1) % 2**252, proof.response),
    ):
        with pytest.raises(InvalidProof):
            VERIFY[case["kind"]](proof=forged, **statement)


@pytest.mark.parametrize("case", VECTORS["valid"], ids=name_of)
def test_a_statement_by_another_key_is_refused(case):
    statement = arguments(case["statement"])
    known = {name: value for name, value in statement.items() if name not in OWN_KEYS}
    proof = PROVE[case["kind"]](secret_key=random_scalar(), **known)
    with pytest.raises(InvalidProof):
        VERIFY[case["kind"]](proof=proof, **statement)


@pytest.mark.parametrize(
    ("kind", "field", "misspelt"),
    [
        ("cast", "tracker", "x"),
        ("cast", "prev", "A" * 44),
        ("cast", "prev", "A" * 42 + "B"),
        ("cast", "credential", "00"),
        ("transcript", "transcript", "AB" * 32),
        ("shuffle", "parent", ""),
        ("shuffle", "payload", "0" * 63),
        ("decryption", "position", "0|3"),
        ("decryption", "position", "00.3"),
        ("decryption", "closing", "0" * 65),
    ],
)
def test_a_misspelt_part_is_refused_before_it_is_hashed(kind, field, misspelt):
    case = next(case for case in VECTORS["valid"] if case["kind"] == kind)
    proof = read_proof(case["proof"], place="", is_ordered=True)
    with pytest.raises(EvoteError):
        VERIFY[kind](proof=proof, **arguments(case["statement"]) | {field: misspelt})


def test_a_factor_of_the_identity_is_asked_for_exactly_where_alpha_is_the_identity():
    public_key = GENERATOR**SECRET
    place = {"fingerprint": "F" * 43, "position": "0.0", "closing": "0" * 64}
    for alpha, factor in ((IDENTITY, GENERATOR), (GENERATOR, IDENTITY)):
        proof = prove_strong_decryption(secret_key=SECRET, alpha=alpha, factor=factor, **place)
        with pytest.raises(InvalidProof):
            verify_strong_decryption(
                proof=proof, public_key=public_key, alpha=alpha, factor=factor, **place
            )


def test_the_first_ballot_of_a_credential_follows_the_tracker_of_nothing():
    assert NO_PREVIOUS_TRACKER == "A" * 43
