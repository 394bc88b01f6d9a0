"""Steps 8 to 11: from the ballot box to the result (PROTOCOL 1.7 to 1.9, 3.1)."""

from collections.abc import Callable, Container, Mapping

from evote.record import RecordedEvent, decode_owned
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
    take_out,
    verify_result,
)
from evote.verify.ballots import AddTask, add_task, answered, chunks
from evote.verify.report import Problem
from evote.verify.state import At, State, StepFailed, Waiting, fail_if_any

# The numbers under which these steps report; the shuffles came later.
TALLY, DECRYPTIONS, RESULT, SHUFFLES = 8, 9, 10, 11

BALLOTS_PER_ADD_TASK = 200


def check_tally(run: State) -> list[str]:
    """Add the last ballots up, and compare with the tally that was published."""
    return compare_tally(run, add_up=_add_up)


def compare_tally(run: State, *, add_up: Callable[[State], EncryptedTally]) -> list[str]:
    """Compare the sum that `add_up` gives of the last ballots with the one that was published."""
    archived, payload = run.first_event("EncryptedTally").objects
    place = f"event {run.first_event('EncryptedTally').event.height}"
    with At(f"{place}, encrypted tally"):
        published = decode_encrypted_tally(archived, election=run.election)
    with At(f"{place}, sized encrypted tally"):
        sized = decode_sized_tally(payload)
    counted = run.last_ballots
    tally = add_up(run)
    total_weight = sum(run.weights[credential] for credential in counted)
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


def _add_up(run: State) -> EncryptedTally:
    """Add the sums that were made when the ballots were checked, and take out what was replaced."""
    counted = {height: run.weights[one] for one, height in run.last_ballots.items()}
    totals = [total for total in run.totals if total is not None]
    replaced = [height for height in run.box.heights if height not in counted]
    is_unweighted = all(weight == 1 for weight in counted.values())
    if len(totals) < len(run.totals) or not is_unweighted or len(replaced) > len(counted):
        return _add_anew(run, counted=counted)
    tally = add_tallies(totals, election=run.election)
    if replaced:
        tally = take_out(tally, _add_anew(run, counted=dict.fromkeys(replaced, 1)))
    run.progress(TALLY, len(counted), len(counted))
    return tally


def _add_anew(run: State, *, counted: Mapping[int, int]) -> EncryptedTally:
    """Read the ballots of these heights again and add them, each times its weight."""
    tasks = (
        AddTask(
            run.election.archived,
            tuple((run.indexed.ballot(height), counted[height]) for height in heights),
        )
        for heights in chunks(list(counted), size=BALLOTS_PER_ADD_TASK)
    )
    parts: list[EncryptedTally] = []
    done = 0
    for task, part in answered(run.parallel_map, add_task, tasks):
        parts.append(part)
        done += len(task.ballots)
        run.progress(TALLY, done, len(counted))
    return add_tallies(parts, election=run.election)


def check_shuffles(run: State) -> list[str]:
    """Check every shuffle, and that nothing ranked was decrypted without one."""
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
        run.progress(SHUFFLES, done, len(shuffles))
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
        return run.verify_shuffle(height=recorded.event.height, data=archived, source=source)


def _owner(payload: bytes, *, place: str, run: State) -> int:
    with At(f"{place}, payload"):
        owner = decode_owned(payload).owner
    if owner > len(run.trustees.slots):
        msg = f"there is no trustee {owner}, only {len(run.trustees.slots)}"
        raise StepFailed([Problem(f"{place}, payload, owner", msg)])
    return owner


def check_decryptions(run: State) -> list[str]:
    """Check that each trustee decrypted exactly what the shuffles left."""
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
        run.progress(DECRYPTIONS, done, len(run.trustees.slots))
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
        return owner, run.verify_decryption(
            height=recorded.event.height,
            data=archived,
            trustee=run.trustees.slots[owner - 1],
        )


def check_result(run: State) -> list[str]:
    """Check that the result is what the trustees decrypted."""
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
