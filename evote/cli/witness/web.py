"""The witness over HTTP: which path means what. Limits on bodies and pauses are waitress's."""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from evote.cli.witness.service import Answer, Witness
from evote.tlog.witness import REQUEST_LIMIT_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_FOLDER = re.compile(r"/(?P<folder>[0-9a-f]{64})/(?P<file>checkpoint|refused)")
_NOT_FOUND = Answer(status=404, body=b"There is nothing here.\n")
# A checkpoint may be some seconds old; anything longer would hide from monitors what is new.
_CACHE_SECONDS = 5


def application(witness: Witness) -> "WSGIApplication":
    """Make the WSGI application of a witness."""

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        method = environ["REQUEST_METHOD"]
        if path == "/add-checkpoint":
            return _post(witness, environ, start_response)
        read = _page(witness, path=path)
        if read is None:
            return _send(_NOT_FOUND, start_response)
        if method not in {"GET", "HEAD"}:
            return _refuse_method("GET, HEAD", start_response)
        body = _send(read(), start_response, cache_seconds=_CACHE_SECONDS)
        return body if method == "GET" else []

    return respond


def _page(witness: Witness, *, path: str) -> Callable[[], Answer] | None:
    if path == "/":
        return witness.introduction
    match = _FOLDER.fullmatch(path)
    if match is None:
        return None
    folder = match["folder"]
    if match["file"] == "checkpoint":
        return lambda: witness.cosigned_checkpoint(folder)
    return lambda: witness.refused_checkpoints(folder)


def _post(
    witness: Witness, environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] != "POST":
        return _refuse_method("POST", start_response)
    body = environ["wsgi.input"].read(REQUEST_LIMIT_BYTES + 1)
    return _send(witness.add_checkpoint(body), start_response)


def _refuse_method(allowed: str, start_response: "StartResponse") -> Iterable[bytes]:
    answer = Answer(status=405, body=f"Only {allowed} here.\n".encode())
    return _send(answer, start_response, headers=[("Allow", allowed)])


def _send(
    answer: Answer,
    start_response: "StartResponse",
    *,
    headers: Iterable[tuple[str, str]] = (),
    cache_seconds: int = 0,
) -> list[bytes]:
    is_cached = cache_seconds and answer.status == HTTPStatus.OK
    start_response(
        f"{answer.status} {HTTPStatus(answer.status).phrase}",
        [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            ("Cache-Control", f"max-age={cache_seconds}" if is_cached else "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Access-Control-Allow-Origin", "*"),
            *headers,
        ],
    )
    return [answer.body]
