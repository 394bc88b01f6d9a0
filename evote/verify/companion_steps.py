"""Steps 12 to 16: what Pnyx adds beside the record (PROTOCOL, part 2).

The companion has one element for each Ballot, Shuffle and PartialDecryption event, in order. An
election that does not ask for it has nothing to check here, and says so.
"""

import hashlib
from collections.abc import Iterator
from itertools import islice

from evote.encoding import sha256_hex
from evote.errors import DecodeError, EvoteError
from evote.proofs.statements import NO_PREVIOUS_TRACKER, verify_shuffle_statement
from evote.record import RecordBytes, RecordedEvent, decode_owned
from evote.record.companion import Companion, decode_companion, verify_ceremony
from evote.record.companion_pieces import CastPieces, NotInPieces, open_companion
from evote.tally import has_ranked_question
from evote.verify.ballots import answered
from evote.verify.casts import CastTask, ExpectedCast, are_casts, check_casts
from evote.verify.report import Problem
from evote.verify.state import At, NotAskedFor, State, StepFailed, Waiting, fail_if_any


def check_companion(run: State) -> list[str]:
    """Read the second file: it is there, it is of this election, and nothing is left out."""
    if not run.election.has_companion:
        raise NotAskedFor
    if run.companion_data is None:
        name = f"{run.election.uuid}.pnyx.json"
        msg = f"the election asks for its second file, {name}, which is missing"
        raise StepFailed([Problem("", msg)])
    with At("companion"):
        companion, casts = _open(run.companion_data, run=run)
    problems = [
        Problem(f"companion, {name}", f"{count} for {events} events of type {kind}")
        for name, count, kind in (
            ("casts", len(casts), "Ballot"),
            ("shuffles", len(companion.shuffles), "Shuffle"),
            ("decryptions", len(companion.decryptions), "PartialDecryption"),
        )
        if count != (events := run.record.count_of(kind))
    ]
    fail_if_any(problems)
    run.companion, run.casts = companion, casts
    return companion_comparisons(len(run.companion_data))


def _open(data: RecordBytes, *, run: State) -> tuple[Companion, CastPieces]:
    """Read the second file in pieces; where one is not as it must be, all of it says why."""
    try:
        companion, casts = open_companion(data, election=run.election)
        answers = answered(run.parallel_map, are_casts, casts.in_turn())
        if all(are for _, are in answers):
            return companion, casts
    except NotInPieces:
        pass
    except EvoteError:
        # The first thing that is wrong may be another one.
        pass
    decode_companion(data[: len(data)], election=run.election)
    msg = "its cast statements are not written as those of a companion are"
    raise DecodeError(msg, place="casts")


def companion_comparisons(size_bytes: int) -> list[str]:
    """Say what the step about the second file compared."""
    return [
        f"{size_bytes} bytes in their one canonical form, for this election",
        "one statement for each ballot, each shuffle and each partial decryption",
    ]


def check_ceremony(run: State) -> list[str]:
    """Check that keys were committed to before any was shown, and that all slots signed (2.4)."""
    with At("companion, ceremony"):
        verify_ceremony(
            ceremony=run.companion.ceremony,
            election=run.election,
            trustees=run.trustees,
            archived_trustees=run.setup_object(1),
        )
    count = len(run.trustees.slots)
    comparisons = [f"all {count} trustees signed that they saw this election with their key in it"]
    if run.trustees.ceremonies:
        comparisons.append("every member committed to their part before anybody showed theirs")
    return comparisons


def check_cast_statements(run: State) -> list[str]:
    """Check that each ballot follows the one before of its credential, and is signed so (2.2)."""
    out_of_order: list[Problem] = []
    refused: list[Problem] = []
    done, digest = 0, hashlib.sha256()
    for task, answer in answered(run.parallel_map, check_casts, _cast_tasks(run)):
        digest.update(task.piece.data + b",")
        out_of_order += [Problem(place, message) for place, message in answer.out_of_order]
        refused += [Problem(place, message) for place, message in answer.refused]
        done += len(task.expected)
        run.progress(CASTS, done, len(run.box))
    assert done == len(run.box)
    fail_if_any([*out_of_order, *refused])
    run.casts_sha256 = digest.hexdigest()
    return cast_comparisons(done)


def _cast_tasks(run: State) -> Iterator[CastTask]:
    """Put to each piece of statements what they must say."""
    box = run.box
    newest: dict[str, str] = {}
    ballots = zip(box.heights, box.credentials, box.trackers, strict=True)
    pieces = zip(run.casts.in_turn(), run.casts.lengths(), strict=True)
    for piece, length in pieces:
        expected = []
        for height, credential, tracker in islice(ballots, length):
            prev = newest.get(credential, NO_PREVIOUS_TRACKER)
            expected.append(ExpectedCast(height, credential, tracker, prev))
            newest[credential] = tracker
        yield CastTask(run.election.fingerprint, piece, tuple(expected))


def cast_comparisons(count: int) -> list[str]:
    """Say what the step about the cast statements compared."""
    return [f"{count} ballots, each signed as the one after the last of its credential, no gap"]


def check_shuffle_statements(run: State) -> list[str]:
    """Check who made each shuffle, and that enough people did (2.8)."""
    if not has_ranked_question(run.election):
        raise NotAskedFor
    problems: list[Problem] = []
    events = run.record.of_type("Shuffle")
    for index, (recorded, statement) in enumerate(zip(events, run.companion.shuffles, strict=True)):
        place = f"shuffles[{index}], event {recorded.event.height}"
        if not _is_about(recorded, owner=statement.owner, payload=statement.payload):
            problems.append(Problem(place, "it is about another shuffle"))
            continue
        assert recorded.event.parent is not None, "a Shuffle is never the first event"
        try:
            verify_shuffle_statement(
                proof=statement.proof,
                fingerprint=run.election.fingerprint,
                public_key=run.trustees.slots[statement.owner - 1].public_key,
                parent=recorded.event.parent,
                payload=statement.payload,
            )
        except EvoteError as error:
            problems.append(Problem(place, str(error)))
    fail_if_any(problems)
    run.first_event("EndShuffles")
    minimum = run.election.minimum_shuffles
    if len(events) < minimum:
        msg = f"{len(events)} shuffles, but the election asks for {minimum}"
        raise StepFailed([Problem("", msg)])
    return [
        f"{len(events)} shuffles, each signed by the trustee who made it; asked for are {minimum}"
    ]


def check_strong_proofs(run: State) -> list[str]:
    """Check that each factor is bound to its ciphertext, its place and its trustee (2.3)."""
    events = run.record.of_type("PartialDecryption")
    if not events:
        raise Waiting
    closing = events[0].event.parent
    assert closing is not None, "a PartialDecryption is never the first event"
    problems: list[Problem] = []
    for done, (recorded, statement) in enumerate(
        zip(events, run.companion.decryptions, strict=True), start=1
    ):
        place = f"decryptions[{done - 1}], trustee {statement.owner}"
        if not _is_about(recorded, owner=statement.owner, payload=statement.payload):
            problems.append(Problem(place, "it is about another partial decryption"))
            continue
        try:
            run.verify_strong_proofs(
                height=recorded.event.height, statement=statement, closing=closing
            )
        except EvoteError as error:
            # Go on, so that every trustee at fault is named.
            problems.append(Problem(place, str(error)))
        run.progress(STRONG_PROOFS, done, len(events))
    fail_if_any(problems)
    return [f"{len(events)} partial decryptions, each factor bound to its ciphertext and its place"]


def _is_about(recorded: RecordedEvent, *, owner: int, payload: str) -> bool:
    """Say whether a statement names the owner and the object of its event."""
    body, owned = recorded.objects
    return owner == decode_owned(owned).owner and payload == sha256_hex(body)


COMPANION, CEREMONY, CASTS, SHUFFLE_STATEMENTS, STRONG_PROOFS = 12, 13, 14, 15, 16
