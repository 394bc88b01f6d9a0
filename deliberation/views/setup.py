"""Setting up a consultation, task by task."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm, model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Role
from accounts.selectors import organisations_where
from deliberation.forms import DescriptionForm, NewConsultationForm, PhaseForm, PromiseForm
from deliberation.models import Consultation, ConsultationElection, Phase, Proposal
from deliberation.permissions import can_set_up
from deliberation.selectors.consultations import steps_of
from deliberation.services.consultations import (
    describe_consultation,
    draft_consultation,
    make_promise,
    publish_consultation,
)
from deliberation.services.phases import add_phase, change_phase, remove_phase
from deliberation.services.refusal import Refused
from deliberation.views.loading import load_own_consultation, show_refusal, turned_away
from deliberation.views.phrases import step_phrases


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin a consultation."""
    if (way := turned_away(request)) is not None:
        return way
    if not request.user.is_authenticated:
        raise PermissionDenied
    own = {
        str(organisation.pk): organisation
        for organisation in organisations_where(request.user, Role.Kind.ADMINISTRATOR)
        if can_set_up(request.user, organisation)
    }
    if not own:
        raise PermissionDenied(_("Administrators of an organisation set up consultations."))
    choices = [(key, organisation.name) for key, organisation in own.items()]
    initial = {"organisation": choices[0][0]}
    form = NewConsultationForm(request.POST or None, organisations=choices, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            consultation = draft_consultation(
                organisation=own[form.cleaned_data["organisation"]],
                title=form.cleaned_data["title"],
                slug=form.cleaned_data["slug"],
            )
        except Refused as error:
            show_refusal(form, error)
        else:
            return redirect("deliberation:setup", slug=consultation.slug)
    context = {
        "form": form,
        "title": _("Set up a consultation"),
        "button": _("Begin the draft"),
        "back_url": reverse("deliberation:consultations"),
        "back": _("Consultations"),
    }
    return render(request, "deliberation/setup_form.html", context)


@require_safe
def tasks(request: HttpRequest, slug: str) -> HttpResponse:
    """List what is to be done before and after publication."""
    if (way := turned_away(request)) is not None:
        return way
    consultation = load_own_consultation(request, slug)
    groups = _task_groups(consultation)
    everything = [task for _title, group in groups for task in group]
    done = sum(1 for task in everything if task["state"] == "done")
    context = {
        "consultation": consultation,
        "groups": groups,
        "done": done,
        "total": len(everything),
        "next": next((task for task in everything if task["state"] == "open"), None),
    }
    return render(request, "deliberation/setup.html", context)


@require_http_methods(["GET", "POST"])
def text(request: HttpRequest, slug: str) -> HttpResponse:
    """Change title and summary."""
    if (way := turned_away(request)) is not None:
        return way
    consultation = load_own_consultation(request, slug)
    form = DescriptionForm(request.POST or None, initial=_texts_of(consultation))
    if request.method == "POST" and form.is_valid():
        try:
            describe_consultation(consultation=consultation, **form.cleaned_data)
        except Refused as error:
            show_refusal(form, error)
        else:
            return redirect("deliberation:setup", slug=slug)
    return _form_page(request, slug, form, title=_("Title and question"))


@require_http_methods(["GET", "POST"])
def promise(request: HttpRequest, slug: str) -> HttpResponse:
    """Write what happens with what people say."""
    if (way := turned_away(request)) is not None:
        return way
    consultation = load_own_consultation(request, slug)
    form = PromiseForm(request.POST or None, initial=_texts_of(consultation))
    if request.method == "POST" and form.is_valid():
        try:
            make_promise(consultation=consultation, **form.cleaned_data)
        except Refused as error:
            show_refusal(form, error)
        else:
            return redirect("deliberation:setup", slug=slug)
    return _form_page(request, slug, form, title=_("The promise"))


@require_http_methods(["GET", "POST"])
def phases(request: HttpRequest, slug: str) -> HttpResponse:
    """List the phases and add one."""
    if (way := turned_away(request)) is not None:
        return way
    consultation = load_own_consultation(request, slug)
    now = timezone.now()
    form = PhaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_phase(consultation=consultation, now=now, **form.cleaned_data)
        except Refused as error:
            show_refusal(form, error)
        else:
            return redirect("deliberation:setup-phases", slug=slug)
    steps = steps_of(consultation, now=now)
    context = {
        "consultation": consultation,
        "rows": list(zip(steps, step_phrases(steps), strict=True)),
        "form": form,
    }
    return render(request, "deliberation/setup_phases.html", context)


@require_http_methods(["GET", "POST"])
def phase(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change a phase."""
    if (way := turned_away(request)) is not None:
        return way
    consultation = load_own_consultation(request, slug)
    found = get_object_or_404(Phase, consultation=consultation, number=number)
    initial = {
        "kind": found.kind,
        "features": found.features,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
    }
    form = PhaseForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_phase(phase=found, now=timezone.now(), **form.cleaned_data)
        except Refused as error:
            show_refusal(form, error)
        else:
            return redirect("deliberation:setup-phases", slug=slug)
    return _form_page(request, slug, form, title=_("Change a phase"))


@require_POST
def drop_phase(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Drop a phase that nobody has seen."""
    if (way := turned_away(request)) is not None:
        return way
    consultation = load_own_consultation(request, slug)
    found = get_object_or_404(Phase, consultation=consultation, number=number)
    try:
        remove_phase(phase=found)
    except Refused as error:
        messages.warning(request, str(error))
    return redirect("deliberation:setup-phases", slug=slug)


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what publishing means, and do it."""
    if (way := turned_away(request)) is not None:
        return way
    consultation = load_own_consultation(request, slug)
    now = timezone.now()
    refusal = None
    if request.method == "POST":
        try:
            publish_consultation(consultation=consultation, now=now)
        except Refused as error:
            refusal = error
        else:
            messages.success(request, _("The consultation is public, and its phases are logged."))
            return redirect(consultation)
    context = {
        "consultation": consultation,
        "steps": step_phrases(steps_of(consultation, now=now)),
        "refusal": refusal,
    }
    status = 200 if refusal is None else 409
    return render(request, "deliberation/setup_publish.html", context, status=status)


def _texts_of(consultation: Consultation) -> dict[str, Any]:
    """Return what the forms show at first."""
    return model_to_dict(consultation)


def _form_page(request: HttpRequest, slug: str, form: BaseForm, *, title: str) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "button": _("Save"),
        "back_url": reverse("deliberation:setup", args=[slug]),
        "back": _("Set up a consultation"),
    }
    return render(request, "deliberation/setup_form.html", context)


def _task_groups(consultation: Consultation) -> list[tuple[str, list[dict[str, str]]]]:
    """Return the tasks with where each stands."""
    slug = consultation.slug

    def task(name: str, *, view: str, hint: str, state: str) -> dict[str, str]:
        url = "" if state == "blocked" else reverse(f"deliberation:{view}", args=[slug])
        return {"id": view, "name": name, "url": url, "hint": hint, "state": state}

    phase_count = consultation.phases.count()
    is_ready = bool(consultation.summary and consultation.has_promise and phase_count)
    waiting = Proposal.objects.filter(consultation=consultation, status="SUBMITTED").count()
    shortlisted = Proposal.objects.filter(consultation=consultation, status="SHORTLISTED").count()
    drafted = ConsultationElection.objects.filter(consultation=consultation).count()
    published = consultation.is_published
    phases_hint = ngettext("%(n)s phase", "%(n)s phases", phase_count) % {"n": phase_count}
    waiting_hint = ngettext(
        "%(n)s proposal gathers endorsements", "%(n)s proposals gather endorsements", waiting
    ) % {"n": waiting}
    if shortlisted:
        election_hint = ngettext(
            "%(n)s proposal is shortlisted", "%(n)s proposals are shortlisted", shortlisted
        ) % {"n": shortlisted}
    else:
        election_hint = _("When a proposal is shortlisted")
    return [
        (
            _("1. What it is about"),
            [
                task(
                    _("Title and question"),
                    view="setup-text",
                    hint="",
                    state="done" if consultation.summary else "open",
                ),
                task(
                    _("The promise"),
                    view="setup-promise",
                    hint=_("What happens with people’s input, by whom, by when"),
                    state="done" if consultation.has_promise else "open",
                ),
            ],
        ),
        (
            _("2. When, and for whom to see"),
            [
                task(
                    _("Phases and dates"),
                    view="setup-phases",
                    hint=phases_hint,
                    state="done" if phase_count else "open",
                ),
                task(
                    _("Publish"),
                    view="setup-publish",
                    hint=_("The promise stands from then on; the phases go into the log"),
                    state="done" if published else "open" if is_ready else "blocked",
                ),
            ],
        ),
        (
            _("3. The election"),
            [
                task(
                    _("Shortlist proposals"),
                    view="candidates",
                    hint=waiting_hint,
                    state=("done" if shortlisted or drafted else "open")
                    if published
                    else "blocked",
                ),
                task(
                    _("Draft an election from proposals"),
                    view="draft-election",
                    hint=election_hint,
                    state="done"
                    if drafted and not shortlisted
                    else "open"
                    if shortlisted
                    else "blocked",
                ),
            ],
        ),
    ]
