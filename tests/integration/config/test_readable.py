import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from config.readable import with_readable_content_type

UNREADABLE = [
    "application/json; charset*=bogus''%41",
    "application/json; boundary*=bogus''x",
    "multipart/form-data; boundary*=bogus''x",
]


def content_type_seen(content_type):
    """Send a request; return the Content-Type that the framework reads in it."""
    environ = RequestFactory()._base_environ(REQUEST_METHOD="POST", CONTENT_TYPE=content_type)
    seen = []
    application = with_readable_content_type(
        lambda environ, start_response: seen.append(WSGIRequest(environ).META["CONTENT_TYPE"]) or []
    )
    application(environ, lambda status, headers: None)
    return seen[0]


@pytest.mark.parametrize("content_type", UNREADABLE)
def test_a59_a_content_type_that_nobody_can_parse_is_no_type(content_type):
    assert content_type_seen(content_type) == ""


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain; charset=utf-8"])
def test_a_content_type_that_can_be_parsed_is_left_alone(content_type):
    assert content_type_seen(content_type) == content_type
