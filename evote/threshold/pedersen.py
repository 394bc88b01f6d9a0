"""The trustees of a threshold as the record holds them (PROTOCOL 1.5, 3.3; "Threshold")."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from evote.encoding import encode_json, read_integer, read_list, read_object
from evote.errors import DecodeError, InvalidProof
from evote.group import Group, GroupElement
from evote.proofs import Proof, read_proof
from evote.threshold.certificates import (
    Certificate,
    Context,
    check_are_different,
    read_certificate,
    read_legacy_certificate,
    verify_certificate,
)
from evote.threshold.polynomials import read_commitments, share_commitment
from evote.threshold.signed import Signed, read_signed, verify_signed, verify_text
from evote.trustee import Trustee, read_share_trustee, read_trustee, verify_trustee

MEMBER_LIMIT = 255

_LEGACY_FIELDS = ("threshold", "certs", "coefexps", "verification_keys")
_FIELDS = ("threshold", "certs", "coefexps", "signatures", "verification_keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdTrustees:
    """n members of whom any `threshold` can decrypt.

    All lists have one entry for each member, in the order of their numbers. `signatures` is None
    in a record of 2022, where members did not sign each other's certificates (PROTOCOL 3.3).
    """

    threshold: int
    certificates: tuple[Certificate, ...]
    commitments: tuple[tuple[GroupElement, ...], ...]
    signed_commitments: tuple[Signed, ...]
    signatures: tuple[Proof, ...] | None
    verification_keys: tuple[Trustee, ...]

    @property
    def size(self) -> int:
        """How many members there are."""
        return len(self.certificates)

    @property
    def signed_certificates(self) -> tuple[Signed, ...]:
        """The certificates as they were signed."""
        return tuple(certificate.signed for certificate in self.certificates)

    @property
    def public_key(self) -> GroupElement:
        """What these members together add to the election's key: Π_i A_i0."""
        key = self.commitments[0][0]
        for commitments in self.commitments[1:]:
            key = key * commitments[0]
        return key

    def to_json(self) -> dict[str, object]:
        """Give the object `tp` of PROTOCOL 1.5."""
        value: dict[str, object] = {
            "threshold": self.threshold,
            "certs": [signed.to_json() for signed in self.signed_certificates],
            "coefexps": [signed.to_json() for signed in self.signed_commitments],
        }
        if self.signatures is not None:
            value["signatures"] = [signature.to_json() for signature in self.signatures]
        return value | {"verification_keys": [key.to_json() for key in self.verification_keys]}


def read_threshold_trustees(
    value: object, *, place: str, group: Group, accepts_legacy: bool
) -> ThresholdTrustees:
    """Take the object `tp`, with every length compared; `verify_threshold_trustees` checks it.

    `accepts_legacy` also takes the form of 2022, which the absence of `signatures` shows.

    Raises:
        DecodeError: malformed, or an element outside the group or the identity.
    """
    is_legacy = isinstance(value, dict) and "signatures" not in value
    if is_legacy and not accepts_legacy:
        msg = (
            "the members did not sign each other's certificates, as in records of 2022; "
            "those are checked only where it is asked for"
        )
        raise DecodeError(msg, place=place)
    item = read_object(value, place=place, fields=_LEGACY_FIELDS if is_legacy else _FIELDS)
    threshold = read_integer(item["threshold"], place=f"{place}.threshold", minimum=1)
    certs = read_list(item["certs"], place=f"{place}.certs")
    size = len(certs)
    if not threshold <= size <= MEMBER_LIMIT:
        msg = f"{threshold} of {size} members cannot be asked for"
        raise DecodeError(msg, place=f"{place}.threshold")
    certificates = _read_certificates(
        certs, place=f"{place}.certs", group=group, threshold=threshold, is_legacy=is_legacy
    )
    coefexps = read_list(item["coefexps"], place=f"{place}.coefexps", length=size)
    signed = tuple(
        read_signed(each, place=f"{place}.coefexps[{index}]", group=group)
        for index, each in enumerate(coefexps)
    )
    keys = read_list(item["verification_keys"], place=f"{place}.verification_keys", length=size)
    read_key = read_trustee if is_legacy else read_share_trustee
    return ThresholdTrustees(
        threshold=threshold,
        certificates=certificates,
        commitments=tuple(
            read_commitments(
                each, place=f"{place}.coefexps[{index}]", group=group, threshold=threshold
            )
            for index, each in enumerate(signed)
        ),
        signed_commitments=signed,
        signatures=None
        if is_legacy
        else _read_signatures(item["signatures"], place=place, group=group, size=size),
        verification_keys=tuple(
            read_key(key, place=f"{place}.verification_keys[{index}]", group=group)
            for index, key in enumerate(keys)
        ),
    )


def _read_certificates(
    items: Sequence[object], *, place: str, group: Group, threshold: int, is_legacy: bool
) -> tuple[Certificate, ...]:
    certificates = []
    for number, item in enumerate(items, start=1):
        inner = f"{place}[{number - 1}]"
        signed = read_signed(item, place=inner, group=group)
        if is_legacy:
            certificates.append(read_legacy_certificate(signed, place=inner, group=group))
            continue
        context = Context(group=group.name, size=len(items), threshold=threshold, index=number)
        certificates.append(read_certificate(signed, place=inner, group=group, context=context))
    check_are_different(certificates, place=place)
    return tuple(certificates)


def _read_signatures(value: object, *, place: str, group: Group, size: int) -> tuple[Proof, ...]:
    items = read_list(value, place=f"{place}.signatures", length=size)
    return tuple(
        read_proof(item, place=f"{place}.signatures[{index}]", is_ordered=False, group=group)
        for index, item in enumerate(items)
    )


def certificates_text(
    certificates: Sequence[Signed], *, commitments: Sequence[GroupElement]
) -> str:
    """Give what each member signs beside their `coefexps`: whom they made the polynomial with."""
    value = {
        "certs": [signed.to_json() for signed in certificates],
        "coefexps": [element.encode() for element in commitments],
    }
    return f"certs_sig|{encode_json(value).decode()}"


def verify_threshold_trustees(trustees: ThresholdTrustees) -> None:
    """Check all that the members signed and proved, and that their keys are their shares.

    Raises:
        InvalidProof: with the member and what does not hold.
    """
    for number in range(1, trustees.size + 1):
        try:
            _verify_member(trustees, number=number)
        except InvalidProof as error:
            msg = f"member {number}: {error}"
            raise InvalidProof(msg) from error


def _verify_member(trustees: ThresholdTrustees, *, number: int) -> None:
    certificate = trustees.certificates[number - 1]
    verify_certificate(certificate)
    verify_signed(trustees.signed_commitments[number - 1], public_key=certificate.verification)
    if trustees.signatures is not None:
        text = certificates_text(
            trustees.signed_certificates, commitments=trustees.commitments[number - 1]
        )
        verify_text(
            proof=trustees.signatures[number - 1],
            message=text,
            public_key=certificate.verification,
        )
    key = trustees.verification_keys[number - 1]
    verify_share_key(
        key,
        certificate=certificate,
        all_commitments=trustees.commitments,
        number=number,
        is_signed=trustees.signatures is not None,
    )


def verify_share_key(
    key: Trustee,
    *,
    certificate: Certificate,
    all_commitments: Sequence[Sequence[GroupElement]],
    number: int,
    is_signed: bool,
) -> None:
    """Check that member `number`'s key is Π_i g^f_i(number), proven and signed by them.

    Raises:
        InvalidProof: it is not.
    """
    verify_trustee(key)
    expected = share_commitment(all_commitments[0], index=number)
    for commitments in all_commitments[1:]:
        expected = expected * share_commitment(commitments, index=number)
    if key.public_key != expected:
        msg = "the verification key is not the sum of the shares that this member was given"
        raise InvalidProof(msg)
    if not is_signed:
        return
    if key.signature is None:
        msg = "the verification key is not signed"
        raise InvalidProof(msg)
    verify_text(
        proof=key.signature,
        message=key.public_key.encode(),
        public_key=certificate.verification,
    )


def lagrange_coefficients(numbers: Collection[int], *, order: int) -> dict[int, int]:
    """Give λ_δ = Π_{k≠δ} k/(k−δ) mod q, with which points of f at `numbers` give f(0) (1.9)."""
    coefficients = {}
    for number in numbers:
        numerator = denominator = 1
        for other in numbers:
            if other != number:
                numerator = numerator * other % order
                denominator = denominator * (other - number) % order
        coefficients[number] = numerator * pow(denominator, -1, order) % order
    return coefficients
