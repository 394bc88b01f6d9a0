"""The pages on which people look after their own account."""

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms.own import CloseAccountForm, DisplayNameForm
from accounts.models import User
from accounts.permissions import has_resting_role
from accounts.selectors import offices_of, passkeys_and_apps, stored_about
from accounts.services.people import change_display_name, close_account, end_other_sessions
from accounts.services.roles import LastAdministrator
from accounts.views.again import ask_again


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@login_required
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """Show what there is to look after."""
    user = _person(request)
    factors = passkeys_and_apps(user)
    return render(
        request,
        "accounts/own.html",
        {
            "passkeys": sum(factor.type == factor.Type.WEBAUTHN for factor in factors),
            "has_app": any(factor.type == factor.Type.TOTP for factor in factors),
            "roles": offices_of(user),
            "has_resting_role": has_resting_role(user),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    """Change the name that others see."""
    user = _person(request)
    form = DisplayNameForm(user=user, data=request.POST if request.method == "POST" else None)
    if form.is_valid():
        change_display_name(user=user, display_name=form.cleaned_data["display_name"])
        messages.success(request, _("Others now see the new name."))
        return redirect("accounts:own")
    return render(request, "accounts/name.html", {"form": form})


@login_required
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """Hand over all that is stored about the person who asks."""
    response = JsonResponse(
        stored_about(_person(request)), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = 'attachment; filename="pnyx-account.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    user = _person(request)
    end_other_sessions(user=user)
    update_session_auth_hash(request, user)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("accounts:own")


@ask_again
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """Close the account for good."""
    user = _person(request)
    form = CloseAccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            close_account(user=user, language=get_language())
        except LastAdministrator as refused:
            form.add_error(None, str(refused))
        else:
            logout(request)
            return render(request, "accounts/closed.html")
    return render(request, "accounts/close.html", {"form": form})
