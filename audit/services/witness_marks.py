"""What the witnesses saw of the log: the copy that each of them serves (LOG.md, 1.6)."""

import time
from hashlib import sha256

from audit.selectors.key import own_keys
from audit.selectors.policy import PolicyUnusable, current_policy
from audit.services.anchor_marks import anchor_marks
from audit.services.exchanges import Answer, Exchanges, Silence
from audit.services.marks import Doubt, ForeignMark, Mark, Marks, local_marks, read_mark
from evote.errors import EvoteError

ANSWER_SECONDS = 2.0
# Whoever gave no answer is left alone for a while: the sequencer runs each second.
PAUSE_SECONDS = 10.0
# While nothing waits for a signature, the witnesses are asked this often.
IDLE_SECONDS = 10.0
OK, NOT_FOUND = 200, 404

_silent_until: dict[str, float] = {}
_asked_at: dict[str, float] = {}


def seen_marks() -> Marks:
    """Read every mark that can be read: this machine's, the witnesses' own copies, the anchor's.

    Raises:
        LogHalted: a mark of this machine is ours and cannot be read.
    """
    places = (local_marks(), witness_marks(), anchor_marks())
    return Marks(
        seen=tuple(mark for marks in places for mark in marks.seen),
        doubts=tuple(doubt for marks in places for doubt in marks.doubts),
    )


def idle_marks() -> Marks:
    """Read the marks while nothing is to be signed: the witnesses' only now and then.

    Raises:
        LogHalted: a mark of this machine is ours and cannot be read.
    """
    last = _asked_at.get("witnesses")
    if last is not None and time.monotonic() - last < IDLE_SECONDS:
        return local_marks()
    return seen_marks()


def witness_marks() -> Marks:
    """Ask the witnesses of the policy, in parallel and not for long, what they cosigned last.

    Who does not answer tells nothing. What they answer counts only where one of the log's own
    keys signed it: a witness cannot halt the log with a lie.
    """
    seen: list[Mark] = []
    doubts: list[Doubt] = []
    exchanges = Exchanges(seconds=ANSWER_SECONDS)
    try:
        urls = _urls()
    except PolicyUnusable as error:  # nothing goes public then, so nothing is promised
        return Marks(seen=(), doubts=(Doubt(place="the policy", reason=str(error)),))
    _asked_at["witnesses"] = time.monotonic()
    for url in urls:
        if _silent_until.get(url, 0.0) <= time.monotonic():
            exchanges.ask(copy_address(url), body=None, key=url)
    for url, answer in exchanges.answers():
        if isinstance(answer, Silence):
            _silent_until[url] = time.monotonic() + PAUSE_SECONDS
            continue
        _silent_until.pop(url, None)
        try:
            mark = _mark(answer, url=url)
        except (EvoteError, ForeignMark) as error:
            doubts.append(Doubt(place=f"the copy of the witness {url}", reason=str(error)))
        else:
            seen.extend([mark] if mark is not None else [])
    return Marks(seen=tuple(seen), doubts=tuple(doubts))


def copy_address(url: str) -> str:
    """Give the address under which a witness serves what it cosigned of this log."""
    origin = own_keys()[0].name
    return f"{url.rstrip('/')}/{sha256(origin.encode()).hexdigest()}/checkpoint"


def _mark(answer: Answer, *, url: str) -> Mark | None:
    if answer.status == NOT_FOUND:
        return None
    if answer.status != OK:
        msg = f"the witness answered {answer.status}"
        raise ForeignMark(msg)
    checkpoint = read_mark(answer.body, keys=own_keys())
    return Mark(place=f"the copy of the witness {url}", checkpoint=checkpoint, note=answer.body)


def _urls() -> list[str]:
    policy = current_policy()
    if policy is None:
        return []
    return sorted({witness.url for witness in policy.witnesses if witness.url})
