"""A mirror's copy over HTTP, as tlog-tiles ask: one folder for each log."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from evote.cli.log_source import BUNDLE_LIMIT_BYTES, LogFolder
from evote.errors import EvoteError
from evote.tlog.cosignature import CosigningKey
from evote.tlog.tiles import decode_path

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_FILE = re.compile(
    r"/(?P<folder>[0-9a-f]{64})/(?P<path>checkpoint|checkpoints/[0-9]{1,19}|tile/.+)"
)
_TEXT = "text/plain; charset=utf-8"
_BINARY = "application/octet-stream"
_FOR_EVER = "public, max-age=31536000, immutable"
_A_FEW_SECONDS = "public, max-age=5"


def application(
    root: Path, *, origin: str, folder: str, cosigners: Sequence[CosigningKey]
) -> "WSGIApplication":
    """Make the WSGI application that serves the copies under `root`."""
    introduction = _introduction(origin=origin, folder=folder, cosigners=cosigners)

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method not in {"GET", "HEAD"}:
            return _send(
                HTTPStatus.METHOD_NOT_ALLOWED, b"Only GET and HEAD here.\n", start_response
            )
        found = (introduction, _TEXT, _A_FEW_SECONDS) if path == "/" else _file(root, path=path)
        if found is None:
            body = _send(HTTPStatus.NOT_FOUND, b"There is nothing here.\n", start_response)
        else:
            content, kind, cache = found
            body = _send(HTTPStatus.OK, content, start_response, kind=kind, cache=cache)
        return body if method == "GET" else []

    return respond


def _introduction(*, origin: str, folder: str, cosigners: Sequence[CosigningKey]) -> bytes:
    lines = [f"A mirror of the log {origin}:", f"/{folder}/checkpoint"]
    if cosigners:
        lines.append("It cosigns what it holds and serves, with")
        lines.extend(key.verifier.encode() for key in cosigners)
    return "\n".join([*lines, ""]).encode()


def _file(root: Path, *, path: str) -> tuple[bytes, str, str] | None:
    """Read a file of a copy by its one spelling, and nothing else that lies in the folder."""
    match = _FILE.fullmatch(path)
    if match is None:
        return None
    is_tile = match["path"].startswith("tile/")
    try:
        if is_tile:
            decode_path(match["path"])
        content = LogFolder(root / match["folder"]).read(
            match["path"], limit_bytes=BUNDLE_LIMIT_BYTES
        )
    except EvoteError:
        return None
    if content is None:
        return None
    return content, _BINARY if is_tile else _TEXT, _FOR_EVER if is_tile else _A_FEW_SECONDS


def _send(
    status: HTTPStatus,
    body: bytes,
    start_response: "StartResponse",
    *,
    kind: str = _TEXT,
    cache: str = "no-store",
) -> list[bytes]:
    start_response(
        f"{status} {status.phrase}",
        [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", cache),
            ("X-Content-Type-Options", "nosniff"),
            ("Access-Control-Allow-Origin", "*"),
        ],
    )
    return [body]
