"""What people ask of the log, and what they register in it."""

from audit.forms.evidence import EvidenceForm, EvidenceKeyForm, LabelForm
from audit.forms.log import BALLOT_LIMIT_BYTES, KIND_NAMES, BoardForm, ReceiptForm

__all__ = [
    "BALLOT_LIMIT_BYTES",
    "KIND_NAMES",
    "BoardForm",
    "EvidenceForm",
    "EvidenceKeyForm",
    "LabelForm",
    "ReceiptForm",
]
