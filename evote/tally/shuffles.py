"""Shuffles of the ranked answers of a whole tally (PROTOCOL 1.8, "Shuffles").

The first shuffle takes the ranked entries of the encrypted tally, each later one what the one
before it left. The rest of the tally stays as it is.
"""

from collections.abc import Callable

from evote.election import Election, RankedQuestion
from evote.elgamal import Ciphertext
from evote.encoding import decode_json, encode_json, read_list, read_object
from evote.errors import DecodeError, InvalidProof
from evote.group import ED25519, Group, computes_together
from evote.shuffle import (
    ParallelMap,
    ShuffleStatement,
    holds_together,
    read_shuffle_element,
    read_shuffle_proof,
    read_written_shuffle,
    shuffle_list,
    verify_shuffle_list,
)
from evote.tally.encrypted import EncryptedTally

# A hundred thousand rankings, shuffled, have some sixty megabytes.
SHUFFLE_LIMIT_BYTES = 128_000_000

# Called with how many steps are done, and how many there are.
Progress = Callable[[int, int], None]


def make_shuffle(*, election: Election, tally: EncryptedTally, progress: Progress) -> bytes:
    """Shuffle the ranked entries of a tally and prove it: the object `shuffle`.

    `tally` must be the caller's own sum of the ballots with the shuffles so far, each verified:
    whoever shuffles something else has shuffled nothing.

    Raises:
        NotSupported: the election's group is not one that secrets are computed in.
    """
    numbers = ranked_questions(election)
    assert numbers, "there is a ranked question"
    lengths = [len(tally.questions[number]) for number in numbers]
    ciphertexts: list[list[dict[str, str]]] = []
    proofs: list[object] = []
    done_before = 0
    for number, length in zip(numbers, lengths, strict=True):

        def report(done: int, total: int, *, before: int = done_before, size: int = length) -> None:
            progress(before + done * size // total, sum(lengths))

        shuffled, proof = shuffle_list(
            source=tally.questions[number],
            public_key=election.public_key,
            fingerprint=election.fingerprint,
            progress=report,
        )
        ciphertexts.append([item.to_json() for item in shuffled])
        proofs.append(proof.to_json())
        done_before += length
    return encode_json({"ciphertexts": ciphertexts, "proofs": proofs})


def verify_shuffle(
    *, data: bytes, election: Election, tally: EncryptedTally, parallel_map: ParallelMap = map
) -> EncryptedTally:
    """Check a shuffle of this tally, and give the tally with its outcome in place.

    `parallel_map` may be an executor's `map`: the long products go through it.

    Raises:
        DecodeError: it is malformed, of another shape than the tally, or holds an element outside
            the group or the identity.
        InvalidProof: the shuffle of a question does not hold; the message says which.
    """
    value = decode_json(data, source="shuffle", limit_bytes=SHUFFLE_LIMIT_BYTES)
    item = read_object(value, place="", fields=("ciphertexts", "proofs"))
    numbers = ranked_questions(election)
    lists = read_list(item["ciphertexts"], place="ciphertexts", length=len(numbers))
    proofs = read_list(item["proofs"], place="proofs", length=len(numbers))
    questions = list(tally.questions)
    for index, (number, entries, proof) in enumerate(zip(numbers, lists, proofs, strict=True)):
        source = tally.questions[number]
        place = (f"ciphertexts[{index}]", f"proofs[{index}]")
        questions[number] = _taken_together(
            entries, proof, source=source, election=election, place=place
        ) or _verified_list(
            entries,
            proof,
            source=source,
            election=election,
            place=place,
            parallel_map=parallel_map,
        )
    return EncryptedTally(tuple(questions))


def _taken_together(
    entries: object,
    proof: object,
    *,
    source: tuple[Ciphertext, ...],
    election: Election,
    place: tuple[str, str],
) -> tuple[Ciphertext, ...] | None:
    """Check one list at once, where that is possible; None: the reference has the word."""
    if not computes_together() or election.group is not ED25519:
        return None
    try:
        written = read_written_shuffle(
            ciphertexts=entries,
            proof=proof,
            place=place,
            source=[(item.alpha.encode(), item.beta.encode()) for item in source],
            fingerprint=election.fingerprint,
            public_key=election.public_key,
        )
    except DecodeError:
        return None
    if not holds_together(written):
        return None
    known = election.group.decode_known
    return tuple(Ciphertext(known(alpha), known(beta)) for alpha, beta in written.shuffled)


def _verified_list(
    entries: object,
    proof: object,
    *,
    source: tuple[Ciphertext, ...],
    election: Election,
    place: tuple[str, str],
    parallel_map: ParallelMap,
) -> tuple[Ciphertext, ...]:
    shuffled = _read_ciphertexts(entries, place=place[0], length=len(source), group=election.group)
    statement = ShuffleStatement(
        fingerprint=election.fingerprint,
        public_key=election.public_key,
        source=source,
        shuffled=shuffled,
    )
    decoded = read_shuffle_proof(proof, place=place[1], length=len(source), group=election.group)
    try:
        verify_shuffle_list(statement=statement, proof=decoded, parallel_map=parallel_map)
    except InvalidProof as error:
        msg = f"{place[1]}: {error}"
        raise InvalidProof(msg) from error
    return shuffled


def shuffled_tally(*, data: bytes, election: Election, tally: EncryptedTally) -> EncryptedTally:
    """Give the tally with the outcome of a shuffle in place, which somebody verified before.

    `tally` is the encrypted tally, or the outcome of any earlier shuffle of it.

    Raises:
        DecodeError: it is malformed, of another shape than the tally, or holds an element outside
            the group or the identity.
    """
    value = decode_json(data, source="shuffle", limit_bytes=SHUFFLE_LIMIT_BYTES)
    item = read_object(value, place="", fields=("ciphertexts", "proofs"))
    numbers = ranked_questions(election)
    lists = read_list(item["ciphertexts"], place="ciphertexts", length=len(numbers))
    questions = list(tally.questions)
    for index, (number, entries) in enumerate(zip(numbers, lists, strict=True)):
        questions[number] = _read_ciphertexts(
            entries,
            place=f"ciphertexts[{index}]",
            length=len(tally.questions[number]),
            group=election.group,
        )
    return EncryptedTally(tuple(questions))


def ranked_questions(election: Election) -> list[int]:
    """Give the indices of the ranked questions, in order."""
    return [
        number
        for number, question in enumerate(election.questions)
        if isinstance(question, RankedQuestion)
    ]


def _read_ciphertexts(
    value: object, *, place: str, length: int, group: Group
) -> tuple[Ciphertext, ...]:
    ciphertexts = []
    for index, entry in enumerate(read_list(value, place=place, length=length)):
        inner = f"{place}[{index}]"
        item = read_object(entry, place=inner, fields=("alpha", "beta"))
        ciphertexts.append(
            Ciphertext(
                read_shuffle_element(item["alpha"], place=f"{inner}.alpha", group=group),
                read_shuffle_element(item["beta"], place=f"{inner}.beta", group=group),
            )
        )
    return tuple(ciphertexts)
