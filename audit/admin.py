"""The log's tables, to look at. Nobody changes them: not here, and not below either."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from audit.models import (
    Checkpoint,
    Cosignature,
    LogEntry,
    PendingEntry,
    Tile,
    Timestamp,
    TimestampAuthority,
    TreeHead,
    WitnessHealth,
)

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Model]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Show rows; offer no way to add, change or delete one."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Say no."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Say no."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Say no."""
        return False


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Entries of the log."""

    list_display = ("index", "kind")
    list_filter = ("kind",)
    ordering = ("-index",)


@admin.register(PendingEntry)
class PendingEntryAdmin(ReadOnlyAdmin):
    """Entries that wait for their place."""

    list_display = ("id", "kind")
    ordering = ("id",)


@admin.register(TreeHead)
class TreeHeadAdmin(ReadOnlyAdmin):
    """Sizes and roots."""

    list_display = ("size",)
    ordering = ("-size",)


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    """Signed heads."""

    list_display = ("head_id", "signed_date")
    ordering = ("-head_id",)


@admin.register(Cosignature)
class CosignatureAdmin(ReadOnlyAdmin):
    """Lines of witnesses."""

    list_display = ("checkpoint_id", "witness")
    ordering = ("-id",)


@admin.register(WitnessHealth)
class WitnessHealthAdmin(ReadOnlyAdmin):
    """How witnesses fare."""

    list_display = ("url", "problem", "recorded_size", "claimed_size", "failures")
    ordering = ("url",)


@admin.register(Tile)
class TileAdmin(ReadOnlyAdmin):
    """Full tiles."""

    list_display = ("level", "index")
    ordering = ("level", "-index")


@admin.register(Timestamp)
class TimestampAdmin(ReadOnlyAdmin):
    """The outside authority's tokens."""

    list_display = ("checkpoint_id", "stamped_at")
    ordering = ("-checkpoint_id",)


@admin.register(TimestampAuthority)
class TimestampAuthorityAdmin(ReadOnlyAdmin):
    """How asking the authority goes, and what was wrong last."""

    list_display = ("address", "failures", "rests_until", "reason")
    ordering = ("address",)
