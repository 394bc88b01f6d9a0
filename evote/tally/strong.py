"""Strong decryption proofs: one more for each factor, which hashes all of it (PROTOCOL 2.3)."""

from collections.abc import Iterator, Sequence

from evote.election import Election, Trustee
from evote.elgamal import Ciphertext
from evote.encoding import decode_canonical_json, encode_json
from evote.errors import DecodeError, InvalidProof, NotSupported
from evote.group import GROUP_NAME, Element, GroupElement, SecretScalar
from evote.proofs import Claim, Proof, read_proof
from evote.proofs.batch import Take, refused_claims
from evote.proofs.statements import (
    check_identity,
    prove_strong_decryption,
    strong_decryption_claim,
)
from evote.tally.decryption import FACTORS_AT_ONCE, PartialDecryption
from evote.tally.encrypted import EncryptedTally
from evote.tally.form import TALLY_LIMIT_BYTES, nest, positions

# Lists of proofs, nested as `decryption_factors` are: by question, and inside it as it asks.
ProofNesting = tuple["Proof | ProofNesting", ...]


def decrypt_strongly(
    *, secret_key: SecretScalar, election: Election, tally: EncryptedTally, closing: str
) -> bytes:
    """Make the proofs that go with `decrypt_partially` of the same tally: a nesting of proofs.

    `closing` is the hash of the last event before the first PartialDecryption.
    """
    proofs = [
        [
            _prove(
                alpha=item.alpha,
                position=position,
                secret_key=secret_key,
                election=election,
                closing=closing,
            ).to_json()
            for item, position in zip(question, places, strict=True)
        ]
        for question, places in zip(
            tally.questions, positions(tally.questions, election=election), strict=True
        )
    ]
    return encode_json(nest(proofs, election=election))


def _prove(
    *,
    alpha: GroupElement,
    position: str,
    secret_key: SecretScalar,
    election: Election,
    closing: str,
) -> Proof:
    if not isinstance(alpha, Element):
        msg = f"tallies are decrypted in the group {GROUP_NAME} only"
        raise NotSupported(msg)
    return prove_strong_decryption(
        secret_key=secret_key,
        fingerprint=election.fingerprint,
        position=position,
        closing=closing,
        alpha=alpha,
        factor=alpha**secret_key,
    )


def read_proof_nesting(value: object, *, place: str) -> ProofNesting:
    """Take a nesting of proofs; `verify_strong_decryptions` compares its shape with the tally's.

    Raises:
        DecodeError: anything but lists of proofs in their one spelling.
    """
    if not isinstance(value, list):
        msg = "expected a list of proofs"
        raise DecodeError(msg, place=place)
    items: list[Proof | ProofNesting] = []
    for index, item in enumerate(value):
        inner = f"{place}[{index}]"
        items.append(
            read_proof_nesting(item, place=inner)
            if isinstance(item, list)
            else read_proof(item, place=inner, is_ordered=True)
        )
    return tuple(items)


def decode_strong_proofs(data: bytes) -> ProofNesting:
    """Read what `decrypt_strongly` wrote.

    Raises:
        DecodeError: not the one spelling of a nesting of proofs.
    """
    value = decode_canonical_json(data, source="strong proofs", limit_bytes=TALLY_LIMIT_BYTES)
    return read_proof_nesting(value, place="proofs")


def proofs_to_json(proofs: ProofNesting) -> list[object]:
    """Give a nesting of proofs as JSON holds it."""
    return [item.to_json() if isinstance(item, Proof) else proofs_to_json(item) for item in proofs]


def verify_strong_decryptions(
    *,
    proofs: ProofNesting,
    election: Election,
    trustee: Trustee,
    tally: EncryptedTally,
    decryption: PartialDecryption,
    closing: str,
) -> None:
    """Check a strong proof for every factor of a partial decryption that was verified before.

    Raises:
        InvalidProof: a proof is missing, left over or does not hold; the message says where.
    """
    _check_is_of(decryption, tally=tally)
    flat = flatten_proofs(proofs, tally=tally, election=election)
    places = positions(tally.questions, election=election)
    for items, factors, answers, names in zip(
        tally.questions, decryption.factors, flat, places, strict=True
    ):
        entries = list(zip(items, factors, answers, names, strict=True))
        for first in range(0, len(entries), FACTORS_AT_ONCE):
            _check_some(
                entries[first : first + FACTORS_AT_ONCE],
                election=election,
                trustee=trustee,
                closing=closing,
            )


def _check_some(
    entries: Sequence[tuple[Ciphertext, GroupElement, Proof, str]],
    *,
    election: Election,
    trustee: Trustee,
    closing: str,
) -> None:
    def write(take: Take) -> list[Claim]:
        public_key = take(trustee.public_key)
        return [
            strong_decryption_claim(
                proof=proof,
                fingerprint=election.fingerprint,
                public_key=public_key,
                position=position,
                closing=closing,
                alpha=take(item.alpha),
                factor=take(factor),
            )
            for item, factor, proof, position in entries
        ]

    refused = refused_claims(write, public_key=trustee.public_key)
    for index, (item, factor, _, position) in enumerate(entries):
        try:
            if index in refused:
                raise refused[index]
            check_identity(alpha=item.alpha, factor=factor)
        except InvalidProof as error:
            msg = f"proofs {position}: {error}"
            raise InvalidProof(msg) from error


def flatten_proofs(
    proofs: ProofNesting, *, tally: EncryptedTally, election: Election
) -> list[list[Proof]]:
    """Give the proofs of each question in the order of the tally's entries.

    Raises:
        InvalidProof: they are not nested exactly as the tally's entries are.
    """
    places = positions(tally.questions, election=election)
    expected = nest(places, election=election)
    flat: list[list[Proof]] = []
    _check_length("proofs", given=len(proofs), expected=len(expected))
    for number, (given, nesting) in enumerate(zip(proofs, expected, strict=True)):
        flat.append(list(_leaves(given, nesting, place=f"proofs {number}")))
    return flat


def _leaves(given: Proof | ProofNesting, expected: object, *, place: str) -> Iterator[Proof]:
    if isinstance(expected, list) and isinstance(given, tuple):
        _check_length(place, given=len(given), expected=len(expected))
        for index, (item, inner) in enumerate(zip(given, expected, strict=True)):
            yield from _leaves(item, inner, place=f"{place}.{index}")
    elif isinstance(expected, str) and isinstance(given, Proof):
        yield given
    else:
        msg = f"{place}: the proofs are not nested as the factors are"
        raise InvalidProof(msg)


def _check_length(place: str, *, given: int, expected: int) -> None:
    if given != expected:
        msg = f"{place}: there are {given} entries, not {expected}"
        raise InvalidProof(msg)


def _check_is_of(decryption: PartialDecryption, *, tally: EncryptedTally) -> None:
    shapes = [len(question) for question in tally.questions]
    if [len(factors) for factors in decryption.factors] != shapes:
        msg = "the partial decryption is not of this tally"
        raise InvalidProof(msg)
