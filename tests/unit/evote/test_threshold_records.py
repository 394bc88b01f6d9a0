from dataclasses import replace
from itertools import combinations

import pytest

from evote.election import MissingDecryption, Trustees, encode_trustees
from evote.encoding import encode_json
from evote.record import encode_owned, encode_setup
from evote.tally import combine, decode_partial_decryption, decrypt_partially
from evote.verify import Verdict, verify_record
from tests.factories.evote import (
    ONE_OF_TWO,
    PLAIN,
    RecordWriter,
    count_ballots,
    make_world,
    write_complete_record,
    write_tally,
)
from tests.factories.threshold import in_the_form_of_2022

WORLD = make_world(questions=[ONE_OF_TWO, PLAIN], trustees=1, thresholds=[(2, 3)])
BALLOTS = [
    WORLD.ballot(0, [[1, 0], [0, 1, 1]]),
    WORLD.ballot(1, [[0, 1], [0, 0, 0]]),
    WORLD.ballot(2, [[1, 0], [0, 0, 1]]),
]
COUNT = count_ballots(WORLD, BALLOTS)
COUNTS = ((2, 1), (0, 1, 2))


def verify(data):
    return verify_record(data, progress=lambda *_: None)


def decryption(owner):
    return decrypt_partially(
        secret_key=WORLD.secret_keys[owner - 1], election=WORLD.election, tally=COUNT.tally
    )


DECRYPTIONS = {owner: decryption(owner) for owner in range(1, 5)}


def result_of(owners):
    return combine(
        election=WORLD.election,
        tally=COUNT.tally,
        trustees=WORLD.trustee_list,
        partial_decryptions={
            owner: decode_partial_decryption(DECRYPTIONS[owner], election=WORLD.election)
            for owner in owners
        },
        total_weight=COUNT.total_weight,
    )


def closed():
    writer = RecordWriter().setup(WORLD)
    for body in BALLOTS:
        writer.add("Ballot", body)
    return write_tally(writer, COUNT)


@pytest.mark.parametrize(
    "owners", [(1, *pair) for count in (2, 3) for pair in combinations((2, 3, 4), count)]
)
def test_whoever_suffices_finds_the_same_result_and_a_valid_record(owners):
    assert result_of(owners).counts == COUNTS
    report = verify(write_complete_record(WORLD, BALLOTS, owners=owners).data())
    assert report.verdict == Verdict.COMPLETE
    assert report.result.counts == COUNTS


@pytest.mark.parametrize("owners", [(), (1,), (1, 2), (1, 4), (2, 3), (2, 3, 4)])
def test_whoever_does_not_suffice_finds_none(owners):
    with pytest.raises(MissingDecryption):
        result_of(owners)


def test_a29_a_record_with_too_few_decryptions_is_unfinished_and_its_result_is_refused():
    writer = closed()
    for owner in (1, 3):
        data = DECRYPTIONS[owner]
        writer.add("PartialDecryption", data, encode_owned(owner=owner, payload=data))
    assert verify(writer.data()).verdict == Verdict.UNFINISHED
    report = verify(writer.add("Result", b'{"result":[[2,1],[0,1,2]]}').data())
    assert report.verdict == Verdict.INVALID
    assert "only 1 of the trustees 2 to 4" in str(report.steps[9].problems[0])


def test_a29_a_member_cannot_decrypt_in_the_place_of_another():
    writer = closed()
    data = DECRYPTIONS[3]
    report = verify(
        writer.add("PartialDecryption", data, encode_owned(owner=2, payload=data)).data()
    )
    assert report.verdict == Verdict.INVALID
    assert "trustee 2" in str(report.steps[8].problems[0])


def test_there_is_no_slot_after_the_last_member():
    data = DECRYPTIONS[4]
    report = verify(
        closed().add("PartialDecryption", data, encode_owned(owner=5, payload=data)).data()
    )
    assert report.verdict == Verdict.INVALID
    assert "there is no trustee 5, only 4" in str(report.steps[8].problems[0])


def with_trustees(items):
    objects = {
        "election": WORLD.election.archived,
        "trustees": encode_trustees(items),
        "credentials": WORLD.public_list,
    }
    return RecordWriter().add("Setup", *objects.values(), encode_setup(**objects)).data()


def test_trustees_whose_keys_are_not_the_elections_are_refused():
    other = make_world(trustees=1, thresholds=[(2, 3)])
    single, group = WORLD.trustee_list.items
    for items in ([single], [group], [single, other.trustee_list.items[1]]):
        report = verify(with_trustees(items))
        assert report.verdict == Verdict.INVALID
        assert "not the product" in str(report.steps[3].problems[0])


class TestTheFormOf2022:
    GROUP = WORLD.trustee_list.items[1]
    DATA = encode_json(
        [
            ["Single", WORLD.trustee_list.items[0].to_json()],
            [
                "Pedersen",
                in_the_form_of_2022(GROUP.to_json(), seeds=WORLD.ceremonies[0].room.seeds),
            ],
        ]
    )

    def record(self):
        objects = {
            "election": WORLD.election.archived,
            "trustees": self.DATA,
            "credentials": WORLD.public_list,
        }
        writer = RecordWriter().add("Setup", *objects.values(), encode_setup(**objects))
        for body in BALLOTS:
            writer.add("Ballot", body)
        write_tally(writer, COUNT)
        for owner in (1, 2, 4):
            data = DECRYPTIONS[owner]
            writer.add("PartialDecryption", data, encode_owned(owner=owner, payload=data))
        return writer.add("Result", b'{"result":[[2,1],[0,1,2]]}').data()

    def test_a_record_is_refused_unless_it_is_asked_for(self):
        report = verify(self.record())
        assert report.verdict == Verdict.INVALID
        assert "2022" in str(report.steps[3].problems[0])

    def test_a_record_is_valid_where_it_is_asked_for_and_the_report_says_so(self):
        report = verify_record(
            self.record(), progress=lambda *_: None, accepts_legacy_threshold=True
        )
        assert report.verdict == Verdict.COMPLETE
        assert any("form of 2022" in line for line in report.steps[3].comparisons)

    def test_todays_records_stay_as_strict_where_it_is_asked_for(self):
        single, group = WORLD.trustee_list.items
        forged = replace(group, signatures=group.signatures[::-1])
        report = verify_record(
            with_trustees([single, forged]),
            progress=lambda *_: None,
            accepts_legacy_threshold=True,
        )
        assert report.verdict == Verdict.INVALID


def test_a_forged_member_is_refused_with_item_and_member():
    single, group = WORLD.trustee_list.items
    keys = group.verification_keys
    forged = replace(
        group, verification_keys=(keys[0], replace(keys[1], proof=keys[0].proof), keys[2])
    )
    assert Trustees((single, forged)).public_key == WORLD.election.public_key
    report = verify(with_trustees([single, forged]))
    assert report.verdict == Verdict.INVALID
    problem = report.steps[3].problems[0]
    assert problem.place == "event 0, trustees, [1]"
    assert problem.message.startswith("member 2:")
