"""The steps, in order (PROTOCOL 3.1). Each returns what it compared, or raises."""

from collections.abc import Callable
from dataclasses import dataclass

from evote.credential import read_credentials
from evote.election import (
    combine_public_keys,
    decode_election,
    decode_trustees,
    verify_trustee_item,
)
from evote.record import IndexedRecord, cut_record, read_piece
from evote.verify.ballots import (
    CREDENTIALS_PER_TASK,
    BallotAnswer,
    BallotTask,
    CredentialTask,
    answered,
    check_and_add,
    check_credentials,
    chunks,
)
from evote.verify.box import Box
from evote.verify.companion_steps import (
    CASTS,
    CEREMONY,
    COMPANION,
    SHUFFLE_STATEMENTS,
    STRONG_PROOFS,
    check_cast_statements,
    check_ceremony,
    check_companion,
    check_shuffle_statements,
    check_strong_proofs,
)
from evote.verify.report import HintsUsed, Problem
from evote.verify.state import At, State, StepFailed, fail_if_any
from evote.verify.tally_steps import (
    DECRYPTIONS,
    RESULT,
    SHUFFLES,
    TALLY,
    check_decryptions,
    check_result,
    check_shuffles,
    check_tally,
)


@dataclass(frozen=True, slots=True)
class StepCheck:
    """A step as it is declared: what it is called, what it builds on, what it does."""

    number: int
    title: str
    needs: tuple[int, ...]
    check: Callable[[State], list[str]]


def _check_archive(run: State) -> list[str]:
    record = IndexedRecord(run.data)
    pieces = cut_record(run.data)
    for piece, read in answered(run.parallel_map, read_piece, pieces):
        record.add(piece, read)
        run.progress(ARCHIVE, piece.offset + len(piece.data), len(run.data))
    run.indexed = record
    return archive_comparisons(
        size_bytes=len(run.data), files=record.files + 1, timestamp=record.timestamp
    )


def archive_comparisons(*, size_bytes: int, files: int, timestamp: int) -> list[str]:
    """Say what the step about the archive compared."""
    return [
        f"{size_bytes} bytes are exactly {files} files",
        "every file's name is the SHA-256 of its content",
        f"every header is as the format writes it, with the one time {timestamp}",
    ]


def _check_chain(run: State) -> list[str]:
    last = run.indexed.check_chain()
    run.record = run.indexed
    return chain_comparisons(count=last.height + 1, last_type=last.type)


def chain_comparisons(*, count: int, last_type: str) -> list[str]:
    """Say what the step about the chain of events compared."""
    return [
        f"{count} events with heights 0 to {count - 1}, without a gap",
        "every event names the hash of the one before it and of its payload",
        f"the order of events is permitted; the last one is {last_type}",
        "Setup, tally and decryptions name the hashes of the objects beside them",
    ]


def _check_election(run: State) -> list[str]:
    with At("event 0, election"):
        run.election = decode_election(run.setup_object(0))
    election = run.election
    group, count = election.group.name, len(election.questions)
    return [
        f"uuid {election.uuid}, version 1, group {group}, {count} questions",
        f"the fingerprint is {election.fingerprint}",
        "the public key is an element of the prime-order group and not the identity",
    ]


def _check_trustees(run: State) -> list[str]:
    with At("event 0, trustees"):
        trustees = decode_trustees(
            run.setup_object(1),
            group=run.election.group,
            legacy=run.accepts_legacy_threshold,
        )
    for index, item in enumerate(trustees.items):
        with At(f"event 0, trustees, [{index}]"):
            verify_trustee_item(item)
    if combine_public_keys(trustees.items) != run.election.public_key:
        msg = "the election's public key is not the product of the trustees' keys"
        raise StepFailed([Problem("event 0, trustees", msg)])
    run.trustees = trustees
    return [
        f"{len(trustees.slots)} trustees, all with different keys, each proven to know its secret",
        *(
            f"any {item.threshold} of {item.size} of them suffice, whose shares and signatures fit"
            + (", in the form of 2022" if item.signatures is None else "")
            for item in trustees.ceremonies
        ),
        "the product of their keys is the election's public key",
    ]


def _check_credentials(run: State) -> list[str]:
    with At("event 0, credentials"):
        weights = read_credentials(run.setup_object(2))
    tasks = (
        CredentialTask(run.election.group.name, index * CREDENTIALS_PER_TASK, credentials)
        for index, credentials in enumerate(chunks(list(weights), size=CREDENTIALS_PER_TASK))
    )
    problems: list[Problem] = []
    done = 0
    for task, errors in answered(run.parallel_map, check_credentials, tasks):
        problems += [
            Problem(f"event 0, credentials, {error.place}", error.message) for error in errors
        ]
        done += len(task.credentials)
        run.progress(_CREDENTIALS, done, len(weights))
    fail_if_any(problems)
    run.weights = weights
    return [
        f"{len(weights)} credentials, all different, each an element of the prime-order group",
        f"their weights sum to {sum(weights.values())}",
    ]


def _check_ballots(run: State) -> list[str]:
    record = run.indexed
    hints = run.open_hints()
    tasks = (
        BallotTask(
            run.election.archived,
            ballots,
            hints=hints.take(len(body) for _, body in ballots) if hints else (),
        )
        for ballots in record.ballots_in_turn()
    )
    box, totals, problems = Box(), [], []
    done = hinted = 0
    for task, answer in answered(run.parallel_map, check_and_add, tasks):
        problems += _put_into(box, task=task, answer=answer, run=run)
        totals.append(answer.total)
        done += len(task.ballots)
        hinted += answer.hinted
        run.progress(BALLOTS, done, record.ballot_count)
    assert done == record.ballot_count
    if hints:
        hints.close()
        run.hints_used = HintsUsed(ballots=done, hinted=hinted, problem=hints.problem)
    fail_if_any(problems)
    run.box, run.totals = box, totals
    return ballot_comparisons(len(box))


def _put_into(box: Box, *, task: BallotTask, answer: BallotAnswer, run: State) -> list[Problem]:
    """Keep what was answered, one entry for each ballot of the task: nothing is dropped."""
    problems: list[Problem] = []
    refused = {one.height: one for one in answer.refused}
    held = zip(answer.heights, answer.trackers, answer.credentials, answer.prints, strict=True)
    for height, _ in task.ballots:
        if height in refused:
            place = ", ".join(filter(None, (f"event {height}, ballot", refused[height].place)))
            problems.append(Problem(place, refused[height].reason))
            continue
        answered_height, tracker, credential, prints = next(held)
        if answered_height != height or tracker != run.indexed.tracker(height):
            problems.append(Problem(f"event {height}, ballot", "the answer is for another"))
        if credential not in run.weights:
            msg = "it is not on the list of credentials"
            problems.append(Problem(f"event {height}, ballot, credential", msg))
        box.add(height=height, tracker=tracker, credential=credential, prints=prints)
    assert next(held, None) is None, "an answer too many"
    return problems


def ballot_comparisons(count: int) -> list[str]:
    """Say what the step about the single ballots compared."""
    return [
        f"{count} ballots, each in its one canonical form and for this election",
        "each is signed by a credential of the list",
        "each proves that every choice is 0 or 1 and their sum is permitted",
    ]


def _check_box(run: State) -> list[str]:
    box = run.box
    fail_if_any(box.find_copies(run.alphas_of))
    run.last_ballots = box.last_of_each()
    replaced = len(box) - len(run.last_ballots)
    return [
        f"{len(box)} trackers and {len(box.prints)} ciphertexts, none of them twice",
        f"{len(run.last_ballots)} credentials voted; {replaced} ballots were replaced later",
    ]


ARCHIVE, CHAIN, _ELECTION, _TRUSTEES, _CREDENTIALS = 1, 2, 3, 4, 5
BALLOTS, _BOX = 6, 7
# In the order in which they are run, which is not the order of their numbers: those who wrote about
# step 9 shall not have written about another one.
STEPS = (
    StepCheck(ARCHIVE, "The archive", (), _check_archive),
    StepCheck(CHAIN, "The chain of events", (ARCHIVE,), _check_chain),
    StepCheck(_ELECTION, "The election", (CHAIN,), _check_election),
    StepCheck(_TRUSTEES, "The trustees", (_ELECTION,), _check_trustees),
    StepCheck(_CREDENTIALS, "The credentials", (_ELECTION,), _check_credentials),
    StepCheck(BALLOTS, "The ballots, one by one", (_ELECTION, _CREDENTIALS), _check_ballots),
    StepCheck(_BOX, "The ballot box", (BALLOTS,), _check_box),
    StepCheck(TALLY, "The encrypted tally", (_BOX,), check_tally),
    StepCheck(SHUFFLES, "The shuffles", (_TRUSTEES, TALLY), check_shuffles),
    StepCheck(DECRYPTIONS, "The partial decryptions", (SHUFFLES,), check_decryptions),
    StepCheck(RESULT, "The result", (DECRYPTIONS,), check_result),
    StepCheck(COMPANION, "The second file", (_ELECTION,), check_companion),
    StepCheck(CEREMONY, "The trustees' ceremony", (_TRUSTEES, COMPANION), check_ceremony),
    StepCheck(CASTS, "The cast statements", (BALLOTS, COMPANION), check_cast_statements),
    StepCheck(
        SHUFFLE_STATEMENTS,
        "The shuffle statements",
        (SHUFFLES, COMPANION),
        check_shuffle_statements,
    ),
    StepCheck(
        STRONG_PROOFS,
        "The strong decryption proofs",
        (DECRYPTIONS, COMPANION),
        check_strong_proofs,
    ),
)
