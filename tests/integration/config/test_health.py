from datetime import date

import pytest
from django.core.cache import cache
from django.test.utils import override_settings

from audit.selectors.key import signing_key
from audit.services import publishing
from audit.services.sequencing import sequence
from config.health import HEARTBEAT
from config.tasks import heartbeat
from evote.tlog.checkpoint import sign_checkpoint
from tests.factories.audit import append_ballots

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.config.urls")]
NO_VALKEY = {
    "default": {
        "BACKEND": "config.counters.ValkeyCache",
        "LOCATION": "unix:///nonexistent/valkey.sock",
    }
}


@pytest.fixture(autouse=True)
def no_worker_yet():
    cache.delete(HEARTBEAT)


def test_is_up_when_every_part_works_and_says_what_runs(client):
    heartbeat()

    response = client.get("/health")

    assert response.status_code == 200
    body = response.json()
    assert body["status"] == "up"
    assert body["down"] == []
    sizes = {"entries": 0, "signed_size": 0, "published_size": 0, "waiting": 0}
    assert body["parts"]["log"] == {"status": "up", **sizes}
    assert body["parts"]["witnesses"] == {"status": "up", "witnesses": 0, "troubled": []}
    assert body["parts"]["worker"]["seconds_since_last_sweep"] < 5
    assert len(body["versions"]["booth"]) == 64
    assert "no-store" in response.headers["Cache-Control"]


def test_names_the_worker_that_gives_no_sign_of_life(client):
    response = client.get("/health")

    assert response.status_code == 503
    assert response.json()["down"] == ["worker"]


@override_settings(CACHES=NO_VALKEY)
def test_names_valkey_when_it_is_gone(client):
    response = client.get("/health")

    assert response.status_code == 503
    assert "valkey" in response.json()["down"]
    assert "nonexistent" not in response.content.decode()


def test_names_the_database_when_it_is_gone(client, monkeypatch):
    heartbeat()

    def gone():
        from django.db import OperationalError

        msg = "secret-host refused the connection"
        raise OperationalError(msg)

    monkeypatch.setattr("django.db.connection.cursor", gone)
    response = client.get("/health")

    assert response.status_code == 503
    assert "database" in response.json()["down"]
    assert b"secret-host" not in response.content


@pytest.mark.django_db(transaction=True)
def test_is_up_while_the_log_grows(client):
    heartbeat()
    append_ballots(2)
    sequence(today=date(2026, 11, 21))

    assert client.get("/health").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("size", "reason"), [(9, b"restored from an older copy"), (2, b"does not continue")]
)
def test_a84_says_that_the_log_is_halted_and_why(client, size, reason):
    heartbeat()
    append_ballots(2)
    sequence(today=date(2026, 11, 21))
    publishing.publish_checkpoint(sign_checkpoint(size=size, root=bytes(32), key=signing_key()))

    response = client.get("/health")

    assert response.status_code == 503
    assert response.json()["down"] == ["log"]
    assert b"The log is halted." in response.content
    assert reason in response.content


def test_answers_only_questions(client):
    assert client.post("/health").status_code == 405
