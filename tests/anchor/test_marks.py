"""What the contract holds, as the sequencer hears it: from a node that may be anything."""

import json
import time
from datetime import date
from hashlib import sha256

import pytest

from audit.selectors import latest_checkpoint
from audit.services import anchor_marks as marks
from audit.services.anchor_marks import anchor_marks
from audit.services.marks import LogHalted
from audit.services.sequencing import sequence
from tests.conftest import LOG_ORIGIN
from tests.factories.audit import append_ballots
from tests.factories.witnesses import Reply, loopback

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_folder")]
TODAY = date(2026, 11, 21)
ORIGIN = sha256(LOG_ORIGIN.encode()).digest()
OTHER = bytes(range(32))


def result(origin, size, root):
    words = origin + size.to_bytes(32, "big") + root
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x" + words.hex()}).encode()


@pytest.fixture
def node(settings):
    """A node on loopback that gives one answer to everything."""
    marks._last_marks.clear()
    answers = [Reply()]
    with loopback(lambda body: answers[-1]) as server:
        settings.ANCHOR_URL = server.url
        settings.ANCHOR_CONTRACT = "0x" + "12" * 20

        def answer(reply):
            marks._last_marks.clear()
            answers.append(reply)
            return server

        yield answer


def test_a_held_tree_is_a_mark_asked_for_once_a_minute(node):
    server = node(Reply(body=result(ORIGIN, 7, OTHER)))

    (mark,) = anchor_marks().seen
    assert (mark.checkpoint.origin, mark.checkpoint.size) == (LOG_ORIGIN, 7)
    assert mark.checkpoint.root == OTHER
    assert anchor_marks().seen == (mark,)
    (asked,) = map(json.loads, server.requests)
    assert asked["method"] == "eth_call"
    assert asked["params"][0]["data"] == "0x" + marks.artefact()["selectors"]["held()"]


def test_an_empty_contract_is_no_mark(node):
    node(Reply(body=result(ORIGIN, 0, sha256(b"").digest())))

    assert anchor_marks().seen == anchor_marks().doubts == ()


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(body=result(OTHER, 7, OTHER)), "is not of the log"),
        (Reply(status=500), "its node says 500"),
        (Reply(status=302, headers={"Location": "http://127.0.0.1:9/"}), "its node says 302"),
        (Reply(status=0), "gives no answer"),
        (Reply(body=b""), "could be read"),
        (Reply(body=b"[]"), "could be read"),
        (Reply(body=b"[" * 100_000), "it is too long"),
        (Reply(body=b"[" * 999), "could be read"),
        (Reply(body=b"[" * 499 + b"]" * 499), "could be read"),
        (Reply(body=b"x" * 2_000_000), "more than 128000 bytes"),
        (Reply(body=b'{"error":{"code":-32000,"message":"no"}}'), "could be read"),
        (Reply(body=b'{"result":null}'), "could be read"),
        (Reply(body=b'{"result":"0x"}'), "is the contract there?"),
        (Reply(body=result(ORIGIN, 7, OTHER + b"1")), "is the contract there?"),
        (Reply(body=result(ORIGIN, 2**64, OTHER)), "is the contract there?"),
        (Reply(body=result(ORIGIN, 7, OTHER).replace(b"0x", b"0y")), "is the contract there?"),
    ],
)
def test_an_answer_that_tells_nothing_halts_nothing(node, reply, reason):
    node(reply)
    append_ballots(1)

    assert sequence(today=TODAY) == 1
    (doubt,) = anchor_marks().doubts
    assert reason in doubt.reason


def test_a_node_that_answers_a_byte_at_a_time_is_cut_off(node):
    node(Reply(pieces=[b" "] * 100, pause=0.5))
    started = time.monotonic()

    assert anchor_marks().seen == ()
    assert time.monotonic() - started < marks.ANSWER_SECONDS + 3
    assert "no whole answer in time" in anchor_marks().doubts[0].reason


@pytest.mark.parametrize(("size", "message"), [(3, "does not continue"), (9, "older copy")])
def test_a84_a_contract_that_holds_another_or_a_longer_log_halts_it(node, size, message):
    append_ballots(5)
    sequence(today=TODAY)
    node(Reply(body=result(ORIGIN, size, OTHER)))
    append_ballots(1)

    with pytest.raises(LogHalted, match=message):
        sequence(today=TODAY)
    assert latest_checkpoint().head_id == 5


def test_the_log_goes_on_beside_a_contract_that_is_behind(node):
    append_ballots(5)
    sequence(today=TODAY)
    held = latest_checkpoint()
    node(Reply(body=result(ORIGIN, 5, bytes(held.head.root))))
    append_ballots(1)

    sequence(today=TODAY)

    assert latest_checkpoint().head_id == 6
