import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.ballot import create_ballot
from evote.credential import encode_credentials
from evote.election import combine_public_keys, decode_election, encode_trustees, make_trustee
from evote.encoding import encode_json, sha256_hex
from evote.errors import NotSupported
from evote.group import GENERATOR, IDENTITY, random_scalar
from evote.record import encode_owned, encode_setup, read_record
from evote.tally import (
    decrypt_partially,
    encode_encrypted_tally,
    encode_result,
    encode_sized_tally,
)
from evote.verify import Report, StepStatus, Verdict, state, steps, tally_steps, verify_record
from tests.factories.evote import (
    BLANK,
    ONE_OF_TWO,
    PLAIN,
    RecordWriter,
    count_ballots,
    make_world,
    write_complete_record,
    write_tally,
)
from tests.factories.forgery import forgeries, with_torsion

BELENIOS = Path(__file__).parents[2] / "vectors" / "belenios"

WORLD = make_world(questions=[PLAIN])
BALLOTS = [
    WORLD.ballot(0, [[0, 1, 1]]),
    WORLD.ballot(1, [[1, 0, 0]]),
    WORLD.ballot(0, [[1, 0, 0]]),
]
COMPLETE = write_complete_record(WORLD, BALLOTS)


def verify(data, **options) -> Report:
    return verify_record(data, progress=lambda *_: None, **options)


def failed(data):
    """Give number, place and message of the only step that failed."""
    report = verify(data)
    assert report.verdict == Verdict.INVALID
    red = [step for step in report.steps if step.status == StepStatus.FAILED]
    assert len(red) == 1
    assert red[0].problems
    problem = red[0].problems[0]
    return red[0].number, problem.place, problem.message


def voted(*bodies, world=WORLD):
    writer = RecordWriter().setup(world)
    for body in bodies:
        writer.add("Ballot", body)
    return writer


class TestVerdicts:
    @pytest.mark.parametrize(
        ("questions", "weights", "votes", "counts"),
        [
            ([PLAIN], None, [[[0, 1, 1]], [[1, 0, 0]]], ((1, 1, 1),)),
            ([BLANK], None, [[[1, 0, 0]], [[0, 1, 0]]], ((1, 1, 0),)),
            ([PLAIN, ONE_OF_TWO], [3, 2**31], [[[0, 0, 0], [1, 0]], [[0, 1, 0], [1, 0]]], None),
            ([PLAIN], None, [], ((0, 0, 0),)),
        ],
        ids=["plain", "blank", "weights", "a13 no ballots"],
    )
    def test_a_whole_record_is_valid_and_complete(self, questions, weights, votes, counts):
        world = make_world(questions=questions, voters=2, weights=weights)
        bodies = [world.ballot(voter, answers) for voter, answers in enumerate(votes)]
        report = verify(write_complete_record(world, bodies).data())
        assert report.verdict == Verdict.COMPLETE
        assert [step.number for step in report.steps] == list(range(1, 17))
        assert all(step.comparisons and not step.problems for step in report.steps[:11])
        assert {step.status for step in report.steps[11:]} == {StepStatus.NOT_ASKED_FOR}
        assert report.result.counts == (counts or ((0, 2**31, 0), (3 + 2**31, 0)))
        assert report.sized_tally.num_tallied == len(votes)

    @pytest.mark.parametrize(
        "case", ["case1", "case2", "case3", "case4", "case5", "case6-mj", "case6-stv"]
    )
    def test_records_of_another_implementation_are_valid(self, case):
        folder = next(BELENIOS.glob(f"{case}-*"))
        report = verify(next(folder.glob("*.bel")).read_bytes())
        expected = json.loads((folder / "result.json").read_text())["result"]
        checksums = json.loads((folder / "checksums.json").read_text())
        assert report.verdict == Verdict.COMPLETE
        assert json.loads(encode_result(report.result))["result"] == expected
        shuffles = read_record(next(folder.glob("*.bel")).read_bytes()).of_type("Shuffle")
        assert [sha256_hex(event.objects[0]) for event in shuffles] == [
            shuffle["checksum"] for shuffle in checksums.get("shuffles", [])
        ]
        assert sha256_hex(report.election.archived) == checksums["election"]
        assert (
            sha256_hex(encode_encrypted_tally(report.tally, election=report.election))
            == checksums["encrypted_tally"]
        )
        assert report.sized_tally.total_weight == checksums.get("weights", {}).get(
            "total", report.sized_tally.num_tallied
        )

    def test_every_prefix_that_ends_with_an_event_is_valid_so_far(self):
        ends = [
            index
            for index, member in enumerate(COMPLETE.members, start=1)
            if b".event.json" in member[:100]
        ]
        verdicts = [verify(b"".join(COMPLETE.members[:end])).verdict for end in ends]
        assert verdicts == [Verdict.UNFINISHED] * (len(ends) - 1) + [Verdict.COMPLETE]

    def test_steps_that_are_still_to_come_are_shown_as_waiting(self):
        report = verify(voted(*BALLOTS).data())
        statuses = {step.number: step.status for step in report.steps}
        assert statuses[7] == StepStatus.PASSED
        assert {statuses[number] for number in (8, 9, 10)} == {StepStatus.WAITING}
        assert report.tally is None
        assert report.result is None

    def test_context_in_the_election_is_welcome(self):
        world = make_world(context={"profile": 0, "consultation": "https://example.org"})
        assert verify(write_complete_record(world, []).data()).verdict == Verdict.COMPLETE

    def test_the_report_goes_to_json(self):
        value = json.loads(json.dumps(verify(COMPLETE.data()).to_json()))
        assert value["verdict"] == "complete"
        assert value["result"] == [[2, 0, 0]]
        assert value["election"]["fingerprint"] == WORLD.election.fingerprint
        assert [step["status"] for step in value["steps"]] == [
            *["passed"] * 11,
            *["not asked for"] * 5,
        ]


class TestA23:
    @pytest.mark.parametrize(
        "name",
        [
            "cut_record",
            "read_piece",
            "decode_election",
            "decode_trustees",
            "verify_trustee_item",
            "combine_public_keys",
            "read_credentials",
            "check_credentials",
            "check_and_add",
            "add_tallies",
            "add_task",
            "take_out",
            "decode_encrypted_tally",
            "decode_sized_tally",
            "decode_owned",
            "verify_partial_decryption",
            "decrypted_elements",
            "decode_result",
            "verify_result",
        ],
    )
    @pytest.mark.parametrize("error", [RuntimeError, AssertionError, MemoryError, KeyError])
    def test_a23_any_check_that_raises_turns_the_record_red(self, monkeypatch, name, error):
        def broken(*arguments, **options):
            raise error("broken")

        module = next(one for one in (tally_steps, steps, state) if hasattr(one, name))
        monkeypatch.setattr(module, name, broken)
        report = verify(COMPLETE.data())
        assert report.verdict == Verdict.INVALID
        red = [step for step in report.steps if step.status == StepStatus.FAILED]
        assert len(red) == 1
        assert error.__name__ in red[0].problems[0].message
        assert report.result is None

    @pytest.mark.parametrize("number", range(1, 12))
    def test_a23_a_step_that_compares_nothing_is_red(self, monkeypatch, number):
        declared = [
            steps.StepCheck(number, "Nothing", step.needs, lambda state: [])
            if step.number == number
            else step
            for step in steps.STEPS
        ]
        monkeypatch.setattr("evote.verify.run.STEPS", tuple(declared))
        report = verify(COMPLETE.data())
        assert report.verdict == Verdict.INVALID
        assert report.steps[number - 1].status == StepStatus.FAILED

    def test_a23_what_builds_on_a_red_step_is_not_reached(self):
        report = verify(COMPLETE.data() + b"\0")
        assert report.steps[0].status == StepStatus.FAILED
        assert {step.status for step in report.steps[1:]} == {StepStatus.NOT_REACHED}

    def test_a23_steps_that_do_not_build_on_a_red_one_still_run(self):
        stranger = make_world(trustees=1)
        objects = {
            "election": WORLD.election.archived,
            "trustees": encode_trustees(stranger.trustees),
            "credentials": WORLD.public_list,
        }
        writer = RecordWriter().add("Setup", *objects.values(), encode_setup(**objects))
        report = verify(writer.add("Ballot", BALLOTS[0]).data())
        statuses = {step.number: step.status for step in report.steps}
        assert statuses[4] == StepStatus.FAILED
        assert statuses[6] == StepStatus.PASSED
        assert statuses[9] == StepStatus.NOT_REACHED


class TestSetup:
    def setup(self, **changes):
        objects = {
            "election": WORLD.election.archived,
            "trustees": encode_trustees(WORLD.trustees),
            "credentials": WORLD.public_list,
        } | changes
        return RecordWriter().add("Setup", *objects.values(), encode_setup(**objects)).data()

    def test_an_election_that_does_not_decode(self):
        value = json.loads(WORLD.election.archived) | {"name": 5}
        assert failed(self.setup(election=encode_json(value)))[:2] == (3, "event 0, election, name")

    def test_a27_a_trustee_exchanged_for_another(self):
        stranger = make_trustee(secret_key=random_scalar(), name="Eve")
        data = self.setup(trustees=encode_trustees([WORLD.trustees[0], stranger]))
        number, _, message = failed(data)
        assert number == 4
        assert "product" in message

    @pytest.mark.parametrize("count", [1, 3])
    def test_a_trustee_missing_or_surplus(self, count):
        extra = make_trustee(secret_key=random_scalar(), name="Eve")
        trustees = [*WORLD.trustees, extra][:count]
        assert failed(self.setup(trustees=encode_trustees(trustees)))[0] == 4

    def test_a24_a_rogue_trustee_without_proof(self):
        honest = WORLD.trustees[0]
        value = [
            ["Single", honest.to_json()],
            [
                "Single",
                honest.to_json()
                | {"public_key": (WORLD.election.public_key / honest.public_key).encode()},
            ],
        ]
        number, place, message = failed(self.setup(trustees=encode_json(value)))
        assert (number, place) == (4, "event 0, trustees, [1]")
        assert "possession" in message

    @pytest.mark.parametrize(
        ("index", "change"),
        [
            (0, lambda public: IDENTITY.encode()),
            (1, with_torsion),
            (2, lambda public: public.upper() if public.upper() != public else "A" * 64),
            (1, lambda public: public + ",1"),
            (2, lambda public: public[:-1]),
        ],
    )
    def test_a38_a_bad_credential_in_the_list(self, index, change):
        value = json.loads(WORLD.public_list)
        value[index] = change(value[index])
        number, place, _ = failed(self.setup(credentials=encode_json(value)))
        assert number == 5
        assert place.startswith("event 0, credentials, [")

    def test_a38_a_credential_twice(self):
        value = json.loads(WORLD.public_list)
        data = self.setup(credentials=encode_json([*value, value[0]]))
        assert failed(data)[:2] == (5, "event 0, credentials, [3]")


class TestBallots:
    def test_a09_to_a21_every_forged_ballot_is_refused_with_its_place(self):
        for comment, body, _ in forgeries(WORLD, BALLOTS[0], voter=0):
            number, place, message = failed(voted(BALLOTS[1], body).data())
            assert (number, place.startswith("event 2, ballot")) == (6, True), comment
            assert message

    def test_all_bad_ballots_are_listed_not_only_the_first(self):
        bad = [BALLOTS[0] + b" ", BALLOTS[1] + b" "]
        report = verify(voted(bad[0], BALLOTS[2], bad[1]).data())
        places = [problem.place for problem in report.steps[5].problems]
        assert places == ["event 1, ballot", "event 3, ballot"]

    def test_a20_a46_a_credential_that_is_not_on_the_list(self):
        stranger = make_world(uuid=WORLD.election.uuid)
        outsider = make_world()
        body = outsider.ballot(0, [[0, 0, 0]])
        assert failed(voted(body).data())[0] == 6
        election = WORLD.election
        body = create_ballot(
            election=election, credential=stranger.credentials[0], answers=[[0, 0, 0]]
        )
        number, place, message = failed(voted(body).data())
        assert (number, place) == (6, "event 1, ballot, credential")
        assert "not on the list" in message

    def test_a01_a40_the_same_ballot_again(self):
        number, place, message = failed(voted(BALLOTS[0], BALLOTS[1], BALLOTS[0]).data())
        assert (number, place) == (7, "event 3, ballot")
        assert "exactly the ballot of event 1" in message

    def test_a01_a18_a_ciphertext_seen_before(self, monkeypatch):
        # A broken source of randomness gives the same numbers for two ballots.
        drawn = [random_scalar() for _ in range(3)]
        numbers = iter(drawn + drawn)
        monkeypatch.setattr("evote.ballot.homomorphic.random_scalar", lambda: next(numbers))
        first, second = (WORLD.ballot(0, [[0, 0, 0]]) for _ in range(2))
        assert first != second
        number, place, message = failed(voted(first, BALLOTS[1], second).data())
        assert (number, place) == (7, "event 3, ballot")
        assert "was copied from event 1" in message

    def test_a10_a_torsion_point_put_into_the_record_by_hand(self):
        value = json.loads(BALLOTS[0])
        value["answers"][0]["choices"][0]["alpha"] = with_torsion(
            value["answers"][0]["choices"][0]["alpha"]
        )
        assert failed(voted(encode_json(value)).data())[0] == 6


class TestTally:
    def test_a37_a_replaced_ballot_counted_instead_of_the_last(self):
        count = count_ballots(WORLD, BALLOTS[:2])
        number, place, message = failed(write_tally(voted(*BALLOTS), count).data())
        assert (number, place) == (8, "event 5, encrypted tally")
        assert "last ballot" in message

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"num_tallied": 3}, "num_tallied: it says 3, but the ballots give 2"),
            ({"num_tallied": 1}, "num_tallied"),
            ({"total_weight": 3}, "total_weight: it says 3, but the ballots give 2"),
        ],
    )
    def test_a32_wrong_numbers(self, change, reason):
        count = count_ballots(WORLD, BALLOTS)
        archived = encode_encrypted_tally(count.tally, election=WORLD.election)
        numbers = {"num_tallied": 2, "total_weight": 2} | change
        sized = encode_sized_tally(**numbers, encrypted_tally=sha256_hex(archived))
        writer = voted(*BALLOTS).add("EndBallots").add("EncryptedTally", archived, sized)
        number, place, message = failed(writer.data())
        assert (number, place) == (8, "event 5, sized encrypted tally")
        assert reason in message

    def test_a_tally_with_a_torsion_point(self):
        count = count_ballots(WORLD, BALLOTS)
        value = json.loads(encode_encrypted_tally(count.tally, election=WORLD.election))
        value[0][1]["beta"] = with_torsion(value[0][1]["beta"])
        archived = encode_json(value)
        sized = encode_sized_tally(
            num_tallied=2, total_weight=2, encrypted_tally=sha256_hex(archived)
        )
        writer = voted(*BALLOTS).add("EndBallots").add("EncryptedTally", archived, sized)
        assert failed(writer.data())[:2] == (8, "event 5, encrypted tally, [0][1].beta")


class TestDecryption:
    def decrypted(self, *owners, keys=WORLD.secret_keys, count=None):
        own = count_ballots(WORLD, BALLOTS)
        writer = write_tally(voted(*BALLOTS), own)
        for owner in owners:
            data = decrypt_partially(
                secret_key=keys[(owner - 1) % len(keys)],
                election=WORLD.election,
                tally=(count or own).tally,
            )
            writer.add("PartialDecryption", data, encode_owned(owner=owner, payload=data))
        return writer

    def test_some_of_the_trustees_are_valid_so_far(self):
        assert verify(self.decrypted(2).data()).verdict == Verdict.UNFINISHED
        assert verify(self.decrypted(2, 1).data()).verdict == Verdict.UNFINISHED

    def test_a29_the_same_trustee_twice(self):
        number, place, message = failed(self.decrypted(1, 1).data())
        assert (number, place) == (9, "event 7, payload, owner")
        assert "trustee 1 has decrypted before" in message

    def test_a_trustee_that_does_not_exist(self):
        number, place, message = failed(self.decrypted(3).data())
        assert (number, place) == (9, "event 6, payload, owner")
        assert "no trustee 3" in message

    def test_a29_every_trustee_at_fault_is_named(self):
        report = verify(self.decrypted(1, 2, keys=WORLD.secret_keys[::-1]).data())
        places = [problem.place for problem in report.steps[8].problems]
        assert places == [
            "event 6, partial decryption of trustee 1",
            "event 7, partial decryption of trustee 2",
        ]

    def test_a31_a_decryption_of_other_ballots(self):
        other = count_ballots(WORLD, BALLOTS[:1])
        assert failed(self.decrypted(1, count=other).data())[0] == 9

    @pytest.mark.parametrize(
        ("result", "place"),
        [
            (b'{"result":[[1,0,0]]}', "event 8, result"),
            (b'{"result":[[2,0]]}', "event 8, result"),
            (b'{"result":[[2,0,0],[]]}', "event 8, result"),
            (b'{"result":[[0,2,0]]}', "event 8, result"),
            (b'{"result":[[2,0,"0"]]}', "event 8, result, result[0][2]"),
            (b'{"result":[[2,0,0]],"result":[[2,0,0]]}', "event 8, result"),
        ],
    )
    def test_a32_another_result(self, result, place):
        assert failed(self.decrypted(1, 2).add("Result", result).data())[:2] == (10, place)

    def test_a_result_before_all_have_decrypted(self):
        number, _, message = failed(self.decrypted(1).add("Result", b'{"result":[[2,0,0]]}').data())
        assert number == 10
        assert "trustee 2" in message


def test_a06_the_key_of_a_record_is_that_of_its_own_trustees():
    world = make_world(trustees=1)
    value = json.loads(world.election.archived)
    value["public_key"] = (GENERATOR ** random_scalar()).encode()
    forged = decode_election(encode_json(value))
    assert forged.public_key != combine_public_keys(world.trustees)
    objects = {
        "election": forged.archived,
        "trustees": encode_trustees(world.trustees),
        "credentials": encode_credentials([world.public(0)]),
    }
    data = RecordWriter().add("Setup", *objects.values(), encode_setup(**objects)).data()
    assert failed(data)[0] == 4


# --- Mutations ---------------------------------------------------------------------------

RECORD = COMPLETE.data()
PREFIXES = [b"".join(COMPLETE.members[:end]) for end in range(1, len(COMPLETE.members) + 1)]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(RECORD) - 1), st.integers(1, 255))
def test_d11_no_byte_of_a_record_can_change(position, difference):
    changed = bytearray(RECORD)
    changed[position] ^= difference
    try:
        report = verify(bytes(changed))
    except NotSupported:
        return  # another version, which is no verdict of validity
    assert report.verdict == Verdict.INVALID
    assert "unforeseen" not in str(report.steps)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(RECORD) - 1), st.integers(1, 2000))
def test_d11_no_piece_of_a_record_can_be_cut_out_or_repeated(position, length):
    piece = RECORD[position : position + length]
    for changed in (
        RECORD[:position] + RECORD[position + length :],
        RECORD[:position] + piece + RECORD[position:],
    ):
        if changed in (RECORD, *PREFIXES):
            continue
        assert verify(changed).verdict == Verdict.INVALID
