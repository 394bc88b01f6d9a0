import pytest
from django.test import Client, override_settings

from config.built import built_file

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.config.urls")]
BOOTH = "/elections/4HpFcKmTqUqzVj/booth/"
BALLOTS = "/api/elections/4HpFcKmTqUqzVj/ballots"


def policy_of(response):
    header = response.headers["Content-Security-Policy"]
    return {part.split()[0]: part.split()[1:] for part in header.split("; ")}


def test_a_page_runs_no_inline_script_and_no_foreign_one(client):
    policy = policy_of(client.get("/page/"))

    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert not any("unsafe" in source for sources in policy.values() for source in sources)


@pytest.mark.parametrize("address", ["/page/", BOOTH, BALLOTS, "/health", "/api/undeclared"])
def test_a67_nothing_of_ours_can_be_framed_or_sniffed(client, address):
    response = client.get(address)

    assert policy_of(response)["frame-ancestors"] == ["'none'"]
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]


def test_the_booth_has_no_trusted_types_policy_no_form_and_no_worker(client):
    response = client.get(BOOTH)
    policy = policy_of(response)

    assert policy["script-src"] == [f"'{built_file('booth.js')['integrity']}'"]
    assert policy["trusted-types"] == ["'none'"]
    assert policy["form-action"] == ["'none'"]
    assert policy["worker-src"] == ["'none'"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cross-Origin-Embedder-Policy"] == "require-corp"


@pytest.mark.parametrize("address", [BOOTH, BALLOTS])
def test_the_booth_and_the_ballot_box_see_and_set_no_cookie(address):
    client = Client(
        headers={"user-agent": "Targeted/1.0", "accept-language": "zh-Hans", "referer": "/page/"}
    )
    client.cookies["sessionid"] = "someone"
    response = (
        client.post(address, b"{}", content_type="application/json")
        if address == BALLOTS
        else client.get(address)
    )

    assert response.status_code == 200
    assert b"someone" not in response.content
    assert b"Targeted" not in response.content
    assert "Set-Cookie" not in response.headers
    assert not response.cookies
    assert "Vary" not in response.headers


def test_a65_everybody_gets_the_same_booth_and_its_language_is_in_the_address():
    plain = Client().get(BOOTH)
    signed_in = Client(headers={"user-agent": "A", "accept-language": "zh-Hans"})
    signed_in.cookies["sessionid"] = "x"

    assert signed_in.get(BOOTH).content == plain.content
    assert Client().get(BOOTH + "?language=zh-hans").content.startswith(b"zh-hans ")


def test_a_page_made_for_one_person_is_not_stored(client):
    assert "no-store" in client.get("/page/").headers["Cache-Control"]


def test_a_failure_says_nothing_of_its_cause():
    client = Client(raise_request_exception=False)

    response = client.get("/api/broken")

    assert response.status_code == 500
    assert response.json()["code"] == "server_error"
    assert b"SENSITIVE" not in response.content


def test_an_unknown_address_of_the_interface_answers_in_json(client):
    response = client.get("/api/nothing-here")

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


@override_settings(ALLOWED_HOSTS=["vote.example.org"])
def test_a76_a_forged_host_is_refused(client):
    assert client.get("/page/", headers={"host": "evil.example"}).status_code == 400
