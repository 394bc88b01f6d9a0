"""The answer to a question about lists: `answer_l` of PROTOCOL 1.3 and 1.6."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evote.ballot.checks import Checks
from evote.ballot.choice import BIT, InvalidChoice, PlainAnswer, is_bits
from evote.ballot.context import answer_context
from evote.ballot.reading import (
    EncodedChoice,
    TakeElement,
    read_choice,
    read_encoding,
    read_proofs,
    take_choices,
)
from evote.election import ListsQuestion
from evote.elgamal import Ciphertext, encrypt_bit, product
from evote.encoding import read_list, read_ordered_object
from evote.group import Element, Group, random_scalar
from evote.proofs import (
    NonzeroProof,
    Opening,
    Proof,
    candidates_or_list,
    interval_claim,
    list_claim,
    nonzero_claim,
    proofs_to_json,
    prove_interval,
    prove_list,
    prove_nonzero,
    read_proof,
    read_scalar,
    sum_openings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedNonzeroProof:
    """`nonzero_proof` as it stands in the ballot: its commitment is not yet known as an element."""

    commitment: str
    challenge: int
    response: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedLists:
    """The answer to one question about lists as it stands in the ballot.

    `choices` and `individual_proofs` are flat: for each list, the list itself and then its
    candidates. `list_lengths` cuts them again.
    """

    list_lengths: tuple[int, ...]
    choices: tuple[EncodedChoice, ...]
    individual_proofs: tuple[tuple[Proof, ...], ...]
    overall_proof: Proof
    list_proofs: tuple[tuple[Proof, ...], ...]
    nonzero_proof: EncodedNonzeroProof

    def take_choices(self, take: TakeElement, *, place: str) -> tuple[Ciphertext, ...]:
        """Make the ciphertexts, with the check of membership (A-10)."""
        places = [f"{place}.choices{path}" for path in _paths(self.list_lengths)]
        return take_choices(self.choices, places=places, take=take)


def _paths(lengths: Sequence[int]) -> Iterator[str]:
    for number, length in enumerate(lengths):
        for index in range(length):
            yield f"[{number}][{index}]"


# --- Reading -----------------------------------------------------------------------------


def read_lists(value: object, *, question: ListsQuestion, place: str, group: Group) -> EncodedLists:
    """Take an answer of exactly the shape that the question asks for."""
    fields = ("choices", "individual_proofs", "overall_proof", "list_proofs", "nonzero_proof")
    item = read_ordered_object(value, place=place, fields=fields)
    count = len(question.lists)
    list_proofs = read_list(item["list_proofs"], place=f"{place}.list_proofs", length=count)
    return EncodedLists(
        list_lengths=question.list_lengths,
        choices=tuple(
            read_choice(choice, place=inner, group=group)
            for inner, choice in _flat(item["choices"], question=question, place=f"{place}.choices")
        ),
        individual_proofs=tuple(
            read_proofs(proofs, place=inner, length=2, group=group)
            for inner, proofs in _flat(
                item["individual_proofs"], question=question, place=f"{place}.individual_proofs"
            )
        ),
        overall_proof=read_proof(
            item["overall_proof"], place=f"{place}.overall_proof", is_ordered=True, group=group
        ),
        list_proofs=tuple(
            read_proofs(proofs, place=f"{place}.list_proofs[{index}]", length=2, group=group)
            for index, proofs in enumerate(list_proofs)
        ),
        nonzero_proof=_read_nonzero(
            item["nonzero_proof"], place=f"{place}.nonzero_proof", group=group
        ),
    )


def _flat(value: object, *, question: ListsQuestion, place: str) -> list[tuple[str, object]]:
    """Take a list of lists, and give their items one after the other, each with its place."""
    items = []
    rows = read_list(value, place=place, length=len(question.lists))
    for number, (row, length) in enumerate(zip(rows, question.list_lengths, strict=True)):
        inner = f"{place}[{number}]"
        for index, item in enumerate(read_list(row, place=inner, length=length)):
            items.append((f"{inner}[{index}]", item))
    return items


def _read_nonzero(value: object, *, place: str, group: Group) -> EncodedNonzeroProof:
    item = read_ordered_object(value, place=place, fields=("commitment", "challenge", "response"))
    first, second = read_list(item["response"], place=f"{place}.response", length=2)
    return EncodedNonzeroProof(
        commitment=read_encoding(item["commitment"], place=f"{place}.commitment", group=group),
        challenge=read_scalar(item["challenge"], place=f"{place}.challenge", group=group),
        response=(
            read_scalar(first, place=f"{place}.response[0]", group=group),
            read_scalar(second, place=f"{place}.response[1]", group=group),
        ),
    )


# --- Checking ----------------------------------------------------------------------------


def check_lists(
    answer: EncodedLists, *, checks: Checks, context: str, place: str
) -> tuple[Ciphertext, ...]:
    """Check every proof of an answer; `context` is S0 (1.6). Returns its ciphertexts, flat.

    Exactly one list is chosen; candidates only on a list that is chosen; and not nothing: the
    number of chosen candidates is not zero.

    Raises:
        InvalidBallot: `non_canonical` or `bad_proof`, with the place.
    """
    choices = answer.take_choices(checks.element, place=place)
    for path, choice, proofs in zip(
        _paths(answer.list_lengths), choices, answer.individual_proofs, strict=True
    ):
        bit = interval_claim(
            context=context,
            public_key=checks.key,
            ciphertext=choice,
            choices=BIT,
            proofs=proofs,
        )
        checks.hold(bit, code="bad_proof", place=f"{place}.individual_proofs{path}")
    bound_to = answer_context(context, choices)
    rows = cut(choices, answer.list_lengths)
    one_list = interval_claim(
        context=bound_to,
        public_key=checks.key,
        ciphertext=product((row[0] for row in rows), public_key=checks.key),
        choices=(1,),
        proofs=[answer.overall_proof],
    )
    checks.hold(one_list, code="bad_proof", place=f"{place}.overall_proof")
    _check_candidates(answer, rows=rows, checks=checks, context=bound_to, place=place)
    return choices


def _check_candidates(
    answer: EncodedLists,
    *,
    rows: Sequence[Sequence[Ciphertext]],
    checks: Checks,
    context: str,
    place: str,
) -> None:
    """Check that candidates are on a chosen list, and that there are some; `context` is S."""
    for index, (row, proofs) in enumerate(zip(rows, answer.list_proofs, strict=True)):
        on_a_list = list_claim(
            context=context,
            public_key=checks.key,
            branches=candidates_or_list(
                list_itself=row[0], candidates=product(row[1:], public_key=checks.key)
            ),
            proofs=proofs,
        )
        checks.hold(on_a_list, code="bad_proof", place=f"{place}.list_proofs[{index}]")
    candidates = (choice for row in rows for choice in row[1:])
    some = nonzero_claim(
        context=context,
        public_key=checks.key,
        ciphertext=product(candidates, public_key=checks.key),
        proof=NonzeroProof(
            # With the check of membership: a point of small order as A0 would prove that zero is
            # not zero.
            commitment=checks.element(
                answer.nonzero_proof.commitment, place=f"{place}.nonzero_proof.commitment"
            ),
            challenge=answer.nonzero_proof.challenge,
            response=answer.nonzero_proof.response,
        ),
    )
    checks.hold(some, code="bad_proof", place=f"{place}.nonzero_proof")


# --- Making ------------------------------------------------------------------------------


def read_list_bits(question: ListsQuestion, answer: PlainAnswer, *, number: int) -> list[list[int]]:
    """Take a voter's choices, for each list itself and then its candidates, if permitted.

    Raises:
        InvalidChoice: not exactly one list, no candidate on it, or one on another list; `number`
            is the question's, from 1.
    """
    rows = [list(row) for row in answer if isinstance(row, Sequence)]
    if len(rows) != len(answer) or len(rows) != len(question.lists):
        msg = f"the answer to question {number} is not {len(question.lists)} lists"
        raise InvalidChoice(msg)
    for row, length in zip(rows, question.list_lengths, strict=True):
        if not is_bits(row, count=length):
            msg = f"the answer to question {number} is not zeros and ones for every candidate"
            raise InvalidChoice(msg)
    chosen = [row for row in rows if row[0]]
    if len(chosen) != 1 or not any(chosen[0][1:]):
        msg = f"question {number} asks for one list and at least one candidate on it"
        raise InvalidChoice(msg)
    if any(any(row[1:]) for row in rows if not row[0]):
        msg = f"the answer to question {number} chooses a candidate of a list not chosen"
        raise InvalidChoice(msg)
    return rows


def encrypt_lists(
    rows: Sequence[Sequence[int]], *, public_key: Element, context: str
) -> dict[str, object]:
    """Encrypt and prove an answer that `read_list_bits` took."""
    openings = [[Opening(random_scalar(), bit) for bit in row] for row in rows]
    choices = [
        [
            encrypt_bit(bit=item.plaintext, public_key=public_key, randomness=item.randomness)
            for item in row
        ]
        for row in openings
    ]
    bound_to = answer_context(context, [choice for row in choices for choice in row])
    individual = [
        [
            proofs_to_json(
                prove_interval(
                    context=context,
                    public_key=public_key,
                    ciphertext=choice,
                    opening=opening,
                    choices=BIT,
                )
            )
            for choice, opening in zip(row, row_openings, strict=True)
        ]
        for row, row_openings in zip(choices, openings, strict=True)
    ]
    (overall,) = prove_interval(
        context=bound_to,
        public_key=public_key,
        ciphertext=product((row[0] for row in choices), public_key=public_key),
        opening=sum_openings([row[0] for row in openings]),
        choices=(1,),
    )
    list_proofs = [
        proofs_to_json(
            prove_list(
                context=bound_to,
                public_key=public_key,
                branches=candidates_or_list(
                    list_itself=row[0], candidates=product(row[1:], public_key=public_key)
                ),
                openings=[row_openings[0], sum_openings(row_openings[1:])],
            )
        )
        for row, row_openings in zip(choices, openings, strict=True)
    ]
    nonzero = prove_nonzero(
        context=bound_to,
        public_key=public_key,
        ciphertext=product(
            (choice for row in choices for choice in row[1:]), public_key=public_key
        ),
        randomness=sum_openings([item for row in openings for item in row[1:]]).randomness,
    )
    return {
        "choices": [[choice.to_json() for choice in row] for row in choices],
        "individual_proofs": individual,
        "overall_proof": overall.to_json(),
        "list_proofs": list_proofs,
        "nonzero_proof": nonzero.to_json(),
    }


def cut(items: Sequence[Ciphertext], lengths: Sequence[int]) -> list[tuple[Ciphertext, ...]]:
    """Cut a flat sequence into one tuple for each list."""
    rows, start = [], 0
    for length in lengths:
        rows.append(tuple(items[start : start + length]))
        start += length
    return rows
