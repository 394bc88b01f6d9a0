"""The pages on which administrators look after their organisations and who acts for them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import permissions, selectors
from accounts.forms.organisation import GrantRoleForm, OrganisationForm
from accounts.models import Organisation, Role, User
from accounts.services.organisations import OrganisationRefused, add_organisation
from accounts.services.roles import LastAdministrator, RoleRefused, grant_role, revoke_role
from accounts.views.again import ask_again_to_change


@login_required
@require_GET
def organisations(request: HttpRequest) -> HttpResponse:
    """List the organisations in which the person holds an office."""
    assert isinstance(request.user, User)
    return render(
        request,
        "accounts/organisations.html",
        {
            "administered": selectors.organisations_where(request.user, Role.Kind.ADMINISTRATOR),
            "moderated": selectors.organisations_where(request.user, Role.Kind.MODERATOR),
            "has_resting_role": permissions.has_resting_role(request.user),
        },
    )


@login_required
@require_GET
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an organisation: who acts for it, its rolls, what stands below it."""
    shown = get_object_or_404(Organisation.objects.select_related("parent"), slug=slug)
    if not permissions.can_see_organisation(request.user, shown):
        raise PermissionDenied
    return render(
        request,
        "accounts/organisation.html",
        {
            "organisation": shown,
            "is_administrator": permissions.is_administrator(request.user, shown),
            "roles": selectors.roles_of(shown),
            "roles_from_above": selectors.roles_from_above(shown),
            "rolls": selectors.rolls_of(shown),
            "children": Organisation.objects.filter(parent=shown).order_by("name", "pk"),
        },
    )


@login_required
@ask_again_to_change
@require_http_methods(["GET", "POST"])
def grant(request: HttpRequest, slug: str) -> HttpResponse:
    """Give somebody an office."""
    shown = get_object_or_404(Organisation, slug=slug)
    if not permissions.can_grant_roles(request.user, shown):
        raise PermissionDenied
    form = GrantRoleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person = selectors.person_with_verified_email(form.cleaned_data["email"])
        if person is None:
            form.add_error("email", _("There is no account with this confirmed address"))
        else:
            try:
                grant_role(
                    organisation=shown, user=person, kind=Role.Kind(form.cleaned_data["kind"])
                )
            except RoleRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(
                    request, _("%(person)s holds the role now.") % {"person": person.display_name}
                )
                return redirect("accounts:organisation", slug=shown.slug)
    return render(request, "accounts/grant.html", {"form": form, "organisation": shown})


@login_required
@require_http_methods(["GET", "POST"])
def revoke(request: HttpRequest, role_id: int) -> HttpResponse:
    """Take an office away, or lay one's own down."""
    role = get_object_or_404(Role.objects.select_related("user", "organisation"), pk=role_id)
    if not permissions.can_revoke_role(request.user, role):
        raise PermissionDenied
    refusal = ""
    if request.method == "POST":
        try:
            revoke_role(role=role)
        except LastAdministrator as refused:
            refusal = str(refused)
        else:
            messages.success(
                request, _("%(person)s no longer holds the role.") % {"person": role.user}
            )
            if permissions.can_see_organisation(request.user, role.organisation):
                return redirect("accounts:organisation", slug=role.organisation.slug)
            return redirect("accounts:own")
    return render(request, "accounts/revoke.html", {"role": role, "refusal": refusal})


@login_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a new organisation below this one."""
    parent = get_object_or_404(Organisation, slug=slug)
    if not permissions.can_add_organisation(request.user, parent):
        raise PermissionDenied
    form = OrganisationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            child = add_organisation(parent=parent, **form.cleaned_data)
        except OrganisationRefused as refused:
            form.add_error("slug", str(refused))
        else:
            return redirect("accounts:organisation", slug=child.slug)
    return render(request, "accounts/organisation_add.html", {"form": form, "organisation": parent})
