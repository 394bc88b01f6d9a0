import io
import json

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import UnreadablePostError
from django.test import Client

from config.slot import BallotSlot
from tests.factories.voting import make_election
from voting.models import Ballot, Election
from voting.models.ballot import NO_PREVIOUS_BALLOT

pytestmark = pytest.mark.django_db

YES, MILL = [1, 0], [0, 1, 0, 0]
ALICE, BOB = 0, 1
# Accepted as any other, and spelled so that it takes the long way.
LONG = "application/json;q=1"
SLOT = "/api/elections/{}/ballots"


@pytest.fixture
def way(monkeypatch):
    """Say which way each request took."""
    taken = []
    short = BallotSlot.__call__

    def watched(self, request):
        inner, ways = self.get_response, []

        def get_response(request):
            ways.append("long")
            return inner(request)

        self.get_response = get_response
        try:
            return short(self, request)
        finally:
            self.get_response = inner
            taken.append(ways[0] if ways else "short")

    monkeypatch.setattr(BallotSlot, "__call__", watched)
    return taken


def post(uuid, body, *, accept=None, **headers):
    if accept is not None:
        headers["HTTP_ACCEPT"] = accept
    headers.setdefault("content_type", "application/json")
    address = SLOT.format(uuid)
    return Client().post(address + headers.pop("query", ""), body, **headers)


def same(short, long):
    assert short.status_code == long.status_code
    assert short.content == long.content
    assert dict(short.headers) == dict(long.headers)
    assert not short.cookies
    assert not long.cookies


def both(uuid, body, **headers):
    return post(uuid, body, **headers), post(uuid, body, accept=LONG, **headers)


def body_of(made, voter, ballot, **options):
    envelope = made.envelope(voter, ballot, **options)
    return json.dumps(envelope, separators=(",", ":")).encode()


def test_the_same_ballot_is_answered_in_the_same_bytes_on_both_ways(made, way):
    body = body_of(made, ALICE, made.ballot(ALICE, [YES, MILL]))
    assert post(made.election.uuid, body).status_code == 201

    same(*both(made.election.uuid, body))

    assert way == ["short", "short", "long"]
    assert Ballot.objects.count() == 1


@pytest.mark.parametrize("query", ["", "?language=zh-hans", "?language=en"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"ballot":"x","prev":"y","proof":1}', b'{"a":"\xe2\x80\xa8"}'],
)
def test_what_is_no_ballot_is_refused_in_the_same_words_on_both_ways(made, way, body, query):
    same(*both(made.election.uuid, body, query=query))

    assert way == ["short", "long"]


def test_other_refusals_are_the_same_on_both_ways(made, way):
    uuid = made.election.uuid
    ballot = made.ballot(ALICE, [YES, MILL])
    good = body_of(made, ALICE, ballot)
    stale = body_of(made, ALICE, made.ballot(ALICE, [YES, MILL]))
    forged = body_of(made, BOB, ballot)
    post(uuid, good)

    same(*both(uuid, stale))
    same(*both(uuid, forged))
    same(*both(uuid, good, content_type="text/plain"))
    same(*both(uuid, b" " * 600_000))
    same(*both("nothing", good))
    same(*both(make_election(phase=Election.Phase.DRAFT).election.uuid, good))
    sealed = make_election(phase=Election.Phase.SEALED, voters=1)
    same(*both(sealed.election.uuid, body_of(sealed, 0, sealed.ballot(0, [YES, MILL]))))
    made.close()
    same(*both(uuid, body_of(made, BOB, made.ballot(BOB, [YES, MILL]))))
    assert way == ["short"] + ["short", "long"] * 8


@pytest.mark.parametrize("body", [b"{", None])
def test_a60_one_address_is_counted_alike_on_both_ways(made, way, settings, body):
    settings.REQUESTS_PER_MINUTE = settings.REQUESTS_PER_MINUTE | {"cast": 3}
    body = body or body_of(made, ALICE, made.ballot(ALICE, [YES, MILL]))
    ways = [None, LONG, None]

    before = [post(made.election.uuid, body, accept=accept).status_code for accept in ways]
    short, long = both(made.election.uuid, body)

    assert 429 not in before
    assert short.status_code == long.status_code == 429
    assert short.json()["code"] == long.json()["code"] == "throttled"
    assert "Retry-After" in short.headers
    assert set(short.headers) == set(long.headers)
    assert way == ["short", "long", "short", "short", "long"]


class HungUp(io.BytesIO):
    """The body of somebody who has gone away in the middle of it."""

    def read(self, *_size):
        raise OSError


def take_the_tables_away():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path TO pg_catalog")


@pytest.mark.parametrize("accept", [None, LONG])
def test_a60_whoever_hangs_up_in_the_middle_is_counted_too(made, way, settings, accept):
    settings.REQUESTS_PER_MINUTE = settings.REQUESTS_PER_MINUTE | {"cast": 2}
    for _ in range(2):
        with pytest.raises(UnreadablePostError):
            post(made.election.uuid, b"{}", accept=accept, **{"wsgi.input": HungUp()})

    assert post(made.election.uuid, b"{}", accept=accept).status_code == 429
    assert way == ["long" if accept else "short"] * 3


def test_a60_whoever_comes_while_the_database_fails_is_counted_too(made, way, settings):
    settings.REQUESTS_PER_MINUTE = settings.REQUESTS_PER_MINUTE | {"cast": 2}
    take_the_tables_away()
    for _ in range(2):
        with pytest.raises(DatabaseError):
            post(made.election.uuid, b"{}")

    assert post(made.election.uuid, b"{}").status_code == 429
    assert way == ["short"] * 3


def test_a_host_that_is_not_ours_is_refused_on_both_ways(made, way):
    for response in both(made.election.uuid, b"{}", HTTP_HOST="elsewhere.example"):
        assert response.status_code == 400
    assert not Ballot.objects.exists()


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("get", {}),
        ("put", {}),
        ("options", {}),
        ("post", {"HTTP_ACCEPT": "text/html"}),
        ("post", {"HTTP_ACCEPT": "application/json; indent=4"}),
        ("post", {"QUERY_STRING": "format=json"}),
    ],
)
def test_whatever_is_unusual_takes_the_long_way(made, way, method, headers):
    getattr(Client(), method)(SLOT.format(made.election.uuid), **headers)

    assert way == ["long"]


def test_the_short_way_passes_what_protects_every_answer():
    places = [settings.MIDDLEWARE.index(name) for name in BEFORE_THE_SLOT]

    assert max(places) < settings.MIDDLEWARE.index("config.slot.BallotSlot")


BEFORE_THE_SLOT = [
    "config.middleware.SecurityHeaders",
    "config.middleware.NoCookiesInTheBooth",
    "config.middleware.PrivatePagesAreNotStored",
    "django.middleware.security.SecurityMiddleware",
]


def test_an_election_that_just_closed_takes_no_ballot(made):
    uuid = made.election.uuid
    assert post(uuid, body_of(made, ALICE, made.ballot(ALICE, [YES, MILL]))).status_code == 201
    made.close()

    late = post(uuid, body_of(made, BOB, made.ballot(BOB, [YES, MILL]), prev=NO_PREVIOUS_BALLOT))

    assert (late.status_code, late.json()["code"]) == (409, "not_open")
