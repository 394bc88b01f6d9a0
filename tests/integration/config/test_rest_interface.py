import io
import time

import pytest
from django.core.cache import caches
from django.test import Client
from django.test.utils import override_settings
from rest_framework.exceptions import ErrorDetail, ValidationError

from config.api_errors import answer_with_code
from config.parsers import BODY_LIMIT_BYTES
from config.throttles import counter_name, subscriber
from tests.factories.clock import quickest_seconds

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.config.urls")]
BALLOTS = "/api/elections/4HpFcKmTqUqzVj/ballots"
JSON = "application/json"


def post(body, content_type=JSON):
    return Client().post(BALLOTS, body, content_type=content_type)


def test_a_view_that_declares_nothing_is_open_to_nobody(client):
    response = client.get("/api/undeclared")

    assert response.status_code == 403
    assert response.json()["code"] == "not_authenticated"


def test_strict_json_is_read():
    assert post(b'{"a":[1,"\xc3\xa9",true,null]}').json()["body"] == {"a": [1, "é", True, None]}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a":1,"a":2}', id="duplicate key"),
        pytest.param(b'{"a":NaN}', id="NaN"),
        pytest.param(b'{"a":Infinity}', id="infinity"),
        pytest.param(b'{"a":1e999}', id="overflow"),
        pytest.param(b'{"a":1.0}', id="float"),
        pytest.param(b'{"a":-0}', id="negative zero"),
        pytest.param(b'{"a":' + b"9" * 4301 + b"}", id="huge integer"),
        pytest.param(b"[" * 100_000, id="deep nesting"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', id="byte order mark"),
        pytest.param(b'{"a":"\xff"}', id="not UTF-8"),
        pytest.param('{"a":1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'{"a":"\\ud800"}', id="lone surrogate"),
        pytest.param(b'{"a":"\\u0000"}', id="NUL"),
        pytest.param(b"{'a':1}", id="no JSON"),
        pytest.param(b"a=1", id="form"),
    ],
)
def test_anything_else_is_refused_at_once_with_a_code(body):
    response = post(body)

    assert quickest_seconds(lambda: post(body)) < 0.5
    assert response.status_code == 400
    assert response.json()["code"] in {"non_canonical", "too_deep"}
    assert response.json()["detail"]


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-7"],
)
def test_another_kind_of_body_is_not_read(content_type):
    response = post(b"{}", content_type=content_type)

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


def test_a_huge_body_is_refused_before_it_is_read():
    response = post(b'"' + b"a" * BODY_LIMIT_BYTES + b'"')

    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


def test_an_invalid_form_names_its_fields():
    response = answer_with_code(ValidationError({"title": [ErrorDetail("Too long.", "max")]}), {})

    assert response is not None
    assert response.status_code == 400
    assert response.data["code"] == "invalid"
    assert response.data["fields"]["title"][0]["message"] == "Too long."


class TestLimits:
    @override_settings(REQUESTS_PER_MINUTE={"read": 1_000, "cast": 2})
    def test_bite_for_one_subscriber_and_spare_the_next(self, monkeypatch):
        monkeypatch.setattr(time, "time", lambda: 1_800_000_030.0)
        statuses = [
            Client(REMOTE_ADDR="2001:db8::1").post(BALLOTS, b"{}", content_type=JSON).status_code,
            Client(REMOTE_ADDR="2001:db8::2").post(BALLOTS, b"{}", content_type=JSON).status_code,
        ]
        third = Client(REMOTE_ADDR="2001:db8::3").post(BALLOTS, b"{}", content_type=JSON)
        other = Client(REMOTE_ADDR="2001:db8:0:1::1").post(BALLOTS, b"{}", content_type=JSON)

        assert statuses == [200, 200]
        assert third.status_code == 429
        assert third.json()["code"] == "throttled"
        assert third.headers["Retry-After"] == "30"
        assert other.status_code == 200

    def test_leave_no_address_in_the_store(self):
        Client(REMOTE_ADDR="203.0.113.77").post(BALLOTS, b"{}", content_type=JSON)
        store = caches["default"]._cache.get_client(None, write=False)
        keys = [key.decode() for key in store.scan_iter("*throttle*")]

        assert keys
        assert not [key for key in keys if "203.0.113" in key]
        assert all(0 < store.ttl(key) <= 65 for key in keys)

    @override_settings(
        CACHES={
            "default": {
                "BACKEND": "config.counters.ValkeyCache",
                "LOCATION": "unix:///nonexistent/valkey.sock",
            },
            "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        },
        REQUESTS_PER_MINUTE={"cast": 1},
    )
    def test_stay_when_the_store_is_gone(self, monkeypatch):
        monkeypatch.setattr(time, "time", lambda: 1_900_000_000.0)
        first = Client(REMOTE_ADDR="203.0.113.5").post(BALLOTS, b"{}", content_type=JSON)
        second = Client(REMOTE_ADDR="203.0.113.5").post(BALLOTS, b"{}", content_type=JSON)

        assert [first.status_code, second.status_code] == [200, 429]

    def test_count_by_a_name_that_changes_with_each_part_of_the_statement(self):
        names = {
            counter_name(scope=scope, ident=ident, window=window)
            for scope in ("read", "cast")
            for ident in ("a", "b")
            for window in (1, 2)
        }

        assert len(names) == 8

    @pytest.mark.parametrize(
        ("address", "shared"),
        [
            ("203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("not an address", "unknown"),
        ],
    )
    def test_know_what_one_subscriber_shares(self, address, shared):
        assert subscriber(address) == shared


def test_the_stream_is_not_read_past_the_limit():
    from config.parsers import BodyTooLarge, StrictJSONParser

    stream = io.BytesIO(b" " * (2 * BODY_LIMIT_BYTES))
    with pytest.raises(BodyTooLarge):
        StrictJSONParser().parse(stream)

    assert stream.tell() == BODY_LIMIT_BYTES + 1
