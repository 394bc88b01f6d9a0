"""How the log grows and who watches it; what kinds of entries it holds."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import selectors
from audit.analysis.charts import growth_chart, witness_chart
from audit.forms import KIND_NAMES
from audit.selectors import growth, kind_descriptions, latest_checkpoint, signed_checkpoint


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Show the log's length day by day, and how each witness fares."""
    days = growth(today=timezone.localdate())
    signed = signed_checkpoint()
    size = signed.head_id if signed is not None else 0
    watching = selectors.witnesses()
    witnesses = [
        {
            "state": state,
            "key_id": state.key.split("+")[1],
            "behind": max(size - (state.last_size or 0), 0),
        }
        for state in watching
    ]
    chart = witness_chart([(state.name, state.last_size or 0) for state in watching], size=size)
    context = {
        "days": days,
        "added": sum(day.added for day in days),
        "growth": growth_chart([day.size for day in days]),
        "signed": signed,
        "checkpoint": latest_checkpoint(),
        "witnesses": witnesses,
        "witness_chart": chart,
    }
    return render(request, "audit/state.html", context)


@require_safe
def kinds(request: HttpRequest) -> HttpResponse:
    """List the kinds of entries and lead to the schema of each."""
    rows = [
        {"name": KIND_NAMES[described.kind], "described": described}
        for described in kind_descriptions()
    ]
    return render(request, "audit/kinds.html", {"rows": rows})


@require_safe
def kinds_as_json(request: HttpRequest) -> HttpResponse:
    """List the kinds of entries for programs."""
    listed = [
        {
            "kind": described.kind,
            "title": described.title,
            "description": described.description,
            "schema": reverse("audit:schema", args=[described.kind]),
        }
        for described in kind_descriptions()
    ]
    response = JsonResponse({"kinds": listed})
    response.headers["Cache-Control"] = "public, max-age=60"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
