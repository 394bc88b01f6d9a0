import re
from dataclasses import replace

import pytest
from django.urls.converters import StringConverter

from tests.factories.voting import TREES, make_election
from voting.models import Election, RecordEvent
from voting.services.elections import QuestionDraft
from voting.services.receipts import b64
from voting.urls import urlpatterns

pytestmark = pytest.mark.django_db

YES, NO = [1, 0], [0, 1]
JSON = "application/json"
PARAMETER = re.compile(r"<\w+:(\w+)>")


def test_the_list_shows_every_election_but_drafts(client):
    make_election(phase=Election.Phase.DRAFT)
    sealed = make_election(phase=Election.Phase.SEALED, voters=1, trustees=1, title="Parks")

    body = client.get("/api/elections").json()

    assert [one["uuid"] for one in body["results"]] == [sealed.election.uuid]
    assert body["results"][0]["title"] == "Parks"
    assert body["results"][0]["phase"] == "SEALED"
    assert body["results"][0]["fingerprint"] == b64(bytes(sealed.election.fingerprint))


def test_an_election_shows_its_questions_trustees_turnout_and_result(client):
    made = make_election(
        phase=Election.Phase.PUBLISHED,
        questions=[TREES],
        voters=3,
        trustees=2,
        votes=[(0, [YES]), (1, [NO]), (0, [NO])],
    )

    body = client.get(f"/api/elections/{made.election.uuid}").json()

    assert [question["text"] for question in body["questions"]] == [TREES.text]
    assert [
        (one["trustee"]["number"], one["trustee"]["name"], one["has_decrypted"])
        for one in body["trustees"]
    ] == [(1, "Trustee 1", True), (2, "Trustee 2", True)]
    assert body["turnout"] == {
        "people": 3,
        "voters": 2,
        "ballots": 3,
        "votes_of_all": 3,
        "votes_cast": 2,
    }
    assert body["result"] == [
        {
            "text": TREES.text,
            "answers": [
                {"text": "Yes", "count": 0, "is_blank": False},
                {"text": "No", "count": 2, "is_blank": False},
            ],
            "rankings": None,
        }
    ]
    assert "email" not in str(body)


def test_a35_before_the_end_nothing_is_said_of_any_choice(client):
    made = make_election(questions=[TREES], voters=2, trustees=1, votes=[(0, [YES])])

    body = client.get(f"/api/elections/{made.election.uuid}").json()

    assert body["result"] is None
    assert body["turnout"] == {
        "people": 2,
        "voters": 1,
        "ballots": 1,
        "votes_of_all": 2,
        "votes_cast": 1,
    }


def test_a_draft_is_not_found(client):
    made = make_election(phase=Election.Phase.DRAFT)

    for tail in ("", "/events"):
        response = client.get(f"/api/elections/{made.election.uuid}{tail}")
        assert response.status_code == 404
        assert response.json()["code"] == "not_found"


def test_the_events_have_their_places_in_the_log(client):
    made = make_election(
        phase=Election.Phase.PUBLISHED, questions=[TREES], voters=1, trustees=1, votes=[(0, [YES])]
    )

    body = client.get(f"/api/elections/{made.election.uuid}/events").json()

    rows = RecordEvent.objects.order_by("height")
    assert [(one["height"], one["type"], one["event"]) for one in body["results"]] == [
        (row.height, row.type, bytes(row.hash).hex()) for row in rows
    ]
    indexes = [one["log_index"] for one in body["results"]]
    assert indexes == sorted(indexes)
    assert None not in indexes


def test_the_events_come_in_pages(client):
    made = make_election(
        questions=[TREES], voters=3, trustees=1, votes=[(voter, [YES]) for voter in range(3)]
    )

    body = client.get(f"/api/elections/{made.election.uuid}/events?limit=2&offset=2").json()

    assert [one["height"] for one in body["results"]] == [2, 3]
    assert body["count"] == 4


def test_programs_leave_no_cookie(client):
    made = make_election(phase=Election.Phase.SEALED, voters=1, trustees=1)

    for tail in ("", f"/{made.election.uuid}", f"/{made.election.uuid}/events"):
        assert not client.get(f"/api/elections{tail}").cookies


def addresses_with(text):
    for pattern in urlpatterns:
        fields = {
            name: text if isinstance(converter, StringConverter) else 1
            for name, converter in pattern.pattern.converters.items()
        }
        if text in fields.values():
            yield "/" + PARAMETER.sub(
                lambda found, fields=fields: str(fields[found[1]]), str(pattern.pattern)
            )


@pytest.mark.parametrize("address", list(addresses_with("%00")))
def test_a59_nul_in_an_address_leads_nowhere(client, address):
    for response in (client.get(address), client.post(address, b"{}", content_type=JSON)):
        assert response.status_code == 404


def test_the_schema_describes_every_address_of_elections(client):
    body = client.get("/api/schema", headers={"Accept": "application/vnd.oai.openapi+json"}).json()

    assert set(body["paths"]) >= {
        "/api/elections",
        "/api/elections/{uuid}",
        "/api/elections/{uuid}/events",
        "/api/elections/{uuid}/ballots",
        "/api/elections/{uuid}/ballots/{tracker}",
        "/api/elections/{uuid}/challenges",
        "/api/elections/{uuid}/partial-decryptions",
    }
    cast = body["paths"]["/api/elections/{uuid}/ballots"]["post"]
    refusals = {"400", "403", "404", "409", "411", "413", "415", "429"}
    assert set(cast["responses"]) == {"200", "201"} | refusals


PLURALITY = {"method": "plurality"}


def test_the_interface_gives_what_the_rules_make_of_the_result(client):
    plain = replace(TREES, rule=PLURALITY)
    ranked = QuestionDraft(
        text="Which first?",
        answers=["Bridge", "Square", "Harbour"],
        minimum=0,
        maximum=1,
        has_blank=False,
        kind="RANKED",
        rule={"method": "schulze"},
    )
    made = make_election(
        phase=Election.Phase.PUBLISHED,
        questions=[plain, ranked],
        votes=[(0, [[1, 0], [2, 1, 3]]), (1, [[1, 0], [1, 2, 3]]), (2, [[0, 1], [2, 1, 3]])],
    )

    first, second = client.get(f"/api/elections/{made.election.uuid}").json()["outcomes"]

    assert (first["elected"], first["order"], first["votes"]) == ([0], [[0], [1]], [2, 1])
    assert first["rule"]["method"] == "plurality"
    assert (second["elected"], second["order"]) == ([1], [[1], [0], [2]])
    assert second["duels"][1] == [2, 0, 3]
    assert second["ballots"] == {"total": 3, "valid": 3, "blank": 0, "invalid": []}


@pytest.mark.parametrize("phase", [Election.Phase.OPEN, Election.Phase.PUBLISHED])
def test_there_is_no_outcome_without_a_result_or_a_rule(client, phase):
    made = make_election(phase=phase, questions=[TREES], votes=[(0, [[1, 0]])])

    found = client.get(f"/api/elections/{made.election.uuid}").json()["outcomes"]

    assert found == (None if phase == Election.Phase.OPEN else [None])
