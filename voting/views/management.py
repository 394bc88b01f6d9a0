"""Pages on which the organisers prepare an election, as a list of tasks."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from voting.forms import (
    DetailsForm,
    NewElectionForm,
    QuestionForm,
    RollForm,
    ThresholdForm,
    TrusteeForm,
)
from voting.models import Election, Question, Trustee
from voting.permissions import can_administer_election
from voting.selectors import checks, overview, preparation
from voting.selectors.progress import progress_of
from voting.services.elections import (
    add_question,
    draft_election,
    remove_question,
    revise_election,
    revise_question,
    seal_and_choose_roll,
)
from voting.services.phases import Refused
from voting.services.sealing import seal_election
from voting.services.trustees import invite_again, name_trustee, remove_trustee


@login_required
@require_http_methods(["GET", "POST"])
def new_election(request: HttpRequest) -> HttpResponse:
    """Begin an election by hand."""
    organisations = overview.organisations_administered_by(request.user)
    if not organisations.exists():
        raise PermissionDenied(_("Administrators of an organisation can begin an election."))
    form = NewElectionForm(request.POST or None, organisations=organisations)
    if form.is_valid():
        try:
            election = draft_election(questions=[], **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect("voting:manage", uuid=election.uuid)
    return _form_page(request, form=form, title=_("Begin an election"), button=_("Begin"))


@login_required
@require_http_methods(["GET"])
def manage(request: HttpRequest, uuid: str) -> HttpResponse:
    """Show what is done and what is to do until the result is published."""
    election = _administered(request, uuid)
    tasks = preparation.preparation_of(election=election)
    figures = overview.election_overview(election=election)
    following = tasks.next_task
    return render(
        request,
        "voting/manage.html",
        {
            "election": election,
            "preparation": tasks,
            "sections": _task_rows(uuid=uuid, sections=tasks.sections),
            "next_url": reverse(following.page, args=[uuid]) if following else "",
            "overview": figures,
            "progress": progress_of(election=election),
            "steps": checks.way_of(election=election, overview=figures),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def details(request: HttpRequest, uuid: str) -> HttpResponse:
    """Change what the draft says about itself."""
    election = _administered(request, uuid)
    initial = {name: getattr(election, name) for name in DetailsForm.base_fields}
    form = DetailsForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            revise_election(election=election, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect("voting:manage", uuid=uuid)
    return _form_page(request, form=form, title=_("Title and dates"), election=election)


@login_required
@require_http_methods(["GET", "POST"])
def questions(request: HttpRequest, uuid: str) -> HttpResponse:
    """List the questions, and add one."""
    election = _administered(request, uuid)
    form = QuestionForm(request.POST or None)
    if form.is_valid():
        try:
            add_question(election=election, question=form.draft())
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect("voting:questions", uuid=uuid)
    return render(
        request,
        "voting/questions.html",
        {
            "election": election,
            "questions": election.questions.order_by("position"),
            "form": form,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, uuid: str, number: int) -> HttpResponse:
    """Change one question. `number` counts from 1, as on the page."""
    election = _administered(request, uuid)
    asked = get_object_or_404(Question, election=election, position=number - 1)
    form = QuestionForm(request.POST) if request.method == "POST" else QuestionForm.of(asked)
    if form.is_valid():
        try:
            revise_question(question=asked, draft=form.draft())
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect("voting:questions", uuid=uuid)
    return _form_page(request, form=form, title=_("Question %s") % number, election=election)


@login_required
@require_POST
def drop_question(request: HttpRequest, uuid: str, number: int) -> HttpResponse:
    """Take one question off the ballot."""
    election = _administered(request, uuid)
    asked = get_object_or_404(Question, election=election, position=number - 1)
    return _act(request, election, "voting:questions", lambda: remove_question(question=asked))


@login_required
@require_http_methods(["GET", "POST"])
def roll(request: HttpRequest, uuid: str) -> HttpResponse:
    """Choose the roll among the organisation's; it is sealed by that."""
    election = _administered(request, uuid)
    form = RollForm(request.POST or None, election=election, initial={"roll": election.roll})
    if form.is_valid():
        try:
            seal_and_choose_roll(
                election=election, roll=form.cleaned_data["roll"], now=timezone.now()
            )
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect("voting:manage", uuid=uuid)
    rolls = form.rolls.exists()
    return render(request, "voting/roll.html", {"election": election, "form": form, "rolls": rolls})


@login_required
@require_http_methods(["GET", "POST"])
def trustees(request: HttpRequest, uuid: str) -> HttpResponse:
    """List the trustees with their state, and invite one."""
    election = _administered(request, uuid)
    form = TrusteeForm(request.POST or None)
    if form.is_valid():
        try:
            name_trustee(election=election, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect("voting:trustees", uuid=uuid)
    return render(
        request,
        "voting/trustees.html",
        {
            "election": election,
            "progress": progress_of(election=election),
            "form": form,
            "group_form": ThresholdForm(auto_id="new-group-%s"),
            "member_form": TrusteeForm(auto_id=False),
        },
        status=400 if form.errors else 200,
    )


@login_required
@require_POST
def drop_trustee(request: HttpRequest, uuid: str, number: int) -> HttpResponse:
    """Take a trustee off a draft."""
    election = _administered(request, uuid)
    trustee = get_object_or_404(Trustee, election=election, position=number)
    return _act(request, election, "voting:trustees", lambda: remove_trustee(trustee=trustee))


@login_required
@require_POST
def remind_trustee(request: HttpRequest, uuid: str, number: int) -> HttpResponse:
    """Send the invitation once more."""
    election = _administered(request, uuid)
    trustee = get_object_or_404(Trustee, election=election, position=number)
    return _act(request, election, "voting:trustees", lambda: invite_again(trustee=trustee))


@login_required
@require_http_methods(["GET", "POST"])
def seal(request: HttpRequest, uuid: str) -> HttpResponse:
    """Show what will be sealed, and seal it."""
    election = _administered(request, uuid)
    if request.method == "POST":
        return _act(
            request,
            election,
            "voting:manage",
            lambda: seal_election(election=election, now=timezone.now()),
        )
    tasks = preparation.preparation_of(election=election)
    return render(
        request,
        "voting/seal.html",
        {
            "election": election,
            "questions": election.questions.order_by("position"),
            "preparation": tasks,
            "can_seal": tasks.can_seal,
            "overview": overview.election_overview(election=election),
        },
    )


def _administered(request: HttpRequest, uuid: str) -> Election:
    election = get_object_or_404(Election.objects.select_related("organisation", "roll"), uuid=uuid)
    if not can_administer_election(request.user, election):
        raise PermissionDenied(_("Administrators of the organisation can do this."))
    return election


def _task_rows(*, uuid: str, sections: Sequence[preparation.Section]) -> list[dict[str, object]]:
    """Return the sections as the task-list component takes them."""
    return [
        {
            "name": section.name,
            "tasks": [
                {
                    "id": task.page.partition(":")[2],
                    "url": ""
                    if task.state == preparation.State.CANNOT_START
                    else reverse(task.page, args=[uuid]),
                    "name": task.name,
                    "hint": task.hint,
                    "state": task.state.value,
                    "word": task.status,
                }
                for task in section.tasks
            ],
        }
        for section in sections
    ]


def _act(
    request: HttpRequest, election: Election, page: str, step: Callable[[], object]
) -> HttpResponse:
    """Take one step and go back to `page`; a refusal is told there."""
    try:
        step()
    except Refused as error:
        messages.error(request, str(error))
    return redirect(page, uuid=election.uuid)


def _form_page(
    request: HttpRequest,
    *,
    form: Form,
    title: str,
    button: str | None = None,
    election: Election | None = None,
) -> HttpResponse:
    return render(
        request,
        "voting/form.html",
        {"form": form, "title": title, "button": button or _("Save"), "election": election},
        status=400 if form.errors else 200,
    )
