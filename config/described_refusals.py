"""What every address of the interface may answer besides its own answers, for the description.

The refusals that the frame makes, before or around a view, are the same everywhere, so no view
repeats them: too many requests, an unknown thing in the address, a body that cannot be read, a
missing sign-in. Where a view describes one of them itself, its own words stay.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

REFUSAL = {
    "type": "object",
    "description": "Why nothing was done.",
    "properties": {
        "code": {"type": "string", "description": "Stable; for programs."},
        "detail": {"type": "string", "description": "A sentence for people."},
    },
    "required": ["code", "detail"],
}
THROTTLED = "Too many requests came from this address; `Retry-After` says when."
UNKNOWN = "There is nothing under this address, or not for whoever asks."
NOT_SIGNED_IN = "This needs somebody who is signed in and may do it."
OF_BODIES = {
    HTTPStatus.BAD_REQUEST: "The body cannot be read, or does not say what it must.",
    HTTPStatus.LENGTH_REQUIRED: "There is no Content-Length.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON in UTF-8, or is compressed.",
}

Operation = dict[str, Any]


def describe_refusals(result: dict[str, Any], **_options: object) -> dict[str, Any]:
    """Add to each operation the refusals that its view does not describe. A hook of spectacular."""
    result["components"]["schemas"].setdefault("Refusal", REFUSAL)
    for operation in _operations(result):
        for status, description in _refusals(operation):
            operation["responses"].setdefault(str(status.value), _answer(description))
    return result


def _operations(result: Mapping[str, Any]) -> Iterator[Operation]:
    for path in result["paths"].values():
        yield from (value for method, value in path.items() if method != "parameters")


def _refusals(operation: Operation) -> Iterator[tuple[HTTPStatus, str]]:
    yield HTTPStatus.TOO_MANY_REQUESTS, THROTTLED
    if any(one["in"] == "path" for one in operation.get("parameters", ())):
        yield HTTPStatus.NOT_FOUND, UNKNOWN
    if "requestBody" in operation:
        yield from OF_BODIES.items()
    # An empty alternative says that nobody needs to sign in.
    ways_in = operation.get("security", [{}])
    if ways_in and {} not in ways_in:
        yield HTTPStatus.FORBIDDEN, NOT_SIGNED_IN


def _answer(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Refusal"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
