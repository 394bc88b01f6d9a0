"""A trustee's part in decrypting the tally (PROTOCOL 1.9, "Partial decryptions")."""

from dataclasses import dataclass

from evote.election import Election, Trustee
from evote.encoding import decode_json, encode_json, read_object
from evote.errors import InvalidProof, NotSupported
from evote.group import GENERATOR, GROUP_NAME, Element, GroupElement, SecretScalar
from evote.proofs import Proof, prove_decryption, read_proof, verify_decryption
from evote.tally.encrypted import EncryptedTally
from evote.tally.form import TALLY_LIMIT_BYTES, nest, read_element, read_nested


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
        factors=tuple(
            tuple(read_element(factor, place=place, group=group) for place, factor in items)
            for items in factors
        ),
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
        for index, (item, factor, proof) in enumerate(zip(items, factors, proofs, strict=True)):
            try:
                _check_identity(alpha=item.alpha, factor=factor)
                verify_decryption(
                    proof=proof,
                    fingerprint=election.fingerprint,
                    public_key=trustee.public_key,
                    alpha=item.alpha,
                    factor=factor,
                )
            except InvalidProof as error:
                msg = f"decryption_factors[{number}][{index}]: {error}"
                raise InvalidProof(msg) from error
    return decryption


def _check_identity(*, alpha: GroupElement, factor: GroupElement) -> None:
    """Ask that F is the identity exactly where α is: x is not zero (PROTOCOL 3.1)."""
    if alpha.is_identity != factor.is_identity:
        msg = "the decryption factor is the identity, or ought to be"
        raise InvalidProof(msg)
