"""What the framework would stumble over before any of our code runs."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

Environment = dict[str, Any]
Application = Callable[[Environment, Callable[..., Any]], Iterable[bytes]]


def with_readable_content_type(application: Application) -> Application:
    """Treat a body whose Content-Type cannot be parsed as one of no type at all.

    The framework parses the header while it makes the request, outside of everything that
    turns an error into an answer: the sender would get 500 (SECURITY.md, A-59).
    """

    def answer(environ: Environment, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        except ValueError:
            environ["CONTENT_TYPE"] = ""
        return application(environ, start_response)

    return answer
