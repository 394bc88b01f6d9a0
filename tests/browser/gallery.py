"""A page with every component, for tests: addresses on top of the installation's own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from config.urls import urlpatterns as own_addresses

TEMPLATE = Path(__file__).with_name("gallery.html")


class EveryField(forms.Form):
    title = forms.CharField(max_length=8, help_text="8 letters at most")
    body = forms.CharField(widget=forms.Textarea, required=False)
    password = forms.CharField(widget=forms.PasswordInput)
    closes_at = forms.DateTimeField(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    side = forms.ChoiceField(
        choices=[("for", "For"), ("against", "Against")], widget=forms.RadioSelect
    )
    topics = forms.MultipleChoiceField(
        choices=[("trade", "Trade"), ("borders", "Borders")], widget=forms.CheckboxSelectMultiple
    )
    reason = forms.ChoiceField(choices=[("", "Choose one"), ("insult", "Insult")])
    agreed = forms.BooleanField(label="I have read the rules")
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)


class Drop(forms.Form):
    receipt = forms.FileField(label="Drop your receipt here", help_text="or choose the file")


def gallery(request: HttpRequest) -> HttpResponse:
    paginator = Paginator(range(200), 10)
    page = paginator.get_page(request.GET.get("page", 7))
    answers = [("Open a public inquiry", 604), ("Put the final deal to a referendum", 512)]
    context = {
        "counts": {"agree": 106, "disagree": 91, "passed": 7},
        "soon": datetime.now(UTC) + timedelta(days=2, minutes=5),
        "day": datetime.now(UTC).date() - timedelta(days=400),
        "phases": [
            {"name": "Propose", "when": "1 to 14 September", "state": "done"},
            {"name": "Debate", "when": "until 31 October", "state": "current"},
            {"name": "Vote", "when": "16 to 23 November", "state": "coming"},
        ],
        "tabs": [
            {"url": "#overview", "word": "Overview", "current": True},
            {"url": "#proposals", "word": "Proposals", "count": 9},
        ],
        "rows": [
            {"answer": answer, "count": count, "is_first": count > 600, "tag": "First"}
            for answer, count in answers
        ],
        "steps_of_proof": [
            {"text": "The record is complete", "how": "905 ballots", "state": "held"},
            {"text": "Witnesses cosigned", "how": "1 of 3", "state": "waiting"},
            {"text": "The count is right", "how": "", "state": "later"},
            {"text": "The sum is the sum", "how": "It is not", "state": "failed"},
        ],
        "facts": [("Turnout", "874 of 1,312"), ("Contact", "Office of the Mayor")],
        "tasks": [
            {"id": 1, "name": "Title", "url": "#1", "state": "done"},
            {"id": 2, "name": "Trustees", "url": "#2", "hint": "One is missing", "state": "open"},
            {"id": 3, "name": "Seal the election", "state": "blocked"},
        ],
        "page": page,
        "pages": paginator.get_elided_page_range(page.number),
        "form": EveryField({"title": "More than eight letters"}),
        "drop": Drop(),
    }
    template = engines["django"].from_string(TEMPLATE.read_text())
    return HttpResponse(template.render(context, request))


def part(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>The fetched part.</p>")


def evil(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>Evil.</p><img src='/x' onerror='alert(1)'>")


urlpatterns = [
    *own_addresses,
    path("gallery/", gallery),
    path("gallery/part/", part),
    path("gallery/evil/", evil),
]
