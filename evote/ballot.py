"""Ballots: made by the voter, checked by everybody (PROTOCOL 1.6, "Ballots").

A ballot has one spelling only. Two spellings of the same ballot would have two trackers, so the
reader writes what it has read and compares byte for byte.

Checking has two parts, the cheap one first: `decode_ballot` looks at size, spelling, shape and the
election it is for; `verify_ballot` at membership in the group, the signature and the proofs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evote.credential import derive_secret_key
from evote.election import Election, Question
from evote.elgamal import Ciphertext, encrypt_bit, product
from evote.encoding import (
    b64_digest,
    decode_canonical_json,
    encode_json,
    read_list,
    read_ordered_object,
    read_text,
)
from evote.errors import DecodeError, InvalidBallot, InvalidProof, ShapeError
from evote.group import (
    GENERATOR,
    IDENTITY_ENCODING,
    ZERO,
    Element,
    is_encoding,
    random_scalar,
)
from evote.proofs import (
    Opening,
    Proof,
    blank_or_enough,
    blank_or_nothing,
    prove_blank,
    prove_interval,
    read_proof,
    sign_hash,
    verify_blank,
    verify_hash_signature,
    verify_interval,
)

BALLOT_LIMIT_BYTES = 256 * 1024
_BIT = (0, 1)


class InvalidChoice(ValueError):
    """These answers are not permitted by the question, so no valid ballot can express them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedAnswer:
    """The answer to one question as it stands in the ballot.

    `choices` are pairs (str(α), str(β)), not yet known to be elements of the group; where the
    question has a blank answer, its ciphertext comes first.
    """

    choices: tuple[tuple[str, str], ...]
    individual_proofs: tuple[tuple[Proof, ...], ...]
    overall_proof: tuple[Proof, ...]
    blank_proof: tuple[Proof, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """A ballot of the right shape for its election. Only `verify_ballot` makes it a valid one."""

    archived: bytes
    tracker: str
    credential: str
    answers: tuple[EncodedAnswer, ...]
    signed_hash: str
    signature: Proof

    @property
    def alphas(self) -> tuple[str, ...]:
        """Every α of the ballot, in order: none may be seen twice in one election."""
        return tuple(alpha for answer in self.answers for alpha, _ in answer.choices)


# --- Making ------------------------------------------------------------------------------


def create_ballot(
    *, election: Election, credential: str, answers: Sequence[Sequence[int]]
) -> bytes:
    """Encrypt, prove and sign a voter's answers.

    `answers` has one list of zeros and ones for each question, one number for each of its
    answers, with the blank one first where there is one. Fresh randomness on every call, and none
    of it leaves this function.

    Raises:
        InvalidChoice: a question does not permit its answer.
        DecodeError: `credential` does not have the form of a credential.
    """
    if len(answers) != len(election.questions):
        msg = f"there are {len(election.questions)} questions and {len(answers)} answers"
        raise InvalidChoice(msg)
    for index, (question, bits) in enumerate(zip(election.questions, answers, strict=True)):
        _check_choice(question, bits, number=index + 1)
    secret_key = derive_secret_key(uuid=election.uuid, credential=credential)
    public_credential = (GENERATOR**secret_key).encode()
    context = _context(election, public_credential)
    ballot: dict[str, object] = {
        "election_uuid": election.uuid,
        "election_hash": election.fingerprint,
        "credential": public_credential,
        "answers": [
            _encrypt_answer(
                question=question, bits=bits, public_key=election.public_key, context=context
            )
            for question, bits in zip(election.questions, answers, strict=True)
        ],
    }
    digest = b64_digest(encode_json(ballot))
    signature = sign_hash(digest=digest, secret_key=secret_key)
    return encode_json(ballot | {"signature": {"hash": digest, "proof": signature.to_json()}})


def _check_choice(question: Question, bits: Sequence[int], *, number: int) -> None:
    if len(bits) != question.choice_count or any(bit not in _BIT for bit in bits):
        msg = f"the answer to question {number} is not {question.choice_count} zeros and ones"
        raise InvalidChoice(msg)
    is_blank = question.has_blank and bits[0] == 1
    chosen = sum(bits[question.has_blank :])
    if is_blank and chosen:
        msg = f"the answer to question {number} is blank and not blank"
        raise InvalidChoice(msg)
    if not is_blank and not question.minimum <= chosen <= question.maximum:
        msg = (
            f"question {number} asks for {question.minimum} to {question.maximum} choices, "
            f"not {chosen}"
        )
        raise InvalidChoice(msg)


def _encrypt_answer(
    *, question: Question, bits: Sequence[int], public_key: Element, context: str
) -> dict[str, object]:
    openings = [Opening(random_scalar(), bit) for bit in bits]
    choices = [
        encrypt_bit(bit=opening.plaintext, public_key=public_key, randomness=opening.randomness)
        for opening in openings
    ]
    answer: dict[str, object] = {
        "choices": [
            {"alpha": choice.alpha.encode(), "beta": choice.beta.encode()} for choice in choices
        ],
        "individual_proofs": [
            _to_json(
                prove_interval(
                    context=context,
                    public_key=public_key,
                    ciphertext=choice,
                    opening=opening,
                    choices=_BIT,
                )
            )
            for choice, opening in zip(choices, openings, strict=True)
        ],
    }
    answer_context = _answer_context(context, choices)
    total = product(choices[question.has_blank :])
    total_opening = _sum(openings[question.has_blank :])
    if not question.has_blank:
        overall = prove_interval(
            context=answer_context,
            public_key=public_key,
            ciphertext=total,
            opening=total_opening,
            choices=range(question.minimum, question.maximum + 1),
        )
        return answer | {"overall_proof": _to_json(overall)}
    enough = blank_or_enough(
        blank=choices[0], total=total, minimum=question.minimum, maximum=question.maximum
    )
    overall = prove_blank(
        prefix="bproof1",
        context=answer_context,
        public_key=public_key,
        branches=enough,
        openings=[openings[0]] + [total_opening] * (len(enough) - 1),
    )
    blank = prove_blank(
        prefix="bproof0",
        context=answer_context,
        public_key=public_key,
        branches=blank_or_nothing(blank=choices[0], total=total),
        openings=[openings[0], total_opening],
    )
    return answer | {"overall_proof": _to_json(overall), "blank_proof": _to_json(blank)}


def _sum(openings: Sequence[Opening]) -> Opening:
    """Open the product of the ciphertexts: randomness and plaintexts add up."""
    randomness = ZERO
    for opening in openings:
        randomness = randomness + opening.randomness
    return Opening(randomness, sum(opening.plaintext for opening in openings))


def _to_json(proofs: Sequence[Proof]) -> list[dict[str, str]]:
    return [proof.to_json() for proof in proofs]


# --- What the proofs are bound to --------------------------------------------------------


def _context(election: Election, credential: str) -> str:
    """S0 = φ‖"|"‖str(g^x): the election and the credential."""
    return f"{election.fingerprint}|{credential}"


def _answer_context(context: str, choices: Sequence[Ciphertext]) -> str:
    """S = S0‖"|"‖α1,β1,α2,β2,…: also all ciphertexts of the same answer."""
    return f"{context}|" + ",".join(
        f"{choice.alpha.encode()},{choice.beta.encode()}" for choice in choices
    )


# --- Reading -----------------------------------------------------------------------------


def decode_ballot(data: bytes, *, election: Election) -> Ballot:
    """Read a ballot for `election`, with every check that costs next to nothing.

    Raises:
        DecodeError: not JSON, or not the one spelling of a ballot: field order, scalars, hex.
        InvalidBallot: `wrong_shape`, `wrong_election`, `identity_element`, or
            `duplicate_ciphertext` where one ballot uses the same α twice.
    """
    value = decode_canonical_json(data, source="ballot", limit_bytes=BALLOT_LIMIT_BYTES)
    try:
        item = read_ordered_object(
            value,
            place="",
            fields=("election_uuid", "election_hash", "credential", "answers", "signature"),
        )
        uuid = read_text(item["election_uuid"], place="election_uuid")
        fingerprint = read_text(item["election_hash"], place="election_hash")
    except ShapeError as error:
        raise InvalidBallot("wrong_shape", error.message, place=error.place) from error
    if uuid != election.uuid or fingerprint != election.fingerprint:
        raise InvalidBallot("wrong_election", "the ballot belongs to another election")
    try:
        ballot = _read_ballot(item, data=data, questions=election.questions)
    except ShapeError as error:
        raise InvalidBallot("wrong_shape", error.message, place=error.place) from error
    alphas = ballot.alphas
    if len(set(alphas)) != len(alphas):
        raise InvalidBallot("duplicate_ciphertext", "the ballot uses the same ciphertext twice")
    return ballot


def _read_ballot(
    item: Mapping[str, object], *, data: bytes, questions: Sequence[Question]
) -> Ballot:
    answers = read_list(item["answers"], place="answers", length=len(questions))
    signature = read_ordered_object(item["signature"], place="signature", fields=("hash", "proof"))
    return Ballot(
        archived=data,
        tracker=b64_digest(data),
        credential=_read_encoding(item["credential"], place="credential"),
        answers=tuple(
            _read_answer(answer, question=question, place=f"answers[{index}]")
            for index, (answer, question) in enumerate(zip(answers, questions, strict=True))
        ),
        signed_hash=read_text(signature["hash"], place="signature.hash"),
        signature=read_proof(signature["proof"], place="signature.proof", is_ordered=True),
    )


def _read_answer(value: object, *, question: Question, place: str) -> EncodedAnswer:
    fields = ["choices", "individual_proofs", "overall_proof"]
    if question.has_blank:
        fields.append("blank_proof")
    item = read_ordered_object(value, place=place, fields=fields)
    count = question.choice_count
    choices = read_list(item["choices"], place=f"{place}.choices", length=count)
    individual = read_list(
        item["individual_proofs"], place=f"{place}.individual_proofs", length=count
    )
    # One branch for each permitted number of choices, and one more for blank.
    branches = question.maximum - question.minimum + 1 + question.has_blank
    return EncodedAnswer(
        choices=tuple(
            _read_choice(choice, place=f"{place}.choices[{index}]")
            for index, choice in enumerate(choices)
        ),
        individual_proofs=tuple(
            _read_proofs(proofs, place=f"{place}.individual_proofs[{index}]", length=2)
            for index, proofs in enumerate(individual)
        ),
        overall_proof=_read_proofs(
            item["overall_proof"], place=f"{place}.overall_proof", length=branches
        ),
        blank_proof=(
            _read_proofs(item["blank_proof"], place=f"{place}.blank_proof", length=2)
            if question.has_blank
            else ()
        ),
    )


def _read_choice(value: object, *, place: str) -> tuple[str, str]:
    item = read_ordered_object(value, place=place, fields=("alpha", "beta"))
    return (
        _read_encoding(item["alpha"], place=f"{place}.alpha"),
        _read_encoding(item["beta"], place=f"{place}.beta"),
    )


def _read_encoding(value: object, *, place: str) -> str:
    text = read_text(value, place=place)
    if not is_encoding(text):
        msg = "an element is written as 64 lower-case hexadecimal digits"
        raise DecodeError(msg, place=place)
    if text == IDENTITY_ENCODING:
        raise InvalidBallot("identity_element", "the identity encrypts nothing", place=place)
    return text


def _read_proofs(value: object, *, place: str, length: int) -> tuple[Proof, ...]:
    return tuple(
        read_proof(proof, place=f"{place}[{index}]", is_ordered=True)
        for index, proof in enumerate(read_list(value, place=place, length=length))
    )


# --- Checking ----------------------------------------------------------------------------


def verify_ballot(*, ballot: Ballot, election: Election) -> None:
    """Check a ballot's signature and every proof, in this order: the cheap one first.

    Not checked here, because it is not in the ballot: that the credential is on the public list,
    and that no α was seen before in the election.

    Raises:
        InvalidBallot: `non_canonical` where an element is outside the prime-order group,
            `bad_signature`, or `bad_proof`; the message names the place.
    """
    _verify_signature(ballot)
    context = _context(election, ballot.credential)
    for index, (answer, question) in enumerate(
        zip(ballot.answers, election.questions, strict=True)
    ):
        _verify_answer(
            answer,
            question=question,
            public_key=election.public_key,
            context=context,
            place=f"answers[{index}]",
        )


def decode_choices(ballot: Ballot) -> tuple[tuple[Ciphertext, ...], ...]:
    """Decode the ciphertexts of each answer, with the check of membership (A-10).

    Raises:
        InvalidBallot: `non_canonical`, with the place.
    """
    return tuple(
        _decode_choices(answer, place=f"answers[{index}]")
        for index, answer in enumerate(ballot.answers)
    )


def _decode_choices(answer: EncodedAnswer, *, place: str) -> tuple[Ciphertext, ...]:
    return tuple(
        Ciphertext(
            _decode_element(alpha, place=f"{place}.choices[{index}].alpha"),
            _decode_element(beta, place=f"{place}.choices[{index}].beta"),
        )
        for index, (alpha, beta) in enumerate(answer.choices)
    )


def _decode_element(text: str, *, place: str) -> Element:
    try:
        return Element.decode(text, place=place)
    except DecodeError as error:
        raise InvalidBallot("non_canonical", error.message, place=place) from error


def _verify_signature(ballot: Ballot) -> None:
    credential = _decode_element(ballot.credential, place="credential")
    # The ballot is canonical and `signature` is its last field: without it, it ends before that.
    unsigned = ballot.archived[: ballot.archived.rindex(b',"signature":')] + b"}"
    if ballot.signed_hash != b64_digest(unsigned):
        msg = "this is not the hash of the ballot without its signature"
        raise InvalidBallot("bad_signature", msg, place="signature.hash")
    try:
        verify_hash_signature(
            proof=ballot.signature, digest=ballot.signed_hash, public_key=credential
        )
    except InvalidProof as error:
        raise InvalidBallot("bad_signature", str(error), place="signature.proof") from error


def _verify_answer(
    answer: EncodedAnswer, *, question: Question, public_key: Element, context: str, place: str
) -> None:
    choices = _decode_choices(answer, place=place)
    step = ""
    try:
        for index, (choice, proofs) in enumerate(
            zip(choices, answer.individual_proofs, strict=True)
        ):
            step = f"individual_proofs[{index}]"
            verify_interval(
                context=context,
                public_key=public_key,
                ciphertext=choice,
                choices=_BIT,
                proofs=proofs,
            )
        answer_context = _answer_context(context, choices)
        total = product(choices[question.has_blank :])
        step = "overall_proof"
        if not question.has_blank:
            verify_interval(
                context=answer_context,
                public_key=public_key,
                ciphertext=total,
                choices=range(question.minimum, question.maximum + 1),
                proofs=answer.overall_proof,
            )
            return
        verify_blank(
            prefix="bproof1",
            context=answer_context,
            public_key=public_key,
            branches=blank_or_enough(
                blank=choices[0],
                total=total,
                minimum=question.minimum,
                maximum=question.maximum,
            ),
            proofs=answer.overall_proof,
        )
        step = "blank_proof"
        verify_blank(
            prefix="bproof0",
            context=answer_context,
            public_key=public_key,
            branches=blank_or_nothing(blank=choices[0], total=total),
            proofs=answer.blank_proof,
        )
    except InvalidProof as error:
        raise InvalidBallot("bad_proof", str(error), place=f"{place}.{step}") from error
