"""Makes ballots: what the voter's own computer does (PROTOCOL 1.6)."""

from collections.abc import Callable, Sequence
from functools import partial

from evote.ballot.choice import InvalidChoice, PlainAnswer
from evote.ballot.context import ballot_context
from evote.ballot.homomorphic import encrypt_answer, read_bits
from evote.ballot.lists import encrypt_lists, read_list_bits
from evote.ballot.ranked import encrypt_ranking, read_numbers
from evote.credential import derive_secret_key
from evote.election import AnyQuestion, Election, ListsQuestion, RankedQuestion
from evote.encoding import b64_digest, encode_json
from evote.errors import NotSupported
from evote.group import GENERATOR, GROUP_NAME, Element
from evote.proofs import sign_hash


def create_ballot(*, election: Election, credential: str, answers: Sequence[PlainAnswer]) -> bytes:
    """Encrypt, prove and sign a voter's answers.

    `answers` has one list for each question. Where it is counted by adding: zeros and ones, one
    number for each of its answers, with the blank one first where there is one. Where it is
    ranked: the rank or grade of each answer, from 0 to 255. Where it has lists: for each list its
    own zero or one and then those of its candidates. Fresh randomness on every call, and none of
    it leaves this function.

    Raises:
        InvalidChoice: a question does not permit its answer.
        DecodeError: `credential` does not have the form of a credential.
        NotSupported: the election's group is not one that secrets are computed in.
    """
    public_key = election.public_key
    if not isinstance(public_key, Element):
        msg = f"ballots are made in the group {GROUP_NAME} only, not in {election.group.name}"
        raise NotSupported(msg)
    if len(answers) != len(election.questions):
        msg = f"there are {len(election.questions)} questions and {len(answers)} answers"
        raise InvalidChoice(msg)
    # Every answer is looked at before the first one is encrypted.
    encryptions = [
        _encryption(question, answer, number=number)
        for number, (question, answer) in enumerate(
            zip(election.questions, answers, strict=True), start=1
        )
    ]
    secret_key = derive_secret_key(uuid=election.uuid, credential=credential)
    public_credential = (GENERATOR**secret_key).encode()
    context = ballot_context(election, public_credential)
    ballot: dict[str, object] = {
        "election_uuid": election.uuid,
        "election_hash": election.fingerprint,
        "credential": public_credential,
        "answers": [encrypt(public_key=public_key, context=context) for encrypt in encryptions],
    }
    digest = b64_digest(encode_json(ballot))
    signature = sign_hash(digest=digest, secret_key=secret_key)
    return encode_json(ballot | {"signature": {"hash": digest, "proof": signature.to_json()}})


def _encryption(
    question: AnyQuestion, answer: PlainAnswer, *, number: int
) -> Callable[..., dict[str, object]]:
    """Take an answer that its question permits, and give what will encrypt it."""
    if isinstance(question, RankedQuestion):
        return partial(encrypt_ranking, read_numbers(question, answer, number=number))
    if isinstance(question, ListsQuestion):
        return partial(encrypt_lists, read_list_bits(question, answer, number=number))
    bits = read_bits(question, answer, number=number)
    return partial(encrypt_answer, bits, question=question)
