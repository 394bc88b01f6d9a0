"""Registering documents: the page where it is done, and each person's own list.

What others registered is nobody's business here: every page asks for the owner's own.
"""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from audit import selectors
from audit.forms import EvidenceForm, LabelForm
from audit.models import Evidence
from audit.selectors.evidence import (
    EvidenceState,
    evidence_of,
    find_evidence,
    progress_of,
    state_of,
)
from audit.services.evidence import (
    QuotaReached,
    change_label,
    delete_evidence,
    file_evidence,
)

LIST_LIMIT_ROWS = 25
HASH_COMMANDS = """\
sha256sum FILE                   # Linux
shasum -a 256 FILE               # macOS
certutil -hashfile FILE SHA256   # Windows"""


def owner_of(request: HttpRequest) -> str:
    """Return the text under which a signed-in person's things are kept."""
    assert request.user.is_authenticated
    return str(request.user.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest) -> HttpResponse:
    """Say what registering is; let a signed-in person register a document."""
    if request.method != "POST":
        context: dict[str, Any] = {"form": EvidenceForm(), "hash_commands": HASH_COMMANDS}
        return render(request, "audit/evidence.html", context)
    if not request.user.is_authenticated:
        return redirect_to_login(request.path)
    form = EvidenceForm(request.POST)
    status = 400
    if form.is_valid():
        try:
            filed = file_evidence(owner=owner_of(request), filing=form.filing(), now=timezone.now())
        except QuotaReached as refused:
            form.add_error(None, str(refused))
            status = 429
        else:
            if not filed.is_new:
                messages.info(request, _("You registered this document before. Here it is."))
            return redirect("audit:evidence-one", evidence_id=filed.evidence.pk)
    context = {"form": form, "hash_commands": HASH_COMMANDS}
    return render(request, "audit/evidence.html", context, status=status)


@login_required
@never_cache
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """List what the person registered."""
    paginator = Paginator(evidence_of(owner_of(request)), LIST_LIMIT_ROWS)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "page": page,
        "pages": paginator.get_elided_page_range(page.number),
        "rows": progress_of(list(page)),
    }
    return render(request, "audit/evidence_list.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, evidence_id: uuid.UUID) -> HttpResponse:
    """Show one registered document with all that proves it; change what its owner calls it."""
    evidence = own_evidence(request, evidence_id)
    form = LabelForm(request.POST or None, initial={"label": evidence.label})
    if request.method == "POST" and form.is_valid():
        change_label(evidence=evidence, label=form.cleaned_data["label"])
        messages.success(request, _("Saved."))
        return redirect("audit:evidence-one", evidence_id=evidence.pk)
    context = _described(state_of(evidence)) | {"form": form}
    status = 400 if form.errors else 200
    return render(request, "audit/evidence_one.html", context, status=status)


@login_required
@never_cache
@require_GET
def progress(request: HttpRequest, evidence_id: uuid.UUID) -> HttpResponse:
    """Give the part of the page that changes until the receipt is there."""
    context = _described(state_of(own_evidence(request, evidence_id)))
    return render(request, "audit/partials/evidence_progress.html", context)


@login_required
@never_cache
@require_GET
def receipt(request: HttpRequest, evidence_id: uuid.UUID) -> HttpResponse:
    """Hand over the receipt; of a private document with its salt."""
    state = state_of(own_evidence(request, evidence_id))
    content = state.receipt
    if content is None or state.entry is None:
        raise Http404(_("There is no receipt yet: the next checkpoint is a few seconds away."))
    return _download(content, name=f"receipt-{state.entry.index}.tlog-proof")


@login_required
@never_cache
@require_GET
def promise(request: HttpRequest, evidence_id: uuid.UUID) -> HttpResponse:
    """Hand over the signed promise."""
    evidence = own_evidence(request, evidence_id)
    return _download(evidence.promise.encode(), name=f"promise-{evidence.pk}.txt")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, evidence_id: uuid.UUID) -> HttpResponse:
    """Take a registered document off its owner's list, after a question."""
    evidence = own_evidence(request, evidence_id)
    if request.method == "POST":
        delete_evidence(evidence=evidence)
        messages.success(request, _("It is off your list. The log keeps the entry."))
        return redirect("audit:evidence-list")
    return render(request, "audit/evidence_delete.html", {"evidence": evidence})


def own_evidence(request: HttpRequest, evidence_id: uuid.UUID) -> Evidence:
    """Return a registered document of whoever asks, or refuse with 404."""
    evidence = find_evidence(owner=owner_of(request), pk=evidence_id)
    if evidence is None:
        raise Http404(_("You have no such registered document."))
    return evidence


def _described(state: EvidenceState) -> dict[str, Any]:
    evidence, salt = state.evidence, state.salt
    context: dict[str, Any] = {
        "state": state,
        "evidence": evidence,
        "digest": bytes(evidence.digest).hex(),
        "salt": None if salt is None else salt.hex(),
    }
    if state.entry is None or state.proof is None:
        return context
    index = str(state.entry.index)
    stamped = {"index": index, "size": str(state.proof.size)}
    return context | {
        "commands": _check_command(index),
        "timestamp_commands": render_to_string("audit/timestamp_commands.txt", stamped).strip(),
    }


def _check_command(index: str) -> str:
    """Write the check for `evote`, under the policy if there is one."""
    check = f"evote receipt check receipt-{index}.tlog-proof \\\n  --document FILE \\\n"
    try:
        policy = selectors.current_policy()
    except selectors.PolicyUnusable:
        policy = None
    if policy is None:
        return f"{check}  --key {selectors.verifier_key()}"
    return f"curl -o policy {settings.BASE_URL}/log/policy\n{check}  --policy policy"


def _download(content: bytes, *, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
