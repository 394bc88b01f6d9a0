"""What version 1 of the protocol lets through, as docs/threat-model.md says, and profile 1 not.

The same attack is held against both: the strong proofs of PROTOCOL 2.3 are what stops it.
"""

import json

from evote.ballot import homomorphic
from evote.encoding import encode_json
from evote.group import GENERATOR, ORDER, SecretScalar, random_scalar
from evote.record import encode_companion, encode_owned
from evote.tally import decrypt_partially
from evote.transcript import challenge
from evote.verify import Verdict, verify_record
from tests.factories.companion import make_companion, make_strong_decryption
from tests.factories.evote import (
    ONE_OF_TWO,
    RecordWriter,
    count_ballots,
    make_world,
    write_tally,
)

WORLDS = {
    profile: make_world(questions=[ONE_OF_TWO], voters=3, context={"profile": profile})
    for profile in (0, 1)
}


def cast_with(world, randomness, monkeypatch):
    """Make the last voter's ballot, with this randomness in its first ciphertext."""
    drawn = iter([randomness])
    with monkeypatch.context() as patch:
        patch.setattr(homomorphic, "random_scalar", lambda: next(drawn, None) or random_scalar())
        return world.ballot(2, [[0, 1]])


def shifted_record(world, monkeypatch):
    """Let the first trustee and the last voter move one vote; give the record and its companion."""
    # The challenge hashes neither α nor F. The trustee fixes A = g^w and B = α_others^w·g^u, gets
    # c, and wants F = α^x/g. α^ρ·F^c = B holds once the last voter takes r = (u + c)/w.
    others = [world.ballot(0, [[1, 0]]), world.ballot(1, [[0, 1]])]
    alpha_of_others = count_ballots(world, others).tally.questions[0][0].alpha
    x, public_key = world.secret_keys[0], world.trustees[0].public_key
    w, u = random_scalar(), random_scalar()
    prefix = f"decrypt|{world.election.fingerprint}|{public_key.encode()}|"
    c = challenge(prefix, [GENERATOR**w, alpha_of_others**w * GENERATOR**u])
    r = (u.reveal() + c) * pow(w.reveal(), -1, ORDER) % ORDER

    votes = [*others, cast_with(world, SecretScalar(r.to_bytes(32, "little")), monkeypatch)]
    count = count_ballots(world, votes)
    alpha = count.tally.questions[0][0].alpha
    shifted = json.loads(
        decrypt_partially(secret_key=x, election=world.election, tally=count.tally)
    )
    shifted["decryption_factors"][0][0] = (alpha**x / GENERATOR).encode()
    shifted["decryption_proofs"][0][0] = {
        "challenge": str(c),
        "response": str((w - x * c).reveal()),
    }

    writer = RecordWriter().setup(world)
    for vote in votes:
        writer.add("Ballot", vote)
    write_tally(writer, count)
    closing = writer.parent
    honest = decrypt_partially(
        secret_key=world.secret_keys[1], election=world.election, tally=count.tally
    )
    strong = []
    for owner, data in enumerate((encode_json(shifted), honest), start=1):
        writer.add("PartialDecryption", data, encode_owned(owner=owner, payload=data))
        # The best that the trustee can do is to prove what the key makes of α.
        strong.append(
            make_strong_decryption(
                world, owner=owner, data=data, tally=count.tally, closing=closing
            )
        )
    writer.add("Result", b'{"result":[[2,2]]}')  # in truth one voter of three chose A
    companion = make_companion(world, votes=list(enumerate(votes)), decryptions=strong)
    return writer.data(), encode_companion(companion)


def test_a04_a_trustee_and_the_last_voter_can_shift_a_count_in_version_1(monkeypatch):
    record, _ = shifted_record(WORLDS[0], monkeypatch)
    report = verify_record(record, progress=lambda *_: None)
    assert report.verdict == Verdict.COMPLETE


def test_a04_the_same_shift_is_refused_in_profile_1_with_the_trustee_named(monkeypatch):
    record, companion = shifted_record(WORLDS[1], monkeypatch)
    report = verify_record(record, companion=companion, progress=lambda *_: None)
    assert report.verdict == Verdict.INVALID
    [problem] = [problem for step in report.steps for problem in step.problems]
    assert "trustee 1" in str(problem)
    assert "strong proof" in str(problem)
