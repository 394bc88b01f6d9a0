"""The few steps that every request passes before and after the framework's own."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config import policies
from config.built import NotBuiltError, built_file

GetResponse = Callable[[HttpRequest], HttpResponse]


class SecurityHeaders:
    """Send the content security policy and the headers that isolate our pages.

    A view may set a header of its own first; it is left as it is.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.page_csp = policies.header_value(settings.SECURE_CSP)
        self.data_csp = policies.header_value(policies.DATA_CSP)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers that fit the address."""
        response = self.get_response(request)
        if policies.is_booth_page(request.path):
            csp, features = _booth_csp(), policies.BOOTH_FEATURES
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        elif response.headers.get("Content-Type", "").startswith("text/html"):
            csp, features = self.page_csp, policies.PAGE_FEATURES
            if policies.is_checker_page(request.path):
                features = policies.CHECKER_FEATURES
        else:
            csp, features = self.data_csp, policies.BOOTH_FEATURES
        response.headers.setdefault("Content-Security-Policy", csp)
        response.headers.setdefault("Permissions-Policy", features)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


def _booth_csp() -> str:
    """Let the booth run its one bundle, known by its hash, and no other script of ours."""
    policy = settings.SECURE_CSP_BOOTH
    try:
        policy = policy | {"script-src": [f"'{built_file('booth.js')['integrity']}'"]}
    except NotBuiltError:
        policy = policy | {"script-src": [policies.NONE]}
    return policies.header_value(policy)


class NoCookiesInTheBooth:
    """Serve the booth and the ballot box without cookies, the same to everybody.

    What identifies a person or a browser is taken from the request, so that no code further
    in can use it, and nothing is left with the browser. The booth's language is in its
    address (`?language=zh-hans`), never in a header: the same address is the same bytes.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a booth's request blindly, any other as usual."""
        if not (policies.is_booth_page(request.path) or policies.is_casting(request.path)):
            return self.get_response(request)
        request.META["HTTP_ACCEPT_LANGUAGE"] = request.GET.get("language", "")
        for header in ("HTTP_COOKIE", "HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_AUTHORIZATION"):
            request.META.pop(header, None)
        response = self.get_response(request)
        response.cookies.clear()
        response.headers.pop("Vary", None)
        if policies.is_casting(request.path):
            response.headers["Cache-Control"] = "no-store"
        return response


class PrivatePagesAreNotStored:
    """Keep what was made for a signed-in person out of every cache (SECURITY.md, A-76)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; forbid storing when the answer depends on who asks."""
        response = self.get_response(request)
        if "cookie" in response.headers.get("Vary", "").lower():
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
