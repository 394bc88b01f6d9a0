"""The result: what all trustees together decrypt (PROTOCOL 1.9, "Election result")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evote.election import Trustee
from evote.encoding import decode_json, encode_json, read_list, read_object
from evote.errors import EvoteError, InvalidProof
from evote.group import GENERATOR, Element
from evote.tally.decryption import PartialDecryption
from evote.tally.encrypted import EncryptedTally
from evote.tally.form import TALLY_LIMIT_BYTES, read_weight, weight_to_json
from evote.tally.logarithm import LogarithmTable


class MissingDecryption(EvoteError):
    """A trustee's partial decryption is still missing."""


@dataclass(frozen=True, slots=True)
class Result:
    """For each question, the weight of the votes for each choice, blank first if there is one."""

    counts: tuple[tuple[int, ...], ...]


def combine(
    *,
    tally: EncryptedTally,
    trustees: Sequence[Trustee],
    partial_decryptions: Mapping[int, PartialDecryption],
    total_weight: int,
) -> Result:
    """Decrypt the sums with everybody's factors and find the counts ("Election result", 1.9).

    `partial_decryptions` are verified ones by owner, where 1 is the first trustee; all are needed.
    `total_weight` bounds the counts.

    Raises:
        MissingDecryption: a trustee has not decrypted yet.
        CountOutOfBound: no count up to `total_weight` fits.
    """
    plaintexts = decrypted_elements(
        tally=tally, trustees=trustees, partial_decryptions=partial_decryptions
    )
    find = LogarithmTable(
        bound=total_weight, searches=sum(len(question) for question in plaintexts)
    )
    return Result(
        tuple(tuple(find.logarithm(item) for item in question) for question in plaintexts)
    )


def decrypted_elements(
    *,
    tally: EncryptedTally,
    trustees: Sequence[Trustee],
    partial_decryptions: Mapping[int, PartialDecryption],
) -> tuple[tuple[Element, ...], ...]:
    """Give g^count = β / Π F for every entry of the tally.

    Raises:
        MissingDecryption: a trustee has not decrypted yet.
    """
    owners = range(1, len(trustees) + 1)
    missing = [owner for owner in owners if owner not in partial_decryptions]
    if missing:
        names = ", ".join(str(owner) for owner in missing)
        msg = f"the partial decryption of trustee {names} is missing"
        raise MissingDecryption(msg)
    plaintexts = [[item.beta for item in question] for question in tally.questions]
    for owner in owners:
        for row, factors in zip(plaintexts, partial_decryptions[owner].factors, strict=True):
            row[:] = [value / factor for value, factor in zip(row, factors, strict=True)]
    return tuple(tuple(row) for row in plaintexts)


def verify_result(
    *, result: Result, plaintexts: Sequence[Sequence[Element]], total_weight: int
) -> None:
    """Check that every count n has 0 ≤ n ≤ total weight and g^n = the decrypted element.

    Without the bound n + q would pass too. No logarithm is needed to check one.

    Raises:
        InvalidProof: a count is not what the trustees decrypted.
    """
    if len(result.counts) != len(plaintexts):
        msg = f"the result answers {len(result.counts)} questions, not {len(plaintexts)}"
        raise InvalidProof(msg)
    for number, (counts, elements) in enumerate(zip(result.counts, plaintexts, strict=True)):
        if len(counts) != len(elements):
            msg = f"result[{number}]: there are {len(counts)} counts, not {len(elements)}"
            raise InvalidProof(msg)
        for index, (count, element) in enumerate(zip(counts, elements, strict=True)):
            if not 0 <= count <= total_weight or GENERATOR**count != element:
                msg = f"result[{number}][{index}]: {count} is not what the trustees decrypted"
                raise InvalidProof(msg)


def encode_result(result: Result) -> bytes:
    """Write the object `result`."""
    return encode_json(
        {"result": [[weight_to_json(count) for count in counts] for counts in result.counts]}
    )


def decode_result(data: bytes) -> Result:
    """Read the object `result`; `verify_result` compares it with the decrypted tally.

    Raises:
        DecodeError: it is malformed.
    """
    value = decode_json(data, source="result", limit_bytes=TALLY_LIMIT_BYTES)
    item = read_object(value, place="", fields=("result",))
    return Result(
        tuple(
            tuple(
                read_weight(count, place=f"result[{number}][{index}]")
                for index, count in enumerate(read_list(counts, place=f"result[{number}]"))
            )
            for number, counts in enumerate(read_list(item["result"], place="result"))
        )
    )
