from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Roll
from tests.factories.accounts import make_organisation, make_roll
from voting.models import Election, Question
from voting.services.elections import (
    ElectionRefused,
    QuestionDraft,
    QuestionRefused,
    RollRefused,
    add_question,
    choose_roll,
    draft_election,
    remove_question,
    revise_election,
    revise_question,
)
from voting.services.phases import WrongPhase, lock_election

pytestmark = pytest.mark.django_db

OPENS = datetime(2026, 11, 21, 9, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=7)
QUESTION = QuestionDraft(
    text="Plant trees?", answers=["Yes", "No"], minimum=0, maximum=1, has_blank=False
)


@pytest.fixture
def organisation():
    return make_organisation()


def draft(organisation, **changes):
    described = {
        "organisation": organisation,
        "title": "Trees",
        "description": "Where to plant.",
        "questions": [QUESTION],
        "opens_at": OPENS,
        "closes_at": CLOSES,
        "consultation_url": "https://example.org/consultations/trees/",
    }
    return draft_election(**described | changes)


def test_a_draft_keeps_its_questions_in_order(organisation):
    other = QuestionDraft(text="Where?", answers=["A", "B"], minimum=1, maximum=2, has_blank=True)

    election = draft(organisation, questions=[QUESTION, other])

    assert election.phase == Election.Phase.DRAFT
    assert list(
        election.questions.order_by("position").values_list("position", "text", "has_blank")
    ) == [(0, "Plant trees?", False), (1, "Where?", True)]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "  "},
        {"title": "x" * 201},
        {"description": "x" * 4001},
        {"closes_at": OPENS},
        {"consultation_url": "javascript:alert(1)"},
        {"title": "a\0b"},
    ],
)
def test_a_description_that_cannot_stand_is_refused(organisation, changes):
    with pytest.raises(ElectionRefused):
        draft(organisation, **changes)

    assert not Election.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"text": " "},
        {"answers": []},
        {"answers": ["Yes", "Yes "]},
        {"answers": ["Yes", " "]},
        {"minimum": 2},
        {"maximum": 0},
        {"maximum": 3},
        {"minimum": -1},
        {"answers": ["a\0b", "c"]},
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(organisation, changes):
    fields = {"text": "T", "answers": ["Yes", "No"], "minimum": 0, "maximum": 1, "has_blank": False}

    with pytest.raises(QuestionRefused):
        draft(organisation, questions=[QuestionDraft(**fields | changes)])

    assert not Question.objects.exists()


def test_ballots_too_large_for_the_box_are_refused_while_drafting(organisation):
    many = QuestionDraft(
        text="Which?",
        answers=[str(number) for number in range(200)],
        minimum=0,
        maximum=200,
        has_blank=False,
    )
    election = draft(organisation, questions=[many])

    with pytest.raises(ElectionRefused, match="too large"):
        add_question(election=election, question=many)


def test_questions_can_be_added_revised_and_removed_in_a_draft(organisation):
    election = draft(organisation)
    second = add_question(election=election, question=QUESTION)
    revise_question(
        question=second,
        draft=QuestionDraft(text="New", answers=["A"], minimum=0, maximum=1, has_blank=False),
    )

    remove_question(question=election.questions.get(position=0))

    assert list(election.questions.values_list("position", "text")) == [(0, "New")]


def test_a_draft_can_be_revised(organisation):
    election = draft(organisation)

    revise_election(
        election=election,
        title="Parks",
        description="",
        opens_at=OPENS,
        closes_at=OPENS + timedelta(hours=1),
        consultation_url="",
    )

    election.refresh_from_db()
    assert (election.title, election.consultation_url) == ("Parks", "")


class TestChooseRoll:
    def test_a_sealed_roll_of_the_same_organisation_is_taken(self, organisation):
        election = draft(organisation)
        roll = make_roll(organisation=organisation, sealed_at=OPENS)

        choose_roll(election=election, roll=roll)

        election.refresh_from_db()
        assert election.roll == roll

    def test_an_open_an_empty_and_a_foreign_roll_are_refused(self, organisation):
        election = draft(organisation)
        unsealed = make_roll(organisation=organisation)
        empty = Roll.objects.create(
            organisation=organisation, name="Empty", imported_at=OPENS, sealed_at=OPENS
        )
        foreign = make_roll(sealed_at=OPENS)

        for roll in (unsealed, empty, foreign):
            with pytest.raises(RollRefused):
                choose_roll(election=election, roll=roll)

        election.refresh_from_db()
        assert election.roll is None


def test_an_election_row_is_never_deleted_and_never_moves_back(organisation):
    election = draft(organisation)

    with (
        pytest.raises(DatabaseError, match="not possible"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM voting_election")
    with pytest.raises(DatabaseError, match="does not move"), transaction.atomic():
        Election.objects.filter(pk=election.pk).update(phase=Election.Phase.OPEN)


def test_the_refusal_of_a_wrong_phase_names_both_phases(organisation):
    election = draft(organisation)

    with pytest.raises(WrongPhase, match=r"“Open”.*“Draft”"):
        lock_election(election=election, phase=Election.Phase.OPEN)
