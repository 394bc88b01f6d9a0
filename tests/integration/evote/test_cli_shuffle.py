import json
import threading
from pathlib import Path

import pytest

from evote.ballot import decode_ballot
from evote.encoding import sha256_hex
from evote.group import encode_secret_scalar
from evote.proofs import read_proof
from evote.proofs.statements import verify_shuffle_statement
from evote.record import encode_owned, read_record
from evote.tally import verify_shuffle
from evote.verify import Verdict, verify_record
from tests.factories.evote import (
    PLAIN,
    RANKED,
    RecordWriter,
    count_ballots,
    make_world,
    write_complete_record,
    write_shuffles,
    write_tally,
)
from tests.factories.records import write

WORLD = make_world(questions=[RANKED, PLAIN])
BODIES = [
    WORLD.ballot(0, [[1, 2, 3], [0, 1, 1]]),
    WORLD.ballot(1, [[3, 1, 2], [1, 0, 0]]),
    WORLD.ballot(2, [[3, 1, 2], [0, 0, 0]]),
]
COUNT = count_ballots(WORLD, BODIES)


def tallied():
    writer = RecordWriter().setup(WORLD)
    for body in BODIES:
        writer.add("Ballot", body)
    return write_tally(writer, COUNT)


def write_key(number):
    return write("key.json", json.dumps(encode_secret_scalar(WORLD.secret_keys[number])))


class TestBallot:
    def test_ranks_and_checks(self, run):
        election = write("election.json", WORLD.election.archived)
        credential = write("credential.txt", WORLD.credentials[0])
        answers = write("answers.json", "[[3,1,2],[0,1,1]]")
        arguments = ("--credential", credential, "--answers", answers, "--output", "ballot.json")
        status, _, errors = run("ballot", "create", election, *arguments)
        assert status == 0, errors
        ballot = decode_ballot(Path("ballot.json").read_bytes(), election=WORLD.election)
        assert f"tracker: {ballot.tracker}" in errors
        status, output, _ = run("ballot", "check", "ballot.json", "--election", election)
        assert status == 0
        assert ballot.tracker in output

    @pytest.mark.parametrize(
        "answers", ["[[1,2],[0,1,1]]", "[[1,2,256],[0,1,1]]", "[[[1],[2]],[0,1,1]]", "[[1,2,3]]"]
    )
    def test_says_what_no_ballot_can_hold(self, run, answers):
        election = write("election.json", WORLD.election.archived)
        credential = write("credential.txt", WORLD.credentials[0])
        file = write("answers.json", answers)
        arguments = ("--credential", credential, "--answers", file)
        status, output, errors = run("ballot", "create", election, *arguments)
        assert (status, output) == (2, "")
        assert "answers.json" in errors


def verdict(state, detail=""):
    """What the server says of a shuffle."""
    value = {"state": state, "parts_checked": 1, "parts": 3, "code": "", "detail": detail}
    return 200, {}, json.dumps(value).encode()


class TestShuffle:
    def test_two_trustees_shuffle_one_after_the_other(self, run):
        writer, tally = tallied(), COUNT.tally
        for number in (0, 1):
            record = write("record.bel", writer.data())
            output = f"shuffle-{number}.json"
            status, _, errors = run(
                "trustee", "shuffle", record, "--key", write_key(number), "--output", output
            )
            assert status == 0, errors
            assert f"Trustee {number + 1} shuffled 3 ranked answers" in errors
            data = Path(output).read_bytes()
            tally = verify_shuffle(data=data, election=WORLD.election, tally=tally)
            writer.add("Shuffle", data, encode_owned(owner=number + 1, payload=data))
        report = verify_record(
            writer.add("EndShuffles").data(), progress=lambda step, done, total: None
        )
        assert report.verdict == Verdict.UNFINISHED
        assert report.decryptable == tally

    def test_what_is_submitted_is_signed_for_its_place_in_the_record(self, run, site):
        address, pages, received = site
        uuid, data = WORLD.election.uuid, tallied().data()
        pages[f"/elections/{uuid}/{uuid}.bel"] = (200, {}, data)
        pages[f"/api/elections/{uuid}/shuffles"] = (202, {}, b"{}")
        pages[f"/api/elections/{uuid}/shuffles/2"] = verdict("accepted")
        page = f"{address}/elections/{uuid}/"
        status, output, errors = run("trustee", "shuffle", page, "--key", write_key(1), "--submit")
        assert (status, output) == (0, ""), errors
        assert "The server took it" in errors
        path, _, body = received[0]
        assert path == f"/api/elections/{uuid}/shuffles"
        value = json.loads(body)
        assert set(value) == {"owner", "shuffle", "proof"}
        assert value["owner"] == 2
        shuffle = value["shuffle"].encode()
        verify_shuffle(data=shuffle, election=WORLD.election, tally=COUNT.tally)
        verify_shuffle_statement(
            proof=read_proof(value["proof"], place="proof", is_ordered=False),
            fingerprint=WORLD.election.fingerprint,
            public_key=WORLD.trustees[1].public_key,
            parent=read_record(data).events[-1].hash,
            payload=sha256_hex(shuffle),
        )

    def test_waits_for_the_servers_verdict_and_passes_on_a_refusal(self, run, site, monkeypatch):
        monkeypatch.setattr("evote.cli.trustee.shuffle._SECONDS_BETWEEN_QUESTIONS", 0.05)
        address, pages, _received = site
        uuid, data = WORLD.election.uuid, tallied().data()
        state = f"/api/elections/{uuid}/shuffles/2"
        pages[f"/elections/{uuid}/{uuid}.bel"] = (200, {}, data)
        pages[f"/api/elections/{uuid}/shuffles"] = (202, {}, b"{}")
        pages[state] = verdict("being-checked")
        timer = threading.Timer(
            0.5, lambda: pages.update({state: verdict("refused", "It does not hold.")})
        )
        timer.start()
        page = f"{address}/elections/{uuid}/"
        status, output, errors = run("trustee", "shuffle", page, "--key", write_key(1), "--submit")
        timer.join()
        assert (status, output) == (2, "")
        assert "did not take the shuffle. It does not hold." in errors

    @pytest.mark.parametrize("answer", [b"[]", b"{}", b"nonsense", b'{"state":3}'])
    def test_says_when_the_server_answers_nonsense(self, run, site, answer):
        address, pages, _received = site
        uuid, data = WORLD.election.uuid, tallied().data()
        pages[f"/elections/{uuid}/{uuid}.bel"] = (200, {}, data)
        pages[f"/api/elections/{uuid}/shuffles"] = (202, {}, b"{}")
        pages[f"/api/elections/{uuid}/shuffles/2"] = (200, {}, answer)
        page = f"{address}/elections/{uuid}/"
        status, _, errors = run("trustee", "shuffle", page, "--key", write_key(1), "--submit")
        assert status == 2
        assert "the server's answer cannot be read" in errors

    @pytest.mark.parametrize(
        ("record", "reason"),
        [
            (
                write_complete_record(make_world(questions=[PLAIN]), []).data(),
                "no question of this election is ranked",
            ),
            (RecordWriter().setup(WORLD).data(), "no encrypted tally in the record yet"),
            (write_complete_record(WORLD, BODIES).data(), "the shuffles are over"),
        ],
        ids=["nothing ranked", "too early", "too late"],
    )
    def test_says_when_there_is_nothing_to_shuffle(self, run, record, reason):
        status, output, errors = run(
            "trustee", "shuffle", write("record.bel", record), "--key", write_key(0)
        )
        assert (status, output) == (2, "")
        assert reason in errors

    def test_nobody_shuffles_twice(self, run):
        writer = tallied()
        data = write_shuffles(writer, COUNT, owners=[1])
        assert data
        # The same record without its last event, EndShuffles.
        record = write("record.bel", b"".join(writer.members[:-1]))
        status, _, errors = run("trustee", "shuffle", record, "--key", write_key(0))
        assert status == 2
        assert "trustee 1 has shuffled already" in errors

    def test_a31_nothing_is_decrypted_before_the_shuffles_are_over(self, run):
        record = write("record.bel", tallied().data())
        status, output, errors = run("trustee", "decrypt", record, "--key", write_key(0))
        assert (status, output) == (2, "")
        assert "shuffled first" in errors

    def test_an_invalid_record_is_not_shuffled(self, run):
        data = bytearray(tallied().data())
        data[-600] ^= 1
        record = write("record.bel", bytes(data))
        status, _, errors = run("trustee", "shuffle", record, "--key", write_key(0))
        assert status == 1
        assert "Nothing was shuffled" in errors

    def test_a_whole_ranked_election_is_shown_with_its_rankings(self, run):
        record = write("record.bel", write_complete_record(WORLD, BODIES).data())
        status, output, _ = run("verify", record)
        assert status == 0
        assert "2 × 3, 1, 2" in output
        assert "1 × 1, 2, 3" in output
        assert "11. The shuffles: passed" in output
