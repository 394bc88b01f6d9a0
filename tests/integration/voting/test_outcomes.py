"""Outcomes on the pages of an election, and the rules that its administrators choose."""

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from evote.counting import (
    METHODS,
    Asked,
    Turnout,
    count_choices,
    count_rankings,
    read_rule,
)
from tests.factories.accounts import make_administrator, make_organisation
from tests.factories.voting import PLACES, TREES, make_draft, make_election
from voting.forms import QuestionForm
from voting.models import Election, Question
from voting.selectors.outcomes import outcomes_shown, view_of
from voting.selectors.outcomes.bars import about, exact
from voting.selectors.outcomes.methods import METHODS_SHOWN
from voting.services.elections import QuestionDraft

NAMES = ("Ada <b>", "Bo", "Cy")
RANKINGS = [[1, 2, 3]] * 4 + [[2, 1, 3]] * 3 + [[3, 2, 1]] * 2 + [[0, 0, 0], [9, 9, 0]]
RANKED_RULES = [
    {"method": "schulze"},
    {"method": "ranked-pairs"},
    {"method": "borda"},
    {"method": "stv", "seats": 2},
    {"method": "majority-judgment", "grades": ["good", "fair", "poor"]},
]
VOTES = [(0, ([1, 0], [0, 1, 0, 0])), (1, ([0, 1], [0, 1, 1, 0])), (2, ([0, 1], [1, 0, 0, 0]))]


def shown(rule, *, rankings=RANKINGS, answers=NAMES):
    read = read_rule(rule, place="", question=Asked(answers=len(answers), maximum=None))
    outcome = count_rankings(rankings, answers=len(answers), rule=read)
    return view_of(outcome, answers=answers)


def shown_counts(rule, counts, *, roll, has_blank):
    answers = NAMES[: len(counts) - has_blank]
    question = Asked(answers=len(answers), maximum=len(answers) if "approval" in rule else 1)
    outcome = count_choices(
        counts,
        has_blank=has_blank,
        rule=read_rule({"method": "plurality"} | rule, place="", question=question),
        turnout=Turnout(roll=roll, ballots=sum(counts)),
    )
    return view_of(outcome, answers=answers)


def page_of(view):
    return render_to_string(
        "voting/partials/outcome.html",
        {"outcome": view, "question": {"text": "Who shall it be?"}, "question_number": 1},
    )


def text_of(view):
    return " ".join(page_of(view).split())


def with_rule(question, **rule):
    return QuestionDraft(
        text=question.text,
        answers=question.answers,
        minimum=question.minimum,
        maximum=question.maximum,
        has_blank=question.has_blank,
        rule=rule,
    )


class TestTemplates:
    @pytest.mark.parametrize("rule", RANKED_RULES, ids=lambda rule: rule["method"])
    def test_every_ranked_outcome_names_its_winner_and_escapes_it(self, rule):
        page = page_of(shown(rule))

        assert "Ada &lt;b&gt;" in page
        assert "<b>" not in page
        assert "style=" not in page
        assert "How this rule counts" in page

    @pytest.mark.parametrize("rule", RANKED_RULES, ids=lambda rule: rule["method"])
    def test_an_outcome_without_ballots_is_a_page_too(self, rule):
        assert "0 of 0 ballots" in text_of(shown(rule, rankings=[]))

    def test_the_figures_of_the_ballots_add_up(self):
        text = text_of(shown({"method": "stv", "seats": 2}))

        assert "9 of 11 ballots rank the answers as the rule asks; 1 blank, 1 invalid." in text

    def test_a_round_says_its_exact_transfers(self):
        text = text_of(shown({"method": "stv", "seats": 2}))

        assert "Quota: 4." in text
        assert "is elected, 0 over the quota" in text
        assert "Equal:" not in text

    def test_parts_of_votes_are_written_as_fractions(self):
        rankings = [[1, 2, 0]] * 5 + [[1, 0, 2]] + [[0, 0, 1]] * 2
        text = text_of(shown({"method": "stv", "seats": 2}, rankings=rankings))

        assert "3 over the quota. Each of its ballots goes on with 1/2 of its weight." in text
        assert "2 1/2 to Bo" in text

    @pytest.mark.parametrize(
        ("number", "written", "rounded"),
        [
            (Fraction(7), "7", ""),
            (Fraction(5, 2), "2 1/2", ""),
            (Fraction(1, 3), "1/3", "0.33"),
            (Fraction(30000, 7), "4,285 5/7", "4,285.71"),
            (Fraction(1, 200), "1/200", "0.01"),
            (Fraction(1, 999_999_999), "1/999999999", "0.00"),
            (2 + Fraction(1, 3 * 10**9), "2.000000…", ""),
            (1234 + Fraction(7**6000, 8**6000), "1,234.000000…", ""),
        ],
    )
    def test_a_long_fraction_is_written_exactly_and_rounded(self, number, written, rounded):
        assert (exact(number), about(number)) == (written, rounded)

    def test_the_matrix_stands_in_the_drawing_and_in_the_table(self):
        page = page_of(shown({"method": "schulze"}))

        assert '<svg class="pnyx-chart pnyx-duels"' in page
        assert "<title id=" in page
        assert page.count(">8<") == 4  # Ada and Bo each stand before Cy on 8 ballots.

    def test_a_duel_left_out_names_the_circle(self):
        circle = [[1, 2, 3]] * 7 + [[3, 1, 2]] * 6 + [[2, 3, 1]] * 4
        text = text_of(shown({"method": "ranked-pairs"}, rankings=circle))

        assert "<strong>left out</strong> because Ada &lt;b&gt; → Bo → Cy is locked in" in text

    def test_a_tie_is_named_with_its_open_seat(self):
        text = text_of(shown({"method": "borda"}, rankings=[[1, 2, 3], [2, 1, 3]]))

        assert "Tied: one seat is left for these" in text

    def test_a_missed_quorum_is_said(self):
        view = shown_counts({"quorum": "1/2"}, [3, 1], roll=10, has_blank=False)

        text = text_of(view)
        assert "5 of 10 on the roll have to vote, and 4 did. It is missed" in text
        assert "Nobody" in text

    @pytest.mark.parametrize(
        ("base", "words"),
        [
            ("ballots", "needs 5 votes, of 8 ballots counted"),
            ("votes", "needs 4 of the 6 votes for an answer"),
            ("roll", "needs 6 votes, of 10 on the roll"),
        ],
    )
    def test_a_majority_says_what_it_is_of(self, base, words):
        rule = {"majority": "1/2", "majority_of": base}

        assert words in text_of(shown_counts(rule, [2, 5, 1], roll=10, has_blank=True))

    def test_where_votes_have_weights_they_are_counted_and_not_ballots(self):
        rule = {"quorum": "1/4", "majority": "1/2"}
        view = shown_counts(rule, [20, 4], roll=40, has_blank=False)

        page = render_to_string(
            "voting/partials/outcome.html",
            {
                "outcome": view,
                "question": {"text": "Who?"},
                "question_number": 1,
                "overview": {"is_weighted": True},
            },
        )

        text = " ".join(page.split())
        assert "Ballots with 24 of the 40 votes on the roll were counted." in text
        assert "10 of the 40 votes on the roll have to be cast, and 24 were. It is reached." in text
        assert "whoever is elected needs 13 votes, of 24 cast." in text

    def test_percentages_say_what_they_are_of(self):
        text = text_of(shown_counts({}, [1, 2], roll=4, has_blank=False))

        assert "3 ballots of 4 on the roll were counted. The shares are of the ballots" in text
        assert "(66.7%)" in text


@pytest.mark.django_db
class TestPages:
    def test_the_result_page_shows_each_question_s_outcome(self, client):
        made = make_election(
            phase=Election.Phase.PUBLISHED,
            votes=VOTES,
            questions=[
                with_rule(TREES, method="plurality", majority="1/2", majority_of="votes"),
                with_rule(PLACES, method="plurality", seats=2, quorum="2/3"),
            ],
        )

        answer = client.get(reverse("voting:result", args=[made.election.uuid]))

        text = " ".join(answer.content.decode().split())
        assert "needs 2 of the 3 votes for an answer" in text
        assert "2 of 3 on the roll have to vote, and 3 did. It is reached." in text
        first, second = outcomes_shown(election=made.election)
        assert first.elected == ("No",)
        assert second.elected == ("Mill Lane", "Market Square")

    @pytest.mark.parametrize("rule", RANKED_RULES, ids=lambda rule: rule["method"])
    def test_ranked_ballots_become_an_outcome_after_their_shuffles(self, client, rule):
        question = QuestionDraft(
            text="In which order?",
            answers=["Mill Lane", "Harbour", "Market Square"],
            minimum=0,
            maximum=1,
            has_blank=False,
            kind=Question.Kind.RANKED,
            rule=rule,
        )
        made = make_election(
            phase=Election.Phase.PUBLISHED,
            questions=[question],
            votes=[(0, [[1, 2, 3]]), (1, [[1, 3, 2]]), (2, [[2, 1, 3]])],
        )

        answer = client.get(reverse("voting:result", args=[made.election.uuid]))

        text = " ".join(answer.content.decode().split())
        (outcome,) = outcomes_shown(election=made.election)
        assert outcome.elected[0] == "Mill Lane"
        assert "3 of 3 ballots rank the answers as the rule asks" in text
        assert f"evote count http://127.0.0.1:8000/elections/{made.election.uuid}/" in text

    def test_an_election_without_rules_shows_its_counts(self, client):
        made = make_election(phase=Election.Phase.PUBLISHED, votes=VOTES)

        answer = client.get(reverse("voting:result", args=[made.election.uuid]))

        assert outcomes_shown(election=made.election) == (None, None)
        assert "The same numbers in a table" in answer.content.decode()
        assert "How this rule counts" not in answer.content.decode()

    def test_every_rule_is_explained_on_one_page(self, client):
        answer = client.get(reverse("voting:counting"))

        for method in METHODS_SHOWN:
            assert f'id="{method.name}"' in answer.content.decode()

    def test_the_election_s_page_names_the_rule_of_each_question(self, client):
        ranked = QuestionDraft(
            text="Which order?",
            answers=["A", "B"],
            minimum=0,
            maximum=1,
            has_blank=False,
            kind=Question.Kind.RANKED,
            rule={"method": "schulze"},
        )
        graded = replace(ranked, rule={"method": "majority-judgment", "grades": ["good", "bad"]})
        made = make_election(phase=Election.Phase.OPEN, questions=[TREES, ranked, graded])

        answer = client.get(reverse("voting:election", args=[made.election.uuid]))

        text = " ".join(answer.content.decode().split())
        assert "Rank the answers, as many as you like." in text
        assert "Give every answer a grade." in text
        assert "Counted by:" in text
        assert re.search(r'href="/elections/counting/#schulze">\s*Schulze', text)


class TestQuestionForm:
    TYPED = {
        "text": "Who?",
        "answers": "Ada\n Bo \n\nCy",
        "minimum": "0",
        "maximum": "1",
        "method": "counts",
        "seats": "2",
        "quorum": "1/4",
        "majority_kind": "supermajority",
        "majority": "2/3",
        "majority_of": "roll",
        "grades": "good\nbad",
    }

    def test_every_rule_can_be_chosen(self):
        offered = {name for name, _ in QuestionForm().fields["method"].choices}

        assert offered == set(METHODS)

    @pytest.mark.parametrize("method", METHODS)
    def test_what_is_typed_is_a_rule_of_its_question(self, method):
        form = QuestionForm(self.TYPED | {"method": method})

        assert form.is_valid(), form.errors
        draft = form.draft()
        if method == "counts":
            assert draft.rule is None
            return
        asked = Asked(
            answers=3, maximum=None if draft.kind == Question.Kind.RANKED else draft.maximum
        )
        assert read_rule(draft.rule, place="", question=asked).to_json() == draft.rule

    @pytest.mark.parametrize("method", METHODS)
    def test_a_question_fills_the_form_that_made_it(self, method):
        form = QuestionForm(self.TYPED | {"method": method})
        assert form.is_valid()
        draft = form.draft()
        question = Question(
            text=draft.text,
            answers=draft.answers,
            minimum=draft.minimum,
            maximum=draft.maximum,
            has_blank=draft.has_blank,
            kind=draft.kind,
            rule=draft.rule,
        )

        again = QuestionForm(self.TYPED | QuestionForm.of(question).initial)

        assert again.is_valid()
        assert again.draft() == draft

    @pytest.mark.parametrize(
        ("field", "typed"),
        [
            ("quorum", "half"),
            ("quorum", "5/4"),
            ("majority", "50%"),
            ("majority", ""),
            ("method", "dictator"),
        ],
    )
    def test_what_is_no_part_or_no_rule_is_said_at_its_field(self, field, typed):
        form = QuestionForm(self.TYPED | {"method": "plurality", field: typed})

        assert list(form.errors) == [field]


@pytest.mark.django_db
class TestManagement:
    def test_an_administrator_chooses_the_rule(self, client):
        organisation = make_organisation()
        made = make_draft(organisation=organisation, questions=())
        client.force_login(make_administrator(organisation))
        address = reverse("voting:questions", args=[made.election.uuid])

        answer = client.post(address, TestQuestionForm.TYPED | {"method": "stv"})

        assert answer.status_code == 302
        question = made.election.questions.get()
        assert question.kind == Question.Kind.RANKED
        assert question.rule == {"method": "stv", "seats": 2}

    def test_a_rule_that_does_not_fit_is_refused_with_the_reason(self, client):
        organisation = make_organisation()
        made = make_draft(organisation=organisation, questions=())
        client.force_login(make_administrator(organisation))
        address = reverse("voting:questions", args=[made.election.uuid])

        answer = client.post(address, TestQuestionForm.TYPED | {"method": "stv", "seats": "9"})

        assert answer.status_code == 200
        assert "3 answers cannot fill 9 seats" in answer.content.decode()
        assert not made.election.questions.exists()
