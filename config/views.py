"""The pages that belong to no app: what Pnyx is, and how a reader wants to see it."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from audit.forms import ReceiptForm
from audit.selectors import LogKeyMissing, log_origin, verifier_key
from audit.views.checking import checker_context
from config.built import built_files, built_text, verifier_policy
from config.frame import THEME_COOKIE, THEMES
from deliberation.models.rule import Rule
from evote import __version__

YEAR_SECONDS = 365 * 86_400
# The identifier of an election: base58.
UUID = re.compile("[1-9A-HJ-NP-Za-km-z]{14,64}", re.ASCII)


@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    """Explain the way from a debate to a verified vote."""
    return render(request, "site/how_it_works.html")


@require_safe
def phases(request: HttpRequest) -> HttpResponse:
    """Explain what may be done in which phase."""
    return render(request, "site/phases.html")


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """State the rules of debate, by which moderators act."""
    return render(request, "site/rules.html", {"rules": Rule})


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Tell an observer, step by step, how to check an election without trusting us."""
    context = {"base_url": settings.BASE_URL, "log_key": _log_key()}
    return render(request, "site/verify.html", context)


@require_safe
def verify_record(request: HttpRequest) -> HttpResponse:
    """Check a record in the reader's browser, with the second verifier."""
    uuid = request.GET.get("election", "")
    known = uuid if UUID.fullmatch(uuid) else ""
    return render(request, "site/verify_record.html", {"uuid": known})


@require_safe
def verifier_file(request: HttpRequest) -> HttpResponse:
    """Give the second verifier as one file, which opens without a network."""
    style, program = (built_text(name) for name in ("pnyx.css", "verifier.js"))
    context = {
        "style": mark_safe(style),  # noqa: S308 - our own build, checked by built_text
        "program": mark_safe(program),  # noqa: S308 - as above
        "policy": verifier_policy(style=style, program=program),
        "uuid": "",
    }
    response = render(request, "site/verifier_file.html", context)
    response["Content-Disposition"] = 'attachment; filename="pnyx-verifier.html"'
    return response


@require_safe
def receipt_checker_file(request: HttpRequest) -> HttpResponse:
    """Give the checker of receipts as one file, with this log's key and policy inside."""
    style, program = (built_text(name) for name in ("pnyx.css", "receipt.js"))
    context = checker_context() | {
        "style": mark_safe(style),  # noqa: S308 - our own build, checked by built_text
        "program": mark_safe(program),  # noqa: S308 - as above
        "page_policy": verifier_policy(style=style, program=program),
        "form": ReceiptForm(),
        "origin": log_origin(),
    }
    response = render(request, "site/receipt_checker_file.html", context)
    response["Content-Disposition"] = 'attachment; filename="pnyx-receipt.html"'
    return response


@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    """List the public files and the addresses of the REST interface."""
    return render(request, "site/open_data.html", {"base_url": settings.BASE_URL})


@require_safe
def help_and_contact(request: HttpRequest) -> HttpResponse:
    """Answer what people ask most, and say whom to write to."""
    return render(request, "site/help.html", {"contact": settings.CONTACT_EMAIL})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """State what was checked for accessibility, and what was not."""
    return render(request, "site/accessibility.html", {"contact": settings.CONTACT_EMAIL})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """State what is kept about whom, and for how long."""
    return render(request, "site/privacy.html", {"contact": settings.CONTACT_EMAIL})


@require_safe
def source(request: HttpRequest) -> HttpResponse:
    """Say under which licences the code is, and how to read what runs here."""
    context = {
        "version": __version__,
        "source_url": settings.SOURCE_URL,
        "contact": settings.CONTACT_EMAIL,
        "files": built_files(),
    }
    return render(request, "site/source.html", context)


@require_safe
def language(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the reader's language in a cookie and go back to the page they came from.

    A link, not a form: it changes nothing on the server, and works without a session.
    """
    response = _back(request)
    if code in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            max_age=YEAR_SECONDS,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return response


@require_safe
def theme(request: HttpRequest, name: str) -> HttpResponse:
    """Keep the reader's colours in a cookie; "device" forgets them."""
    response = _back(request)
    if name in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            name,
            max_age=YEAR_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


def _log_key() -> str | None:
    """Return the log's verifier key; a log that never started has none."""
    try:
        return verifier_key()
    except LogKeyMissing:
        return None


def _back(request: HttpRequest) -> HttpResponseRedirect:
    address = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        address = "/"
    return HttpResponseRedirect(address)
