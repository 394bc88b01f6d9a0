"""Look, do not touch: every change has its own page, with its own permission."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import Organisation, Role, Roll, User

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[User | Organisation | Role | Roll]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnly(ModelAdmin):
    """Rows that may be seen here and nothing else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False


@admin.register(User)
class UserAdmin(ReadOnly):
    """People, by their pseudonyms. The hash of a password is nobody's business."""

    list_display = ("display_name", "is_active", "is_staff")
    search_fields = ("display_name", "email")
    ordering = ("display_name",)
    fields = ("display_name", "email", "is_active", "is_staff")


@admin.register(Organisation)
class OrganisationAdmin(ReadOnly):
    """The tree of organisations."""

    list_display = ("name", "slug", "parent")
    ordering = ("name",)


@admin.register(Role)
class RoleAdmin(ReadOnly):
    """Who holds which office."""

    list_display = ("user", "kind", "organisation")
    list_filter = ("kind",)
    list_select_related = ("user", "organisation")
    ordering = ("organisation__name", "kind")


@admin.register(Roll)
class RollAdmin(ReadOnly):
    """Rolls, without the people on them."""

    list_display = ("name", "organisation", "imported_at", "sealed_at")
    list_select_related = ("organisation",)
    ordering = ("-imported_at",)
