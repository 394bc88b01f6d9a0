import json

import pytest

from evote.encoding import encode_json, sha256_hex
from evote.group import GENERATOR
from evote.record import encode_owned, read_record
from evote.tally import decrypt_partially, make_shuffle, verify_shuffle
from evote.verify import StepStatus, Verdict, verify_record
from tests.factories.evote import (
    LISTS,
    PLAIN,
    RANKED,
    RecordWriter,
    count_ballots,
    make_world,
    write_complete_record,
    write_shuffles,
    write_tally,
)

WORLD = make_world(questions=[RANKED, PLAIN], trustees=2)
BALLOTS = [
    WORLD.ballot(0, [[1, 2, 3], [0, 1, 1]]),
    WORLD.ballot(1, [[3, 2, 1], [1, 0, 0]]),
    WORLD.ballot(0, [[2, 2, 0], [0, 0, 1]]),
]
COUNT = count_ballots(WORLD, BALLOTS)


def verify(data):
    return verify_record(data, progress=lambda step, done, total: None)


def failed(data):
    """Give the number of the one step that failed, and its first problem."""
    report = verify(data)
    assert report.verdict == Verdict.INVALID
    (step,) = [step for step in report.steps if step.status == StepStatus.FAILED]
    return step.number, step.problems[0].place, step.problems[0].message


def tallied():
    writer = RecordWriter().setup(WORLD)
    for body in BALLOTS:
        writer.add("Ballot", body)
    return write_tally(writer, COUNT)


def shuffle(tally=COUNT.tally):
    return make_shuffle(election=WORLD.election, tally=tally, progress=lambda done, total: None)


def add_decryption(writer, tally):
    data = decrypt_partially(secret_key=WORLD.secret_keys[0], election=WORLD.election, tally=tally)
    return writer.add("PartialDecryption", data, encode_owned(owner=1, payload=data))


class TestWholeRecords:
    def test_rankings_come_out_in_another_order_and_none_is_lost(self):
        report = verify(write_complete_record(WORLD, BALLOTS).data())
        assert report.verdict == Verdict.COMPLETE
        rankings, counts = report.result.answers
        assert sorted(rankings) == [(2, 2, 0), (3, 2, 1)]
        assert counts == (1, 0, 1)
        assert report.result.rankings == (rankings, ())
        assert report.result.counts == ((), counts)

    def test_an_election_of_every_kind_of_question(self):
        world = make_world(questions=[LISTS, RANKED, PLAIN], trustees=2)
        bodies = [
            world.ballot(0, [[[1, 1, 0], [0, 0]], [0, 255, 7], [1, 0, 0]]),
            world.ballot(1, [[[0, 0, 0], [1, 1]], [1, 1, 1], [0, 0, 0]]),
        ]
        report = verify(write_complete_record(world, bodies).data())
        assert report.verdict == Verdict.COMPLETE
        lists, rankings, counts = report.result.answers
        assert lists == ((1, 1, 0), (1, 1))
        assert sorted(rankings) == [(0, 255, 7), (1, 1, 1)]
        assert counts == (1, 0, 0)

    def test_a_ranked_election_in_which_nobody_voted(self):
        world = make_world(questions=[RANKED])
        report = verify(write_complete_record(world, []).data())
        assert report.verdict == Verdict.COMPLETE
        assert report.result.answers == ((),)

    def test_between_the_shuffles_a_record_is_valid_so_far(self):
        writer = tallied()
        first = shuffle()
        states = [writer.data()]
        writer.add("Shuffle", first, encode_owned(owner=1, payload=first))
        states.append(writer.data())
        tally = verify_shuffle(data=first, election=WORLD.election, tally=COUNT.tally)
        second = shuffle(tally)
        states.append(writer.add("Shuffle", second, encode_owned(owner=2, payload=second)).data())
        reports = [verify(state) for state in states]
        assert [report.verdict for report in reports] == [Verdict.UNFINISHED] * 3
        assert [report.steps[10].status for report in reports] == [StepStatus.WAITING] * 3
        assert [report.decryptable for report in reports] == [None] * 3
        assert reports[0].shuffled == COUNT.tally
        assert reports[1].shuffled == tally
        last = verify_shuffle(data=second, election=WORLD.election, tally=tally)
        assert reports[2].shuffled == last
        assert verify(writer.add("EndShuffles").data()).decryptable == last


class TestForgedRecords:
    def test_a33_ranked_ballots_decrypted_without_a_shuffle(self):
        writer = add_decryption(tallied(), COUNT.tally)
        assert failed(writer.data()) == (
            11,
            "event 6",
            "ranked ballots are decrypted without a shuffle",
        )

    def test_a33_two_shuffles_by_one_trustee(self):
        writer = tallied()
        write_shuffles(writer, COUNT, owners=[1, 2, 1])
        assert failed(writer.data()) == (
            11,
            "event 8, payload, owner",
            "trustee 1 has shuffled before",
        )

    def test_a_shuffle_of_nobody(self):
        writer = tallied()
        write_shuffles(writer, COUNT, owners=[3])
        assert failed(writer.data())[:2] == (11, "event 6, payload, owner")

    def test_a33_a_second_shuffle_of_the_first_one_s_input(self):
        writer = tallied()
        for owner in (1, 2):
            data = shuffle()
            writer.add("Shuffle", data, encode_owned(owner=owner, payload=data))
        number, place, message = failed(writer.data())
        assert (number, place) == (11, "event 7, shuffle of trustee 2")
        assert "does not hold" in message

    def test_a_shuffle_where_no_question_is_ranked(self):
        world = make_world(questions=[PLAIN])
        bodies = [world.ballot(0, [[1, 0, 0]])]
        writer = RecordWriter().setup(world).add("Ballot", bodies[0])
        write_tally(writer, count_ballots(world, bodies))
        data = encode_json({"ciphertexts": [], "proofs": []})
        writer.add("Shuffle", data, encode_owned(owner=1, payload=data)).add("EndShuffles")
        assert failed(writer.data())[:2] == (11, "event 4")

    def test_a33_a_decryption_of_what_was_there_before_the_last_shuffle(self):
        writer = tallied()
        write_shuffles(writer, COUNT)
        number, place, _ = failed(add_decryption(writer, COUNT.tally).data())
        assert (number, place) == (9, "event 9, partial decryption of trustee 1")

    def test_a_weight_where_a_question_is_ranked(self):
        world = make_world(questions=[RANKED], voters=2, weights=[1, 2])
        body = world.ballot(1, [[1, 2, 3]])
        writer = RecordWriter().setup(world).add("Ballot", body)
        writer.add("EndBallots")
        archived = encode_json([[]])
        sized = encode_json(
            {"num_tallied": 1, "total_weight": 2, "encrypted_tally": sha256_hex(archived)}
        )
        number, _, message = failed(writer.add("EncryptedTally", archived, sized).data())
        assert number == 8
        assert "rankings cannot be weighted" in message

    @pytest.mark.parametrize("name", ["ciphertexts", "proofs"])
    def test_a33_a_shuffle_with_an_element_exchanged(self, name):
        writer = tallied()
        value = json.loads(shuffle())
        other = (GENERATOR**5).encode()
        if name == "ciphertexts":
            value["ciphertexts"][0][0]["alpha"] = other
        else:
            value["proofs"][0][2][0] = other
        data = encode_json(value)
        writer.add("Shuffle", data, encode_owned(owner=1, payload=data)).add("EndShuffles")
        assert failed(writer.data())[:2] == (11, "event 6, shuffle of trustee 1")

    def test_a32_rankings_of_the_result_in_another_order(self):
        members = write_complete_record(WORLD, BALLOTS).members
        result = read_record(b"".join(members)).events[-1]
        value = json.loads(result.objects[0])
        value["result"][0].reverse()
        writer = RecordWriter()
        writer.members = members[:-2]
        writer.parent, writer.height = result.event.parent, result.event.height
        number, place, message = failed(writer.add("Result", encode_json(value)).data())
        assert (number, place) == (10, f"event {result.event.height}, result")
        assert "not the rankings" in message
