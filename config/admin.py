"""The admin pages: for staff with a second factor, through the same door as everybody."""

from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import can_open_admin


class AdminSite(admin.AdminSite):
    """Django's admin pages without a door of their own."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in staff with a second factor."""
        return can_open_admin(request.user)

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Send people to the sign-in page, with its limits, or to what they still lack."""
        del extra_context
        wanted = request.GET.get(REDIRECT_FIELD_NAME, reverse("admin:index"))
        if not request.user.is_authenticated:
            query = urlencode({REDIRECT_FIELD_NAME: wanted})
            return redirect(f"{reverse('account_login')}?{query}")
        if self.has_permission(request):
            return redirect("admin:index")
        if not request.user.is_staff:
            raise PermissionDenied
        messages.warning(request, _("Add a passkey or an app before you open the admin pages."))
        return redirect("mfa_index")
