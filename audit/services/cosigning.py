"""Asking the witnesses: the newest checkpoint, until enough of them say that the log only grew.

A sweep, one at a time. It asks the witnesses of the policy in parallel, once each for all keys
that live at one address; keeps what they say; and makes the checkpoint public as soon as the
quorum is met. It may die anywhere: what came in is a row at once, and a witness that is asked
again for what it has cosigned cosigns it again.

Nothing that a witness says moves the log. A witness that knows a longer one is never followed:
either it lies, or this log was set back, and then the sequencer's marks halt it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from audit.models import Checkpoint, Cosignature, WitnessHealth
from audit.selectors.checkpoints import signed_checkpoint
from audit.selectors.cosignatures import KeyMark, cosigned_note, mark_of, newest_cosignatures
from audit.selectors.policy import current_policy
from audit.selectors.tree import latest_head, stored_tree
from audit.services import publishing
from audit.services.exchanges import Answer, Exchanges, Silence
from audit.services.marks import LogHalted, local_marks, refuse_contradiction
from audit.services.witness_marks import seen_marks
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.tlog.checkpoint import Checkpoint as CheckpointText
from evote.tlog.checkpoint import decode_checkpoint
from evote.tlog.cosignature import verify_cosignature
from evote.tlog.note import NoteSignature, decode_note
from evote.tlog.policy import Policy, PolicyWitness, verify_under_policy
from evote.tlog.witness import AddCheckpoint, Status, decode_cosignatures, decode_size

# An unchanged checkpoint gets new cosignatures this often: readers may ask how old they are.
REFRESH_AFTER = timedelta(minutes=10)
# A witness that failed is asked again after 2, 4, 8 … seconds.
LONGEST_PAUSE_SECONDS = 60
# A cosignature whose time is further off says nothing about when it was made.
CLOCK_TOLERANCE = timedelta(days=1)
DETAIL_LIMIT_CHARACTERS = 300
# Any number will do, as long as nothing else in this database locks the same one.
COSIGNER_LOCK = 0x706E7978_636F73

Problem = WitnessHealth.Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """One checkpoint, put to the witnesses of one policy at one moment."""

    policy: Policy
    checkpoint: Checkpoint
    statement: CheckpointText
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What came of asking one witness: lines that verified, and what was wrong, if anything."""

    rows: list[Cosignature] = field(default_factory=list)
    problem: Problem | None = None
    detail: str = ""
    claimed_size: int | None = None


def cosign(*, now: datetime) -> int:
    """Ask the witnesses to cosign the newest checkpoint; publish it once enough of them did.

    Returns how many cosignatures came in. Does nothing where there is no policy, while another
    sweep is asking, or while the published file contradicts the database: the sequencer says so.

    Raises:
        PolicyUnusable: there should be a policy, and it cannot be used.
    """
    policy = current_policy()
    if policy is None:
        return 0
    with _only_cosigner() as is_ours:
        checkpoint = signed_checkpoint() if is_ours else None
        if checkpoint is None or not _continues_published(checkpoint):
            return 0
        statement = decode_checkpoint(decode_note(bytes(checkpoint.note)))
        asked = _Round(policy=policy, checkpoint=checkpoint, statement=statement, now=now)
        came_in = _ask_witnesses(asked)
        _publish(asked, has_new_lines=came_in > 0)
        return came_in


def _continues_published(checkpoint: Checkpoint) -> bool:
    try:
        published = publishing.published_checkpoint()
    except EvoteError:
        return False
    if published is None or published.size < checkpoint.head_id:
        return True
    return (published.size, published.root) == (checkpoint.head_id, bytes(checkpoint.head.root))


# --- Asking ---------------------------------------------------------------------------------------


def _ask_witnesses(asked: _Round) -> int:
    """Ask everybody whose turn it is. Each answer is kept when it comes, and may be the last."""
    exchanges = Exchanges()
    witnesses = _witnesses_by_url(asked.policy)
    health = {url: _health_of(url) for url in witnesses}
    for url, keys in witnesses.items():
        if _is_due(health[url], keys=keys, asked=asked):
            old_size = min(health[url].recorded_size, asked.statement.size)
            exchanges.ask(_address(url), body=_request(asked, old_size=old_size), key=url)
    came_in = 0
    told: set[str] = set()
    for url, answer in exchanges.answers():
        size = _other_size(answer)
        if size is not None and size <= asked.statement.size and url not in told:
            told.add(url)  # The witness says from where the proof has to lead: once.
            exchanges.ask(_address(url), body=_request(asked, old_size=size), key=url)
            continue
        outcome = _outcome(answer, keys=witnesses[url], asked=asked)
        Cosignature.objects.bulk_create(outcome.rows, ignore_conflicts=True)
        _note_health(health[url], outcome=outcome, asked=asked)
        came_in += len(outcome.rows)
        if outcome.rows:
            _publish(asked, has_new_lines=False)
    return came_in


def _witnesses_by_url(policy: Policy) -> dict[str, list[PolicyWitness]]:
    by_url: dict[str, list[PolicyWitness]] = {}
    for witness in policy.witnesses:
        if witness.url:
            by_url.setdefault(witness.url, []).append(witness)
    return by_url


def _health_of(url: str) -> WitnessHealth:
    health, _ = WitnessHealth.objects.get_or_create(url=url)
    return health


def _is_due(health: WitnessHealth, *, keys: Sequence[PolicyWitness], asked: _Round) -> bool:
    """Say whether to ask a witness now: it is missing, or its word is old; and not too often."""
    if health.failures and health.asked_at is not None:
        pause = min(2 ** min(health.failures, 10), LONGEST_PAUSE_SECONDS)
        # The absolute value: a clock that was set back must not silence us for a day.
        return abs(asked.now - health.asked_at) >= timedelta(seconds=pause)
    rows = newest_cosignatures(asked.checkpoint)
    if health.cosigned_at is None or any(mark_of(key) not in rows for key in keys):
        return True
    return abs(asked.now - health.cosigned_at) >= REFRESH_AFTER


def _address(url: str) -> str:
    return url.rstrip("/") + "/add-checkpoint"


def _request(asked: _Round, *, old_size: int) -> bytes:
    size = asked.statement.size
    proof = stored_tree(size).consistency_proof(old_size) if 0 < old_size < size else []
    note = bytes(asked.checkpoint.note)
    return AddCheckpoint(old_size=old_size, proof=tuple(proof), checkpoint=note).encode()


# --- Reading answers ------------------------------------------------------------------------------


def _other_size(answer: Answer | Silence) -> int | None:
    """Return the size that a witness says it has recorded, where it says that we were wrong."""
    if isinstance(answer, Silence) or answer.status != Status.OTHER_SIZE:
        return None
    try:
        return decode_size(answer.body)
    except DecodeError:
        return None


def _outcome(answer: Answer | Silence, *, keys: Sequence[PolicyWitness], asked: _Round) -> _Outcome:
    if isinstance(answer, Silence):
        return _Outcome(problem=Problem.SILENT, detail=answer.reason)
    if answer.status == Status.COSIGNED:
        return _read_lines(answer.body, keys=keys, asked=asked)
    if answer.status == Status.OTHER_SIZE:
        return _read_other_size(answer, asked=asked)
    if answer.status == Status.INCONSISTENT:
        return _Outcome(problem=Problem.REFUSED, detail="422: not the log that it saw before")
    if answer.status in {Status.UNKNOWN_LOG, Status.NOT_SIGNED}:
        detail = f"{answer.status}: it does not know this log, or not its key"
        return _Outcome(problem=Problem.UNKNOWN_LOG, detail=detail)
    return _Outcome(problem=Problem.GARBLED, detail=f"the status {answer.status}")


def _read_other_size(answer: Answer, *, asked: _Round) -> _Outcome:
    size = _other_size(answer)
    if size is None:
        return _Outcome(problem=Problem.GARBLED, detail="409 without a size")
    if size > asked.statement.size:
        detail = f"409: it has seen {size} entries, and there are {asked.statement.size}"
        return _Outcome(problem=Problem.AHEAD, detail=detail, claimed_size=size)
    return _Outcome(problem=Problem.GARBLED, detail=f"409 again, now with the size {size}")


def _read_lines(body: bytes, *, keys: Sequence[PolicyWitness], asked: _Round) -> _Outcome:
    """Keep the lines that verify. Lines by unknown keys are nothing to us."""
    try:
        lines = decode_cosignatures(body)
    except DecodeError as error:
        return _Outcome(problem=Problem.GARBLED, detail=str(error))
    expected = {mark_of(key): key for key in keys}
    rows: dict[KeyMark, Cosignature] = {}
    wrong: list[str] = []
    for line in lines:
        mark = (line.name, line.key_id)
        if mark in expected:
            try:
                rows[mark] = _row(line, witness=expected[mark], asked=asked)
            except EvoteError as error:
                wrong.append(str(error))
    missing = [f"no line by {key.name}" for mark, key in expected.items() if mark not in rows]
    if wrong:
        return _Outcome(
            rows=list(rows.values()), problem=Problem.WRONG_LINE, detail="; ".join(wrong)
        )
    if missing:
        return _Outcome(
            rows=list(rows.values()), problem=Problem.GARBLED, detail="; ".join(missing)
        )
    return _Outcome(rows=list(rows.values()))


def _row(line: NoteSignature, *, witness: PolicyWitness, asked: _Round) -> Cosignature:
    cosigned_at = verify_cosignature(line, checkpoint=asked.statement, key=witness.key)
    if abs(cosigned_at - asked.now.timestamp()) > CLOCK_TOLERANCE.total_seconds():
        msg = f"the clock of {witness.name} is off by more than a day"
        raise InvalidProof(msg)
    return Cosignature(
        checkpoint=asked.checkpoint,
        witness=line.name,
        key_id=line.key_id,
        cosigned_at=cosigned_at,
        line=line.encode(),
    )


def _note_health(health: WitnessHealth, *, outcome: _Outcome, asked: _Round) -> None:
    health.asked_at = asked.now
    health.problem = outcome.problem or ""
    health.detail = _printable(outcome.detail)
    health.claimed_size = outcome.claimed_size
    health.failures = health.failures + 1 if outcome.problem else 0
    if outcome.rows:
        health.recorded_size = asked.statement.size
        health.cosigned_at = asked.now
    health.save()


def _printable(text: str) -> str:
    """Keep what a stranger's text can do to a terminal or a table out of both."""
    clean = "".join(character if character.isprintable() else "?" for character in text)
    return clean[:DETAIL_LIMIT_CHARACTERS]


# --- Publishing -----------------------------------------------------------------------------------


def _publish(asked: _Round, *, has_new_lines: bool) -> None:
    """Make the checkpoint public if the quorum is met, and it is not yet, or has more lines.

    Not while the log would halt. Where no file says what was public last, the witnesses are asked
    for their copies: rows of an older database may well meet the quorum.
    """
    file = publishing.published_checkpoint()
    if not has_new_lines and publishing.is_published(asked.checkpoint, file=file):
        return
    note = cosigned_note(asked.checkpoint)
    try:
        verify_under_policy(note, asked.policy)
        marks = local_marks() if file is not None else seen_marks()
        refuse_contradiction(head=latest_head(), marks=marks)
    except (InvalidProof, LogHalted):  # The sequencer says why.
        return
    publishing.publish(checkpoint=asked.checkpoint, note=note)


# --- One at a time --------------------------------------------------------------------------------


@contextmanager
def _only_cosigner() -> Iterator[bool]:
    """Hold PostgreSQL's advisory lock over the sweep; it goes with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [COSIGNER_LOCK])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [COSIGNER_LOCK])
