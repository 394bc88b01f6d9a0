"""The pages on which administrators look after rolls."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import permissions, selectors
from accounts.forms.organisation import RollUploadForm
from accounts.models import Organisation, Roll, RollUpload
from accounts.services import rolls
from accounts.views.again import ask_again_to_change

PEOPLE_PER_PAGE = 50


@login_required
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a file, check it, and keep it for a look if every line is good."""
    organisation = get_object_or_404(Organisation, slug=slug)
    if not permissions.can_manage_rolls(request.user, organisation):
        raise PermissionDenied
    form = (
        RollUploadForm(request.POST, request.FILES)
        if request.method == "POST"
        else RollUploadForm()
    )
    check = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data["file"].read()
        check = rolls.check_roll(data)
        if check.is_clean:
            kept = rolls.keep_upload(
                organisation=organisation,
                name=form.cleaned_data["name"],
                data=data,
                now=timezone.now(),
            )
            return redirect("accounts:roll-preview", upload_id=kept.pk)
    return render(
        request,
        "accounts/roll_upload.html",
        {"form": form, "organisation": organisation, "check": check},
    )


@login_required
@ask_again_to_change
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Show what a file would become; make the roll when its administrator says so."""
    kept = get_object_or_404(RollUpload.objects.select_related("organisation"), pk=upload_id)
    if not permissions.can_confirm_upload(request.user, kept):
        raise PermissionDenied
    if request.method == "POST" and "discard" in request.POST:
        rolls.discard_upload(upload=kept)
        messages.success(request, _("The file is forgotten. No roll was made."))
        return redirect("accounts:organisation", slug=kept.organisation.slug)
    if request.method == "POST":
        roll = rolls.confirm_upload(upload=kept, now=timezone.now())
        messages.success(request, _("The roll is made. It can be used in an election."))
        return redirect("accounts:roll", roll_id=roll.pk)
    return render(
        request,
        "accounts/roll_preview.html",
        {"upload": kept, "check": rolls.check_roll(bytes(kept.data))},
    )


@login_required
@require_GET
def roll(request: HttpRequest, roll_id: int) -> HttpResponse:
    """Show the people on a roll."""
    shown = get_object_or_404(Roll.objects.select_related("organisation"), pk=roll_id)
    if not permissions.can_see_roll(request.user, shown):
        raise PermissionDenied
    paginator = Paginator(selectors.roll_entries(shown), PEOPLE_PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    votes = selectors.roll_votes(shown)
    return render(
        request,
        "accounts/roll.html",
        {
            "roll": shown,
            "page": page,
            "pages": paginator.get_elided_page_range(page.number),
            "votes": votes,
            "is_weighted": votes > paginator.count,
        },
    )


@login_required
@require_GET
def download(request: HttpRequest, roll_id: int) -> HttpResponse | StreamingHttpResponse:
    """Hand over the people on a roll as CSV."""
    shown = get_object_or_404(Roll.objects.select_related("organisation"), pk=roll_id)
    if not permissions.can_see_roll(request.user, shown):
        raise PermissionDenied
    response = StreamingHttpResponse(
        selectors.roll_csv(shown), content_type="text/csv; charset=utf-8"
    )
    file_name = slugify(shown.name) or "roll"
    response["Content-Disposition"] = f'attachment; filename="{file_name}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def discard(request: HttpRequest, roll_id: int) -> HttpResponse:
    """Delete a roll that was made by mistake."""
    shown = get_object_or_404(Roll.objects.select_related("organisation"), pk=roll_id)
    if not permissions.can_manage_rolls(request.user, shown.organisation):
        raise PermissionDenied
    refusal = ""
    if request.method == "POST":
        try:
            rolls.discard_roll(roll=shown)
        except rolls.RollUnchangeable as refused:
            refusal = str(refused)
        else:
            messages.success(request, _("The roll is deleted."))
            return redirect("accounts:organisation", slug=shown.organisation.slug)
    return render(request, "accounts/roll_discard.html", {"roll": shown, "refusal": refusal})
