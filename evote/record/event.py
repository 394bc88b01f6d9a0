"""Events, and the payloads that name other objects (PROTOCOL 1.3, 1.10)."""

from dataclasses import dataclass

from evote.encoding import (
    decode_canonical_json,
    decode_json,
    encode_json,
    read_hash,
    read_integer,
    read_object,
    read_ordered_object,
    read_text,
    sha256_hex,
)

EVENT_LIMIT_BYTES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One link of the chain. `parent` is None in the first, `payload` where an event has none."""

    type: str
    height: int
    parent: str | None
    payload: str | None


def encode_event(event: Event) -> bytes:
    """Write the event itself, whose hash the next event names."""
    fields = {
        "parent": event.parent,
        "height": event.height,
        "type": event.type,
        "payload": event.payload,
    }
    return encode_json({name: item for name, item in fields.items() if item is not None})


def decode_event(data: bytes) -> Event:
    """Read an event.

    Raises:
        DecodeError: not the one spelling of an event.
    """
    value = decode_canonical_json(data, source="event", limit_bytes=EVENT_LIMIT_BYTES)
    item = read_ordered_object(
        value,
        place="",
        fields=("parent", "height", "type", "payload"),
        optional=("parent", "payload"),
    )
    return Event(
        type=read_text(item["type"], place="type"),
        height=read_integer(item["height"], place="height"),
        parent=read_hash(item["parent"], place="parent") if "parent" in item else None,
        payload=read_hash(item["payload"], place="payload") if "payload" in item else None,
    )


def encode_setup(*, election: bytes, trustees: bytes, credentials: bytes) -> bytes:
    """Write the payload of the Setup event: the hashes of the three objects before it."""
    return encode_json(
        {
            "election": sha256_hex(election),
            "trustees": sha256_hex(trustees),
            "credentials": sha256_hex(credentials),
        }
    )


def encode_owned(*, owner: int, payload: bytes) -> bytes:
    """Write the payload of a Shuffle or PartialDecryption event: whose it is, and its hash."""
    return encode_json({"owner": owner, "payload": sha256_hex(payload)})


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose shuffle or partial decryption it is: the slot of the trustee, from 1."""

    owner: int
    payload: str


def decode_owned(data: bytes) -> Owned:
    """Read the payload of a Shuffle or PartialDecryption event.

    Raises:
        DecodeError: it is malformed.
    """
    value = decode_json(data, source="payload", limit_bytes=EVENT_LIMIT_BYTES)
    item = read_object(value, place="", fields=("owner", "payload"))
    return Owned(
        owner=read_integer(item["owner"], place="owner", minimum=1),
        payload=read_hash(item["payload"], place="payload"),
    )
