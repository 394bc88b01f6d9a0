"""Every field of a record and of a receipt, changed to another well-formed value.

All hashes, and the ballot's signature where it would hide the check that is meant, are made
right again. Each forgery is refused by one step, and the message says what is wrong.
"""

import json
import re
from copy import deepcopy
from dataclasses import dataclass

import pytest

from evote.encoding import b64_digest, encode_json, sha256_hex
from evote.errors import EvoteError
from evote.group import GENERATOR, ORDER, random_scalar
from evote.record import (
    Event,
    decode_event,
    encode_data,
    encode_event_member,
    encode_header,
    read_record,
)
from evote.verify import StepStatus, Verdict, verify_record
from tests.factories.evote import BLANK, PLAIN, TIMESTAMP, make_world, write_complete_record
from tests.factories.forgery import sign_again

WORLD = make_world(questions=[BLANK, PLAIN], voters=2, weights=[2, 1])
FIRST = WORLD.ballot(0, [[0, 1, 0], [0, 1, 1]])
VOTES = [FIRST, WORLD.ballot(1, [[1, 0, 0], [0, 0, 0]])]
EVENTS = read_record(write_complete_record(WORLD, VOTES).data()).events
STRANGER = (GENERATOR ** random_scalar()).encode()
HASH = sha256_hex(b"something else")


@dataclass(frozen=True, kw_only=True)
class Forgery:
    """A field, what it becomes, and what the verification must say."""

    field: str
    change: object
    step: int
    place: str
    message: str


def other_scalar(text):
    return str((int(text) + 1) % ORDER)


def plus_one(number):
    return number + 1


def to(value):
    return lambda _old: value


def row(field, change, step, place, message):
    return Forgery(field=field, change=change, step=step, place=place, message=message)


BALLOT = "event 1, ballot"
PROOF = "the proof of the permitted choices does not hold"
NOT_SIGNED = "the signature is not by this credential over this ballot"
FORGERIES = {
    "election": [
        row("version", plus_one, 0, "event 0, election", "protocol version 2 is not supported yet"),
        row("description", to("x"), 6, BALLOT, "the ballot belongs to another election"),
        row("name", to("x"), 6, BALLOT, "the ballot belongs to another election"),
        row("group", to("RFC-3526-2048"), 3, "event 0, election, public_key", "canonical decimal"),
        row("group", to("P-256"), 0, "event 0, election", "the group .* not supported"),
        row("public_key", to(STRANGER), 4, "event 0, trustees", "not the product of the trustees'"),
        row("questions[].answers[]", to("x"), 6, BALLOT, "belongs to another election"),
        row("questions[].blank", to(False), 6, BALLOT, "belongs to another election"),
        row("questions[].min", to(0), 6, BALLOT, "belongs to another election"),
        row("questions[].max", to(2), 6, BALLOT, "belongs to another election"),
        row("questions[].question", to("x"), 6, BALLOT, "belongs to another election"),
        row("uuid", to("1" * 14), 6, BALLOT, "belongs to another election"),
    ],
    "trustees": [
        row("[][]", to("Double"), 4, "event 0, trustees, [0]", "'Double' is no kind of trustee"),
        row("[][].pok.challenge", other_scalar, 4, "event 0, trustees, [0]", "proof of possession"),
        row("[][].pok.response", other_scalar, 4, "event 0, trustees, [0]", "proof of possession"),
        row("[][].public_key", to(STRANGER), 4, "event 0, trustees, [0]", "proof of possession"),
    ],
    "credentials": [
        row("[]", to(f"{STRANGER},2"), 6, "event ", "it is not on the list of credentials"),
        row("[] weight", lambda text: text[:-1] + "9", 8, "event 4, ", "not the sum of the last"),
    ],
    "setup": [
        row("election", to(HASH), 2, "event 0, payload, election", "not the hash of that object"),
        row("trustees", to(HASH), 2, "event 0, payload, trustees", "not the hash of that object"),
        row("credentials", to(HASH), 2, "event 0, payload, credentials", "not the hash of that"),
    ],
    "ballot": [
        row("election_uuid", to("1" * 14), 6, BALLOT, "belongs to another election"),
        row("election_hash", to("A" * 43), 6, BALLOT, "belongs to another election"),
        row("credential", to(STRANGER), 6, f"{BALLOT}, signature.proof", NOT_SIGNED),
        row(
            "answers[].choices[].alpha",
            to(STRANGER),
            6,
            f"{BALLOT}, answers[0].individual_proofs[0]",
            PROOF,
        ),
        row(
            "answers[].choices[].beta",
            to(STRANGER),
            6,
            f"{BALLOT}, answers[0].individual_proofs[0]",
            PROOF,
        ),
        *(
            row(f"answers[].{proof}.{name}", other_scalar, 6, f"{BALLOT}, answers[0].{at}", PROOF)
            for proof, at in (
                ("individual_proofs[][]", "individual_proofs[0]"),
                ("overall_proof[]", "overall_proof"),
                ("blank_proof[]", "blank_proof"),
            )
            for name in ("challenge", "response")
        ),
        row(
            "signature.hash",
            to(b64_digest(b"x")),
            6,
            f"{BALLOT}, signature.hash",
            "not the hash of the ballot without its signature",
        ),
        row("signature.proof.challenge", other_scalar, 6, f"{BALLOT}, signature.proof", NOT_SIGNED),
        row("signature.proof.response", other_scalar, 6, f"{BALLOT}, signature.proof", NOT_SIGNED),
    ],
    "encrypted tally": [
        row("[][].alpha", to(STRANGER), 8, "event 4, encrypted tally", "not the sum of the last"),
        row("[][].beta", to(STRANGER), 8, "event 4, encrypted tally", "not the sum of the last"),
    ],
    "sized tally": [
        row("num_tallied", plus_one, 8, "event 4, sized", "it says 3, but the ballots give 2"),
        row("total_weight", plus_one, 8, "event 4, sized", "it says 4, but the ballots give 3"),
        row("encrypted_tally", to(HASH), 2, "event 4, payload", "not the hash of that object"),
    ],
    "partial decryption": [
        row(
            "decryption_factors[][]",
            to(STRANGER),
            9,
            "event 5, partial decryption of trustee 1",
            r"decryption_factors\[0\]\[0\]: the decryption factor does not match",
        ),
        *(
            row(
                f"decryption_proofs[][].{name}",
                other_scalar,
                9,
                "event 5, partial decryption of trustee 1",
                "the decryption factor does not match the trustee's public key",
            )
            for name in ("challenge", "response")
        ),
    ],
    "owned": [
        row("owner", plus_one, 9, "event 5, partial decryption of trustee 2", "does not match"),
        row("payload", to(HASH), 2, "event 5, payload, payload", "not the hash of that object"),
    ],
    "result": [
        row("result[][]", plus_one, 10, "event 7, result", r"\[0\]\[0\]: 2 is not what"),
    ],
    "event": [
        row("parent", to(HASH), 2, "event 3", "the parent is not the hash of the event before"),
        row("height", plus_one, 2, "event 3", "the height is 4, not 3"),
        row("type", to("Ballot"), 2, "event 3", "0 objects stand before this event of Ballot"),
        row("payload", to(HASH), 2, "event 3", "the payload is not the hash of the object before"),
    ],
    "header": [
        row("version", plus_one, 0, "", "records of version 2 are not supported yet"),
        row("timestamp", to(str(TIMESTAMP + 1)), 1, "byte 0, BELENIOS", "header of the file"),
    ],
}  # fmt: skip
# Where each object stands: event and index.
OBJECTS = {
    "election": (0, 0),
    "trustees": (0, 1),
    "credentials": (0, 2),
    "setup": (0, 3),
    "ballot": (1, 0),
    "encrypted tally": (4, 0),
    "sized tally": (4, 1),
    "partial decryption": (5, 0),
    "owned": (5, 1),
    "result": (7, 0),
}
# A trustee's name enters no proof; only the seal of the Setup event binds it.
UNBOUND = {"trustees": {"[][].name"}}


def leaves(value, path=()):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


def field_of(path):
    text = "".join("[]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def changed(value, forgery):
    """Change the first place in a value that has the forgery's field."""
    path = next(
        path for path in leaves(value) if field_of(path) == forgery.field.removesuffix(" weight")
    )
    copy = deepcopy(value)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = forgery.change(inner[path[-1]])
    assert copy != value
    return copy


def written(events, *, header=None):
    """Write a record: each event as (its fields beside parent, what it says wrongly, objects)."""
    members = [encode_header(timestamp=TIMESTAMP) if header is None else header]
    parent = None
    for height, (kind, lies, objects) in enumerate(events):
        truth = {
            "type": kind,
            "height": height,
            "parent": parent,
            "payload": sha256_hex(objects[-1]) if objects else None,
        }
        event = Event(**truth | lies)
        members += [encode_data(body=body, timestamp=TIMESTAMP) for body in objects]
        members.append(encode_event_member(event=event, timestamp=TIMESTAMP))
        parent = sha256_hex(members[-1][512:].rstrip(b"\0"))
    return b"".join(members)


def plain_events():
    return [[item.event.type, {}, list(item.objects)] for item in EVENTS]


def forged_object(name, forgery):
    event_index, object_index = OBJECTS[name]
    events = plain_events()
    objects = events[event_index][2]
    value = changed(json.loads(objects[object_index]), forgery)
    old_hash = sha256_hex(objects[object_index])
    if name == "ballot" and not forgery.field.startswith("signature"):
        uuid, credential = WORLD.election.uuid, WORLD.credentials[0]
        objects[object_index] = sign_again(value, uuid=uuid, credential=credential)
    else:
        objects[object_index] = encode_json(value)
    if object_index < len(objects) - 1:
        new_hash = sha256_hex(objects[object_index])
        objects[-1] = objects[-1].replace(old_hash.encode(), new_hash.encode())
    return written(events)


def forged(name, forgery):
    if name == "header":
        value = changed({"version": 1, "timestamp": str(TIMESTAMP)}, forgery)
        body = encode_json(value)
        header = encode_header(timestamp=TIMESTAMP)
        assert len(body) == len(encode_json({"version": 1, "timestamp": str(TIMESTAMP)}))
        return written(plain_events(), header=header[:512] + body.ljust(512, b"\0"))
    if name == "event":
        events = plain_events()
        value = {"parent": EVENTS[2].hash, "height": 3, "type": "EndBallots", "payload": None}
        events[3][1] = {forgery.field: forgery.change(value[forgery.field])}
        return written(events)
    return forged_object(name, forgery)


def refusal(data):
    """Give step, place and message; step 0 where the record is of a kind not supported yet."""
    try:
        report = verify_record(data, progress=lambda *_: None)
    except EvoteError as error:
        place, _, message = str(error).rpartition(": ")
        return 0, place, message
    assert report.verdict == Verdict.INVALID
    assert report.result is None
    red = [step for step in report.steps if step.status == StepStatus.FAILED]
    problem = red[0].problems[0]
    return red[0].number, problem.place, problem.message


@pytest.mark.parametrize(
    ("name", "forgery"),
    [
        pytest.param(name, forgery, id=f"{name} {forgery.field}")
        for name, forgeries in FORGERIES.items()
        for forgery in forgeries
    ],
)
def test_a_forged_field_is_refused_and_the_message_says_what_is_wrong(name, forgery):
    step, place, message = refusal(forged(name, forgery))
    assert step == forgery.step
    assert place.startswith(forgery.place)
    assert re.search(forgery.message, message), message


@pytest.mark.parametrize("name", OBJECTS)
def test_no_field_of_an_object_is_left_out_above(name):
    event_index, object_index = OBJECTS[name]
    value = json.loads(EVENTS[event_index].objects[object_index])
    fields = {field_of(path) for path in leaves(value)}
    tried = {forgery.field.removesuffix(" weight") for forgery in FORGERIES[name]}
    assert tried == fields - UNBOUND.get(name, set())


def test_no_field_of_an_event_or_the_header_is_left_out_above():
    fields = {name for item in EVENTS for name in json.loads(item_bytes(item.event))}
    assert {forgery.field for forgery in FORGERIES["event"]} == fields
    header = json.loads(encode_header(timestamp=TIMESTAMP)[512:].rstrip(b"\0"))
    assert {forgery.field for forgery in FORGERIES["header"]} == set(header)


def item_bytes(event):
    body = encode_event_member(event=event, timestamp=TIMESTAMP)[512:].rstrip(b"\0")
    assert decode_event(body) == event
    return body


def test_the_record_is_valid_when_nothing_is_changed():
    report = verify_record(written(plain_events()), progress=lambda *_: None)
    assert report.verdict == Verdict.COMPLETE
