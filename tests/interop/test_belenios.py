"""Our records under somebody else's verifier, and theirs under ours (PROTOCOL 3.2).

The folder of the wrappers `belenios-tool-3.0` and `belenios-tool-3.3` comes from the environment
variable BELENIOS_TOOL_DIR; without it these tests are skipped.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from evote.ballot import create_ballot, decode_ballot, verify_ballot
from evote.election import Question, decode_election
from evote.encoding import b64_digest, encode_json
from evote.record import encode_setup, read_record
from evote.verify import Verdict, verify_record
from tests.factories.evote import (
    BLANK,
    LISTS,
    ONE_OF_TWO,
    PLAIN,
    RANKED,
    RecordWriter,
    make_world,
    write_complete_record,
)
from tests.factories.forgery import forgeries
from tests.factories.tampering import tampered_answers

VECTORS = Path(__file__).parents[1] / "vectors"
CASES = [
    "case1-homomorphic-ed25519",
    "case2-threshold-ed25519",
    "case3-mixnet-ed25519",
    "case4-blank-ed25519",
    "case5-weights-ed25519",
    "case6-mj-ed25519",
    "case6-stv-ed25519",
]
ODD = Question(
    text='Où? „Wo“ \\ "/" 哪里 </b> \x7f',
    answers=("Ä|1", "B,2", "投票"),
    minimum=1,
    maximum=3,
    has_blank=True,
)

needs_tool = pytest.mark.skipif(
    "BELENIOS_TOOL_DIR" not in os.environ,
    reason="BELENIOS_TOOL_DIR does not name a folder with belenios-tool-3.0 and -3.3",
)


@pytest.fixture(params=["3.0", "3.3"])
def tool(request, tmp_path):
    program = Path(os.environ["BELENIOS_TOOL_DIR"]) / f"belenios-tool-{request.param}"

    def run(*arguments):
        return subprocess.run(
            [program, *arguments, "--dir", tmp_path],
            capture_output=True,
            cwd=tmp_path,
            timeout=60,
            check=False,
        )

    return run


def up_to_setup(data):
    offset, is_event = 0, False
    while not is_event:
        size = int(data[offset + 124 : offset + 135], 8)
        is_event = b".event.json" in data[offset : offset + 100]
        offset += 512 + size + -size % 512
    return data[:offset]


def accepts(tool, folder, data, uuid):
    # The recipe of PROTOCOL 3.2: the whole record, then every ballot by itself.
    archive = folder / f"{uuid}.bel"
    archive.write_bytes(data)
    if tool("election", "verify").returncode != 0:
        return False
    archive.write_bytes(up_to_setup(data))
    for recorded in read_record(data).of_type("Ballot"):
        (folder / "ballot.json").write_bytes(recorded.objects[0])
        if tool("election", "verify-ballot", "--ballot", "ballot.json").returncode != 0:
            return False
    return True


KINDS = {
    "plain": {"questions": [PLAIN]},
    "blank": {"questions": [BLANK, ODD]},
    "weights": {"questions": [ONE_OF_TWO, PLAIN], "weights": [3, 1, 2**31]},
    "context": {"questions": [PLAIN], "context": {"profile": 0, "consultation": "https://a/"}},
    "one trustee": {"questions": [ONE_OF_TWO], "trustees": 1},
    "threshold": {"questions": [ONE_OF_TWO], "trustees": 0, "thresholds": [(2, 3)]},
    "mixed": {"questions": [ONE_OF_TWO], "trustees": 1, "thresholds": [(2, 3), (1, 1)]},
    "ranked": {"questions": [RANKED]},
    "ranked and plain": {"questions": [PLAIN, RANKED, RANKED], "trustees": 3},
    "lists": {"questions": [LISTS], "weights": [3, 1, 2]},
}
# Who decrypts, where it is not everybody.
OWNERS = {"threshold": [1, 3], "mixed": [1, 3, 4, 5]}
VOTES = {
    "plain": [[[0, 0, 0]], [[0, 1, 1]], [[1, 0, 0]]],
    "blank": [
        [[1, 0, 0], [0, 1, 1, 1]],
        [[0, 1, 0], [1, 0, 0, 0]],
        [[0, 0, 1], [0, 0, 0, 1]],
    ],
    "weights": [[[1, 0], [1, 1, 0]], [[0, 1], [0, 0, 0]], [[1, 0], [0, 0, 1]]],
    "context": [[[0, 0, 0]], [[0, 1, 1]], [[1, 0, 0]]],
    "one trustee": [[[1, 0]], [[1, 0]], [[1, 0]]],
    "threshold": [[[1, 0]], [[0, 1]], [[1, 0]]],
    "mixed": [[[1, 0]], [[0, 1]], [[1, 0]]],
    "ranked": [[[1, 2, 3]], [[0, 0, 0]], [[255, 1, 1]]],
    "ranked and plain": [
        [[0, 0, 0], [1, 2, 3], [3, 2, 1]],
        [[0, 1, 1], [2, 1, 3], [0, 0, 1]],
        [[1, 0, 0], [1, 1, 1], [9, 9, 9]],
    ],
    "lists": [[[[1, 1, 0], [0, 0]]], [[[0, 0, 0], [1, 1]]], [[[1, 1, 1], [0, 0]]]],
}


@needs_tool
@pytest.mark.parametrize("kind", KINDS)
def test_our_records_are_accepted_with_every_ballot(tool, tmp_path, kind):
    world = make_world(voters=3, **KINDS[kind])
    bodies = [world.ballot(voter, answers) for voter, answers in enumerate(VOTES[kind])]
    bodies.append(world.ballot(0, VOTES[kind][1]))
    data = write_complete_record(world, bodies, owners=OWNERS.get(kind)).data()
    assert verify_record(data, progress=lambda *_: None).verdict == Verdict.COMPLETE
    assert accepts(tool, tmp_path, data, world.election.uuid)


@needs_tool
def test_a13_our_empty_election_is_accepted(tool, tmp_path):
    world = make_world()
    data = write_complete_record(world, []).data()
    assert accepts(tool, tmp_path, data, world.election.uuid)


@needs_tool
def test_our_ranked_election_in_which_nobody_voted_is_accepted(tool, tmp_path):
    world = make_world(questions=[RANKED])
    data = write_complete_record(world, []).data()
    assert verify_record(data, progress=lambda *_: None).verdict == Verdict.COMPLETE
    assert accepts(tool, tmp_path, data, world.election.uuid)


@needs_tool
@pytest.mark.parametrize(
    ("question", "answer"), [(RANKED, [3, 0, 255]), (LISTS, [[1, 0, 1], [0, 0]])]
)
def test_their_ballots_of_other_kinds_are_accepted_by_us(tool, tmp_path, question, answer):
    world = make_world(voters=1, questions=[question])
    (tmp_path / f"{world.election.uuid}.bel").write_bytes(RecordWriter().setup(world).data())
    (tmp_path / "credential").write_text(world.credentials[0])
    (tmp_path / "choice.json").write_text(json.dumps([answer]))
    made = tool(
        "election", "generate-ballot", "--privcred", "credential", "--choice", "choice.json"
    )
    ballot = decode_ballot(made.stdout.strip(), election=world.election)
    verify_ballot(ballot=ballot, election=world.election)


@needs_tool
@pytest.mark.parametrize(
    ("question", "answer"), [(RANKED, [3, 1, 2]), (LISTS, [[1, 0, 1], [0, 0]])]
)
def test_forgeries_of_other_kinds_are_refused_by_both(tool, tmp_path, question, answer):
    world = make_world(voters=1, questions=[question])
    (tmp_path / f"{world.election.uuid}.bel").write_bytes(RecordWriter().setup(world).data())
    body = json.loads(world.ballot(0, [answer]))
    forged = [
        (comment, data)
        for comment, data, code in tampered_answers(world, body, voter=0)
        if code == "bad_proof"
    ]
    assert len(forged) >= 4
    for comment, data in forged[:20]:
        (tmp_path / "ballot.json").write_bytes(data)
        answered = tool("election", "verify-ballot", "--ballot", "ballot.json")
        assert answered.returncode != 0, comment


@needs_tool
def test_their_ballots_are_accepted_by_us(tool, tmp_path):
    world = make_world(voters=1, questions=[PLAIN, BLANK])
    uuid = world.election.uuid
    (tmp_path / f"{uuid}.bel").write_bytes(RecordWriter().setup(world).data())
    (tmp_path / "credential").write_text(world.credentials[0])
    (tmp_path / "choice.json").write_text("[[0,1,1],[1,0,0]]")
    made = tool(
        "election", "generate-ballot", "--privcred", "credential", "--choice", "choice.json"
    )
    body = made.stdout.strip()
    ballot = decode_ballot(body, election=world.election)
    verify_ballot(ballot=ballot, election=world.election)
    assert ballot.credential == world.public(0)


@needs_tool
def test_forgeries_that_only_proofs_can_tell_are_refused_by_both(tool, tmp_path):
    world = make_world(voters=1, questions=[BLANK])
    body = world.ballot(0, [[0, 1, 0]])
    (tmp_path / f"{world.election.uuid}.bel").write_bytes(RecordWriter().setup(world).data())
    codes = {"bad_proof", "bad_signature", "wrong_election"}
    checked = 0
    for comment, forged, code in forgeries(world, body, voter=0):
        if code in codes:
            (tmp_path / "ballot.json").write_bytes(forged)
            answer = tool("election", "verify-ballot", "--ballot", "ballot.json")
            assert answer.returncode != 0, comment
            checked += 1
    assert checked >= 10


@needs_tool
def test_the_vectors_of_ballots_have_the_same_verdict(tool, tmp_path):
    vectors = [
        case
        for name in ("ballot.json", "ranked.json")
        for case in json.loads((VECTORS / name).read_text())["elections"]
    ]
    for case in vectors:
        election = decode_election(case["election"].encode())
        writer = RecordWriter()
        objects = {
            "election": election.archived,
            "trustees": case["trustees"].encode(),
            "credentials": encode_json([case["public_credential"]]),
        }
        writer.add("Setup", *objects.values(), encode_setup(**objects))
        (tmp_path / f"{election.uuid}.bel").write_bytes(writer.data())
        for valid in case["valid"]:
            (tmp_path / "ballot.json").write_text(valid["ballot"])
            answer = tool("election", "verify-ballot", "--ballot", "ballot.json")
            assert answer.returncode == 0, answer.stderr.decode()
        (tmp_path / f"{election.uuid}.bel").unlink()


class TestTheirRecords:
    @pytest.fixture(params=CASES)
    def case(self, request):
        return VECTORS / "belenios" / request.param

    def test_trackers_are_the_hashes_of_the_ballots(self, case):
        record = read_record(next(case.glob("*.bel")).read_bytes())
        election = decode_election(record.events[0].objects[0])
        trackers = [
            decode_ballot(recorded.objects[0], election=election).tracker
            for recorded in record.of_type("Ballot")
        ]
        published = {path.read_text().strip() for path in (case / "trackers").iterdir()}
        assert published <= set(trackers)
        assert len(trackers) == len(published) + 1

    def test_we_can_vote_in_their_elections(self, case):
        record = read_record(next(case.glob("*.bel")).read_bytes())
        election = decode_election(record.events[0].objects[0])
        credentials = json.loads((case / "private_creds.json").read_text()).values()
        votes = [json.loads(line) for line in (case / "votes.jsons").read_text().splitlines()]
        for credential, answers in zip(credentials, votes, strict=True):
            body = create_ballot(election=election, credential=credential, answers=answers)
            ballot = decode_ballot(body, election=election)
            verify_ballot(ballot=ballot, election=election)
            assert ballot.tracker == b64_digest(body)
            assert any(
                ballot.credential.encode() in recorded.objects[0]
                for recorded in record.of_type("Ballot")
            )
