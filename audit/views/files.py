"""The log's public files. A web server in front may serve them from the same folder instead."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit import selectors
from audit.selectors import (
    PolicyUnusable,
    checkpoint_of,
    cosigned_note,
    entry_at,
    entry_schema,
    published_policy,
    receipt_of,
)
from audit.selectors.timestamps import timestamp_of
from evote.errors import DecodeError
from evote.tlog.tiles import decode_path

FOR_EVER = "public, max-age=31536000, immutable"
A_FEW_SECONDS = "public, max-age=2"
SIZE_LIMIT = 2**63
RECEIPT_TYPE = "text/plain; charset=utf-8"
TIMESTAMP_TYPE = "application/timestamp-reply"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """Serve the newest public checkpoint."""
    return _file("checkpoint", content_type="text/plain; charset=utf-8", cache=A_FEW_SECONDS)


@require_safe
def older_checkpoint(request: HttpRequest, size: int) -> HttpResponse:
    """Serve the checkpoint of one size, as long ago as it may be, with all who cosigned it."""
    found = checkpoint_of(size) if size < SIZE_LIMIT else None
    if found is None:
        raise Http404(_("The log signed no checkpoint of this size."))
    return public(cosigned_note(found), content_type="text/plain; charset=utf-8")


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Serve the policy under which receipts of this log are to be checked."""
    try:
        content = published_policy()
    except PolicyUnusable as error:
        raise Http404(_("The log has no policy that can be used.")) from error
    return public(content, content_type="text/plain; charset=utf-8")


@require_safe
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """Serve a tile or an entry bundle. Its bytes never change."""
    try:
        address = decode_path(f"tile/{path}")
    except DecodeError as error:
        raise Http404(_("This is not the path of a tile.")) from error
    return _file(address.path, content_type="application/octet-stream", cache=FOR_EVER)


@require_safe
def verifier_key(request: HttpRequest) -> HttpResponse:
    """Serve the public half of the log's key."""
    return public(f"{selectors.verifier_key()}\n".encode(), content_type="text/plain")


@require_safe
def verifier_keys(request: HttpRequest) -> HttpResponse:
    """Serve every key that the log ever had, a line each, the present one first."""
    content = "".join(f"{key}\n" for key in selectors.verifier_keys())
    return public(content.encode(), content_type="text/plain")


@require_safe
def schema(request: HttpRequest, kind: str) -> HttpResponse:
    """Serve the JSON Schema of one kind of entry."""
    try:
        content = entry_schema(kind)
    except KeyError as error:
        raise Http404(_("The log knows no such kind of entry.")) from error
    return public(content, content_type="application/schema+json")


@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """Serve an entry, byte for byte as it is hashed."""
    found = entry_at(index)
    if found is None:
        raise Http404(_("The log is not that long yet."))
    return public(bytes(found.body), content_type="application/json", cache=FOR_EVER)


@require_safe
def receipt(request: HttpRequest, index: int) -> HttpResponse:
    """Serve the receipt of an entry."""
    content = receipt_of(index=index)
    if content is None:
        raise Http404(_("There is no receipt yet: the next checkpoint is a few seconds away."))
    response = public(content, content_type=RECEIPT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{index}.tlog-proof"'
    return response


@require_safe
def timestamp(request: HttpRequest, size: int) -> HttpResponse:
    """Serve the outside authority's token over a checkpoint, as `openssl ts -verify` reads it."""
    found = timestamp_of(size) if size < SIZE_LIMIT else None
    if found is None:
        raise Http404(_("The checkpoint of this size has no timestamp."))
    response = public(bytes(found.token), content_type=TIMESTAMP_TYPE, cache=FOR_EVER)
    response.headers["Content-Disposition"] = f'attachment; filename="checkpoint-{size}.tsr"'
    return response


@require_safe
def timestamp_roots(request: HttpRequest) -> HttpResponse:
    """Serve the certificates against which this installation verified the authority's tokens."""
    try:
        content = Path(settings.TIMESTAMP_CERTIFICATES or "/").read_bytes()
    except OSError as error:
        raise Http404(_("No timestamping authority is configured.")) from error
    return public(content, content_type="application/x-pem-file")


def _file(path: str, *, content_type: str, cache: str) -> HttpResponse:
    return file_of(Path(settings.DATA_DIR) / "log" / path, content_type=content_type, cache=cache)


def file_of(path: Path, *, content_type: str, cache: str) -> HttpResponse:
    """Serve a public file of a log.

    Raises:
        Http404: there is none of this name.
    """
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise Http404(_("The log has no such file.")) from error
    return public(content, content_type=content_type, cache=cache)


def public(content: bytes, *, content_type: str, cache: str = A_FEW_SECONDS) -> HttpResponse:
    """Hand out something that is public and the same for everyone."""
    response = HttpResponse(content, content_type=content_type)
    response.headers["Cache-Control"] = cache
    # Anyone's program may read the log from anyone's page.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
