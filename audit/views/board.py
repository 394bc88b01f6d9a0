"""The bulletin board: the log, as people read it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from audit import selectors
from audit.analysis.drawing import proof_drawing
from audit.forms import KIND_NAMES, BoardForm
from audit.selectors import (
    EntryPage,
    EntryProof,
    EntryQuery,
    entries_matching,
    entry_at,
    entry_page,
    latest_checkpoint,
    proof_of,
    witnesses_of,
)
from audit.selectors.closed_logs import closed_logs
from audit.selectors.key import key_of_note
from audit.views import files
from evote.tlog.note import VerifierKey


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the newest entries, those of one kind, or those that were looked for."""
    form = BoardForm(request.GET)
    is_valid = form.is_valid()
    wanted = form.cleaned_data if is_valid else {}
    found = entries_matching(wanted["q"]) if wanted.get("q") else None
    page = EntryPage(entries=found or [], older_before=None, newer_after=None)
    if is_valid and found is None:
        page = entry_page(
            EntryQuery(
                kind=wanted["kind"] or "",
                about=form.about,
                before=wanted["before"],
                after=wanted["after"],
            )
        )
    state, checkpoint = selectors.log_state(), latest_checkpoint()
    newest = page.entries[0].index if page.entries else wanted.get("after")
    context = {
        "form": form,
        "kind": wanted.get("kind") or "",
        "query": wanted.get("q") or "",
        "election": wanted.get("election") or "",
        "consultation": wanted.get("consultation") or "",
        "is_search": found is not None,
        "is_at_end": found is None and page.newer_after is None,
        "newest": -1 if newest is None else newest,
        "after": wanted.get("after"),
        "page": page,
        "kind_names": KIND_NAMES,
        "state": state,
        "awaiting": state.signed_size - state.published_size,
        "checkpoint": checkpoint,
        "signers": witnesses_of(checkpoint) if checkpoint is not None else [],
        "key": _key(),
        "closed_logs": closed_logs(),
    }
    return render(request, "audit/board.html", context, status=200 if is_valid else 400)


@vary_on_headers("Accept")
@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """Show one entry with its proof; to a program that asks for JSON, the entry's own bytes."""
    if request.accepts("application/json") and not request.accepts("text/html"):
        return files.entry(request, index)
    found = entry_at(index)
    if found is None:
        raise Http404(_("The log is not that long yet."))
    proof = proof_of(found)
    key = key_of_note(proof.note) if proof is not None else _key()
    signers = proof.signers if proof is not None else []
    context = {
        "entry": found,
        "kind_name": KIND_NAMES.get(found.kind, found.kind),
        "proof": proof,
        "drawing": _drawing(proof),
        "key": key,
        "signers": signers,
        "receipt_command": _receipt_command(index, key=key, has_witnesses=bool(signers)),
        "shell_commands": _shell_commands(proof, key=key),
        "go_command": f"logcheck receipt -key {key.encode()} receipt-{index}.tlog-proof",
        "older": entry_at(index - 1),
        "newer": entry_at(index + 1),
    }
    return render(request, "audit/entry.html", context)


def _drawing(proof: EntryProof | None) -> object:
    if proof is None:
        return None
    joins = [(join.neighbour, join.is_left, join.result) for join in proof.joins]
    return proof_drawing(leaf=bytes(proof.entry.leaf_hash), joins=joins)


def _receipt_command(index: int, *, key: VerifierKey, has_witnesses: bool) -> str:
    command = f"evote receipt check receipt-{index}.tlog-proof --key {key.encode()}"
    return f"{command} --policy policy" if has_witnesses else command


def _shell_commands(proof: EntryProof | None, *, key: VerifierKey) -> str:
    if proof is None:
        return ""
    context = {
        "index": str(proof.entry.index),
        "joins": proof.joins,
        "key_base64": key.encode().split("+", 2)[2],
        "key_id": key.key_id.hex(),
        "key_name": key.name,
    }
    return render_to_string("audit/shell_commands.txt", context).strip()


def _key() -> VerifierKey:
    return VerifierKey.decode(selectors.verifier_key())
