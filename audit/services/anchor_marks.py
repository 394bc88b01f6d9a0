"""What the anchor contract holds: one more mark outside the database, if there is a contract.

One question to a node of the chain, by JSON-RPC over HTTP. It needs none of the optional packages
and has a deadline like a question to a witness: the sequencer waits for the answer.
"""

import json
import re
import time
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from audit.selectors import log_origin
from audit.services.exchanges import Answer, Exchanges, Silence
from audit.services.marks import Doubt, Mark, Marks
from evote.tlog.checkpoint import Checkpoint

ARTEFACT = "PnyxAnchor.json"
ANSWER_SECONDS = 2.0
# The contract moves only when we move it, so its mark need not be read each second.
MARK_SECONDS = 60.0
PLACE = "the anchor contract"
# held() answers with three words: the log, the number of entries, the root.
WORD_SIZE_BYTES = 32
LARGEST_SIZE = 2**64 - 1
# A right one has 250. Short, because JSON that is nested deeply can end a process whose limit of
# recursion somebody raised, as clients of chains do.
ANSWER_LIMIT_BYTES = 1_000
OK = 200

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_ANSWER = re.compile(rf"0x([0-9a-fA-F]{{{3 * WORD_SIZE_BYTES * 2}}})", re.ASCII)
_last_marks: dict[tuple[str, str], tuple[float, Marks]] = {}


class AnchorUnavailable(Exception):
    """The anchor cannot be asked. The message says what is missing and what to do."""


class AnchorRefused(Exception):
    """The contract is another log's, or the chain did not take the transaction."""


def anchor_marks() -> Marks:
    """Read what the contract holds, as a mark for the sequencer; nothing where there is none.

    A chain that does not answer, or a contract of another log, tells nothing and halts nothing.
    """
    place = (settings.ANCHOR_URL, settings.ANCHOR_CONTRACT)
    if not all(place):
        return Marks(seen=(), doubts=())
    asked_at, marks = _last_marks.get(place, (0.0, None))
    if marks is None or time.monotonic() - asked_at >= MARK_SECONDS:
        marks = _ask_for_marks()
        _last_marks[place] = (time.monotonic(), marks)
    return marks


def held_tree() -> Checkpoint:
    """Ask the contract what it holds.

    Raises:
        AnchorUnavailable: it is not set up, or there is no answer that could be read.
        AnchorRefused: the contract is another log's.
    """
    origin, size, root = _read_answer(_ask())
    if origin != origin_hash():
        msg = f"The contract {contract_address()} is not of the log {log_origin()}."
        raise AnchorRefused(msg)
    return Checkpoint(origin=log_origin(), size=size, root=root)


def origin_hash() -> bytes:
    """Return how the contract names the log."""
    return sha256(log_origin().encode()).digest()


def node_address() -> str:
    """Return where the chain is asked.

    Raises:
        AnchorUnavailable: nowhere.
    """
    if not settings.ANCHOR_URL:
        msg = "No chain is set up: PNYX_ANCHOR_URL is empty. docs/anchor.md says how."
        raise AnchorUnavailable(msg)
    parts = urlsplit(settings.ANCHOR_URL)
    if parts.scheme not in {"http", "https"} or parts.query:
        msg = "PNYX_ANCHOR_URL is not an http or https address without a question mark."
        raise AnchorUnavailable(msg)
    return str(settings.ANCHOR_URL)


def contract_address() -> str:
    """Return the contract's address.

    Raises:
        AnchorUnavailable: there is none.
    """
    if not _ADDRESS.fullmatch(settings.ANCHOR_CONTRACT):
        msg = "PNYX_ANCHOR_CONTRACT is not an address: 0x and 40 hexadecimal digits."
        raise AnchorUnavailable(msg)
    return str(settings.ANCHOR_CONTRACT)


@cache
def artefact() -> dict[str, Any]:
    """Return the compiled contract, as it lies beside its source."""
    path = Path(settings.BASE_DIR) / "contracts" / ARTEFACT
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _ask_for_marks() -> Marks:
    try:
        tree = held_tree()
    except (AnchorUnavailable, AnchorRefused) as error:
        return Marks(seen=(), doubts=(Doubt(place=PLACE, reason=str(error)),))
    mark = Mark(place=PLACE, checkpoint=tree, note=None)
    return Marks(seen=(mark,) if tree.size else (), doubts=())


def _ask() -> bytes:
    call = {"to": contract_address(), "data": "0x" + artefact()["selectors"]["held()"]}
    question = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"]}
    exchanges = Exchanges(seconds=ANSWER_SECONDS)
    exchanges.ask(
        node_address(),
        body=json.dumps(question).encode(),
        key=PLACE,
        media_type="application/json",
    )
    ((_, answer),) = exchanges.answers()
    if isinstance(answer, Silence):
        msg = f"The chain gives no answer: {answer.reason}."
        raise AnchorUnavailable(msg)
    return _body_of(answer)


def _body_of(answer: Answer) -> bytes:
    if answer.status != OK:
        msg = f"The chain gives no answer: its node says {answer.status}."
        raise AnchorUnavailable(msg)
    if len(answer.body) > ANSWER_LIMIT_BYTES:
        msg = "The chain gives no answer that could be read: it is too long."
        raise AnchorUnavailable(msg)
    return answer.body


def _read_answer(body: bytes) -> tuple[bytes, int, bytes]:
    try:
        result = json.loads(body)["result"]
        found = _ANSWER.fullmatch(result)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        msg = "The chain gives no answer that could be read."
        raise AnchorUnavailable(msg) from error
    size = int(found[1][2 * WORD_SIZE_BYTES : 4 * WORD_SIZE_BYTES], 16) if found else 0
    if found is None or size > LARGEST_SIZE:
        msg = f"The chain gives no answer for {contract_address()}: is the contract there?"
        raise AnchorUnavailable(msg)
    data = bytes.fromhex(found[1])
    return data[:WORD_SIZE_BYTES], size, data[2 * WORD_SIZE_BYTES :]
