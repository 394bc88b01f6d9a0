import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from evote.encoding import b64_digest
from tests.factories.voting import PLACES, TREES, make_election, tracker_of
from tests.integration.voting.conftest import resign
from voting.models import Ballot, BallotAlpha, Challenge
from voting.services import challenging
from voting.services.challenging import challenge_ballot
from voting.services.receipts import b64
from voting.services.refusals import CHALLENGE_SENTENCES, ChallengeRefused

pytestmark = pytest.mark.django_db

YES, NO = [1, 0], [0, 1]
MILL = [0, 1, 0, 0]


def alphas_of(ballot: bytes) -> list[str]:
    answers = json.loads(ballot)["answers"]
    return [choice["alpha"] for answer in answers for choice in answer["choices"]]


@pytest.fixture
def challenge(client):
    """Say through the public interface that a ballot was opened, as the booth does."""

    def post(made, ballot: bytes, **members):
        body = {"tracker": b64_digest(ballot), "alphas": alphas_of(ballot)} | members
        return post_raw(made.election.uuid, json.dumps(body).encode())

    def post_raw(uuid, body: bytes, **headers):
        headers.setdefault("content_type", "application/json")
        return client.post(f"/api/elections/{uuid}/challenges", data=body, **headers)

    post.raw = post_raw
    return post


def code_of(response):
    return response.status_code, response.json()["code"]


def address_of(made, ballot):
    tracker = b64_digest(ballot).replace("+", "-").replace("/", "_")
    return f"/api/elections/{made.election.uuid}/ballots/{tracker}"


def test_a48_a_challenged_ballot_can_never_be_cast(made, challenge, post_ballot):
    ballot = made.ballot(0, [YES, MILL])

    told = challenge(made, ballot)
    cast = post_ballot(made, ballot)

    assert (told.status_code, told.json()) == (
        201,
        {"tracker": b64_digest(ballot), "status": "challenged"},
    )
    assert code_of(cast) == (409, "challenged")
    assert not Ballot.objects.exists()


def test_a48_no_part_of_it_can_be_cast_in_another_ballot(made, challenge, refused):
    opened = made.ballot(0, [YES, MILL])
    challenge(made, opened)
    other = json.loads(made.ballot(0, [NO, MILL]))
    other["answers"][0] = json.loads(opened)["answers"][0]

    refused(resign(made, 0, other), "duplicate_ciphertext", status=409)


def test_a48_the_next_ballot_of_the_same_choices_is_taken(made, challenge, post_ballot):
    challenge(made, made.ballot(0, [YES, MILL]))

    assert post_ballot(made, made.ballot(0, [YES, MILL])).status_code == 201


def test_the_same_challenge_again_changes_nothing(made, challenge):
    ballot = made.ballot(0, [YES, MILL])
    first = challenge(made, ballot)
    rows = BallotAlpha.objects.count()

    again = challenge(made, ballot)

    assert again.status_code == 200
    assert again.json() == first.json()
    assert Challenge.objects.count() == 1
    assert BallotAlpha.objects.count() == rows == 6


def test_a_ballot_that_was_cast_cannot_be_challenged(made, challenge, post_ballot):
    ballot = made.ballot(0, [YES, MILL])
    post_ballot(made, ballot)

    assert code_of(challenge(made, ballot)) == (409, "already_cast")
    assert not Challenge.objects.exists()


def test_nobody_can_call_a_cast_ballot_challenged_with_alphas_of_their_own(
    made, challenge, post_ballot, client
):
    ballot = made.ballot(0, [YES, MILL])
    post_ballot(made, ballot)
    own = alphas_of(made.ballot(1, [NO, MILL]))

    assert code_of(challenge(made, ballot, alphas=own)) == (409, "already_cast")
    assert client.get(address_of(made, ballot)).status_code == 200


def test_nobody_can_challenge_parts_of_a_cast_ballot_under_another_tracker(
    made, challenge, post_ballot
):
    ballot = made.ballot(0, [YES, MILL])
    post_ballot(made, ballot)

    assert code_of(challenge(made, ballot, tracker="B" * 42 + "A")) == (409, "already_cast")


def test_a_challenge_writes_no_randomness_no_voter_and_no_ballot(made, challenge):
    challenge(made, made.ballot(0, [YES, MILL]))
    names = {field.name for field in Challenge._meta.concrete_fields}

    assert names == {"id", "election", "tracker"}
    assert not Ballot.objects.exists()


def test_the_answer_sets_no_cookie_and_may_not_be_stored(made, challenge):
    response = challenge(made, made.ballot(0, [YES, MILL]))

    assert not response.cookies
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "change",
    [
        lambda alphas: alphas[:-1],
        lambda alphas: [*alphas, "0" * 64],
        lambda alphas: [*alphas[:-1], alphas[0]],
        lambda _alphas: [],
    ],
)
def test_a_challenge_has_one_alpha_for_each_part_of_a_ballot(made, challenge, change):
    ballot = made.ballot(0, [YES, MILL])

    assert code_of(challenge(made, ballot, alphas=change(alphas_of(ballot)))) == (
        400,
        "wrong_shape",
    )
    assert not BallotAlpha.objects.exists()


@pytest.mark.parametrize(
    "members",
    [
        {"alphas": "x"},
        {"alphas": [1] * 6},
        {"alphas": ["A" * 64] * 6},
        {"alphas": ["0" * 63] * 6},
        {"tracker": "A" * 42 + "B"},
        {"tracker": 1},
        {"randomness": ["1"]},
    ],
)
def test_a57_a_challenge_that_is_none_is_refused(made, challenge, members):
    assert code_of(challenge(made, made.ballot(0, [YES, MILL]), **members)) == (
        400,
        "non_canonical",
    )


def test_a59_a_challenge_that_is_too_large_is_refused(made, challenge):
    response = challenge.raw(made.election.uuid, b'{"tracker":"' + b"x" * 64_000 + b'"}')

    assert code_of(response) == (413, "too_large")


def test_a_challenge_in_an_election_that_is_none_is_refused(challenge):
    assert code_of(challenge.raw("nosuchelection1", b"{}")) == (404, "unknown_election")


def test_only_while_voting_is_open(made):
    ballot = made.ballot(0, [YES, MILL])
    alphas = [bytes.fromhex(alpha) for alpha in alphas_of(ballot)]
    for moment in (made.election.opens_at - timedelta(seconds=1), made.election.closes_at):
        with pytest.raises(ChallengeRefused, match="not_open"):
            challenge_ballot(
                election=made.election,
                tracker=tracker_of(ballot),
                alphas=alphas,
                received_at=moment,
            )
    made.close()

    with pytest.raises(ChallengeRefused, match="not_open"):
        challenge_ballot(
            election=made.election,
            tracker=tracker_of(ballot),
            alphas=alphas,
            received_at=made.election.opens_at,
        )


def test_a60_there_is_a_bound_that_no_stranger_gets_past(made, challenge, monkeypatch):
    monkeypatch.setattr(challenging, "CHALLENGES_AT_LEAST", 2)
    monkeypatch.setattr(challenging, "CHALLENGES_PER_CREDENTIAL", 0)
    taken = [challenge(made, made.ballot(0, [YES, MILL])) for _ in range(4)]

    assert [response.status_code for response in taken] == [201, 201, 429, 429]
    assert code_of(taken[-1]) == (429, "too_many_challenges")
    assert Challenge.objects.count() == 2


def test_a60_one_address_is_slowed_down(made, challenge, settings):
    settings.REQUESTS_PER_MINUTE = settings.REQUESTS_PER_MINUTE | {"challenge": 1}
    challenge(made, made.ballot(0, [YES, MILL]))

    assert code_of(challenge(made, made.ballot(0, [YES, MILL]))) == (429, "throttled")


def test_every_refusal_has_a_sentence():
    for code in CHALLENGE_SENTENCES:
        assert ChallengeRefused(code).detail.endswith(".")


def test_a_row_of_a_challenge_is_only_ever_added(made, challenge):
    challenge(made, made.ballot(0, [YES, MILL]))
    for by_hand in (
        lambda: Challenge.objects.all().delete(),
        lambda: Challenge.objects.update(tracker=bytes(32)),
        lambda: BallotAlpha.objects.update(is_challenged=False),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            by_hand()


def test_the_alphas_of_challenges_are_mingled_with_those_of_ballots(made, challenge, post_ballot):
    challenge(made, made.ballot(0, [YES, MILL]))
    post_ballot(made, made.ballot(1, [YES, MILL]))
    made.record()

    with connection.cursor() as cursor:
        cursor.execute("SELECT alpha FROM voting_ballotalpha ORDER BY ctid")
        stored = [bytes(alpha) for (alpha,) in cursor.fetchall()]
    assert stored == sorted(stored)
    assert not BallotAlpha.objects.filter(is_mingled=False).exists()


# --- Where people see it -----------------------------------------------------------------


def test_asked_for_by_its_tracker_a_challenged_ballot_says_so(made, challenge, client):
    ballot = made.ballot(0, [YES, MILL])
    challenge(made, ballot)

    assert code_of(client.get(address_of(made, ballot))) == (404, "challenged")


def test_the_ballots_page_says_that_it_was_challenged(made, challenge, client):
    ballot = made.ballot(0, [YES, MILL])
    challenge(made, ballot)
    page = client.get(address_of(made, ballot).replace("/api", "") + "/")

    assert page.status_code == 200
    assert "This ballot was challenged" in page.content.decode()
    assert "can never be cast" in page.content.decode()


def test_the_page_that_checks_an_opened_ballot_is_for_everybody(made, client):
    page = client.get(f"/elections/{made.election.uuid}/check/")

    assert page.status_code == 200
    assert b64(bytes(made.election.fingerprint)) in page.content.decode()
    assert "evote ballot check" in page.content.decode()


def test_of_a_ballot_that_is_cast_and_challenged_at_once_one_thing_happens():
    now = timezone.now()
    made = make_election(
        voters=1,
        trustees=1,
        questions=[TREES, PLACES],
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )
    ballot = made.ballot(0, [YES, MILL])
    alphas = [bytes.fromhex(alpha) for alpha in alphas_of(ballot)]
    BallotAlpha.objects.create(election=made.election, alpha=alphas[3])

    with pytest.raises(ChallengeRefused, match="already_cast"):
        challenge_ballot(
            election=made.election, tracker=tracker_of(ballot), alphas=alphas, received_at=now
        )
    assert not Challenge.objects.exists()
    assert BallotAlpha.objects.count() == 1
