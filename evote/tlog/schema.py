"""Checks entries of the log against JSON Schemas, of which it knows the part that ours use.

A checker that other people run should need no more than the protocol does. So this knows a few
words of JSON Schema (draft 2020-12), exactly, and refuses a schema that uses any other: to pass
over a word would be to check less than the schema says.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from evote.errors import NotSupported, ShapeError

Schema = Mapping[str, object] | bool
# Takes the value and its place in the entry; raises ShapeError.
Check = Callable[[object, str], None]

_TYPES: dict[str, type | None] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
}
_SAYS_NOTHING = frozenset({"$schema", "$id", "title", "description", "then", "else"})


def compile_schema(schema: Schema) -> Check:
    """Make the check that a schema describes.

    Raises:
        NotSupported: it uses a word, or a form of one, that is not known here.
    """
    if schema is True:
        return lambda value, place: None
    if schema is False:
        return _refuse_everything
    if not isinstance(schema, Mapping):
        msg = f"a schema is an object, not {schema!r:.40}"
        raise NotSupported(msg)
    checks = [
        _WORDS[word](argument, schema)
        for word, argument in schema.items()
        if word not in _SAYS_NOTHING and _is_known(word)
    ]

    def check(value: object, place: str) -> None:
        for part in checks:
            part(value, place)

    return check


def _is_known(word: str) -> bool:
    if word not in _WORDS:
        msg = f"this version does not know the word {word!r} of JSON Schema"
        raise NotSupported(msg)
    return True


def _refuse_everything(value: object, place: str) -> None:
    msg = "nothing may stand here"
    raise ShapeError(msg, place=place)


def _sub(argument: object) -> Check:
    if not isinstance(argument, Mapping | bool):
        msg = f"a schema is an object, not {argument!r:.40}"
        raise NotSupported(msg)
    return compile_schema(argument)


def _subs(argument: object) -> dict[str, Check]:
    if not isinstance(argument, Mapping):
        msg = "'properties' is an object"
        raise NotSupported(msg)
    return {name: _sub(schema) for name, schema in argument.items()}


def _names(argument: object) -> Sequence[str]:
    if not isinstance(argument, list) or not all(isinstance(name, str) for name in argument):
        msg = "'required' is a list of names"
        raise NotSupported(msg)
    return argument


def _number(argument: object) -> int:
    if type(argument) is not int:
        msg = f"a limit is an integer, not {argument!r:.40}"
        raise NotSupported(msg)
    return argument


def is_same(one: object, other: object) -> bool:
    """Compare two values of JSON: true is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return one == other


# --- The words ------------------------------------------------------------------------------
# Each takes its argument and the schema around it, and gives the check. As in JSON Schema a word
# about texts says nothing about numbers, and so on: `type` is what excludes the others.


def _type(argument: object, schema: Mapping[str, object]) -> Check:
    if not isinstance(argument, str) or argument not in _TYPES:
        msg = f"this version does not know the type {argument!r:.40}"
        raise NotSupported(msg)
    expected = _TYPES[argument]

    def check(value: object, place: str) -> None:
        if type(value) is not expected:
            msg = f"this is not of the type {argument}"
            raise ShapeError(msg, place=place)

    return check


def _const(argument: object, schema: Mapping[str, object]) -> Check:
    return _enum([argument], schema)


def _enum(argument: object, schema: Mapping[str, object]) -> Check:
    if not isinstance(argument, list):
        msg = "'enum' is a list"
        raise NotSupported(msg)
    choices = list(argument)

    def check(value: object, place: str) -> None:
        if not any(is_same(value, choice) for choice in choices):
            msg = f"{value!r:.60} is not one of {', '.join(map(repr, choices))}"
            raise ShapeError(msg, place=place)

    return check


def _pattern(argument: object, schema: Mapping[str, object]) -> Check:
    # Ours are about the whole text. Python's `$` would let a last line feed through.
    if not isinstance(argument, str) or not (argument[:1] == "^" and argument[-1:] == "$"):
        msg = f"a pattern begins with ^ and ends with $, unlike {argument!r:.60}"
        raise NotSupported(msg)
    try:
        pattern = re.compile(argument[1:-1], re.ASCII)
    except re.error as error:
        msg = f"this is not a pattern: {argument!r:.60}"
        raise NotSupported(msg) from error

    def check(value: object, place: str) -> None:
        if isinstance(value, str) and not pattern.fullmatch(value):
            msg = f"{value!r:.60} is not of the form {argument}"
            raise ShapeError(msg, place=place)

    return check


def _max_length(argument: object, schema: Mapping[str, object]) -> Check:
    limit = _number(argument)

    def check(value: object, place: str) -> None:
        if isinstance(value, str) and len(value) > limit:
            msg = f"this has {len(value)} characters; at most {limit} are allowed"
            raise ShapeError(msg, place=place)

    return check


def _minimum(argument: object, schema: Mapping[str, object]) -> Check:
    limit = _number(argument)

    def check(value: object, place: str) -> None:
        if type(value) is int and value < limit:
            msg = f"{value} is less than {limit}"
            raise ShapeError(msg, place=place)

    return check


def _maximum(argument: object, schema: Mapping[str, object]) -> Check:
    limit = _number(argument)

    def check(value: object, place: str) -> None:
        if type(value) is int and value > limit:
            msg = f"{value} is more than {limit}"
            raise ShapeError(msg, place=place)

    return check


def _properties(argument: object, schema: Mapping[str, object]) -> Check:
    members = _subs(argument)

    def check(value: object, place: str) -> None:
        if isinstance(value, dict):
            for name in value.keys() & members.keys():
                members[name](value[name], _inside(place, name))

    return check


def _required(argument: object, schema: Mapping[str, object]) -> Check:
    names = _names(argument)

    def check(value: object, place: str) -> None:
        if isinstance(value, dict):
            for name in names:
                if name not in value:
                    msg = f"the member {name!r} is missing"
                    raise ShapeError(msg, place=place)

    return check


def _additional_properties(argument: object, schema: Mapping[str, object]) -> Check:
    if argument is not False:
        msg = "'additionalProperties' is known as false only"
        raise NotSupported(msg)
    members = frozenset(_subs(schema.get("properties", {})))

    def check(value: object, place: str) -> None:
        if isinstance(value, dict):
            for name in value:
                if name not in members:
                    msg = f"the member {name!r:.60} is unknown"
                    raise ShapeError(msg, place=place)

    return check


def _items(argument: object, schema: Mapping[str, object]) -> Check:
    item = _sub(argument)

    def check(value: object, place: str) -> None:
        if isinstance(value, list):
            for number, element in enumerate(value):
                item(element, _inside(place, str(number)))

    return check


def _unique_items(argument: object, schema: Mapping[str, object]) -> Check:
    if argument is not True:
        msg = "'uniqueItems' is known as true only"
        raise NotSupported(msg)

    def check(value: object, place: str) -> None:
        if isinstance(value, list):
            for number, element in enumerate(value):
                if any(is_same(element, other) for other in value[:number]):
                    msg = "the same element stands here twice"
                    raise ShapeError(msg, place=_inside(place, str(number)))

    return check


def _choice(argument: object, *, is_enough: Callable[[int], bool]) -> Check:
    if not isinstance(argument, list) or not argument:
        msg = "a choice of schemas is a list"
        raise NotSupported(msg)
    choices = [_sub(schema) for schema in argument]

    def check(value: object, place: str) -> None:
        if not is_enough(sum(_holds(choice, value) for choice in choices)):
            msg = f"{value!r:.60} is of none of the forms that may stand here"
            raise ShapeError(msg, place=place)

    return check


def _if(argument: object, schema: Mapping[str, object]) -> Check:
    condition = _sub(argument)
    then, otherwise = _sub(schema.get("then", True)), _sub(schema.get("else", True))

    def check(value: object, place: str) -> None:
        (then if _holds(condition, value) else otherwise)(value, place)

    return check


def _holds(check: Check, value: object) -> bool:
    try:
        check(value, "")
    except ShapeError:
        return False
    return True


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


_WORDS: dict[str, Callable[[object, Mapping[str, object]], Check]] = {
    "type": _type,
    "const": _const,
    "enum": _enum,
    "pattern": _pattern,
    "maxLength": _max_length,
    "minimum": _minimum,
    "maximum": _maximum,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional_properties,
    "items": _items,
    "uniqueItems": _unique_items,
    "anyOf": lambda choices, _: _choice(choices, is_enough=lambda number: number >= 1),
    "oneOf": lambda choices, _: _choice(choices, is_enough=lambda number: number == 1),
    "if": _if,
}
