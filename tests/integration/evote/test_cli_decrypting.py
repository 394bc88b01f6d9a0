import json
import stat
from pathlib import Path

import pytest

from evote.encoding import encode_json, sha256_hex
from evote.group import encode_secret_scalar
from evote.record import encode_companion, read_record
from evote.tally import (
    decode_strong_proofs,
    encode_encrypted_tally,
    verify_partial_decryption,
    verify_strong_decryptions,
)
from tests.factories.companion import make_companion
from tests.factories.evote import PLAIN, RecordWriter, count_ballots, make_world, write_tally
from tests.factories.records import write

WORLD = make_world(questions=[PLAIN], trustees=2)
BALLOTS = [WORLD.ballot(voter, [[1, 0, 0]]) for voter in range(3)]
KEY = encode_secret_scalar(WORLD.secret_keys[0])


def closed(ballots, *, world=WORLD):
    writer = RecordWriter().setup(world)
    for body in ballots:
        writer.add("Ballot", body)
    return write_tally(writer, count_ballots(world, ballots)).data()


@pytest.fixture
def decrypt(run):
    write("key.json", encode_json(KEY))

    def decrypt(record, *more):
        name = write("a.bel", record)
        return run("trustee", "decrypt", name, "--key", "key.json", *more)

    return decrypt


def test_what_is_decrypted_is_in_the_key_file_before_it_leaves(decrypt):
    assert decrypt(closed(BALLOTS))[0] == 0
    file = json.loads(Path("key.json").read_text())
    tally = encode_encrypted_tally(count_ballots(WORLD, BALLOTS).tally, election=WORLD.election)
    assert file == {
        "version": 1,
        "key": KEY,
        "decrypted": {WORLD.election.uuid: sha256_hex(tally)},
    }
    assert stat.S_IMODE(Path("key.json").stat().st_mode) == 0o600
    assert not list(Path().glob(".key*"))


def test_a31_a36_a_second_tally_that_differs_by_one_ballot_is_never_decrypted(decrypt):
    assert decrypt(closed(BALLOTS))[0] == 0
    remembered = Path("key.json").read_bytes()
    status, output, errors = decrypt(closed(BALLOTS[:2]))
    assert (status, output) == (2, "")
    assert "another tally of the election" in errors
    assert Path("key.json").read_bytes() == remembered


@pytest.mark.parametrize("counted", [BALLOTS[:1], BALLOTS[1:], []])
def test_a31_nothing_but_the_sum_of_all_ballots_is_decrypted(decrypt, counted):
    writer = RecordWriter().setup(WORLD)
    for body in BALLOTS:
        writer.add("Ballot", body)
    status, output, errors = decrypt(write_tally(writer, count_ballots(WORLD, counted)).data())
    assert status == 1
    assert "decryption_factors" not in output
    assert "Nothing was decrypted." in errors
    assert json.loads(Path("key.json").read_text()) == KEY


def test_the_same_tally_is_decrypted_again(decrypt):
    first = json.loads(decrypt(closed(BALLOTS))[1])
    again = json.loads(decrypt(closed(BALLOTS))[1])
    assert first["decryption_factors"] == again["decryption_factors"]


def test_another_election_is_decrypted_with_the_same_key(run, decrypt):
    assert decrypt(closed(BALLOTS))[0] == 0
    other = make_world(questions=[PLAIN], trustees=1)
    ballots = [other.ballot(0, [[0, 1, 0]])]
    write("other.json", encode_json(encode_secret_scalar(other.secret_keys[0])))
    record = write("b.bel", closed(ballots, world=other))
    assert run("trustee", "decrypt", record, "--key", "other.json")[0] == 0
    assert run("trustee", "decrypt", record, "--key", "key.json")[0] == 2


def test_nothing_is_decrypted_where_it_cannot_be_remembered(run, decrypt, monkeypatch):
    def full(path, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    status, output, errors = decrypt(closed(BALLOTS))
    assert (status, output) == (2, "")
    assert "No space left on device" in errors
    assert json.loads(Path("key.json").read_text()) == KEY
    assert not list(Path().glob(".key*"))


def test_a36_fewer_ballots_than_the_elections_minimum_are_never_decrypted(run):
    context = {"profile": 0, "minimum_ballots": 3}
    world = make_world(questions=[PLAIN], trustees=1, context=context)
    ballots = [world.ballot(voter, [[1, 0, 0]]) for voter in range(3)]
    write("key.json", encode_json(encode_secret_scalar(world.secret_keys[0])))
    record = write("a.bel", closed(ballots[:2], world=world))
    status, output, errors = run("trustee", "decrypt", record, "--key", "key.json")
    assert (status, output) == (2, "")
    assert "2 ballots are counted, and this election is decrypted from 3 on" in errors
    record = write("a.bel", closed(ballots, world=world))
    assert run("trustee", "decrypt", record, "--key", "key.json")[0] == 0


@pytest.mark.parametrize(
    "file",
    [
        {"version": 2, "key": KEY, "decrypted": {}},
        {"version": 1, "key": KEY},
        {"version": 1, "key": KEY, "decrypted": []},
        {"version": 1, "key": KEY, "decrypted": {"x": "00"}},
        {"version": 1, "key": "0", "decrypted": {}},
        {"version": 1, "key": KEY, "decrypted": {}, "more": 1},
    ],
    ids=["version", "missing", "list", "hash", "zero", "more"],
)
def test_a_malformed_memory_is_refused_and_not_shown(run, decrypt, file):
    write("key.json", encode_json(file))
    name = write("a.bel", closed(BALLOTS))
    status, output, errors = run("trustee", "decrypt", name, "--key", "key.json")
    assert (status, output) == (2, "")
    assert errors == "evote: key.json: this is not a trustee's private key\n"


class TestProfile1:
    WORLD = make_world(
        questions=[PLAIN],
        trustees=2,
        context={"profile": 1, "minimum_ballots": 2, "minimum_shuffles": 1},
    )
    ALL = [WORLD.ballot(0, [[1, 0, 0]]), WORLD.ballot(1, [[1, 0, 0]]), WORLD.ballot(0, [[0, 0, 0]])]
    VOTES = list(zip((0, 1, 0), ALL, strict=True))

    def files(self, votes=VOTES, *, companion=True):
        record = closed([body for _, body in votes], world=self.WORLD)
        write("a.bel", record)
        if companion:
            write("a.pnyx.json", encode_companion(make_companion(self.WORLD, votes=votes)))
        write("key.json", encode_json(encode_secret_scalar(self.WORLD.secret_keys[1])))
        return record

    def test_strong_proofs_go_with_the_partial_decryption(self, run):
        record = read_record(self.files())
        status, output, errors = run("trustee", "decrypt", "a.bel", "--key", "key.json")
        assert status == 0, errors
        body = json.loads(output)
        assert list(body) == ["owner", "partial_decryption", "proofs"]
        assert body["owner"] == 2
        election, trustee = self.WORLD.election, self.WORLD.trustees[1]
        tally = count_ballots(self.WORLD, [body for _, body in self.VOTES]).tally
        decryption = verify_partial_decryption(
            data=body["partial_decryption"].encode(),
            election=election,
            trustee=trustee,
            tally=tally,
        )
        [closing] = record.of_type("EncryptedTally")
        verify_strong_decryptions(
            proofs=decode_strong_proofs(encode_json(body["proofs"])),
            election=election,
            trustee=trustee,
            tally=tally,
            decryption=decryption,
            closing=closing.hash,
        )

    def test_without_its_companion_nothing_is_decrypted(self, run):
        self.files(companion=False)
        status, output, errors = run("trustee", "decrypt", "a.bel", "--key", "key.json")
        assert status == 1
        assert "Nothing was decrypted." in errors
        assert "decryption_factors" not in output

    def test_a_cast_that_was_dropped_from_the_companion_is_found_before_decrypting(self, run):
        self.files()
        write("a.pnyx.json", encode_companion(make_companion(self.WORLD, votes=self.VOTES[:2])))
        assert run("trustee", "decrypt", "a.bel", "--key", "key.json")[0] == 1

    def test_fewer_ballots_than_the_minimum_are_not_decrypted(self, run):
        self.files(self.VOTES[:1])
        status, output, errors = run("trustee", "decrypt", "a.bel", "--key", "key.json")
        assert (status, output) == (2, ""), errors
        assert "decrypted from 2 on" in errors
