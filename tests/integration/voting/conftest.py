import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from audit.models import LogEntry, PendingEntry
from evote.encoding import hash_of_b64
from tests.factories.forgeries import signed
from tests.factories.voting import built_booth, make_election
from voting.models import Ballot, BallotAlpha
from voting.models.ballot import NO_PREVIOUS_BALLOT


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

    def post(made, ballot: bytes, *, prev=NO_PREVIOUS_BALLOT, **members):
        envelope = made.envelope(voter_of(made, ballot), ballot, prev=prev) | members
        body = json.dumps(envelope, separators=(",", ":"))
        return post_raw(made.election.uuid, body.encode())

    def post_raw(uuid, body: bytes, **headers):
        headers.setdefault("content_type", "application/json")
        return client.post(f"/api/elections/{uuid}/ballots", data=body, **headers)

    post.raw = post_raw
    return post


def voter_of(made, ballot: bytes) -> int:
    """Who made a ballot; the first voter where it is forged beyond recognition."""
    publics = [made.public(voter) for voter in range(len(made.credentials))]
    try:
        return publics.index(json.loads(ballot)["credential"])
    except (ValueError, KeyError, TypeError):
        return 0


def tracker_in(response) -> bytes:
    return hash_of_b64(response.json()["tracker"])


@pytest.fixture
def made():
    """An election that is open now, with three voters."""
    now = timezone.now()
    return make_election(
        voters=3,
        trustees=1,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )


@pytest.fixture
def refused(post_ballot, made):
    """Post something and see that it is refused with this code and leaves nothing behind."""

    def check(ballot: bytes, code: str, *, status=400, election=None, **fields):
        before = traces()
        response = post_ballot(election or made, ballot, **fields)
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert response.json()["detail"].endswith(".")
        assert "receipt" not in response.json()
        assert "promise" not in response.json()
        assert traces() == before
        return response

    return check


def traces():
    return (
        Ballot.objects.count(),
        BallotAlpha.objects.count(),
        PendingEntry.objects.count(),
        LogEntry.objects.count(),
    )


def resign(made, voter, ballot) -> bytes:
    return signed(ballot, uuid=made.election.uuid, credential=made.credentials[voter])
