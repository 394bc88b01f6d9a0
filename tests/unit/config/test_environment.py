import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment


def test_a_variable_that_must_be_set_is_named(monkeypatch):
    monkeypatch.delenv("PNYX_SECRET_KEY", raising=False)

    with pytest.raises(ImproperlyConfigured, match="PNYX_SECRET_KEY"):
        environment.text("PNYX_SECRET_KEY")


@pytest.mark.parametrize("value", ["yes", "true", "2", "", " 1"])
def test_a_flag_is_1_or_0_and_nothing_else(monkeypatch, value):
    monkeypatch.setenv("PNYX_DEBUG", value)

    with pytest.raises(ImproperlyConfigured, match="PNYX_DEBUG"):
        environment.flag("PNYX_DEBUG")


@pytest.mark.parametrize("value", ["0", "-1", "1_000", "１０", "1.5", "many", ""])
def test_a_number_is_a_plain_one_above_zero(monkeypatch, value):
    monkeypatch.setenv("PNYX_CASTS_PER_MINUTE", value)

    with pytest.raises(ImproperlyConfigured, match="PNYX_CASTS_PER_MINUTE"):
        environment.number("PNYX_CASTS_PER_MINUTE", default=600)


@pytest.mark.parametrize(
    "address",
    ["https://vote.example.org", "https://vote.example.org:8443", "http://127.0.0.1:8000"],
)
def test_the_address_of_the_site_is_https_or_stays_on_the_machine(monkeypatch, address):
    monkeypatch.setenv("PNYX_BASE_URL", address)

    assert environment.base_url("PNYX_BASE_URL", default=None) == address


@pytest.mark.parametrize(
    "address",
    [
        "http://vote.example.org",
        "http://127.0.0.1.example.org",
        "https://vote.example.org/",
        "https://vote.example.org/pnyx",
        "vote.example.org",
        "ftp://vote.example.org",
        "https://",
    ],
)
def test_any_other_address_is_refused(monkeypatch, address):
    monkeypatch.setenv("PNYX_BASE_URL", address)

    with pytest.raises(ImproperlyConfigured, match="PNYX_BASE_URL"):
        environment.base_url("PNYX_BASE_URL", default=None)


def test_a_database_may_be_named_by_its_socket_folder():
    settings = environment.database("postgres://postgres@/pnyx?host=/run/pnyx")

    assert settings["HOST"] == "/run/pnyx"
    assert settings["NAME"] == "pnyx"
    assert settings["USER"] == "postgres"


@pytest.mark.parametrize("address", ["sqlite:///x", "mysql://a/b", "postgres://host/"])
def test_another_kind_of_database_or_none_is_refused(address):
    with pytest.raises(ImproperlyConfigured):
        environment.database(address)
