"""How the members make their keys together: commit first, then reveal (PROTOCOL 1.5, 2.4).

Four messages a member: certificate, commit, polynomial, share. Each `make_*` gives one of them,
signed; each `read_*` checks all of it that is public. A step begins when everybody has taken the
one before, so nobody chooses a polynomial knowing the others' ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.encoding import (
    decode_canonical_json,
    encode_json,
    read_hash,
    read_list,
    read_ordered_object,
    read_text,
    sha256_hex,
)
from evote.errors import DecodeError, InvalidProof
from evote.group import (
    ED25519,
    Element,
    SecretScalar,
    decode_scalar,
    encode_secret_scalar,
)
from evote.group.scalars import scalar_bytes
from evote.proofs import Proof, read_proof
from evote.threshold.certificates import (
    Certificate,
    Context,
    certificates_hash,
    check_are_different,
    read_certificate,
    verify_certificate,
)
from evote.threshold.keys import MemberKeys
from evote.threshold.messages import decode_encrypted_message, encrypt_message
from evote.threshold.pedersen import ThresholdTrustees, certificates_text, verify_share_key
from evote.threshold.polynomials import Polynomial, commitments_to_json, read_commitments
from evote.threshold.signed import (
    MESSAGE_LIMIT_BYTES,
    Signed,
    read_signed,
    sign_object,
    sign_text,
    verify_signed,
    verify_text,
)
from evote.trustee import Trustee, make_trustee, read_share_trustee


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """A ceremony whose certificates are all there and checked."""

    uuid: str
    threshold: int
    certificates: tuple[Certificate, ...]

    @property
    def size(self) -> int:
        """How many members there are."""
        return len(self.certificates)

    @property
    def signed_certificates(self) -> tuple[Signed, ...]:
        """The certificates as they were signed."""
        return tuple(certificate.signed for certificate in self.certificates)

    def verification_key(self, index: int) -> Element:
        """Give the key that checks what member `index` signs."""
        return _element(self.certificates[index - 1].verification)

    def encryption_key(self, index: int) -> Element:
        """Give the key that private messages to member `index` are encrypted with."""
        return _element(self.certificates[index - 1].encryption)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """What a member reveals: commitments for all, and a secret for each."""

    polynomial: str
    secrets: tuple[str, ...]
    commitments: tuple[Element, ...]
    signed_commitments: Signed
    signature: Proof


def _element(element: object) -> Element:
    # Ceremonies are held in Ed25519 only: records of other groups are read, never made.
    assert isinstance(element, Element)
    return element


# --- Certificates ------------------------------------------------------------------------


def read_member_certificate(
    signed: Signed, *, threshold: int, size: int, index: int
) -> Certificate:
    """Check one member's certificate by itself.

    Raises:
        DecodeError: malformed, or not for this member of this ceremony.
        InvalidProof: it is not signed with its own key.
    """
    context = Context(group=ED25519.name, size=size, threshold=threshold, index=index)
    place = f"certs[{index - 1}]"
    certificate = read_certificate(signed, place=place, group=ED25519, context=context)
    verify_certificate(certificate)
    return certificate


def open_ceremony(*, uuid: str, threshold: int, certificates: Sequence[Signed]) -> Ceremony:
    """Check all certificates: from here on the members know each other.

    Raises:
        DecodeError: malformed, not for these members, or one key in two of them.
        InvalidProof: a certificate is not signed with its own key.
    """
    size = len(certificates)
    assert 1 <= threshold <= size
    read = tuple(
        read_member_certificate(signed, threshold=threshold, size=size, index=index)
        for index, signed in enumerate(certificates, start=1)
    )
    check_are_different(read, place="certs")
    return Ceremony(uuid=uuid, threshold=threshold, certificates=read)


# --- Commits -----------------------------------------------------------------------------


def commit_hash(*, ceremony: Ceremony, index: int, commitments_message: str) -> str:
    """Give commit_i: it binds the election, the member, all certificates and the polynomial."""
    return commit_text_hash(
        uuid=ceremony.uuid,
        index=index,
        certs=certificates_hash(ceremony.signed_certificates),
        commitments_message=commitments_message,
    )


def commit_text_hash(*, uuid: str, index: int, certs: str, commitments_message: str) -> str:
    """Give commit_i where `certs` is the hash of the list of certificates."""
    return sha256_hex(f"pnyx-dkg|{uuid}|{index}|{certs}|{commitments_message}".encode())


def make_commit(
    *, ceremony: Ceremony, index: int, keys: MemberKeys, polynomial: Polynomial
) -> Signed:
    """Commit to a polynomial before anybody shows one."""
    message = encode_json(commitments_to_json(polynomial.commitments)).decode()
    commit = commit_hash(ceremony=ceremony, index=index, commitments_message=message)
    return sign_object({"commit": commit}, secret_key=keys.signing)


def read_commit(signed: Signed, *, ceremony: Ceremony, index: int) -> str:
    """Check who made a commit, and give the hash.

    Raises:
        DecodeError: malformed.
        InvalidProof: it is not signed by this member.
    """
    verify_signed(signed, public_key=ceremony.verification_key(index))
    item = read_ordered_object(_decode(signed.message), place="", fields=("commit",))
    return read_hash(item["commit"], place="commit")


def check_commits(commits: Sequence[str]) -> None:
    """Refuse the same commit twice: one member would only repeat what another one said.

    Raises:
        InvalidProof: with the two members.
    """
    first: dict[str, int] = {}
    for index, commit in enumerate(commits, start=1):
        earlier = first.setdefault(commit, index)
        if earlier != index:
            msg = f"member {index} repeats the commit of member {earlier}"
            raise InvalidProof(msg)


# --- Polynomials -------------------------------------------------------------------------


def make_reveal(
    *, ceremony: Ceremony, index: int, keys: MemberKeys, polynomial: Polynomial
) -> Signed:
    """Show the commitments to all, and to each member, in private, their point.

    The coefficients themselves are for the member's own eyes: with the seed alone they can take up
    the ceremony again on another computer.
    """
    assert ceremony.encryption_key(index) == keys.encryption
    coefficients = [encode_secret_scalar(item) for item in polynomial.coefficients]
    secrets = [
        _encrypt(
            {"secret": encode_secret_scalar(polynomial.at(number))},
            keys=keys,
            recipient=ceremony.encryption_key(number),
        )
        for number in range(1, ceremony.size + 1)
    ]
    commitments = polynomial.commitments
    text = certificates_text(ceremony.signed_certificates, commitments=commitments)
    value = {
        "polynomial": _encrypt({"polynomial": coefficients}, keys=keys, recipient=keys.encryption),
        "secrets": secrets,
        "coefexps": sign_object(
            commitments_to_json(commitments), secret_key=keys.signing
        ).to_json(),
        "signature": sign_text(message=text, secret_key=keys.signing).to_json(),
    }
    return sign_object(value, secret_key=keys.signing)


def read_reveal(signed: Signed, *, ceremony: Ceremony, index: int, commit: str | None) -> Reveal:
    """Check everything in a member's polynomial that is public.

    `commit` is what the member committed to; None where it does not matter, for evidence.

    Raises:
        DecodeError: malformed, a list of wrong length, or an element outside the group.
        InvalidProof: a signature does not hold, or this is not what was committed to.
    """
    verification_key = ceremony.verification_key(index)
    verify_signed(signed, public_key=verification_key)
    item = read_ordered_object(
        _decode(signed.message),
        place="",
        fields=("polynomial", "secrets", "coefexps", "signature"),
    )
    own = _encrypted_text(item["polynomial"], place="polynomial")
    secrets = read_list(item["secrets"], place="secrets", length=ceremony.size)
    signed_commitments = read_signed(item["coefexps"], place="coefexps", group=ED25519)
    if commit is not None and commit != commit_hash(
        ceremony=ceremony, index=index, commitments_message=signed_commitments.message
    ):
        msg = f"member {index} does not reveal what they had committed to"
        raise InvalidProof(msg)
    commitments = tuple(
        _element(element)
        for element in read_commitments(
            signed_commitments, place="coefexps", group=ED25519, threshold=ceremony.threshold
        )
    )
    verify_signed(signed_commitments, public_key=verification_key)
    signature = read_proof(item["signature"], place="signature", is_ordered=True)
    verify_text(
        proof=signature,
        message=certificates_text(ceremony.signed_certificates, commitments=commitments),
        public_key=verification_key,
    )
    return Reveal(
        polynomial=own,
        secrets=tuple(
            _encrypted_text(secret, place=f"secrets[{number}]")
            for number, secret in enumerate(secrets)
        ),
        commitments=commitments,
        signed_commitments=signed_commitments,
        signature=signature,
    )


# --- Shares ------------------------------------------------------------------------------


def make_share_message(*, keys: MemberKeys, share: SecretScalar) -> Signed:
    """Say that all shares were right, and publish the key of their sum."""
    trustee = make_trustee(secret_key=share, name=None)
    signature = sign_text(message=trustee.public_key.encode(), secret_key=keys.signing)
    public_key = trustee.to_json() | {"signature": signature.to_json()}
    value = {
        "private_key": _encrypt(
            {"decryption_key": encode_secret_scalar(share)},
            keys=keys,
            recipient=keys.encryption,
        ),
        "public_key": public_key,
    }
    return sign_object(value, secret_key=keys.signing)


def read_share_message(
    signed: Signed, *, ceremony: Ceremony, reveals: Sequence[Reveal], index: int
) -> Trustee:
    """Check that a member's key is the sum of what the others gave them.

    Raises:
        DecodeError: malformed.
        InvalidProof: a signature or the proof does not hold, or the key is another one.
    """
    assert len(reveals) == ceremony.size
    verify_signed(signed, public_key=ceremony.verification_key(index))
    item = read_ordered_object(
        _decode(signed.message), place="", fields=("private_key", "public_key")
    )
    _encrypted_text(item["private_key"], place="private_key")
    trustee = read_share_trustee(item["public_key"], place="public_key", group=ED25519)
    verify_share_key(
        trustee,
        certificate=ceremony.certificates[index - 1],
        all_commitments=[reveal.commitments for reveal in reveals],
        number=index,
        is_signed=True,
    )
    return trustee


def finish_ceremony(
    *, ceremony: Ceremony, reveals: Sequence[Reveal], keys: Sequence[Trustee]
) -> ThresholdTrustees:
    """Put together what the record will hold; every part has been read, and so checked."""
    assert len(reveals) == len(keys) == ceremony.size
    return ThresholdTrustees(
        threshold=ceremony.threshold,
        certificates=ceremony.certificates,
        commitments=tuple(reveal.commitments for reveal in reveals),
        signed_commitments=tuple(reveal.signed_commitments for reveal in reveals),
        signatures=tuple(reveal.signature for reveal in reveals),
        verification_keys=tuple(keys),
    )


def read_secret(text: str, *, name: str) -> SecretScalar:
    """Take the number out of a private message such as {"secret":"…"}. Zero is a share too.

    Raises:
        DecodeError: it holds anything else. The message does not repeat it.
    """
    try:
        item = read_ordered_object(_decode(text), place="", fields=(name,))
        return SecretScalar(scalar_bytes(decode_scalar(read_text(item[name], place=name))))
    except DecodeError as error:
        msg = f"the private message does not hold one {name}"
        raise DecodeError(msg) from error


def _encrypt(value: object, *, keys: MemberKeys, recipient: Element) -> str:
    return encrypt_message(
        message=encode_json(value).decode(), signing_key=keys.signing, recipient=recipient
    )


def _encrypted_text(value: object, *, place: str) -> str:
    text = read_text(value, place=place)
    decode_encrypted_message(text, place=place)
    return text


def _decode(text: str) -> object:
    return decode_canonical_json(text.encode(), source="message", limit_bytes=MESSAGE_LIMIT_BYTES)
