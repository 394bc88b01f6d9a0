"""The page where anyone checks a receipt. The server checks the file and does not keep it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audit import selectors
from audit.forms import BALLOT_LIMIT_BYTES, KIND_NAMES, ReceiptForm
from audit.selectors.closed_logs import closed_logs
from audit.selectors.key import closed_log_keys
from audit.selectors.trusted import trusted_policies, trusted_policy
from audit.services.log import EntryRefused, encode_entry
from evote.encoding import decode_json
from evote.errors import DecodeError
from evote.tlog.note import VerifierKey
from evote.tlog.policy import POLICY_LIMIT_BYTES, Cosignature, decode_policy
from evote.tlog.receipt import (
    ENTRY_LIMIT_BYTES,
    RECEIPT_LIMIT_BYTES,
    Check,
    ReceiptReport,
    Step,
    check_receipt,
    decode_receipt,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenEntry:
    """What a receipt proves, so that the page can say it in words."""

    text: str
    content: dict[str, object]


# The largest receipt, ballot, entry and policy together, and the form around them.
UPLOAD_LIMIT_BYTES = (
    RECEIPT_LIMIT_BYTES + BALLOT_LIMIT_BYTES + ENTRY_LIMIT_BYTES + POLICY_LIMIT_BYTES + 100_000
)
# As in booth/src/log/checking.ts.
STEPS = ("READABLE", "ORIGIN", "SIGNATURE", "COSIGNATURES", "INCLUSION", "BALLOT", "DOCUMENT")
STATES = {True: "held", False: "failed", None: "later"}


@csrf_exempt  # It changes nothing, and asks for no cookie from people who only check a receipt.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Show the form; after a receipt was sent, the numbered checks above it."""
    context = checker_context() | {"commands": _commands()}
    if request.method != "POST":
        return render(request, "audit/check_receipt.html", context | {"form": ReceiptForm()})
    if _length(request) > UPLOAD_LIMIT_BYTES:  # before a byte of it is read
        context |= {"form": ReceiptForm(), "upload_limit": UPLOAD_LIMIT_BYTES // 1000}
        return render(request, "audit/check_receipt.html", context, status=413)
    form = ReceiptForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "audit/check_receipt.html", context | {"form": form}, status=400)
    report = _report(form.cleaned_data)
    context |= {"form": ReceiptForm(), "report": report, "checks": _described(report)}
    failed = [check.held for check in report.checks].index(False) if report.failure else -1
    context |= {
        "failed_number": failed + 1,
        "is_ballot_checked": _has(report, Step.BALLOT),
        "is_document_checked": _has(report, Step.DOCUMENT),
    }
    context |= {"file_name": _file_name(form), "entry": _entry(report)}
    return render(request, "audit/check_receipt.html", context)


def checker_context() -> dict[str, Any]:
    """Give what the checker in the browser is told: this log's key and policy, and words."""
    policy = _own_policy().decode()
    return {
        "keys": "\n".join(_keys()),
        "closed_logs": closed_logs(),
        "policy": policy,
        "trusted": _trusted(),
        "kind_names": KIND_NAMES,
        "steps": STEPS,
        "inclusion_number": 5 if policy else 4,
    }


def _commands() -> str:
    """Write the same check for `evote`, under the policy if there is one."""
    check = f"evote receipt check receipt.tlog-proof \\\n  --key {selectors.verifier_key()}"
    if not _own_policy():
        return check
    return f"curl -o policy {settings.BASE_URL}/log/policy\n{check} \\\n  --policy policy"


def _trusted() -> str:
    """Write the policies of other logs as JSON, for the checker in the browser."""
    policies = {name: data.decode() for name, data in trusted_policies().items()}
    return json.dumps(policies) if policies else ""


def _own_policy() -> bytes:
    """Give this installation's policy; nothing where it asks for no witness, or cannot be used.

    Keys that the log had earlier, and those of closed logs on which it follows, stand in it too:
    receipts of their day are still good.
    """
    try:
        policy = selectors.current_policy()
        if policy is None or policy.quorum is None:
            return b""
        published = selectors.published_policy()
    except selectors.PolicyUnusable:
        return b""
    named = {log.key.encode() for log in policy.logs}
    earlier = [key for key in _keys() if key not in named]
    return "".join(f"log {key}\n" for key in earlier).encode() + published


def _keys() -> list[str]:
    """Give every key under which a receipt of this installation may be good."""
    return [*selectors.verifier_keys(), *(key.encode() for key in closed_log_keys())]


def _length(request: HttpRequest) -> int:
    """Give the length that the sender announced; the server reads no more than that."""
    text = request.META.get("CONTENT_LENGTH", "")
    return int(text) if text.isdecimal() else 0


def _report(data: dict[str, Any]) -> ReceiptReport:
    tracker = data["tracker"]
    if data["ballot"] is not None:
        tracker = hashlib.sha256(data["ballot"]).digest()
    receipt = data["receipt"] if data["receipt"] is not None else data["pasted"]
    key, policy = data["key"], data["policy"]
    if key is None and policy is None:
        policy = trusted_policy(receipt)
    if key is None and policy is None:
        key = _own_key(receipt)
        policy = decode_policy(own) if (own := _own_policy()) else None
    return check_receipt(
        receipt,
        key=key,
        policy=policy,
        entry=data["entry"],
        tracker=tracker,
        document=data["document"],
    )


def _own_key(receipt: bytes) -> VerifierKey:
    """Return the key under which this log signed the receipt: an earlier one, or the present."""
    try:
        return selectors.key_of_note(decode_receipt(receipt).checkpoint)
    except DecodeError:
        return VerifierKey.decode(selectors.verifier_key())


def _has(report: ReceiptReport, step: Step) -> bool:
    return any(check.step is step for check in report.checks)


def _file_name(form: ReceiptForm) -> str:
    file = form.files.get("receipt")
    return file.name if file is not None and file.name else _("The pasted receipt")


def _entry(report: ReceiptReport) -> ProvenEntry | None:
    if report.failure is not None or report.entry is None:
        return None
    return ProvenEntry(text=report.entry.decode(errors="replace"), content=_content(report.entry))


def _content(entry: bytes) -> dict[str, object]:
    """Read an entry of a kind that we know; another log's entries may be anything."""
    try:
        content = decode_json(entry, source="the entry", limit_bytes=ENTRY_LIMIT_BYTES)
        if not isinstance(content, dict):
            return {}
        body = {name: value for name, value in content.items() if name != "kind"}
        encoded = encode_entry(kind=str(content.get("kind")), body=body)
    except (DecodeError, EntryRefused):
        return {}
    return content if encoded == entry else {}


def _described(report: ReceiptReport) -> list[dict[str, str]]:
    return [
        {"text": _title(check, report), "how": how, "state": STATES[check.held]}
        | ({"word": _("Not run")} if check.held is None else {})
        | ({"how_language": "en"} if how and how == check.detail else {})
        for check in report.checks
        for how in [_detail(check, report)]
    ]


def _title(check: Check, report: ReceiptReport) -> str:
    if check.step is Step.SIGNATURE and report.checkpoint is not None:
        size = number_format(report.checkpoint.size, force_grouping=True)
        return _("The log signed checkpoint %(size)s") % {"size": size}
    return {
        Step.READABLE: _("The file is a receipt"),
        Step.ORIGIN: _("The receipt belongs to this log"),
        Step.SIGNATURE: _("The log signed the checkpoint"),
        Step.COSIGNATURES: _("The witnesses of the policy cosigned it"),
        Step.INCLUSION: _("The entry is under that checkpoint"),
        Step.BALLOT: _("The entry is that of this ballot"),
        Step.DOCUMENT: _("The entry registers this document"),
    }[check.step]


def _detail(check: Check, report: ReceiptReport) -> str:
    """Say what was compared. What went wrong is said in the checker's own words."""
    if check.held is None:
        return ""
    if not check.held or report.receipt is None:
        return check.detail
    hashes = len(report.receipt.proof)
    if check.step is Step.INCLUSION:
        return ngettext(
            "%(hashes)s hash leads from entry %(index)s to the root",
            "%(hashes)s hashes lead from entry %(index)s to the root",
            hashes,
        ) % {"hashes": hashes, "index": number_format(report.receipt.index, force_grouping=True)}
    if check.step is Step.COSIGNATURES and report.cosigned and report.cosigned.cosignatures:
        return " · ".join(map(_cosigned, report.cosigned.cosignatures))
    if check.step is Step.READABLE:
        return _("Form c2sp.org/tlog-proof@v1")
    if check.step is Step.BALLOT:
        return _("Its payload and the tracker are the same 32 bytes")
    return check.detail


def _cosigned(cosignature: Cosignature) -> str:
    """Name a witness and the time that it gave, in UTC, as the browser writes it."""
    try:
        at = datetime.fromtimestamp(cosignature.cosigned_at, UTC)
    except (OverflowError, ValueError):  # beyond the year 9999
        return f"{cosignature.name}, {cosignature.cosigned_at} s"
    return f"{cosignature.name}, {at:%Y-%m-%d %H:%M} UTC"
