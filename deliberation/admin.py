"""The tables of the debate, to look at. Changes go through the pages, where the log sees them."""

from django.contrib import admin

from audit.admin import ReadOnlyAdmin
from deliberation.models import (
    Comment,
    Consultation,
    ConsultationElection,
    ModerationAct,
    Phase,
    PhaseChange,
    Proposal,
    ProposalVersion,
    Report,
    StatusChange,
)


@admin.register(Consultation)
class ConsultationAdmin(ReadOnlyAdmin):
    """Consultations."""

    list_display = ("slug", "organisation", "published_at")
    search_fields = ("slug", "title")
    ordering = ("-pk",)


@admin.register(Phase)
class PhaseAdmin(ReadOnlyAdmin):
    """Phases."""

    list_display = ("consultation", "number", "kind", "starts_at", "ends_at")
    list_filter = ("kind",)
    ordering = ("consultation", "number")


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    """Proposals."""

    list_display = ("consultation", "number", "status", "submitted_at")
    list_filter = ("status",)
    ordering = ("-pk",)


@admin.register(ModerationAct)
class ModerationActAdmin(ReadOnlyAdmin):
    """Acts of moderators."""

    list_display = ("reference", "action", "rule", "acted_at")
    list_filter = ("action", "rule")
    ordering = ("-pk",)


for model in (
    Comment,
    ConsultationElection,
    PhaseChange,
    ProposalVersion,
    Report,
    StatusChange,
):
    admin.site.register(model, ReadOnlyAdmin)
