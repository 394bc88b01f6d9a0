"""The public files of an election, byte for byte as archived. Their addresses are stable."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from voting.models import Record, RecordEvent
from voting.selectors.companion import companion_chunks
from voting.selectors.elections import election_of_trustees, public_election
from voting.selectors.record import archived_object
from voting.services.record_file import RecordFileAhead, grow_record_file

CHUNK_BYTES = 64 * 1024
HEIGHT = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})", re.ASCII)
# What stands in the address, and what the record calls it.
OBJECTS = {
    "election": "election",
    "trustees": "trustees",
    "credentials": "credentials",
    "encrypted-tally": "encrypted_tally",
    "result": "result",
}


@require_safe
def record(request: HttpRequest, uuid: str, name: str) -> HttpResponseBase:
    """Serve the record as far as it goes. It only ever grows, so a part of it stays true."""
    election = public_election(uuid=uuid)
    end = None if election is None else Record.objects.filter(election=election).first()
    if election is None or end is None or name != uuid or end.head is None:
        raise Http404
    try:
        path = grow_record_file(election=election)
    except RecordFileAhead:
        return HttpResponse(
            _("The database was set back behind what was published. Ask the operators."),
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            content_type="text/plain; charset=utf-8",
        )
    etag = f'"{bytes(end.head).hex()}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response: HttpResponseBase = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = _part_of_file(request, path=path, length=end.length_bytes, etag=etag)
        response["Content-Disposition"] = f'attachment; filename="{uuid}.bel"'
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    response["Accept-Ranges"] = "bytes"
    return response


@require_safe
def companion(request: HttpRequest, uuid: str, name: str) -> HttpResponseBase:
    """Serve what stands beside the record, up to the last event or to `?height=`.

    A verifier that has a record asks for the companion of exactly that record.
    """
    election = public_election(uuid=uuid)
    end = None if election is None else Record.objects.filter(election=election).first()
    if election is None or end is None or name != uuid or not election.profile or not end.height:
        raise Http404
    wanted = request.GET.get("height", "")
    if wanted and not HEIGHT.fullmatch(wanted):
        raise Http404
    height = min(int(wanted), end.height - 1) if wanted else end.height - 1
    event = RecordEvent.objects.get(election=election, height=height)
    etag = f'"{bytes(event.hash).hex()}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response: HttpResponseBase = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = StreamingHttpResponse(
            companion_chunks(election=election, height=height), content_type="application/json"
        )
        response["Content-Disposition"] = f'attachment; filename="{uuid}.pnyx.json"'
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def archived(_request: HttpRequest, uuid: str, name: str) -> HttpResponse:
    """Serve one object of the record. Once it is there it never changes.

    What the trustees sign is there before: it can still be taken back, so nobody may keep it.
    """
    election = election_of_trustees(uuid=uuid)
    data = None if election is None else archived_object(election=election, name=OBJECTS[name])
    if election is None or data is None:
        raise Http404
    response = HttpResponse(data, content_type="application/json")
    response["Cache-Control"] = "public, max-age=3600" if election.is_public else "no-store"
    return response


@require_safe
def result_note(_request: HttpRequest, uuid: str) -> HttpResponse:
    """Serve the note in which the installation signs the result."""
    election = public_election(uuid=uuid)
    if election is None or not election.result_note:
        raise Http404
    response = HttpResponse(election.result_note, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=3600"
    return response


def _part_of_file(request: HttpRequest, *, path: Path, length: int, etag: str) -> HttpResponseBase:
    """Answer with the file's first `length` bytes, or with the one range asked for."""
    first, last, status = 0, length - 1, HTTPStatus.OK
    wanted = RANGE.fullmatch(request.headers.get("Range", ""))
    if wanted and request.headers.get("If-Range", etag) == etag and any(wanted.groups()):
        if wanted[1]:
            first = int(wanted[1])
            last = min(int(wanted[2]), last) if wanted[2] else last
        else:
            first = max(0, length - int(wanted[2]))
        if first > last:
            refusal = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            refusal["Content-Range"] = f"bytes */{length}"
            return refusal
        status = HTTPStatus.PARTIAL_CONTENT
    response = StreamingHttpResponse(
        _bytes_of(path, first=first, last=last),
        status=status,
        content_type="application/octet-stream",
    )
    response["Content-Length"] = str(last - first + 1)
    if status == HTTPStatus.PARTIAL_CONTENT:
        response["Content-Range"] = f"bytes {first}-{last}/{length}"
    return response


def _bytes_of(path: Path, *, first: int, last: int) -> Iterator[bytes]:
    left = last - first + 1
    with path.open("rb") as file:
        file.seek(first)
        while left > 0 and (chunk := file.read(min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
