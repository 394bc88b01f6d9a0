import json
from dataclasses import replace

import pytest

from evote.election import ListsQuestion
from evote.encoding import encode_json
from evote.errors import DecodeError, InvalidProof
from evote.group import GENERATOR, IDENTITY, ORDER, random_scalar
from evote.proofs import Proof, verify_decryption
from evote.proofs.statements import prove_strong_decryption, verify_strong_decryption
from evote.tally import (
    decode_partial_decryption,
    decode_strong_proofs,
    decrypt_partially,
    decrypt_strongly,
    verify_strong_decryptions,
)
from evote.transcript import challenge
from tests.factories.evote import BLANK, PLAIN, count_ballots, make_world

WORLD = make_world(questions=[PLAIN, BLANK], trustees=2)
TALLY = count_ballots(
    WORLD,
    [WORLD.ballot(0, [[0, 1, 1], [1, 0, 0]]), WORLD.ballot(1, [[1, 0, 0], [0, 1, 0]])],
).tally
CLOSING = "ab" * 32


def decrypt(*, owner=1, tally=TALLY, closing=CLOSING, world=WORLD):
    part = {
        "secret_key": world.secret_keys[owner - 1],
        "election": world.election,
        "tally": tally,
    }
    data = decrypt_partially(**part)
    return (
        decode_partial_decryption(data, election=world.election),
        decrypt_strongly(**part, closing=closing),
    )


DECRYPTION, PROOFS = decrypt()


def verify(proofs=PROOFS, *, owner=1, tally=TALLY, closing=CLOSING, decryption=DECRYPTION):
    verify_strong_decryptions(
        proofs=decode_strong_proofs(proofs),
        election=WORLD.election,
        trustee=WORLD.trustees[owner - 1],
        tally=tally,
        decryption=decryption,
        closing=closing,
    )


def edited(change):
    value = json.loads(PROOFS)
    change(value)
    return encode_json(value)


def test_own_proofs_are_accepted():
    verify()


def test_an_election_in_which_nobody_voted_can_be_decrypted():
    tally = count_ballots(WORLD, []).tally
    assert tally.questions[0][0].alpha == IDENTITY
    decryption, proofs = decrypt(tally=tally)
    verify(proofs, tally=tally, decryption=decryption)


@pytest.mark.parametrize(
    "change",
    [
        {"owner": 2},
        {"closing": "cd" * 32},
        {"decryption": decrypt(owner=2)[0]},
        {"decryption": replace(DECRYPTION, factors=DECRYPTION.factors[::-1])},
        {
            "decryption": replace(
                DECRYPTION, factors=(DECRYPTION.factors[0][::-1], DECRYPTION.factors[1])
            )
        },
        {"tally": replace(TALLY, questions=(TALLY.questions[0][::-1], TALLY.questions[1]))},
        {"decryption": replace(DECRYPTION, factors=DECRYPTION.factors[:1])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_changed_part_of_the_statement_is_refused(change):
    with pytest.raises(InvalidProof):
        verify(**change)


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.pop(),
        lambda value: value.append([]),
        lambda value: value[0].pop(),
        lambda value: value[0].append(value[0][0]),
        lambda value: value[0].append([]),
        lambda value: value.reverse(),
        lambda value: value[0].reverse(),
        lambda value: value[1].__setitem__(0, [value[1][0]]),
        lambda value: value.__setitem__(1, value[1][0]),
        lambda value: value[0][1].update(response="1"),
        lambda value: value[0][1].update(challenge="1"),
    ],
)
def test_every_changed_nesting_or_proof_is_refused(change):
    with pytest.raises(InvalidProof):
        verify(edited(change))


def test_the_place_of_a_proof_that_does_not_hold_is_named():
    with pytest.raises(InvalidProof, match=r"^proofs 1\.2:"):
        verify(edited(lambda value: value[1][2].update(response="1")))


@pytest.mark.parametrize(
    "data",
    [b"{}", b"[1]", b"[null]", b'[[{"challenge":"1"}]]', PROOFS + b" ", b'[["1"]]'],
    ids=["object", "number", "null", "half a proof", "space", "text"],
)
def test_what_is_no_nesting_of_proofs_is_refused(data):
    with pytest.raises(DecodeError):
        decode_strong_proofs(data)


def test_a_factor_that_only_version_1_would_take_is_refused():
    # Version 1 hashes neither α nor F: fit an α to a finished proof, as a dishonest server could.
    world = make_world(questions=[PLAIN], trustees=1)
    tally = count_ballots(world, [world.ballot(0, [[0, 1, 0]])]).tally
    decryption, proofs = decrypt(world=world, tally=tally)
    shift = random_scalar()
    item = tally.questions[0][0]
    moved = replace(item, alpha=item.alpha**shift)
    factor = decryption.factors[0][0] ** shift
    with pytest.raises(InvalidProof):
        verify_strong_decryptions(
            proofs=decode_strong_proofs(proofs),
            election=world.election,
            trustee=world.trustees[0],
            tally=replace(tally, questions=((moved, *tally.questions[0][1:]),)),
            decryption=replace(decryption, factors=((factor, *decryption.factors[0][1:]),)),
            closing=CLOSING,
        )


def garbage_factor(alpha, secret_key, prefix):
    # Solve the equations for F, after the challenge, instead of making a proof for F = α^x.
    w, b = random_scalar(), random_scalar()
    c = challenge(prefix, [GENERATOR**w, GENERATOR**b])
    response = (w - secret_key * c).reveal()
    factor = (GENERATOR**b / alpha**response) ** pow(c, -1, ORDER)
    return factor, Proof(c, response)


def test_a04_a05_a_made_up_factor_passes_version_1_but_not_the_strong_proof():
    secret_key = WORLD.secret_keys[0]
    public_key = GENERATOR**secret_key
    fingerprint = WORLD.election.fingerprint
    alpha = TALLY.questions[0][0].alpha
    version_1 = f"decrypt|{fingerprint}|{public_key.encode()}|"
    factor, proof = garbage_factor(alpha, secret_key, version_1)
    verify_decryption(
        proof=proof,
        fingerprint=fingerprint,
        public_key=public_key,
        alpha=alpha,
        factor=factor,
    )
    assert factor != alpha**secret_key
    statement = {
        "fingerprint": fingerprint,
        "position": "0.0",
        "closing": CLOSING,
        "alpha": alpha,
        "factor": factor,
    }
    honest = prove_strong_decryption(secret_key=secret_key, **statement)
    for attempt in (proof, honest):
        with pytest.raises(InvalidProof):
            verify_strong_decryption(proof=attempt, public_key=public_key, **statement)


def test_lists_are_nested_as_their_factors_are():
    lists = ListsQuestion(text="?", lists=(("L", "a", "b"), ("M", "c")), extra=None)
    world = make_world(questions=[lists], trustees=1, voters=1)
    tally = count_ballots(world, []).tally
    decryption, proofs = decrypt(world=world, tally=tally)
    assert [len(row) for row in json.loads(proofs)[0]] == [3, 2]
    verify_strong_decryptions(
        proofs=decode_strong_proofs(proofs),
        election=world.election,
        trustee=world.trustees[0],
        tally=tally,
        decryption=decryption,
        closing=CLOSING,
    )
