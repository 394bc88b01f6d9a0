"""A trustee's part in decrypting the tally (PROTOCOL 1.9, "Partial decryptions")."""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.election import Election, Trustee
from evote.elgamal import Ciphertext
from evote.encoding import decode_json, encode_json, read_object
from evote.errors import InvalidProof, NotSupported
from evote.group import GENERATOR, GROUP_NAME, Element, GroupElement, SecretScalar
from evote.proofs import Claim, Proof, decryption_claim, prove_decryption, read_proof
from evote.proofs.batch import Take, refused_claims
from evote.proofs.statements import check_identity
from evote.tally.encrypted import EncryptedTally
from evote.tally.form import TALLY_LIMIT_BYTES, nest, read_elements, read_nested

FACTORS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class PartialDecryption:
    """A trustee's factor F = α^x for every entry of the tally, each with its proof.

    Flat for each question, as the tally is.
    """

    factors: tuple[tuple[GroupElement, ...], ...]
    proofs: tuple[tuple[Proof, ...], ...]


def decrypt_partially(
    *, secret_key: SecretScalar, election: Election, tally: EncryptedTally
) -> bytes:
    """Make a trustee's partial decryption ("Partial decryptions", 1.9).

    `tally` must be the caller's own sum of the ballots, with what the last verified shuffle made
    of the ranked answers, never one that somebody hands over: this function decrypts whatever it
    is given.

    Raises:
        NotSupported: the election's group is not one that secrets are computed in.
    """
    public_key = GENERATOR**secret_key
    factors: list[list[str]] = []
    proofs: list[list[dict[str, str]]] = []
    for question in tally.questions:
        alphas = [_own(item.alpha) for item in question]
        factors.append([(alpha**secret_key).encode() for alpha in alphas])
        proofs.append(
            [
                prove_decryption(
                    fingerprint=election.fingerprint,
                    secret_key=secret_key,
                    public_key=public_key,
                    alpha=alpha,
                ).to_json()
                for alpha in alphas
            ]
        )
    return encode_json(
        {
            "decryption_factors": nest(factors, election=election),
            "decryption_proofs": nest(proofs, election=election),
        }
    )


def _own(element: GroupElement) -> Element:
    if not isinstance(element, Element):
        msg = f"tallies are decrypted in the group {GROUP_NAME} only"
        raise NotSupported(msg)
    return element


def decode_partial_decryption(data: bytes, *, election: Election) -> PartialDecryption:
    """Read a partial decryption, without checking its proofs.

    How many entries a ranked question has, `verify_partial_decryption` compares with the tally.

    Raises:
        DecodeError: malformed, of another shape than the tally, or a factor outside the group.
    """
    value = decode_json(data, source="partial decryption", limit_bytes=TALLY_LIMIT_BYTES)
    item = read_object(value, place="", fields=("decryption_factors", "decryption_proofs"))
    factors = read_nested(item["decryption_factors"], election=election, place="decryption_factors")
    proofs = read_nested(item["decryption_proofs"], election=election, place="decryption_proofs")
    group = election.group
    return PartialDecryption(
        factors=tuple(read_elements(items, group=group) for items in factors),
        proofs=tuple(
            tuple(
                read_proof(proof, place=place, is_ordered=False, group=group)
                for place, proof in items
            )
            for items in proofs
        ),
    )


def verify_partial_decryption(
    *, data: bytes, election: Election, trustee: Trustee, tally: EncryptedTally
) -> PartialDecryption:
    """Check that `trustee` decrypted exactly this tally, and give the partial decryption.

    Raises:
        DecodeError: it is malformed.
        InvalidProof: a factor was not made with this trustee's key; the message says which.
    """
    decryption = decode_partial_decryption(data, election=election)
    for number, (items, factors, proofs) in enumerate(
        zip(tally.questions, decryption.factors, decryption.proofs, strict=True)
    ):
        if not len(items) == len(factors) == len(proofs):
            msg = (
                f"question {number}: {len(factors)} factors and {len(proofs)} proofs "
                f"for the {len(items)} entries of the tally"
            )
            raise InvalidProof(msg)
        _check_factors(
            list(zip(items, factors, proofs, strict=True)),
            number=number,
            election=election,
            trustee=trustee,
        )
    return decryption


def _check_factors(
    entries: Sequence[tuple[Ciphertext, GroupElement, Proof]],
    *,
    number: int,
    election: Election,
    trustee: Trustee,
) -> None:
    """Check the factors of one question, about a thousand at a time."""
    for first in range(0, len(entries), FACTORS_AT_ONCE):
        part = entries[first : first + FACTORS_AT_ONCE]
        refused = _refused(part, election=election, trustee=trustee)
        for index, (item, factor, _) in enumerate(part):
            try:
                check_identity(alpha=item.alpha, factor=factor)
                if index in refused:
                    raise refused[index]
            except InvalidProof as error:
                msg = f"decryption_factors[{number}][{first + index}]: {error}"
                raise InvalidProof(msg) from error


def _refused(
    entries: Sequence[tuple[Ciphertext, GroupElement, Proof]],
    *,
    election: Election,
    trustee: Trustee,
) -> dict[int, InvalidProof]:
    def write(take: Take) -> list[Claim]:
        public_key = take(trustee.public_key)
        return [
            decryption_claim(
                proof=proof,
                fingerprint=election.fingerprint,
                public_key=public_key,
                alpha=take(item.alpha),
                factor=take(factor),
            )
            for item, factor, proof in entries
        ]

    return refused_claims(write, public_key=trustee.public_key)
