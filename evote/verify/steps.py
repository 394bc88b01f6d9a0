"""The steps, in order (PROTOCOL 3.1). Each returns what it compared, or raises."""

from collections.abc import Callable, Container
from dataclasses import dataclass

from evote.credential import read_credentials
from evote.election import (
    combine_public_keys,
    decode_election,
    decode_trustees,
    verify_trustee_item,
)
from evote.encoding import b64_digest
from evote.record import (
    RecordedEvent,
    decode_owned,
    read_archive,
    read_chain,
)
from evote.tally import (
    EncryptedTally,
    PartialDecryption,
    add_tallies,
    decode_encrypted_tally,
    decode_result,
    decode_sized_tally,
    decrypted_elements,
    encode_encrypted_tally,
    has_ranked_question,
    ranked_questions,
    verify_partial_decryption,
    verify_result,
    verify_shuffle,
)
from evote.verify.ballots import (
    BALLOTS_PER_TASK,
    CREDENTIALS_PER_TASK,
    AddTask,
    BallotTask,
    CheckedBallot,
    CredentialTask,
    RefusedBallot,
    add_task,
    check_ballots,
    check_credentials,
    chunks,
)
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
from evote.verify.report import Problem
from evote.verify.state import At, State, StepFailed, Waiting, fail_if_any


@dataclass(frozen=True, slots=True)
class StepCheck:
    """A step as it is declared: what it is called, what it builds on, what it does."""

    number: int
    title: str
    needs: tuple[int, ...]
    check: Callable[[State], list[str]]


def _check_archive(run: State) -> list[str]:
    run.archive = read_archive(run.data)
    return [
        f"{len(run.data)} bytes are exactly {len(run.archive.members) + 1} files",
        "every file's name is the SHA-256 of its content",
        f"every header is as the format writes it, with the one time {run.archive.timestamp}",
    ]


def _check_chain(run: State) -> list[str]:
    run.record = read_chain(run.archive)
    events = run.record.events
    return [
        f"{len(events)} events with heights 0 to {len(events) - 1}, without a gap",
        "every event names the hash of the one before it and of its payload",
        f"the order of events is permitted; the last one is {events[-1].event.type}",
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
        trustees = decode_trustees(run.setup_object(1), group=run.election.group)
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
            for item in trustees.ceremonies
        ),
        "the product of their keys is the election's public key",
    ]


def _check_credentials(run: State) -> list[str]:
    with At("event 0, credentials"):
        weights = read_credentials(run.setup_object(2))
    tasks = [
        CredentialTask(run.election.group.name, index * CREDENTIALS_PER_TASK, credentials)
        for index, credentials in enumerate(chunks(list(weights), size=CREDENTIALS_PER_TASK))
    ]
    problems: list[Problem] = []
    done = 0
    for task, errors in zip(tasks, run.parallel_map(check_credentials, tasks), strict=True):
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
    events = run.record.of_type("Ballot")
    tasks = [
        BallotTask(run.election.archived, ballots)
        for ballots in chunks(
            [(item.event.height, item.objects[0]) for item in events], size=BALLOTS_PER_TASK
        )
    ]
    checked: list[CheckedBallot] = []
    problems: list[Problem] = []
    done = 0
    for task, answers in zip(tasks, run.parallel_map(check_ballots, tasks), strict=True):
        # One answer for each ballot, in order: nothing is dropped on the way.
        for (height, body), answer in zip(task.ballots, answers, strict=True):
            if isinstance(answer, RefusedBallot):
                place = ", ".join(filter(None, (f"event {height}, ballot", answer.place)))
                problems.append(Problem(place, answer.reason))
                continue
            if answer.tracker != b64_digest(body):
                problems.append(Problem(f"event {height}, ballot", "the answer is for another"))
            if answer.credential not in run.weights:
                msg = "it is not on the list of credentials"
                problems.append(Problem(f"event {height}, ballot, credential", msg))
            checked.append(answer)
        done += len(task.ballots)
        run.progress(_BALLOTS, done, len(events))
    fail_if_any(problems)
    run.checked = checked
    return [
        f"{len(checked)} ballots, each in its one canonical form and for this election",
        "each is signed by a credential of the list",
        "each proves that every choice is 0 or 1 and their sum is permitted",
    ]


def _check_box(run: State) -> list[str]:
    trackers: dict[str, int] = {}
    alphas: dict[str, int] = {}
    problems: list[Problem] = []
    for ballot in run.checked:
        place = f"event {ballot.height}, ballot"
        earlier = trackers.setdefault(ballot.tracker, ballot.height)
        if earlier != ballot.height:
            problems.append(Problem(place, f"this is exactly the ballot of event {earlier}"))
            continue
        for alpha in ballot.alphas:
            earlier = alphas.setdefault(alpha, ballot.height)
            if earlier != ballot.height:
                msg = f"the ciphertext with alpha {alpha} was copied from event {earlier}"
                problems.append(Problem(place, msg))
    fail_if_any(problems)
    run.last_ballots = {ballot.credential: ballot for ballot in run.checked}
    replaced = len(run.checked) - len(run.last_ballots)
    return [
        f"{len(trackers)} trackers and {len(alphas)} ciphertexts, none of them twice",
        f"{len(run.last_ballots)} credentials voted; {replaced} ballots were replaced later",
    ]


def _check_tally(run: State) -> list[str]:
    archived, payload = run.first_event("EncryptedTally").objects
    place = f"event {run.first_event('EncryptedTally').event.height}"
    with At(f"{place}, encrypted tally"):
        published = decode_encrypted_tally(archived, election=run.election)
    with At(f"{place}, sized encrypted tally"):
        sized = decode_sized_tally(payload)
    counted = list(run.last_ballots.values())
    tasks = [
        AddTask(run.election.archived, ballots)
        for ballots in chunks(
            [
                (run.record.events[ballot.height].objects[0], run.weights[ballot.credential])
                for ballot in counted
            ],
            size=BALLOTS_PER_TASK,
        )
    ]
    parts: list[EncryptedTally] = []
    done = 0
    for task, part in zip(tasks, run.parallel_map(add_task, tasks), strict=True):
        parts.append(part)
        done += len(task.ballots)
        run.progress(_TALLY, done, len(counted))
    tally = add_tallies(parts, election=run.election)
    total_weight = sum(run.weights[ballot.credential] for ballot in counted)
    problems = []
    if published != tally or archived != encode_encrypted_tally(tally, election=run.election):
        msg = "this is not the sum of the last ballot of each credential"
        problems.append(Problem(f"{place}, encrypted tally", msg))
    for name, said, computed in (
        ("num_tallied", sized.num_tallied, len(counted)),
        ("total_weight", sized.total_weight, total_weight),
    ):
        if said != computed:
            msg = f"{name}: it says {said}, but the ballots give {computed}"
            problems.append(Problem(f"{place}, sized encrypted tally", msg))
    fail_if_any(problems)
    run.tally, run.sized, run.shuffled = tally, sized, tally
    return [
        f"the sum of the last ballots of {len(counted)} credentials is the published one",
        f"{sized.num_tallied} ballots are counted, with a total weight of {sized.total_weight}",
    ]


def _check_shuffles(run: State) -> list[str]:
    shuffles = run.record.of_type("Shuffle")
    if not has_ranked_question(run.election):
        if shuffles:
            msg = "there is nothing to shuffle: no question is ranked"
            raise StepFailed([Problem(f"event {shuffles[0].event.height}", msg)])
        run.decryptable = run.tally
        return ["no question is ranked, so nothing is shuffled"]
    decryptions = run.record.of_type("PartialDecryption")
    if decryptions and not shuffles:
        msg = "ranked ballots are decrypted without a shuffle"
        raise StepFailed([Problem(f"event {decryptions[0].event.height}", msg)])
    owners: set[int] = set()
    shuffled = run.tally
    for done, recorded in enumerate(shuffles, start=1):
        shuffled = _check_shuffle(recorded, run=run, source=shuffled, earlier=owners)
        run.progress(_SHUFFLES, done, len(shuffles))
    run.shuffled = shuffled
    run.first_event("EndShuffles")  # so far all is well, but there may be more shuffles
    run.decryptable = shuffled
    count = sum(len(run.tally.questions[number]) for number in ranked_questions(run.election))
    return [
        f"{len(shuffles)} trustees shuffled {count} ranked answers, one after the other",
        "each proved that nothing was added, left out or changed",
    ]


def _check_shuffle(
    recorded: RecordedEvent, *, run: State, source: EncryptedTally, earlier: set[int]
) -> EncryptedTally:
    archived, payload = recorded.objects
    place = f"event {recorded.event.height}"
    owner = _owner(payload, place=place, run=run)
    if owner in earlier:
        msg = f"trustee {owner} has shuffled before"
        raise StepFailed([Problem(f"{place}, payload, owner", msg)])
    earlier.add(owner)
    with At(f"{place}, shuffle of trustee {owner}"):
        return verify_shuffle(data=archived, election=run.election, tally=source)


def _owner(payload: bytes, *, place: str, run: State) -> int:
    with At(f"{place}, payload"):
        owner = decode_owned(payload).owner
    if owner > len(run.trustees.slots):
        msg = f"there is no trustee {owner}, only {len(run.trustees.slots)}"
        raise StepFailed([Problem(f"{place}, payload, owner", msg)])
    return owner


def _check_decryptions(run: State) -> list[str]:
    decryptions: dict[int, PartialDecryption] = {}
    problems: list[Problem] = []
    run.first_event("EncryptedTally")
    _check_minimum(run)
    for done, recorded in enumerate(run.record.of_type("PartialDecryption"), start=1):
        try:
            owner, decryption = _check_decryption(recorded, run=run, earlier=decryptions)
            decryptions[owner] = decryption
        except StepFailed as failure:
            # Go on, so that every trustee at fault is named.
            problems += failure.problems
        run.progress(_DECRYPTIONS, done, len(run.trustees.slots))
    fail_if_any(problems)
    if not decryptions:
        raise Waiting
    run.decryptions = decryptions
    count = f"{len(decryptions)} of {len(run.trustees.slots)}"
    return [f"{count} trustees decrypted exactly this tally, each with the key of the list"]


def _check_minimum(run: State) -> None:
    """Ask for enough ballots that a count says nothing about one voter (PROTOCOL 2.7)."""
    count, minimum = run.sized.num_tallied, run.election.minimum_ballots
    if count >= minimum:
        return
    if decryptions := run.record.of_type("PartialDecryption"):
        msg = f"{count} ballots were decrypted, but nothing may be with fewer than {minimum}"
        raise StepFailed([Problem(f"event {decryptions[0].event.height}", msg)])
    msg = f"{count} ballots were cast; with fewer than {minimum} nothing is decrypted"
    raise Waiting(msg)


def _check_decryption(
    recorded: RecordedEvent, *, run: State, earlier: Container[int]
) -> tuple[int, PartialDecryption]:
    archived, payload = recorded.objects
    place = f"event {recorded.event.height}"
    owner = _owner(payload, place=place, run=run)
    if owner in earlier:
        msg = f"trustee {owner} has decrypted before"
        raise StepFailed([Problem(f"{place}, payload, owner", msg)])
    with At(f"{place}, partial decryption of trustee {owner}"):
        return owner, verify_partial_decryption(
            data=archived,
            election=run.election,
            trustee=run.trustees.slots[owner - 1],
            tally=run.decryptable,
        )


def _check_result(run: State) -> list[str]:
    recorded = run.first_event("Result")
    place = f"event {recorded.event.height}, result"
    with At(place):
        plaintexts = decrypted_elements(
            tally=run.decryptable, trustees=run.trustees, partial_decryptions=run.decryptions
        )
        result = decode_result(recorded.objects[0])
        verify_result(
            result=result,
            election=run.election,
            plaintexts=plaintexts,
            total_weight=run.sized.total_weight,
        )
    run.result = result
    ranked = len(ranked_questions(run.election))
    comparisons = []
    if ranked < len(run.election.questions):
        limit = run.sized.total_weight
        comparisons.append(f"every count is the decrypted one and lies between 0 and {limit}")
    if ranked:
        comparisons.append("every ranking is the decrypted one, in the order of the last shuffle")
    return comparisons


_ARCHIVE, _CHAIN, _ELECTION, _TRUSTEES, _CREDENTIALS = 1, 2, 3, 4, 5
_BALLOTS, _BOX, _TALLY, _DECRYPTIONS, _RESULT, _SHUFFLES = 6, 7, 8, 9, 10, 11
# In the order in which they are run, which is not the order of their numbers: those who wrote about
# step 9 shall not have written about another one.
STEPS = (
    StepCheck(_ARCHIVE, "The archive", (), _check_archive),
    StepCheck(_CHAIN, "The chain of events", (_ARCHIVE,), _check_chain),
    StepCheck(_ELECTION, "The election", (_CHAIN,), _check_election),
    StepCheck(_TRUSTEES, "The trustees", (_ELECTION,), _check_trustees),
    StepCheck(_CREDENTIALS, "The credentials", (_ELECTION,), _check_credentials),
    StepCheck(_BALLOTS, "The ballots, one by one", (_ELECTION, _CREDENTIALS), _check_ballots),
    StepCheck(_BOX, "The ballot box", (_BALLOTS,), _check_box),
    StepCheck(_TALLY, "The encrypted tally", (_BOX,), _check_tally),
    StepCheck(_SHUFFLES, "The shuffles", (_TRUSTEES, _TALLY), _check_shuffles),
    StepCheck(_DECRYPTIONS, "The partial decryptions", (_SHUFFLES,), _check_decryptions),
    StepCheck(_RESULT, "The result", (_DECRYPTIONS,), _check_result),
    StepCheck(COMPANION, "The second file", (_ELECTION,), check_companion),
    StepCheck(CEREMONY, "The trustees' ceremony", (_TRUSTEES, COMPANION), check_ceremony),
    StepCheck(CASTS, "The cast statements", (_BALLOTS, COMPANION), check_cast_statements),
    StepCheck(
        SHUFFLE_STATEMENTS,
        "The shuffle statements",
        (_SHUFFLES, COMPANION),
        check_shuffle_statements,
    ),
    StepCheck(
        STRONG_PROOFS,
        "The strong decryption proofs",
        (_DECRYPTIONS, COMPANION),
        check_strong_proofs,
    ),
)
