"""Records of the peer in other groups and with other kinds of questions (PROTOCOL 3.3)."""

import json
import re
from pathlib import Path

import pytest

from evote.ballot import create_ballot
from evote.election import decode_trustees, verify_trustees
from evote.encoding import encode_json, sha256_hex
from evote.errors import DecodeError, InvalidProof, NotSupported
from evote.group import FieldElement, field, group_named, random_scalar
from evote.record import read_record
from evote.tally import decrypt_partially, encode_encrypted_tally, encode_result, make_shuffle
from evote.verify import StepStatus, Verdict, verify_record
from tests.factories.evote import RecordWriter

BELENIOS = Path(__file__).parents[2] / "vectors" / "belenios-other"
CASES = [
    "case7-homomorphic-belenios2048",
    "case8-mixnet-rfc3526",
    "case9-lists-ed25519",
    "case10-homomorphic-release-2.0",
    "case11-mixnet-release-2.0",
]


def verify(data):
    return verify_record(data, progress=lambda step, done, total: None)


def record_of(case):
    return next((BELENIOS / case).glob("*.bel")).read_bytes()


@pytest.mark.parametrize("case", CASES)
def test_records_of_another_implementation_are_valid(case):
    report = verify(record_of(case))
    expected = json.loads((BELENIOS / case / "result.json").read_text())["result"]
    checksums = json.loads((BELENIOS / case / "checksums.json").read_text())
    assert report.verdict == Verdict.COMPLETE
    assert json.loads(encode_result(report.result))["result"] == expected
    assert sha256_hex(report.election.archived) == checksums["election"]
    archived = encode_encrypted_tally(report.tally, election=report.election)
    assert sha256_hex(archived) == checksums["encrypted_tally"]
    shuffles = read_record(record_of(case)).of_type("Shuffle")
    assert [sha256_hex(event.objects[0]) for event in shuffles] == [
        shuffle["checksum"] for shuffle in checksums.get("shuffles", [])
    ]


def test_the_verdict_is_the_same_with_python_s_own_powers(monkeypatch):
    monkeypatch.setattr(field, "powmod", pow)
    assert verify(record_of(CASES[0])).verdict == Verdict.COMPLETE


# The first number of 77 digits or more, of an element or a scalar, is made another one.
@pytest.mark.parametrize(
    ("kind", "index", "step"),
    [("Ballot", 0, 6), ("EncryptedTally", 0, 8), ("Shuffle", 0, 11), ("PartialDecryption", 0, 9)],
)
@pytest.mark.parametrize("amount", [1, -1])
def test_a09_a_number_changed_anywhere_is_refused(kind, index, step, amount):
    events = list(read_record(record_of("case8-mixnet-rfc3526")).events)
    target = next(number for number, item in enumerate(events) if item.event.type == kind)
    body = events[target].objects[index]
    changed = re.sub(
        rb"\"([0-9]{77,})\"", lambda match: b'"%d"' % (int(match[1]) + amount), body, count=1
    )
    assert changed != body
    writer = RecordWriter()
    for number, item in enumerate(events[: target + 1]):
        objects = list(item.objects)
        if number == target:
            objects[index] = changed
            if len(objects) > 1:
                payload = json.loads(objects[-1])
                name = "payload" if "payload" in payload else "encrypted_tally"
                objects[-1] = encode_json(payload | {name: sha256_hex(changed)})
        writer.add(item.event.type, *objects)
    report = verify(writer.data())
    assert report.verdict == Verdict.INVALID
    red = [item.number for item in report.steps if item.status == StepStatus.FAILED]
    assert red == [step]


def test_secrets_are_computed_with_in_ed25519_only():
    report = verify(record_of("case8-mixnet-rfc3526"))
    election, tally = report.election, report.tally
    assert isinstance(election.public_key, FieldElement)
    credential = next(
        iter(json.loads((BELENIOS / CASES[1] / "private_creds.json").read_text()).values())
    )
    with pytest.raises(NotSupported):
        create_ballot(election=election, credential=credential, answers=[[0, 0, 0], [1, 2, 3]])
    with pytest.raises(NotSupported):
        make_shuffle(election=election, tally=tally, progress=lambda done, total: None)
    with pytest.raises(NotSupported):
        decrypt_partially(secret_key=random_scalar(), election=election, tally=tally)


# --- Threshold trustees, in today's form and in that of 2022 ------------------------------------

OLDER = json.loads((BELENIOS.parent / "older_trustees.json").read_text())["cases"]
NAMES = [f"{case['group']}, {'2022' if case['is_legacy'] else 'today'}" for case in OLDER]


def read_group(value, *, group, legacy):
    return decode_trustees(
        encode_json([["Pedersen", value]]), group=group_named(group), legacy=legacy
    )


@pytest.mark.parametrize("case", OLDER, ids=NAMES)
def test_threshold_trustees_of_older_groups_hold_and_are_written_back_the_same(case):
    trustees = read_group(case["trustees"], group=case["group"], legacy=case["is_legacy"])

    verify_trustees(trustees)

    assert trustees.items[0].to_json() == case["trustees"]


def with_each_leaf_changed(value):
    """Give copies of a value in each of which one number or text is another."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from (value | {name: changed} for changed in with_each_leaf_changed(item))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from (
                [*value[:index], changed, *value[index + 1 :]]
                for changed in with_each_leaf_changed(item)
            )
    else:
        yield value + 1 if isinstance(value, int) else f"{value}1"


@pytest.mark.parametrize("case", OLDER, ids=NAMES)
def test_changed_threshold_trustees_of_older_groups_are_refused(case):
    count = 0
    for changed in with_each_leaf_changed(case["trustees"]):
        with pytest.raises((DecodeError, InvalidProof)):
            verify_trustees(read_group(changed, group=case["group"], legacy=case["is_legacy"]))
        count += 1
    assert count > 20


@pytest.mark.parametrize("case", [case for case in OLDER if case["is_legacy"]])
def test_trustees_of_2022_are_taken_only_where_it_is_asked_for(case):
    with pytest.raises(DecodeError, match="2022"):
        read_group(case["trustees"], group=case["group"], legacy=False)
