"""How far a ceremony is, as the server publishes it (PROTOCOL 2.4).

Nothing in it is believed: whoever takes part checks every message again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.encoding import (
    decode_json,
    read_integer,
    read_list,
    read_object,
    read_text,
)
from evote.errors import DecodeError
from evote.group import ED25519
from evote.threshold.pedersen import MEMBER_LIMIT
from evote.threshold.signed import Signed, read_signed

STATE_LIMIT_BYTES = 64_000_000

_LISTS = ("certs", "commits", "polynomials", "shares")


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyState:
    """The messages that have come so far, by member; None where one has not come yet.

    `evidence` are the complaints that ended the attempt, each a file that anybody can check.
    """

    uuid: str
    threshold: int
    names: tuple[str, ...]
    certificates: tuple[Signed | None, ...]
    commits: tuple[Signed | None, ...]
    polynomials: tuple[Signed | None, ...]
    shares: tuple[Signed | None, ...]
    evidence: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """How many members there are."""
        return len(self.names)

    def missing(self, messages: Sequence[Signed | None]) -> tuple[int, ...]:
        """Give the members of whom a message of this step has not come yet."""
        return tuple(index for index, each in enumerate(messages, start=1) if each is None)


def decode_state(data: bytes) -> CeremonyState:
    """Read the public state of a ceremony.

    Raises:
        DecodeError: malformed, or the lists are not of one length.
    """
    value = decode_json(data, source="ceremony", limit_bytes=STATE_LIMIT_BYTES)
    known = frozenset(value) if isinstance(value, dict) else frozenset()
    item = read_object(
        value,
        place="",
        fields=("election", "threshold", "members", *_LISTS, "complaints"),
        optional=known,
    )
    members = read_list(item["members"], place="members")
    threshold = read_integer(item["threshold"], place="threshold", minimum=1)
    if not threshold <= len(members) <= MEMBER_LIMIT:
        msg = f"{threshold} of {len(members)} members cannot be asked for"
        raise DecodeError(msg, place="threshold")
    messages = {
        name: tuple(
            None if each is None else read_signed(each, place=f"{name}[{index}]", group=ED25519)
            for index, each in enumerate(read_list(item[name], place=name, length=len(members)))
        )
        for name in _LISTS
    }
    return CeremonyState(
        uuid=read_text(item["election"], place="election"),
        threshold=threshold,
        names=tuple(
            _read_name(member, index=index) for index, member in enumerate(members, start=1)
        ),
        certificates=messages["certs"],
        commits=messages["commits"],
        polynomials=messages["polynomials"],
        shares=messages["shares"],
        evidence=tuple(
            _read_evidence(complaint, place=f"complaints[{index}]")
            for index, complaint in enumerate(read_list(item["complaints"], place="complaints"))
        ),
    )


def _read_name(value: object, *, index: int) -> str:
    place = f"members[{index - 1}]"
    item = read_object(value, place=place, fields=("index", "name", "step"))
    if read_integer(item["index"], place=f"{place}.index") != index:
        msg = "the members are not in their order"
        raise DecodeError(msg, place=place)
    return read_text(item["name"], place=f"{place}.name")


def _read_evidence(value: object, *, place: str) -> bytes:
    item = read_object(value, place=place, fields=("by", "about", "name", "evidence"))
    return read_text(item["evidence"], place=f"{place}.evidence").encode()
