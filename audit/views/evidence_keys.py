"""The page where a person makes and revokes keys for other platforms."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from audit.forms import EvidenceKeyForm
from audit.selectors.evidence import keys_of
from audit.services.evidence_keys import TooManyKeys, make_evidence_key, revoke_evidence_key
from audit.views.evidence import owner_of


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """List a person's keys; make one, and show its secret this once."""
    form = EvidenceKeyForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {}
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = make_evidence_key(
                    owner=owner_of(request), name=form.cleaned_data["name"], now=timezone.now()
                )
            except TooManyKeys as refused:
                form.add_error(None, str(refused))
            else:
                context, form, status = {"made": made}, EvidenceKeyForm(), 201
    context |= {"form": form, "keys": keys_of(owner_of(request))}
    return render(request, "audit/evidence_keys.html", context, status=status)


@login_required
@require_POST
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    """End a key for good."""
    key = keys_of(owner_of(request)).filter(pk=number).first()
    if key is None:
        raise Http404(_("You have no such key."))
    revoke_evidence_key(key=key, now=timezone.now())
    messages.success(request, _("The key is revoked. What it registered stays."))
    return redirect("audit:evidence-keys")
