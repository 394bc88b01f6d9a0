import pytest
from django.test import Client
from django.urls import path, reverse

from config.urls import handler400, handler403, handler404, handler500  # noqa: F401 - read by name
from config.urls import urlpatterns as own_addresses
from deliberation.models.rule import Rule

pytestmark = pytest.mark.django_db

PAGES = [
    "how-it-works",
    "phases",
    "rules",
    "verify",
    "open-data",
    "help",
    "accessibility",
    "privacy",
    "source",
]


def fail(request):
    raise RuntimeError


urlpatterns = [*own_addresses, path("fail/", fail)]


@pytest.mark.parametrize("name", PAGES)
def test_who_only_reads_gets_no_cookie(client, name):
    answer = client.get(reverse(f"site:{name}"))

    assert answer.status_code == 200
    assert not answer.cookies


def test_a_chosen_language_is_kept_and_leads_back(client):
    answer = client.get("/language/zh-hans/", {"next": "/verify/?a=b"})

    assert answer.status_code == 302
    assert answer["Location"] == "/verify/?a=b"
    assert 'lang="zh-Hans"' in client.get("/help/").content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "http:///evil.example",
    ],
)
@pytest.mark.parametrize("page", ["/language/en/", "/colours/dark/"])
def test_nobody_is_led_to_another_host(client, page, address):
    assert client.get(page, {"next": address})["Location"] == "/"


def test_a_language_that_we_do_not_have_is_not_kept(client):
    assert not client.get("/language/xx/").cookies


def test_an_unknown_colour_is_not_kept(client):
    client.get("/colours/dark/")
    client.get("/colours/pink/")

    assert "data-theme" not in client.get("/help/").content.decode()


def test_colours_that_somebody_put_into_the_cookie_are_not_shown(client):
    client.cookies["theme"] = '"><script>'

    assert "<script>" not in client.get("/help/").content.decode()


def test_a_form_without_its_token_says_what_to_do():
    answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "x"})

    assert answer.status_code == 403
    assert "send it again" in answer.content.decode()


@pytest.mark.urls("tests.integration.config.test_site_pages")
def test_an_error_of_ours_says_nothing_of_its_cause(client):
    client.raise_request_exception = False

    answer = client.get("/fail/")

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert "RuntimeError" not in answer.content.decode()


def test_the_rules_are_the_ones_that_moderators_act_by(client):
    text = client.get(reverse("site:rules")).content.decode()

    assert [rule.label for rule in Rule if f">{rule.label}<" not in text] == []


def test_the_navigation_marks_where_the_reader_is(client):
    text = client.get(reverse("site:verify")).content.decode()

    assert text.count('<a href="/verify/" aria-current="page">') == 1
