"""The sheet of a registered document, in the words of the reader's language."""

import uuid
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from audit import selectors
from audit.analysis.evidence_sheet import Row, Sheet, Step, draw_sheet
from audit.models import Evidence
from audit.selectors.cosignatures import newest_cosignatures
from audit.selectors.evidence import EvidenceState, state_of
from audit.selectors.receipts import EntryProof
from audit.views.evidence import own_evidence

COSIGNERS_LIMIT = 5


@login_required
@never_cache
@require_GET
def sheet(request: HttpRequest, evidence_id: uuid.UUID) -> HttpResponse:
    """Hand over one page for a court."""
    state = state_of(own_evidence(request, evidence_id))
    if state.complete_receipt is None or state.proof is None:
        raise Http404(_("There is no receipt yet: the next checkpoint is a few seconds away."))
    index = state.proof.entry.index
    response = HttpResponse(
        draw_sheet(_described(state, proof=state.proof)), content_type="application/pdf"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="entry-{index}.pdf"'
    return response


def _described(state: EvidenceState, *, proof: EntryProof) -> Sheet:
    return Sheet(
        title=_("Registered document"),
        subtitle=_("Entry %(index)s of the log %(origin)s, kept by %(installation)s")
        % {
            "index": proof.entry.index,
            "origin": selectors.log_origin(),
            "installation": settings.INSTALLATION_NAME,
        },
        statement=_statement(state),
        rows=_rows(state, proof=proof),
        steps_title=_("How to check it without the installation that kept it"),
        steps=_steps(state, proof=proof),
        limits=_(
            "This shows that exactly this file existed when the checkpoint was cosigned and "
            "stamped. It does not show who wrote it, who registered it, or that it is true. The "
            "log holds no names; the name of the document is its owner's and stands only here."
        ),
        address=f"{settings.BASE_URL}/log/entries/{proof.entry.index}.tlog-proof",
        address_name=_("Receipt of the entry, also as QR code:"),
    )


def _statement(state: EvidenceState) -> str:
    if state.evidence.form == Evidence.Form.DOCUMENT:
        return _(
            "The log holds the SHA-256 of a document. Whoever has the document can compute the "
            "same 32 bytes and find them in the entry."
        )
    return _(
        "The log holds a commitment: the SHA-256 of a salt followed by the SHA-256 of a document. "
        "With the document and the salt below, anybody can compute the same 32 bytes."
    )


def _rows(state: EvidenceState, *, proof: EntryProof) -> list[Row]:
    evidence = state.evidence
    is_findable = evidence.form == Evidence.Form.DOCUMENT
    digest_name = _("SHA-256 of the document") if is_findable else _("Salted commitment")
    rows = [
        Row(name=_("Name of the document"), value=evidence.label or "–"),
        Row(name=_("Filed"), value=_moment(evidence.filed_at), lines=1),
        Row(name=digest_name, value=bytes(evidence.digest).hex(), is_exact=True, lines=1),
    ]
    if state.salt is not None:
        rows.append(Row(name=_("Salt"), value=state.salt.hex(), is_exact=True, lines=1))
    rows += [
        Row(name=_("Hash of the entry"), value=proof.entry_hash, is_exact=True, lines=1),
        Row(
            name=_("Checkpoint"),
            value=_("of size %(size)s, signed on %(day)s")
            % {"size": proof.size, "day": proof.signed_date.isoformat()},
            lines=1,
        ),
        Row(name=_("Root"), value=proof.root.hex(), is_exact=True, lines=1),
        Row(name=_("Key of the log"), value=selectors.verifier_key(), is_exact=True, lines=3),
        Row(name=_("Cosigned by"), value=_cosigners(proof), lines=4),
    ]
    if state.timestamp is not None:
        stamped = _("%(moment)s, by the authority whose certificate is in the token")
        moment = _moment(state.timestamp.stamped_at)
        rows.append(Row(name=_("Timestamp (RFC 3161)"), value=stamped % {"moment": moment}))
    else:
        rows.append(Row(name=_("Timestamp (RFC 3161)"), value=_("none"), lines=1))
    return rows


def _cosigners(proof: EntryProof) -> str:
    lines = newest_cosignatures(proof.checkpoint).values()
    if not lines:
        return _("no witness: this log has a signature of its own alone")
    named = [f"{line.witness} ({_at(line.cosigned_at)})" for line in lines]
    text = "; ".join(named[:COSIGNERS_LIMIT])
    more = len(named) - COSIGNERS_LIMIT
    if more > 0:
        text += "; " + ngettext("and %(more)s more", "and %(more)s more", more) % {"more": more}
    return text


def _steps(state: EvidenceState, *, proof: EntryProof) -> list[Step]:
    index, size = proof.entry.index, proof.size
    receipt = f"receipt-{index}.tlog-proof"
    if state.salt is None:
        hashing = Step(
            text=_("Hash the document. The result must be the SHA-256 above."),
            command="sha256sum FILE",
        )
    else:
        hashing = Step(
            text=_("Hash the salt and the document's hash. The result must be the commitment."),
            command=f"printf '%s%s' {state.salt.hex()} \"$(sha256sum FILE | cut -c 1-64)\" "
            "| xxd -r -p | sha256sum",
        )
    steps = [
        hashing,
        Step(
            text=_(
                "Check the receipt with the program evote, or drop receipt and document on the "
                "page /verify/receipt/ of any installation. Take the key from a place you trust."
            ),
            command=f"evote receipt check {receipt} --document FILE "
            f"--key {selectors.verifier_key()}",
        ),
    ]
    if state.timestamp is not None:
        steps.append(
            Step(
                text=_("Check the timestamp with the authority's own root certificates."),
                command=f"sed '1,/^$/d' {receipt} | head -n 5 > checkpoint.txt; "
                f"openssl ts -verify -data checkpoint.txt -in checkpoint-{size}.tsr "
                "-CAfile authority.pem",
            )
        )
    return steps


def _at(seconds: int) -> str:
    try:
        return _moment(datetime.fromtimestamp(seconds, tz=UTC))
    except (OverflowError, ValueError, OSError):  # a witness may write any number
        return str(seconds)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
