"""A page with the outcome of every counting rule, for tests: addresses on top of our own."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from config.urls import urlpatterns as own_addresses
from evote.counting import Asked, Turnout, count_choices, count_rankings, read_rule
from voting.selectors.outcomes import view_of

TEMPLATE = Path(__file__).with_name("outcomes.html")
STREETS = (
    "Mill Lane",
    "Market Square, from the fountain to the old town hall",
    "Harbour",
    "Station Road",
)
RANKINGS = (
    [[1, 2, 3, 4]] * 142
    + [[1, 0, 2, 0]] * 61
    + [[4, 1, 2, 3]] * 126
    + [[4, 3, 1, 2]] * 95
    + [[3, 4, 2, 1]] * 87
    + [[0, 0, 0, 0]] * 4
    + [[1, 1, 9, 9]] * 2
)
CIRCLE = [[1, 2, 3, 4]] * 7 + [[3, 1, 2, 4]] * 6 + [[2, 3, 1, 4]] * 5
GRADES = ["Excellent", "Good", "Fair", "Poor", "To reject"]
GRADED = [[1, 2, 3, 5], [2, 2, 1, 5], [3, 1, 2, 4], [2, 4, 3, 5], [1, 3, 5, 2]] * 20 + [
    [2, 2, 3, 1]
]
RANKED = [
    ("Which street first? Schulze", {"method": "schulze"}, RANKINGS),
    ("Which street first? A circle", {"method": "ranked-pairs"}, CIRCLE),
    ("Which street first? Borda", {"method": "borda"}, [[1, 1, 2, 0], [1, 2, 3, 4], [2, 1, 3, 3]]),
    ("Which two streets? Single transferable vote", {"method": "stv", "seats": 2}, RANKINGS),
    ("How good is each?", {"method": "majority-judgment", "grades": GRADES}, GRADED),
    ("Nobody came", {"method": "stv", "seats": 1}, []),
]
COUNTED = [
    (
        "Close Mill Lane to cars?",
        ("Yes", "No"),
        {
            "method": "plurality",
            "quorum": "1/4",
            "supermajority": "2/3",
            "majority_of": "votes",
        },
        1,
    ),
    ("Which streets are good?", STREETS, {"method": "approval", "seats": 2}, 4),
]


def outcomes(request: HttpRequest) -> HttpResponse:
    questions = []
    for text, rule, ballots in RANKED:
        read = read_rule(rule, place="", question=Asked(answers=4, maximum=None))
        outcome = count_rankings(ballots, answers=4, rule=read)
        questions.append(({"text": text}, view_of(outcome, answers=STREETS)))
    for text, answers, rule, maximum in COUNTED:
        read = read_rule(rule, place="", question=Asked(answers=len(answers), maximum=maximum))
        outcome = count_choices(
            [12, 600, 300, 300, 150][: len(answers) + 1],
            has_blank=True,
            rule=read,
            turnout=Turnout(roll=4012, ballots=912),
        )
        questions.append(({"text": text}, view_of(outcome, answers=answers)))
    template = engines["django"].from_string(TEMPLATE.read_text())
    return HttpResponse(template.render({"questions": questions}, request))


urlpatterns = [*own_addresses, path("outcomes/", outcomes)]
