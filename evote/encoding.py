"""JSON and hashes, exactly as the protocol writes them (PROTOCOL 1.2; "Basic types").

Two people who encode the same value must get the same bytes, because the bytes are hashed. And two
programs that read the same bytes must see the same value, because one of them may be the judge of
the other. So the writer knows one form only, and the reader refuses whatever another reader could
take differently: duplicate keys, floating-point numbers, NaN, lone surrogates, byte order marks.
"""

import base64
import hashlib
import json
import re
from collections.abc import Collection, Sequence
from typing import NoReturn, TypeVar

from evote.errors import DecodeError, ShapeError

T = TypeVar("T")

DEPTH_LIMIT_LEVELS = 32
# Integers of I-JSON (RFC 7493): every reader, a browser's too, holds them exactly.
INTEGER_LIMIT = 2**53 - 1
# A string of JSON, closed or running to the end: it must match at every quotation mark, and
# without backtracking, so that no input can make it slow.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+\\?"?', re.DOTALL)
_NOT_A_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_TYPE_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "an integer",
    bool: "true or false",
}
_HASH_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HASH_B64 = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)


# --- Writing -----------------------------------------------------------------------------


def encode_json(value: object) -> bytes:
    """Write compact JSON as the protocol hashes it: no spaces, fields in the order given.

    UTF-8 is not escaped, `/` neither; control characters and 0x7f are (PROTOCOL 1.2).

    Raises:
        DecodeError: a string holds a lone surrogate, which UTF-8 cannot express.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    # Outside strings JSON has no 0x7f, so this touches nothing but strings.
    return _utf8(text.replace("\x7f", "\\u007f"))


def canonical_json(value: object) -> bytes:
    """Write canonical JSON (RFC 8785), the form of the entries of the log.

    Only objects with string keys, lists, strings, integers of at most 53 bits, booleans and null:
    there is no floating-point number in the log, so RFC 8785's rules for them are not needed.

    Raises:
        DecodeError: the value holds anything else, or a lone surrogate.
    """
    text = json.dumps(_sorted_by_utf16(value), separators=(",", ":"), ensure_ascii=False)
    return _utf8(text)


def _sorted_by_utf16(value: object) -> object:
    """Give the same value with the keys of each object in RFC 8785's order (section 3.2.3)."""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                msg = f"a key of an object must be a string, not {key!r}"
                raise DecodeError(msg)
        _utf8("".join(value))
        return {
            key: _sorted_by_utf16(value[key])
            for key in sorted(value, key=lambda key: key.encode("utf-16-be"))
        }
    if isinstance(value, list | tuple):
        return [_sorted_by_utf16(item) for item in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int) and abs(value) <= INTEGER_LIMIT:
        return value
    msg = f"canonical JSON has no place for {type(value).__name__} {value!r:.40}"
    raise DecodeError(msg)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        msg = "a string holds a lone surrogate, which UTF-8 cannot express"
        raise DecodeError(msg) from error


# --- Reading -----------------------------------------------------------------------------


def decode_json(data: bytes, *, source: str, limit_bytes: int) -> object:
    """Read JSON that has one meaning only.

    `source` names the object in error messages ("ballot"). What comes back holds dictionaries,
    lists, strings, integers of at most 53 bits, booleans and None, nested at most 32 deep; white
    space is allowed, so whoever needs canonical bytes calls `decode_canonical_json`.

    Raises:
        DecodeError: too large, too deep, not UTF-8, not JSON, or ambiguous: a duplicate key, a
            floating-point number, NaN, -0, a huge integer, a byte order mark, NUL, a lone
            surrogate.
    """
    if len(data) > limit_bytes:
        msg = f"{source} has {len(data)} bytes; at most {limit_bytes} are allowed"
        raise DecodeError(msg, code="too_large")
    _check_depth(data, source=source)
    try:
        text = bytes(data).decode()
        if text.startswith("\ufeff"):
            msg = f"{source} begins with a byte order mark"
            raise DecodeError(msg)
        value: object = _DECODER.decode(text)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        msg = f"{source} is not JSON in UTF-8: {error}"
        raise DecodeError(msg) from error
    if "\\u" in text:  # The only way for NUL and lone surrogates to enter.
        _check_strings(value, source=source)
    return value


def decode_canonical_json(data: bytes, *, source: str, limit_bytes: int) -> object:
    """Read JSON, and refuse it unless `encode_json` would write exactly these bytes.

    The order of an object's fields is kept as read: `read_object` is what checks it.
    """
    value = decode_json(data, source=source, limit_bytes=limit_bytes)
    if encode_json(value) != data:
        msg = f"{source} is not compact JSON: written again, its bytes are not the same"
        raise DecodeError(msg)
    return value


def _check_depth(data: bytes, *, source: str) -> None:
    """Refuse deep nesting before the parser sees it, in linear time."""
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NOT_A_BRACKET):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH_LIMIT_LEVELS:
            msg = f"{source} is nested deeper than {DEPTH_LIMIT_LEVELS} levels"
            raise DecodeError(msg, code="too_deep")


def _check_strings(value: object, *, source: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _check_strings(key, source=source)
            _check_strings(item, source=source)
    elif isinstance(value, list):
        for item in value:
            _check_strings(item, source=source)
    elif isinstance(value, str):
        if "\0" in value:
            msg = f"{source} holds the character NUL"
            raise DecodeError(msg)
        _utf8(value)


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value: dict[str, object] = {}
    for key, item in pairs:
        if key in value:
            msg = f"the key {key!r:.60} stands twice in the same object"
            raise DecodeError(msg)
        value[key] = item
    return value


def _integer(text: str) -> int:
    if text == "-0" or len(text) > 17 or abs(int(text)) > INTEGER_LIMIT:
        msg = f"the number {text[:20]} is not an integer of at most 53 bits"
        raise DecodeError(msg)
    return int(text)


def _no_such_number(text: str) -> NoReturn:
    msg = f"the number {text[:20]} is not an integer"
    raise DecodeError(msg)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object_without_duplicates,
    parse_int=_integer,
    parse_float=_no_such_number,
    parse_constant=_no_such_number,
)


# --- Shapes ------------------------------------------------------------------------------
# Each reader takes the place of the value in its object, for the error message.


def read_object(
    value: object, *, place: str, fields: Sequence[str], optional: Collection[str] = ()
) -> dict[str, object]:
    """Take an object with exactly these fields, in any order; `optional` ones may be absent."""
    item = _of_type(value, dict, place=place)
    for name in fields:
        if name not in item:
            msg = f"the field {name!r} is missing"
            raise ShapeError(msg, place=place)
    for name in item:
        if name not in fields and name not in optional:
            msg = f"the field {name!r:.60} is unknown"
            raise ShapeError(msg, place=place)
    return item


def read_ordered_object(
    value: object, *, place: str, fields: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, object]:
    """Take an object with exactly these fields in exactly this order.

    `optional` ones may be absent; where they are present they are named in `fields` too, at
    their place in the order.
    """
    item = _of_type(value, dict, place=place)
    if list(item) != [name for name in fields if name in item or name not in optional]:
        required = [name for name in fields if name not in optional]
        read_object(value, place=place, fields=required, optional=optional)
        msg = f"the fields are not in the order {', '.join(fields)}"
        raise DecodeError(msg, place=place)
    return item


def read_list(value: object, *, place: str, length: int | None = None) -> list[object]:
    """Take a list; where `length` is given, with exactly that many elements."""
    items = _of_type(value, list, place=place)
    if length is not None and len(items) != length:
        msg = f"the list has {len(items)} elements, not {length}"
        raise ShapeError(msg, place=place)
    return items


def read_text(value: object, *, place: str) -> str:
    """Take a string."""
    return _of_type(value, str, place=place)


def read_boolean(value: object, *, place: str) -> bool:
    """Take true or false."""
    return _of_type(value, bool, place=place)


def read_integer(value: object, *, place: str, minimum: int = 0) -> int:
    """Take an integer of at least `minimum`. True and False are not integers here."""
    number = _of_type(value, int, place=place)
    if number < minimum:
        msg = f"{number} is less than {minimum}"
        raise ShapeError(msg, place=place)
    return number


def read_hash(value: object, *, place: str) -> str:
    """Take a SHA-256 in hexadecimal: 64 lower-case digits."""
    text = read_text(value, place=place)
    if not _HASH_HEX.fullmatch(text):
        msg = "this is not a SHA-256 in lower-case hexadecimal"
        raise DecodeError(msg, place=place)
    return text


def _of_type(value: object, kind: type[T], *, place: str) -> T:
    if type(value) is not kind:
        found = _TYPE_NAMES.get(type(value), "null")
        msg = f"expected {_TYPE_NAMES[kind]}, found {found}"
        raise ShapeError(msg, place=place)
    return value


# --- Hashes ------------------------------------------------------------------------------


def sha256_hex(data: bytes) -> str:
    """Give the SHA-256 in lower-case hexadecimal, 64 characters."""
    return hashlib.sha256(data).hexdigest()


def b64_digest(data: bytes) -> str:
    """Give the SHA-256 in base64 without padding, 43 characters: how trackers are written."""
    return b64_of_hash(sha256_hex(data))


def b64_of_hash(digest_hex: str) -> str:
    """Write a hash given in hexadecimal as base64 without padding."""
    return base64.b64encode(bytes.fromhex(digest_hex)).decode().rstrip("=")


def hash_of_b64(text: str, *, place: str = "") -> bytes:
    """Read back the 32 bytes of a hash written by `b64_digest`.

    Raises:
        DecodeError: not 43 characters of base64, or its last character has bits that base64
            ignores: then the same hash would have several spellings.
    """
    if _HASH_B64.fullmatch(text):
        digest = base64.b64decode(text + "=")
        if base64.b64encode(digest).decode() == text + "=":
            return digest
    msg = "this is not a SHA-256 in base64 of 43 characters"
    raise DecodeError(msg, place=place)
