"""An election's description, as sealed (PROTOCOL 1.3)."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evote.counting import Rule
from evote.credential import BASE58
from evote.election.questions import AnyQuestion, read_question
from evote.election.rules import read_context_rules
from evote.encoding import (
    b64_digest,
    decode_json,
    encode_json,
    read_integer,
    read_list,
    read_object,
    read_text,
)
from evote.errors import DecodeError, EvoteError, NotSupported
from evote.group import Group, GroupElement, group_named
from evote.trustee import read_public_key

UUID_LENGTH_CHARACTERS = 14
ELECTION_LIMIT_BYTES = 4_000_000

_UUID = re.compile(f"[{BASE58}]{{{UUID_LENGTH_CHARACTERS},64}}", re.ASCII)
_OPTIONAL_FIELDS = ("administrator", "credential_authority")
_FIELDS = ("version", "description", "name", "group", "public_key", "questions", "uuid")


class InvalidElection(EvoteError):
    """What should become an election's description cannot be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """One election, as sealed. `archived` are the bytes everybody hashes."""

    uuid: str
    name: str
    description: str
    public_key: GroupElement
    questions: tuple[AnyQuestion, ...]
    fingerprint: str
    context: Mapping[str, object]
    archived: bytes

    @property
    def group(self) -> Group:
        """The group that all keys, ballots and proofs of this election are in."""
        return self.public_key.group

    @property
    def has_companion(self) -> bool:
        """Whether the second file is required: profile 1 (PROTOCOL, part 2)."""
        return self.context.get("profile", 0) == 1

    @property
    def minimum_ballots(self) -> int:
        """With fewer ballots than these nothing is decrypted (PROTOCOL 2.7)."""
        return self._bound("minimum_ballots")

    @property
    def minimum_shuffles(self) -> int:
        """By how many different owners the ranked answers are shuffled at least (2.8)."""
        return self._bound("minimum_shuffles")

    def _bound(self, name: str) -> int:
        value = self.context.get(name, 0)
        assert isinstance(value, int)
        return value

    @property
    def rules(self) -> tuple[Rule, ...] | None:
        """The counting rules, one for each question; None where the election binds none."""
        return read_context_rules(self.context, questions=self.questions)


def generate_uuid() -> str:
    """Draw the identifier of a new election: 14 characters of base58."""
    return "".join(secrets.choice(BASE58) for _ in range(UUID_LENGTH_CHARACTERS))


def encode_election(
    *,
    uuid: str,
    name: str,
    description: str,
    public_key: GroupElement,
    questions: Sequence[AnyQuestion],
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
        "group": public_key.group.name,
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
        DecodeError: it is malformed, its public key is no element or the identity, or a counting
            rule is not one or does not fit its question.
        NotSupported: another protocol version, group or kind of question.
    """
    value = decode_json(data, source="election", limit_bytes=ELECTION_LIMIT_BYTES)
    unknown = frozenset(value) if isinstance(value, dict) else frozenset()
    item = read_object(value, place="", fields=_FIELDS, optional=unknown)
    group = _read_group(item)
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
    public_key = read_public_key(item["public_key"], place="public_key", group=group)
    questions = read_list(item["questions"], place="questions")
    if not questions:
        msg = "an election asks at least one question"
        raise DecodeError(msg, place="questions")
    election = Election(
        uuid=uuid,
        name=read_text(item["name"], place="name"),
        description=read_text(item["description"], place="description"),
        public_key=public_key,
        questions=tuple(
            read_question(question, place=f"questions[{index}]", group=group)
            for index, question in enumerate(questions)
        ),
        fingerprint=b64_digest(data),
        context=_read_context(item),
        archived=data,
    )
    read_context_rules(election.context, questions=election.questions)
    return election


def _read_group(item: Mapping[str, object]) -> Group:
    if read_integer(item["version"], place="version") != 1:
        msg = f"protocol version {item['version']} is not supported yet, only version 1"
        raise NotSupported(msg)
    return group_named(read_text(item["group"], place="group"))


def _read_context(item: Mapping[str, object]) -> Mapping[str, object]:
    """Take what Pnyx binds beside the protocol (PROTOCOL, part 2); empty for other elections."""
    context = item.get("pnyx", {})
    if not isinstance(context, dict):
        msg = "expected an object"
        raise DecodeError(msg, place="pnyx")
    if read_integer(context.get("profile", 0), place="pnyx.profile") not in (0, 1):
        msg = f"profile {context['profile']} is not supported, only 0 and 1"
        raise NotSupported(msg)
    read_integer(context.get("minimum_ballots", 0), place="pnyx.minimum_ballots")
    read_integer(context.get("minimum_shuffles", 0), place="pnyx.minimum_shuffles")
    return context
