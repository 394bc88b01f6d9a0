"""How far the preparation of an election has come, task by task."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voting.models import Credential, Election
from voting.models.registration import CredentialIssue


class State(StrEnum):
    """How a task stands."""

    DONE = "done"
    TO_DO = "todo"
    WAITING = "waiting"
    CANNOT_START = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One line of the task list. `page` is a URL name that takes the election's uuid."""

    name: str
    page: str
    hint: str
    state: State
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading of the task list with its tasks."""

    name: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """The task list of one election. The counts are of people and of mails."""

    sections: tuple[Section, ...]
    people: int
    sent: int
    refused: int
    waiting: int

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks in order."""
        return tuple(task for section in self.sections for task in section.tasks)

    @property
    def done(self) -> int:
        """How many tasks are done."""
        return sum(task.state == State.DONE for task in self.tasks)

    @property
    def can_seal(self) -> bool:
        """Say whether every task but the last is done."""
        return all(task.state == State.DONE for task in self.tasks[:-1])

    @property
    def next_task(self) -> Task | None:
        """The first task that somebody here can do now."""
        return next((task for task in self.tasks if task.state == State.TO_DO), None)


def preparation_of(*, election: Election) -> Preparation:
    """Return the task list of an election."""
    people = election.roll.entries.count() if election.roll else 0
    issues = CredentialIssue.objects.filter(election=election)
    sent = Credential.objects.filter(election=election).count()
    refused = issues.filter(state=CredentialIssue.State.REFUSED).count()
    trustees = list(election.trustees.all())
    keys = sum(trustee.has_key for trustee in trustees)
    questions = election.questions.count()

    asked = _task(_("Questions and answers"), "voting:questions", is_done=questions > 0)
    chosen = _task(
        _("Roll"),
        "voting:roll",
        is_done=election.roll is not None,
        hint=_("You cannot change it once credentials go out"),
    )
    issued = _credentials_task(election=election, people=people, sent=sent, refused=refused)
    has_unfinished_group = election.trustee_groups.filter(encoded__isnull=True).exists()
    invited = _trustees_task(
        trustees=len(trustees), keys=keys, has_unfinished_group=has_unfinished_group
    )
    before = (asked, chosen, issued, invited)
    return Preparation(
        sections=(
            Section(
                name=_("What is asked"),
                tasks=(_task(_("Title and dates"), "voting:details", is_done=True), asked),
            ),
            Section(name=_("Who may vote"), tasks=(chosen, issued)),
            Section(name=_("Who holds the key"), tasks=(invited, _minimums_task(election))),
            Section(
                name=_("The seal"),
                tasks=(
                    _seal_task(
                        election=election, is_ready=all(task.state == State.DONE for task in before)
                    ),
                ),
            ),
        ),
        people=people,
        sent=sent,
        refused=refused,
        waiting=people - sent - refused,
    )


def _task(name: str, page: str, *, is_done: bool, hint: str = "") -> Task:
    state = State.DONE if is_done else State.TO_DO
    return Task(
        name=name, page=page, hint=hint, state=state, status=_("Done") if is_done else _("To do")
    )


def _credentials_task(*, election: Election, people: int, sent: int, refused: int) -> Task:
    if election.roll is None:
        state, status = State.CANNOT_START, _("Cannot start yet")
    elif not election.is_issuing_credentials:
        state, status = State.TO_DO, _("To do")
    elif sent == people:
        state, status = State.DONE, _("Done")
    elif election.has_registrar:
        state, status = State.TO_DO, _("To do")
    elif refused:
        state, status = State.TO_DO, _("%(count)s mails came back") % {"count": refused}
    else:
        state = State.WAITING
        status = _("%(sent)s of %(people)s sent") % {"sent": sent, "people": people}
    return Task(
        name=_("Credentials"),
        page="voting:credentials",
        hint=_("Made by a registrar; this server gets the public list alone")
        if election.has_registrar
        else _("Sent by e-mail to everyone on the roll"),
        state=state,
        status=status,
    )


def _trustees_task(*, trustees: int, keys: int, has_unfinished_group: bool) -> Task:
    if not trustees or (keys == trustees and has_unfinished_group):
        state, status = State.TO_DO, _("To do")
    elif keys == trustees:
        state, status = State.DONE, _("Done")
    else:
        state = State.WAITING
        status = ngettext(
            "Waiting for %(missing)s of %(trustees)s",
            "Waiting for %(missing)s of %(trustees)s",
            trustees,
        ) % {"missing": trustees - keys, "trustees": trustees}
    return Task(
        name=_("Trustees"),
        page="voting:trustees",
        hint=_("Each makes a key on a computer of their own, alone or together in a group"),
        state=state,
        status=status,
    )


def _minimums_task(election: Election) -> Task:
    return _task(
        _("What keeps votes secret"),
        "voting:minimums",
        is_done=True,
        hint=_("With fewer than %(minimum)s ballots nothing is opened")
        % {"minimum": election.minimum_ballots},
    )


def _seal_task(*, election: Election, is_ready: bool) -> Task:
    if not election.is_draft:
        state, status = State.DONE, _("Done")
    elif is_ready:
        state, status = State.TO_DO, _("To do")
    else:
        state, status = State.CANNOT_START, _("Cannot start yet")
    return Task(
        name=_("Seal the election"),
        page="voting:seal",
        hint=_("From then on nobody can change it"),
        state=state,
        status=status,
    )
