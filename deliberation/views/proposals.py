"""The list of proposals, and the pages of one."""

import secrets

from django.core.paginator import Paginator
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from deliberation.analysis.tables import write_csv
from deliberation.forms import SORT_WORDS, FilterForm
from deliberation.models import Consultation, Phase, Proposal
from deliberation.permissions import obstacle_to_proposing
from deliberation.selectors.consultations import phase_at
from deliberation.selectors.hidden import removal_of
from deliberation.selectors.proposals import (
    SORTS,
    ProposalQuery,
    current_version,
    listed_proposals,
    status_counts,
    text_change,
)
from deliberation.views.consultations import consultation_tabs
from deliberation.views.loading import load_consultation, load_proposal
from deliberation.views.proposal_page import proposal_context, show_proposal

PAGE_SIZE = 20
SEED_BYTES = 4
VERSION_DIGITS_LIMIT = 6
COLUMNS = [
    "number", "status", "title", "author", "submitted_at", "version", "endorsements",
    "comments", "address",
]  # fmt: skip


@require_safe
def proposals(request: HttpRequest, slug: str) -> HttpResponse:
    """List the proposals of a consultation as the reader asks for them."""
    now = timezone.now()
    consultation = load_consultation(request, slug)
    query = _query_of(request, consultation)
    if query.sort == "random" and not query.seed:
        # The order has to stay the same from page to page: keep its seed in the address.
        address = request.GET.copy()
        address["sort"], address["seed"] = "random", secrets.token_hex(SEED_BYTES)
        return HttpResponseRedirect(f"{request.path}?{address.urlencode()}")
    paginator = Paginator(listed_proposals(consultation, query), PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    counts = status_counts(consultation)
    context = {
        "consultation": consultation,
        "query": query,
        "is_filtered": bool(query.statuses or query.text),
        "statuses": [
            (status, counts.get(status, 0), status in query.statuses) for status in Proposal.Status
        ],
        "sorts": [(sort, SORT_WORDS[sort], sort == query.sort) for sort in SORTS],
        "page": page,
        "pages": paginator.get_elided_page_range(page.number),
        "address": _address_of(query),
        "obstacle": obstacle_to_proposing(request.user, consultation, now=now),
        "tabs": consultation_tabs(consultation, current="proposals"),
    }
    return render(request, "deliberation/proposals.html", context)


@require_safe
def proposals_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the same list as a table, without pages."""
    consultation = load_consultation(request, slug)
    rows = _rows(request, consultation)
    table = write_csv(header=COLUMNS, rows=([row[name] for name in COLUMNS] for row in rows))
    response = HttpResponse(table, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{consultation.slug}-proposals.csv"'
    return response


@require_safe
def proposals_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the same list as JSON, without pages."""
    consultation = load_consultation(request, slug)
    return JsonResponse(
        {"consultation": consultation.slug, "proposals": _rows(request, consultation)}
    )


@require_safe
def proposal(request: HttpRequest, number: int) -> HttpResponse:
    """Show a proposal with its debate."""
    found = load_proposal(request, number)
    return show_proposal(request, found, form=None, status=200)


@require_safe
def versions(request: HttpRequest, number: int) -> HttpResponse:
    """Show the versions of a proposal, and what changed between two of them."""
    found = load_proposal(request, number)
    context = proposal_context(request, found, current="versions")
    if removal_of(found) is not None:
        return render(request, "deliberation/proposal_removed.html", context, status=410)
    texts = {version.number: version for version in found.versions.order_by("-number")}
    latest = current_version(found).number
    after = _number(request.GET.get("to"), default=latest)
    before = _number(request.GET.get("from"), default=max(1, after - 1))
    if before not in texts or after not in texts:
        raise Http404
    context |= {
        "versions": list(texts.values()),
        "change": text_change(texts[before], texts[after]) if before != after else None,
        "shown": texts[after],
    }
    return render(request, "deliberation/versions.html", context)


def _number(text: str | None, *, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= VERSION_DIGITS_LIMIT):
        raise Http404
    return int(text)


def _query_of(request: HttpRequest, consultation: Consultation) -> ProposalQuery:
    """Read the reader's wishes, and leave out what makes no sense."""
    form = FilterForm(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    sort = wanted.get("sort") or _usual_sort(consultation)
    return ProposalQuery(
        statuses=tuple(wanted.get("status", ())),
        text=wanted.get("text", ""),
        sort=sort,
        seed=wanted.get("seed", "") if sort == "random" else "",
    )


def _usual_sort(consultation: Consultation) -> str:
    """Random while endorsements are gathered, so that being first is no advantage."""
    phase = phase_at(consultation, timezone.now())
    if phase is not None and phase.allows(Phase.Feature.ENDORSE):
        return "random"
    return "endorsed"


def _address_of(query: ProposalQuery) -> str:
    """Return the query as it stands behind the question mark of the CSV and JSON addresses."""
    address = QueryDict(mutable=True)
    address.setlist("status", list(query.statuses))
    address["text"], address["sort"], address["seed"] = query.text, query.sort, query.seed
    return address.urlencode()


def _rows(request: HttpRequest, consultation: Consultation) -> list[dict[str, str | int]]:
    return [
        {
            "number": row.number,
            "status": row.status,
            "title": row.title,
            "author": row.author.display_name,
            "submitted_at": row.submitted_at.isoformat(),
            "version": row.version,
            "endorsements": row.endorsement_count,
            "comments": row.comment_count,
            "address": request.build_absolute_uri(row.get_absolute_url()),
        }
        for row in listed_proposals(consultation, _query_of(request, consultation))
    ]
