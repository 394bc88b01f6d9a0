"""What programs read and send where an election has profile 1."""

import hashlib
import json

import pytest

from evote.election import decode_election, decode_trustees
from evote.encoding import encode_json
from evote.group import random_scalar
from evote.proofs.statements import sign_transcript
from evote.record.companion import decode_companion
from evote.threshold.transcript import transcript_hash
from evote.verify import Verdict, verify_record
from tests.factories.voting import TREES, make_election
from voting.models import Election, Record, RecordEvent

pytestmark = pytest.mark.django_db

YES, NO = [1, 0], [0, 1]
VOTES = [(0, [YES]), (1, [NO]), (0, [NO])]


def strong(**wanted):
    return make_election(
        **{"profile": 1, "trustees": 1, "group": (2, 3), "questions": [TREES]} | wanted
    )


def get(client, made, tail):
    return client.get(f"/elections/{made.election.uuid}/{tail}")


def companion(client, made, query="", **headers):
    uuid = made.election.uuid
    return client.get(f"/elections/{uuid}/{uuid}.pnyx.json{query}", headers=headers)


def body_of(response):
    return b"".join(response.streaming_content)


# --- Signing -----------------------------------------------------------------------------


def transcript(client, made):
    return client.get(f"/api/elections/{made.election.uuid}/transcript")


def test_a_trustees_program_reads_what_it_signs_and_computes_the_same(client):
    made = strong(phase=Election.Phase.SIGNING)

    told = transcript(client, made).json()
    archived = get(client, made, "trustees.json")
    description = decode_election(get(client, made, "election.json").content)

    assert archived.headers["Cache-Control"] == "no-store"
    assert told["transcript"] == transcript_hash(
        fingerprint=description.fingerprint,
        trustees=archived.content,
        ceremonies=decode_trustees(archived.content).ceremonies,
        commits=told["ceremony"]["commits"],
    )
    assert told["ceremony"]["signatures"] == [None] * 4
    assert [slot["owner"] for slot in told["slots"]] == [1, 2, 3, 4]
    assert not any(slot["has_signed"] for slot in told["slots"])


def post_signature(client, made, slot, proof):
    return client.post(
        f"/api/elections/{made.election.uuid}/transcript",
        encode_json({"slot": slot, "proof": proof}),
        content_type="application/json",
    )


def proof_of(made, told, secret_key):
    return sign_transcript(
        secret_key=secret_key,
        fingerprint=made.description.fingerprint,
        transcript=told["transcript"],
    ).to_json()


def test_trustees_sign_through_the_interface(client):
    made = strong(phase=Election.Phase.SIGNING)
    told = transcript(client, made).json()

    answers = [
        post_signature(client, made, slot, proof_of(made, told, key))
        for slot, key in enumerate(made.secret_keys, 1)
    ]

    assert [answer.status_code for answer in answers] == [201] * 4
    assert Election.objects.get().phase == Election.Phase.SEALED
    late = post_signature(client, made, 1, proof_of(made, told, made.secret_keys[0]))
    assert (late.status_code, late.json()["code"]) == (409, "wrong_phase")


def test_a_signature_that_does_not_hold_names_the_trustee(client):
    made = strong(phase=Election.Phase.SIGNING)
    told = transcript(client, made).json()

    answer = post_signature(client, made, 1, proof_of(made, told, random_scalar()))

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_proof")
    assert "Trustee 1" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"slot":1}',
        b'{"slot":true,"proof":{"challenge":"1","response":"1"}}',
        b'{"slot":1,"proof":{"challenge":"01","response":"1"}}',
        b'{"slot":1,"proof":null}',
        b'{"slot":1,"proof":{"challenge":"1","response":"1"},"x":1}',
        b"[" * 1000,
    ],
)
def test_a57_what_is_no_signature_is_refused(client, body):
    made = strong(phase=Election.Phase.SIGNING)

    answer = client.post(
        f"/api/elections/{made.election.uuid}/transcript", body, "application/json"
    )

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("phase", "profile"), [(Election.Phase.DRAFT, 1), (Election.Phase.SEALED, 0)]
)
def test_where_nothing_is_signed_there_is_no_transcript(client, phase, profile):
    made = strong(phase=phase, profile=profile)

    assert transcript(client, made).status_code == 404


def test_while_trustees_sign_nothing_else_of_the_record_is_there(client):
    made = strong(phase=Election.Phase.SIGNING)
    uuid = made.election.uuid

    tails = ("credentials.json", "encrypted-tally.json", f"{uuid}.bel", f"{uuid}.pnyx.json")
    for tail in tails:
        assert get(client, made, tail).status_code == 404


# --- The companion file ------------------------------------------------------------------


def test_the_companion_grows_with_the_record_and_verifies_with_it(client):
    made = strong(phase=Election.Phase.PUBLISHED, votes=VOTES)

    answer = companion(client, made)
    data = body_of(answer)
    record = body_of(get(client, made, f"{made.election.uuid}.bel"))

    assert answer.headers["Content-Type"] == "application/json"
    read = decode_companion(data, election=made.description)
    assert (len(read.casts), len(read.shuffles), len(read.decryptions)) == (3, 0, 4)
    report = verify_record(record, companion=data, progress=lambda *_: None)
    assert report.verdict == Verdict.COMPLETE


@pytest.mark.parametrize(("height", "casts", "decryptions"), [(0, 0, 0), (2, 2, 0), (6, 3, 1)])
def test_the_companion_of_an_earlier_record_can_be_had(client, height, casts, decryptions):
    made = strong(phase=Election.Phase.PUBLISHED, votes=VOTES)

    read = decode_companion(
        body_of(companion(client, made, f"?height={height}")), election=made.description
    )

    assert (len(read.casts), len(read.decryptions)) == (casts, decryptions)


def test_the_companion_of_a_height_to_come_is_the_present_one(client):
    made = strong(phase=Election.Phase.OPEN, votes=VOTES)

    assert body_of(companion(client, made, "?height=99")) == body_of(companion(client, made))


@pytest.mark.parametrize("height", ["-1", "1.0", "x", "9" * 10, "%00", "1e1"])
def test_what_is_no_height_finds_nothing(client, height):
    made = strong(phase=Election.Phase.OPEN, votes=VOTES)

    assert companion(client, made, f"?height={height}").status_code == 404


def test_who_has_the_companion_is_not_sent_it_again(client):
    made = strong(phase=Election.Phase.OPEN, votes=VOTES)
    tag = companion(client, made).headers["ETag"]

    assert companion(client, made, **{"If-None-Match": tag}).status_code == 304
    made.close()
    assert companion(client, made, **{"If-None-Match": tag}).status_code == 200


def test_an_election_of_profile_0_has_no_companion(client):
    made = strong(phase=Election.Phase.SEALED, profile=0)

    assert companion(client, made).status_code == 404


def test_every_event_of_the_interface_has_its_element_in_the_log(client):
    made = strong(phase=Election.Phase.OPEN, votes=VOTES)
    setup = RecordEvent.objects.get(type="Setup")

    found = json.loads(body_of(companion(client, made)))["ceremony"]

    digest = hashlib.sha256(encode_json(found)).digest()
    assert digest == hashlib.sha256(bytes(setup.companion)).digest()
    assert Record.objects.get(election=made.election).height == 4


# --- Decrypting --------------------------------------------------------------------------


def decrypt(client, made, owner, **changed):
    body = {
        "owner": owner,
        "partial_decryption": made.decryption(owner).decode(),
        "proofs": json.loads(made.strong_proofs(owner)),
    } | changed
    return client.post(
        f"/api/elections/{made.election.uuid}/partial-decryptions",
        encode_json({name: value for name, value in body.items() if value is not None}),
        content_type="application/json",
    )


def test_a_decryption_comes_with_its_strong_proofs(client):
    made = strong(phase=Election.Phase.TALLIED, votes=VOTES)

    data = made.decryption(2).decode()
    assert decrypt(client, made, 2, partial_decryption=data).status_code == 201
    assert decrypt(client, made, 2, partial_decryption=data).status_code == 200
    assert decrypt(client, made, 3, proofs=None).status_code == 400
    forged = decrypt(client, made, 3, proofs=json.loads(made.strong_proofs(4)))
    assert (forged.status_code, forged.json()["code"]) == (400, "bad_proof")
    assert made.election.trustees.get(position=3).name in forged.json()["detail"]


def test_strong_proofs_have_no_place_in_profile_0(client):
    made = strong(phase=Election.Phase.TALLIED, votes=VOTES, profile=0)
    body = {
        "owner": 1,
        "partial_decryption": made.decryption(1).decode(),
        "proofs": [],
    }

    answer = client.post(
        f"/api/elections/{made.election.uuid}/partial-decryptions",
        encode_json(body),
        content_type="application/json",
    )

    assert answer.status_code == 400


def test_a_contribution_that_is_larger_than_a_form_may_be_is_read(client):
    made = strong(phase=Election.Phase.TALLIED, votes=VOTES)

    answer = decrypt(client, made, 1, partial_decryption="x" * 3_000_000)

    assert answer.status_code == 400
    assert answer.json()["code"] == "non_canonical"
    assert "Trustee 1" in answer.json()["detail"]
