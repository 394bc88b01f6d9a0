import io
import json
import logging
from logging.config import DictConfigurator

import pytest
from django.conf import settings
from django.test import override_settings

from evote.encoding import b64_digest
from voting.models import Ballot
from voting.models.ballot import NO_PREVIOUS_BALLOT

pytestmark = pytest.mark.django_db

YES, BLANK = [1, 0], [1, 0, 0, 0]


@pytest.fixture
def diary():
    """What the processes write, through the handler that the settings describe."""
    written = io.StringIO()
    described = DictConfigurator(settings.LOGGING)
    handler = logging.StreamHandler(written)
    for name in settings.LOGGING["handlers"]["console"]["filters"]:
        handler.addFilter(described.configure_filter(settings.LOGGING["filters"][name]))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def cast(client, made, ballot):
    return client.post(
        f"/api/elections/{made.election.uuid}/ballots",
        data=json.dumps(made.envelope(0, ballot, prev=NO_PREVIOUS_BALLOT), separators=(",", ":")),
        content_type="application/json",
        headers={"User-Agent": "Somebody/1.0"},
    )


def test_a53_the_diary_says_nothing_of_a_ballot_taken_or_refused(made, client, diary):
    ballot = made.ballot(0, [YES, BLANK])
    assert cast(client, made, ballot).status_code == 201
    assert cast(client, made, ballot + b" ").status_code == 400
    assert client.get(f"/api/elections/{made.election.uuid}/ballots/{'x' * 43}").status_code == 404

    assert diary.getvalue() == ""


def test_a53_a_failure_while_casting_is_written_without_who_or_what(made, client, diary, tmp_path):
    ballot = made.ballot(0, [YES, BLANK])
    client.raise_request_exception = False
    with override_settings(LOG_KEY_FILE=tmp_path / "gone.key"):
        assert cast(client, made, ballot).status_code == 500

    text = diary.getvalue()
    assert "Failure while serving the ballot box" in text
    for secret in (
        made.election.uuid,
        made.public(0),
        b64_digest(ballot),
        "127.0.0.1",
        "Somebody/1.0",
        "signature",
    ):
        assert secret not in text
    # It was in the box before the failure: sent again, it is there once and gets its promise.
    assert "promise" in cast(client, made, ballot).json()
    assert Ballot.objects.count() == 1
