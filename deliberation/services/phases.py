"""The phases of a consultation, and what the log says of them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils.translation import gettext as _

from audit.services.log import append_entry
from deliberation.models import Consultation, Phase, PhaseChange
from deliberation.services.refusal import Refused


class PhaseRefused(Refused):
    """The phase cannot stand like this."""


@transaction.atomic
def add_phase(
    *,
    consultation: Consultation,
    kind: str,
    features: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> Phase:
    """Add a phase; in a published consultation only one that lies ahead.

    Raises:
        PhaseRefused: the dates are not in order, overlap another phase, or are past.

    """
    consultation = _lock(consultation)
    if consultation.is_published and starts_at <= now:
        raise PhaseRefused(_("A new phase has to lie ahead."), code="phase_past")
    _check_dates(consultation, except_for=None, starts_at=starts_at, ends_at=ends_at)
    last = consultation.phases.aggregate(last=Max("number"))["last"] or 0
    phase = Phase.objects.create(
        consultation=consultation,
        number=last + 1,
        kind=kind,
        features=sorted(set(features)),
        starts_at=starts_at,
        ends_at=ends_at,
    )
    if consultation.is_published:
        _log(phase, PhaseChange.Kind.PLANNED, now=now)
    return phase


@transaction.atomic
def change_phase(
    *,
    phase: Phase,
    kind: str,
    features: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> Phase:
    """Change a phase. Once published only dates that lie ahead can move, and the log says so.

    Raises:
        PhaseRefused: the dates are not in order, overlap another phase, or what would change
            is over or was published.

    """
    consultation = _lock(phase.consultation)
    phase = Phase.objects.select_for_update().get(pk=phase.pk)
    features = sorted(set(features))
    if consultation.is_published:
        _check_published(phase, kind=kind, features=features, now=now)
        if starts_at != phase.starts_at and min(starts_at, phase.starts_at) <= now:
            raise PhaseRefused(_("This phase has started: its start stands."), code="phase_begun")
        if ends_at != phase.ends_at and min(ends_at, phase.ends_at) <= now:
            raise PhaseRefused(_("An end cannot be moved into the past."), code="phase_past")
    _check_dates(consultation, except_for=phase, starts_at=starts_at, ends_at=ends_at)
    is_changed = (starts_at, ends_at) != (phase.starts_at, phase.ends_at)
    phase.kind, phase.features = kind, features
    phase.starts_at, phase.ends_at = starts_at, ends_at
    phase.save()
    if consultation.is_published and is_changed:
        _log(phase, PhaseChange.Kind.CHANGED, now=now)
    return phase


@transaction.atomic
def remove_phase(*, phase: Phase) -> None:
    """Drop a phase before anybody saw it.

    Raises:
        PhaseRefused: the consultation is published.

    """
    consultation = _lock(phase.consultation)
    if consultation.is_published:
        message = _("The phases are published. Move this one, or end it early.")
        raise PhaseRefused(message, code="already_published")
    phase.delete()


def log_planned_phases(*, phases: Sequence[Phase], now: datetime) -> None:
    """Enter the phases in the log as they are published. The caller holds the lock."""
    for phase in phases:
        _log(phase, PhaseChange.Kind.PLANNED, now=now)


@transaction.atomic
def log_due_changes(*, now: datetime) -> int:
    """Enter in the log every phase that started or ended since; return how many there were.

    Twice is harmless: what another worker holds is left to it, and the table takes each
    start and end once.
    """
    published = Phase.objects.filter(consultation__published_at__isnull=False)
    started = PhaseChange.objects.filter(phase=OuterRef("pk"), kind=PhaseChange.Kind.STARTED)
    ended = PhaseChange.objects.filter(phase=OuterRef("pk"), kind=PhaseChange.Kind.ENDED)
    due = (
        published.annotate(has_started=Exists(started), has_ended=Exists(ended))
        .filter(Q(starts_at__lte=now, has_started=False) | Q(ends_at__lte=now, has_ended=False))
        .select_related("consultation")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("starts_at", "pk")
    )
    logged = 0
    for phase in due:
        known = set(phase.changes.values_list("kind", flat=True))
        for kind, moment in (
            (PhaseChange.Kind.STARTED, phase.starts_at),
            (PhaseChange.Kind.ENDED, phase.ends_at),
        ):
            if moment <= now and kind not in known:
                _log(phase, kind, now=now)
                logged += 1
    return logged


def _lock(consultation: Consultation) -> Consultation:
    return Consultation.objects.select_for_update(no_key=True).get(pk=consultation.pk)


def _check_published(phase: Phase, *, kind: str, features: Sequence[str], now: datetime) -> None:
    if phase.ends_at <= now:
        raise PhaseRefused(_("This phase is over."), code="phase_over")
    if kind != phase.kind or list(features) != sorted(phase.features):
        message = _("What people may do in this phase was published. Only dates can move.")
        raise PhaseRefused(message, code="already_published")


def _check_dates(
    consultation: Consultation,
    *,
    except_for: Phase | None,
    starts_at: datetime,
    ends_at: datetime,
) -> None:
    """Say what the table would refuse, in words."""
    if starts_at >= ends_at:
        raise PhaseRefused(_("A phase has to start before it ends."), code="phase_dates")
    others = consultation.phases.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    if except_for is not None:
        others = others.exclude(pk=except_for.pk)
    if (other := others.order_by("starts_at").first()) is not None:
        message = _("This overlaps the phase “%(phase)s”. Only one phase runs at a time.")
        raise PhaseRefused(message % {"phase": other.get_kind_display()}, code="phase_overlap")


def _log(phase: Phase, kind: PhaseChange.Kind, *, now: datetime) -> None:
    change = PhaseChange(
        phase=phase,
        kind=kind,
        features=phase.features,
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        recorded_at=now,
    )
    change.entry = append_entry(kind="consultation-phase", body=change.log_body())
    change.save()
