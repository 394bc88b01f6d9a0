"""An election's description and its trustees (PROTOCOL 1.3 and 1.5).

Both are hashed as the bytes that were archived, so the decoded form keeps them: to write an
election again is never needed, and would be a way to change it.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evote.credential import BASE58
from evote.encoding import (
    b64_digest,
    decode_json,
    encode_json,
    read_boolean,
    read_integer,
    read_list,
    read_object,
    read_text,
)
from evote.errors import DecodeError, EvoteError, NotSupported
from evote.group import GENERATOR, GROUP_NAME, Element, SecretScalar
from evote.proofs import Proof, prove_key_possession, read_proof, verify_key_possession

UUID_LENGTH_CHARACTERS = 14
ELECTION_LIMIT_BYTES = 4_000_000
TRUSTEES_LIMIT_BYTES = 4_000_000
TRUSTEE_LIMIT_BYTES = 10_000

_UUID = re.compile(f"[{BASE58}]{{{UUID_LENGTH_CHARACTERS},64}}", re.ASCII)
_OPTIONAL_FIELDS = ("administrator", "credential_authority")
_FIELDS = ("version", "description", "name", "group", "public_key", "questions", "uuid")


class InvalidElection(EvoteError):
    """What should become an election's description cannot be one."""


# --- Questions and the description -------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that is counted by adding ("homomorphic").

    A ballot chooses from `minimum` to `maximum` of `answers`, or, where `has_blank`, nothing.
    """

    text: str
    answers: tuple[str, ...]
    minimum: int
    maximum: int
    has_blank: bool

    @property
    def choice_count(self) -> int:
        """How many ciphertexts answer this question: one for each answer, and one for blank."""
        return len(self.answers) + self.has_blank

    def to_json(self) -> dict[str, object]:
        """Give the object `question` of PROTOCOL 1.3; blank is written only where it is true."""
        blank: dict[str, object] = {"blank": True} if self.has_blank else {}
        return (
            {"answers": list(self.answers)}
            | blank
            | {"min": self.minimum, "max": self.maximum, "question": self.text}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """One election, as sealed. `archived` are the bytes everybody hashes."""

    uuid: str
    name: str
    description: str
    public_key: Element
    questions: tuple[Question, ...]
    fingerprint: str
    context: Mapping[str, object]
    archived: bytes


def generate_uuid() -> str:
    """Draw the identifier of a new election: 14 characters of base58."""
    return "".join(secrets.choice(BASE58) for _ in range(UUID_LENGTH_CHARACTERS))


def encode_election(
    *,
    uuid: str,
    name: str,
    description: str,
    public_key: Element,
    questions: Sequence[Question],
    context: Mapping[str, object] | None,
    administrator: str | None = None,
    credential_authority: str | None = None,
    language: tuple[str, str] | None = None,
) -> bytes:
    """Write the description that will be sealed. `context` becomes the extra field `pnyx`.

    Raises:
        InvalidElection: it could not be read back, with the reason `decode_election` gives.
    """
    value: dict[str, object] = {
        "version": 1,
        "description": description,
        "name": name,
        "group": GROUP_NAME,
        "public_key": public_key.encode(),
        "questions": [question.to_json() for question in questions],
        "uuid": uuid,
        "administrator": administrator,
        "credential_authority": credential_authority,
        "language": None if language is None else list(language),
        "pnyx": None if context is None else dict(context),
    }
    try:
        data = encode_json({name: item for name, item in value.items() if item is not None})
        decode_election(data)
    except DecodeError as error:
        raise InvalidElection(str(error)) from error
    return data


def decode_election(data: bytes) -> Election:
    """Read a description. Unknown fields are allowed, here alone: the fingerprint covers them.

    Raises:
        DecodeError: it is malformed, or its public key is no element or the identity.
        NotSupported: another protocol version, group or kind of question.
    """
    value = decode_json(data, source="election", limit_bytes=ELECTION_LIMIT_BYTES)
    unknown = frozenset(value) if isinstance(value, dict) else frozenset()
    item = read_object(value, place="", fields=_FIELDS, optional=unknown)
    _check_version(item)
    for name in _OPTIONAL_FIELDS:
        read_text(item.get(name, ""), place=name)
    if "language" in item:
        code, direction = read_list(item["language"], place="language", length=2)
        read_text(code, place="language[0]")
        if direction not in ("ltr", "rtl"):
            msg = "the direction of the text is neither ltr nor rtl"
            raise DecodeError(msg, place="language[1]")
    uuid = read_text(item["uuid"], place="uuid")
    if not _UUID.fullmatch(uuid):
        msg = f"an election's identifier has at least {UUID_LENGTH_CHARACTERS} characters of base58"
        raise DecodeError(msg, place="uuid")
    public_key = _read_public_key(item["public_key"], place="public_key")
    questions = read_list(item["questions"], place="questions")
    if not questions:
        msg = "an election asks at least one question"
        raise DecodeError(msg, place="questions")
    return Election(
        uuid=uuid,
        name=read_text(item["name"], place="name"),
        description=read_text(item["description"], place="description"),
        public_key=public_key,
        questions=tuple(
            _read_question(question, place=f"questions[{index}]")
            for index, question in enumerate(questions)
        ),
        fingerprint=b64_digest(data),
        context=_read_context(item),
        archived=data,
    )


def _check_version(item: Mapping[str, object]) -> None:
    if read_integer(item["version"], place="version") != 1:
        msg = f"protocol version {item['version']} is not supported yet, only version 1"
        raise NotSupported(msg)
    if read_text(item["group"], place="group") != GROUP_NAME:
        msg = f"the group {item['group']!r:.40} is not supported yet, only {GROUP_NAME}"
        raise NotSupported(msg)


def _read_context(item: Mapping[str, object]) -> Mapping[str, object]:
    """Take what Pnyx binds beside the protocol (PROTOCOL, part 2); empty for other elections."""
    context = item.get("pnyx", {})
    if not isinstance(context, dict):
        msg = "expected an object"
        raise DecodeError(msg, place="pnyx")
    if read_integer(context.get("profile", 0), place="pnyx.profile") != 0:
        msg = f"profile {context['profile']} and its companion file are not supported yet"
        raise NotSupported(msg)
    return context


def _read_question(value: object, *, place: str) -> Question:
    if isinstance(value, dict) and "type" in value:
        msg = f"questions of type {value['type']!r:.40} are not supported yet"
        raise NotSupported(msg)
    item = read_object(
        value,
        place=place,
        fields=("answers", "min", "max", "question"),
        optional=("blank",),
    )
    answers = read_list(item["answers"], place=f"{place}.answers")
    minimum = read_integer(item["min"], place=f"{place}.min")
    maximum = read_integer(item["max"], place=f"{place}.max")
    if not 0 <= minimum <= maximum <= len(answers) or not answers:
        msg = f"from {minimum} to {maximum} of {len(answers)} answers cannot be chosen"
        raise DecodeError(msg, place=place)
    return Question(
        text=read_text(item["question"], place=f"{place}.question"),
        answers=tuple(
            read_text(answer, place=f"{place}.answers[{index}]")
            for index, answer in enumerate(answers)
        ),
        minimum=minimum,
        maximum=maximum,
        has_blank=read_boolean(item.get("blank", False), place=f"{place}.blank"),
    )


def _read_public_key(value: object, *, place: str) -> Element:
    public_key = Element.decode(read_text(value, place=place), place=place)
    if public_key.is_identity:
        msg = "the identity is no public key"
        raise DecodeError(msg, place=place)
    return public_key


# --- Trustees ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Trustee:
    """A trustee's public key X = g^x, with the proof that they know x.

    `name` is None where the record gives none; nothing depends on it.
    """

    public_key: Element
    proof: Proof
    name: str | None

    def to_json(self) -> dict[str, object]:
        """Give the object `tpk` of PROTOCOL 1.5."""
        item: dict[str, object] = {
            "pok": self.proof.to_json(),
            "public_key": self.public_key.encode(),
        }
        return item if self.name is None else item | {"name": self.name}


def make_trustee(*, secret_key: SecretScalar, name: str | None) -> Trustee:
    """Make the public half of a trustee's key, with its proof of possession."""
    public_key = GENERATOR**secret_key
    proof = prove_key_possession(secret_key=secret_key, public_key=public_key)
    return Trustee(public_key=public_key, proof=proof, name=name)


def verify_trustee(trustee: Trustee) -> None:
    """Check the proof of possession.

    Raises:
        InvalidProof: whoever made this key did not show that they know its secret.
    """
    verify_key_possession(proof=trustee.proof, public_key=trustee.public_key)


def combine_public_keys(trustees: Iterable[Trustee]) -> Element:
    """Give the election's public key y: the product of all trustees' keys ("Trustees", 1.5)."""
    keys = [trustee.public_key for trustee in trustees]
    assert keys, "an election has at least one trustee"
    combined = keys[0]
    for key in keys[1:]:
        combined = combined * key
    return combined


def encode_trustee(trustee: Trustee) -> bytes:
    """Write the public-key file that a trustee hands in."""
    return encode_json(trustee.to_json())


def decode_trustee(data: bytes) -> Trustee:
    """Read the public-key file of one trustee; `verify_trustee` checks its proof.

    Raises:
        DecodeError: malformed, or its key is no element or the identity.
    """
    value = decode_json(data, source="public key", limit_bytes=TRUSTEE_LIMIT_BYTES)
    return _read_trustee(value, place="")


def encode_trustees(trustees: Iterable[Trustee]) -> bytes:
    """Write the record's list of trustees; the n-th is the owner n of partial decryptions."""
    return encode_json([["Single", trustee.to_json()] for trustee in trustees])


def decode_trustees(data: bytes) -> tuple[Trustee, ...]:
    """Read the record's list of trustees.

    Raises:
        DecodeError: malformed, empty, or the same key twice.
        NotSupported: trustees of a threshold ("Pedersen").
    """
    value = decode_json(data, source="trustees", limit_bytes=TRUSTEES_LIMIT_BYTES)
    trustees: list[Trustee] = []
    keys: set[Element] = set()
    for index, item in enumerate(read_list(value, place="")):
        place = f"[{index}]"
        kind, trustee = read_list(item, place=place, length=2)
        if kind == "Pedersen":
            msg = "threshold trustees are not supported yet"
            raise NotSupported(msg)
        if kind != "Single":
            msg = f"{kind!r:.40} is no kind of trustee"
            raise DecodeError(msg, place=place)
        trustees.append(_read_trustee(trustee, place=f"{place}[1]"))
        keys.add(trustees[-1].public_key)
        if len(keys) < len(trustees):
            msg = "this public key stands twice in the list"
            raise DecodeError(msg, place=place)
    if not trustees:
        msg = "an election has at least one trustee"
        raise DecodeError(msg)
    return tuple(trustees)


def _read_trustee(value: object, *, place: str) -> Trustee:
    prefix = f"{place}." if place else ""
    item = read_object(value, place=place, fields=("pok", "public_key"), optional=("name",))
    name = item.get("name")
    return Trustee(
        public_key=_read_public_key(item["public_key"], place=f"{prefix}public_key"),
        proof=read_proof(item["pok"], place=f"{prefix}pok", is_ordered=False),
        name=None if "name" not in item else read_text(name, place=f"{prefix}name"),
    )
