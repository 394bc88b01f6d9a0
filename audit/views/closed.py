"""The logs before this one, which were closed for ever: their statements, and their last files."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.selectors.closed_logs import ClosedLog, closed_folder, closed_logs
from audit.views.files import A_FEW_SECONDS, FOR_EVER, file_of, public
from evote.errors import DecodeError
from evote.tlog.tiles import decode_path

PLAIN = "text/plain; charset=utf-8"
STATEMENT = "statement"
TEXTS = ("checkpoint", "explanation", "final-checkpoint", "keys", "policy")


@require_safe
def closed(request: HttpRequest) -> HttpResponse:
    """List the closed logs, with the reasons and all that is left of them."""
    return render(request, "audit/closed.html", {"closed_logs": closed_logs()})


@require_safe
def file(request: HttpRequest, name: str, path: str) -> HttpResponse:
    """Serve a public file of a closed log: its final statement, or what it published last."""
    log = _log(name)
    if path == STATEMENT:
        return public(log.statement, content_type=PLAIN, cache=A_FEW_SECONDS)
    if path in TEXTS:
        return file_of(closed_folder(log.name) / path, content_type=PLAIN, cache=A_FEW_SECONDS)
    try:
        address = decode_path(path)
    except DecodeError as error:
        raise Http404(_("This is not the path of a tile.")) from error
    place = closed_folder(log.name) / address.path
    return file_of(place, content_type="application/octet-stream", cache=FOR_EVER)


def _log(name: str) -> ClosedLog:
    for log in closed_logs():
        if log.name == name:
            return log
    raise Http404(_("There is no closed log of this name."))
