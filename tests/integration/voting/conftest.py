import json

import pytest
from django.core.cache import cache

from evote.encoding import hash_of_b64
from tests.factories.voting import built_booth
from voting.models.ballot import NO_PREVIOUS_BALLOT
from voting.services.casting import b64


@pytest.fixture(autouse=True)
def booth_is_built():
    with built_booth():
        yield


@pytest.fixture(autouse=True)
def empty_counters():
    cache.clear()


@pytest.fixture
def post_ballot(client):
    """Cast through the public interface, as the booth does."""

    def post(made, ballot: bytes, *, prev=NO_PREVIOUS_BALLOT):
        body = json.dumps({"ballot": ballot.decode(), "prev": b64(prev)}, separators=(",", ":"))
        return post_raw(made.election.uuid, body.encode())

    def post_raw(uuid, body: bytes, **headers):
        headers.setdefault("content_type", "application/json")
        return client.post(f"/api/elections/{uuid}/ballots", data=body, **headers)

    post.raw = post_raw
    return post


def tracker_in(response) -> bytes:
    return hash_of_b64(response.json()["tracker"])
