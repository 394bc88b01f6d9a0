"""What version 1 of the protocol lets through, as docs/threat-model.md says.

The strong proofs of PROTOCOL 2.3 close it; then these tests turn round.
"""

import json

from evote.ballot import homomorphic
from evote.encoding import encode_json
from evote.group import GENERATOR, ORDER, SecretScalar, random_scalar
from evote.record import encode_owned
from evote.tally import decrypt_partially
from evote.transcript import challenge
from evote.verify import Verdict, verify_record
from tests.factories.evote import (
    ONE_OF_TWO,
    RecordWriter,
    count_ballots,
    make_world,
    write_tally,
)

WORLD = make_world(questions=[ONE_OF_TWO], voters=3)


def cast_with(randomness, monkeypatch):
    """Make the last voter's ballot, with this randomness in its first ciphertext."""
    drawn = iter([randomness])
    with monkeypatch.context() as patch:
        patch.setattr(homomorphic, "random_scalar", lambda: next(drawn, None) or random_scalar())
        return WORLD.ballot(2, [[0, 1]])


def test_a04_a_trustee_and_the_last_voter_can_shift_a_count_in_version_1(monkeypatch):
    # The challenge hashes neither α nor F. The trustee fixes A = g^w and B = α_others^w·g^u, gets
    # c, and wants F = α^x/g. α^ρ·F^c = B holds once the last voter takes r = (u + c)/w.
    others = [WORLD.ballot(0, [[1, 0]]), WORLD.ballot(1, [[0, 1]])]
    alpha_of_others = count_ballots(WORLD, others).tally.questions[0][0].alpha
    x, public_key = WORLD.secret_keys[0], WORLD.trustees[0].public_key
    w, u = random_scalar(), random_scalar()
    prefix = f"decrypt|{WORLD.election.fingerprint}|{public_key.encode()}|"
    c = challenge(prefix, [GENERATOR**w, alpha_of_others**w * GENERATOR**u])
    r = (u.reveal() + c) * pow(w.reveal(), -1, ORDER) % ORDER

    votes = [*others, cast_with(SecretScalar(r.to_bytes(32, "little")), monkeypatch)]
    count = count_ballots(WORLD, votes)
    alpha = count.tally.questions[0][0].alpha
    shifted = json.loads(
        decrypt_partially(secret_key=x, election=WORLD.election, tally=count.tally)
    )
    shifted["decryption_factors"][0][0] = (alpha**x / GENERATOR).encode()
    shifted["decryption_proofs"][0][0] = {
        "challenge": str(c),
        "response": str((w - x * c).reveal()),
    }

    writer = RecordWriter().setup(WORLD)
    for vote in votes:
        writer.add("Ballot", vote)
    write_tally(writer, count)
    honest = decrypt_partially(
        secret_key=WORLD.secret_keys[1], election=WORLD.election, tally=count.tally
    )
    for owner, data in enumerate((encode_json(shifted), honest), start=1):
        writer.add("PartialDecryption", data, encode_owned(owner=owner, payload=data))
    writer.add("Result", b'{"result":[[2,2]]}')  # in truth one voter of three chose A
    report = verify_record(writer.data(), progress=lambda *_: None)
    assert report.verdict == Verdict.COMPLETE
