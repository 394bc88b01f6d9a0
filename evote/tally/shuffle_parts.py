"""The object `shuffle` checked in parts: for programs that share the work of a large one.

First `open_shuffle` reads it for its form only, which takes no power of any element. Then each
range of each ranked question is a piece of work of its own, and `close_shuffle` puts the answers
together. All of it holds exactly where `verify_shuffle` holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.election import Election
from evote.encoding import decode_canonical_json, decode_json, read_list, read_object
from evote.errors import InvalidProof
from evote.shuffle import (
    PartProducts,
    WrittenCiphertext,
    WrittenShuffle,
    check_part,
    join_parts,
    part_ranges,
    read_written_ciphertexts,
    read_written_shuffle,
)
from evote.tally.form import TALLY_LIMIT_BYTES
from evote.tally.shuffles import SHUFFLE_LIMIT_BYTES, ranked_questions

# For each ranked question its ciphertexts, as they are written.
WrittenLists = tuple[tuple[WrittenCiphertext, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRange:
    """One piece of the work: of ranked question `question`, counted among those, a range."""

    question: int
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class OpenShuffle:
    """A shuffle whose form is right, and of whose proofs nothing is known yet."""

    lists: tuple[WrittenShuffle, ...]

    @property
    def shuffled(self) -> WrittenLists:
        """What it says came out, for the shuffle after it."""
        return tuple(tuple(one.shuffled) for one in self.lists)

    def ranges(self, *, size: int) -> list[PartRange]:
        """Give all pieces of the work, in order: `size` ciphertexts each, or fewer at an end."""
        return [
            PartRange(question=question, first=first, end=end)
            for question, one in enumerate(self.lists)
            for first, end in part_ranges(one.length, size=size)
        ]


def tally_lists(data: bytes, *, election: Election) -> WrittenLists:
    """Give the ranked answers of an encrypted tally as they are written: what is shuffled first.

    Raises:
        DecodeError: it is malformed.
    """
    value = decode_canonical_json(data, source="encrypted tally", limit_bytes=TALLY_LIMIT_BYTES)
    questions = read_list(value, place="", length=len(election.questions))
    return tuple(
        _listed(questions[number], place=f"[{number}]", election=election)
        for number in ranked_questions(election)
    )


def shuffled_lists(data: bytes, *, election: Election) -> WrittenLists:
    """Give what came out of a shuffle as it is written: what is shuffled next.

    Raises:
        DecodeError: it is malformed.
    """
    value = decode_json(data, source="shuffle", limit_bytes=SHUFFLE_LIMIT_BYTES)
    item = read_object(value, place="", fields=("ciphertexts", "proofs"))
    count = len(ranked_questions(election))
    return tuple(
        _listed(entries, place=f"ciphertexts[{index}]", election=election)
        for index, entries in enumerate(
            read_list(item["ciphertexts"], place="ciphertexts", length=count)
        )
    )


def open_shuffle(data: bytes, *, election: Election, source: WrittenLists) -> OpenShuffle:
    """Read a shuffle of `source` for its form: sizes, lengths, fields and spelling.

    Raises:
        DecodeError: it is malformed or of another shape than `source`.
    """
    value = decode_json(data, source="shuffle", limit_bytes=SHUFFLE_LIMIT_BYTES)
    item = read_object(value, place="", fields=("ciphertexts", "proofs"))
    lists = read_list(item["ciphertexts"], place="ciphertexts", length=len(source))
    proofs = read_list(item["proofs"], place="proofs", length=len(source))
    return OpenShuffle(
        tuple(
            read_written_shuffle(
                ciphertexts=entries,
                proof=proof,
                place=(f"ciphertexts[{index}]", f"proofs[{index}]"),
                source=listed,
                fingerprint=election.fingerprint,
                public_key=election.public_key,
            )
            for index, (entries, proof, listed) in enumerate(
                zip(lists, proofs, source, strict=True)
            )
        )
    )


def check_shuffle_part(shuffle: OpenShuffle, *, part: PartRange) -> PartProducts:
    """Do one piece of the work.

    Raises:
        DecodeError: an element is outside the group or the identity.
        InvalidProof: the proof does not hold; the message says which.
    """
    try:
        return check_part(shuffle.lists[part.question], first=part.first, end=part.end)
    except InvalidProof as error:
        raise _placed(part.question, error) from error


def close_shuffle(shuffle: OpenShuffle, *, parts: Sequence[Sequence[PartProducts]]) -> None:
    """Check what is left, from the parts of each ranked question in their order.

    Raises:
        DecodeError: an element is outside the group or the identity.
        InvalidProof: the proof does not hold; the message says which.
    """
    for question, (one, products) in enumerate(zip(shuffle.lists, parts, strict=True)):
        try:
            join_parts(one, parts=products)
        except InvalidProof as error:
            raise _placed(question, error) from error


def _placed(question: int, error: InvalidProof) -> InvalidProof:
    return InvalidProof(f"proofs[{question}]: {error}")


def _listed(value: object, *, place: str, election: Election) -> tuple[WrittenCiphertext, ...]:
    length = len(read_list(value, place=place))
    return read_written_ciphertexts(value, place=place, length=length, group=election.group)
