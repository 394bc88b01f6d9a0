"""Change every place of an object, one at a time, each with what it must be refused with."""

import copy
import re
from collections.abc import Iterator
from typing import Any

from evote.group import GENERATOR, ORDER
from tests.factories.evote import World
from tests.factories.forgery import IDENTITY, sign_again, with_torsion

Place = tuple[str | int, ...]
# What to change, what it becomes, and the code it is refused with (`BallotCode`).
Change = tuple[str, Any, str]

_ELEMENT = re.compile(r"[0-9a-f]{64}")
STRANGER = (GENERATOR**271828).encode()


def tampered(value: Any, *, has_order: bool) -> Iterator[Change]:
    """Give the object with one place changed, again and again.

    `has_order`: whether the order of fields matters, so that changing it is refused too.
    """
    for place, item in places(value):
        for comment, changed, code in _changes(item, has_order=has_order):
            name = ".".join(str(part) for part in place) or "the whole"
            yield f"{name}: {comment}", replaced(value, place, changed), code


def places(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Give every place of an object, from the outside to the leaves."""
    yield at, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*at, index))


def replaced(value: Any, place: Place, item: Any) -> Any:
    """Give a copy of the object with another item at a place."""
    if not place:
        return item
    changed = copy.deepcopy(value)
    inner = changed
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = item
    return changed


def _changes(item: Any, *, has_order: bool) -> Iterator[Change]:
    if isinstance(item, dict):
        yield from _object_changes(item, has_order=has_order)
    elif isinstance(item, list):
        yield from _list_changes(item)
    elif _ELEMENT.fullmatch(item):
        yield from _element_changes(item)
    else:
        yield from _scalar_changes(item)


def _object_changes(item: dict[str, Any], *, has_order: bool) -> Iterator[Change]:
    for name in item:
        yield f"without {name}", {k: v for k, v in item.items() if k != name}, "wrong_shape"
    yield "with a field more", item | {"more": 1}, "wrong_shape"
    yield "null", None, "wrong_shape"
    if has_order and len(item) > 1:
        yield "fields reversed", dict(reversed(item.items())), "non_canonical"


def _list_changes(items: list[Any]) -> Iterator[Change]:
    yield "one more", [*items, copy.deepcopy(items[-1]) if items else "0"], "wrong_shape"
    yield "an object", {}, "wrong_shape"
    if items:
        yield "one less", items[:-1], "wrong_shape"
    if len(items) > 1 and items[0] != items[1]:
        code = "bad_proof" if _shape(items[0]) == _shape(items[1]) else "wrong_shape"
        yield "two exchanged", [items[1], items[0], *items[2:]], code


def _element_changes(item: str) -> Iterator[Change]:
    yield "another element", STRANGER, "bad_proof"
    yield "the identity", IDENTITY, "identity_element"
    yield "plus a point of order two", with_torsion(item), "non_canonical"
    yield "too short", item[1:], "non_canonical"
    yield "in upper case", "A" + item[1:].upper(), "non_canonical"
    yield "a number", 7, "wrong_shape"


def _scalar_changes(item: str) -> Iterator[Change]:
    yield "plus one", str((int(item) + 1) % ORDER), "bad_proof"
    yield "plus q", str(int(item) + ORDER), "non_canonical"
    yield "with a zero before", "0" + item, "non_canonical"
    yield "a number", 7, "wrong_shape"


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return type(value)


def tampered_answers(
    world: World, ballot: dict[str, Any], *, voter: int
) -> Iterator[tuple[str, bytes, str]]:
    """Change every place of a ballot's answers, signed again: comment, bytes and code."""
    uuid, credential = world.election.uuid, world.credentials[voter]
    for comment, answers, code in tampered(ballot["answers"], has_order=True):
        yield (
            comment,
            sign_again(ballot | {"answers": answers}, uuid=uuid, credential=credential),
            code,
        )
