"""What people ask of the log."""

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.forms.evidence import NOT_A_HASH, hash_in
from audit.forms.fields import TO_THE_LETTER, ContentField, ReadField, exact_line
from audit.selectors import ENTRY_KINDS
from audit.selectors.entries import tracker_of
from audit.selectors.schemas import ELECTION_PATTERN
from audit.services.log import about_of
from evote.errors import EvoteError
from evote.tlog.note import VerifierKey
from evote.tlog.policy import POLICY_LIMIT_BYTES, Policy, decode_policy
from evote.tlog.receipt import ENTRY_LIMIT_BYTES, RECEIPT_LIMIT_BYTES

INDEX_LIMIT = 2**63 - 1
SEARCH_LIMIT_CHARACTERS = 200
KEY_LIMIT_CHARACTERS = 500
BALLOT_LIMIT_BYTES = 256_000

KIND_NAMES = {
    "election-event": _("Event of an election"),
    "election-outcome": _("Outcome of an election"),
    "booth": _("Voting booth"),
    "roll-sealed": _("Sealed roll"),
    "credentials-listed": _("List of credentials"),
    "credential-replaced": _("Replaced credential"),
    "consultation-phase": _("Phase of a consultation"),
    "rule-fired": _("Rule that fired"),
    "proposal": _("Version of a proposal"),
    "moderation": _("Act of moderation"),
    "appeal": _("Appeal"),
    "certificate-issued": _("Issued certificate"),
    "certificate-revoked": _("Revoked certificate"),
    "evidence": _("Registered document"),
    "data-shared": _("Shared data"),
    "software": _("Software"),
    "key-rotation": _("New key of the log"),
    "log-succession": _("Closing of the old log"),
}
assert KIND_NAMES.keys() == ENTRY_KINDS.keys()


class BoardForm(forms.Form):
    """Which part of the board to show."""

    q = forms.CharField(
        label=_("Find an entry"),
        help_text=_(
            "A tracker, a hash or the number of an entry. Of a tracker or hash, the first eight "
            "characters are enough."
        ),
        required=False,
        max_length=SEARCH_LIMIT_CHARACTERS,
        widget=exact_line(),
    )
    kind = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("Every kind of entry")), *KIND_NAMES.items()],
    )
    election = forms.RegexField(
        regex=rf"^{ELECTION_PATTERN}\Z", required=False, widget=forms.HiddenInput
    )
    consultation = forms.SlugField(required=False, max_length=100, widget=forms.HiddenInput)
    before = forms.IntegerField(
        required=False, min_value=0, max_value=INDEX_LIMIT, widget=forms.HiddenInput
    )
    after = forms.IntegerField(
        required=False, min_value=-1, max_value=INDEX_LIMIT, widget=forms.HiddenInput
    )

    @property
    def about(self) -> str:
        """What the entries have to be about, as the log writes it; empty for everything."""
        return about_of(self.cleaned_data)


def _key_in(text: str) -> VerifierKey | None:
    try:
        return VerifierKey.decode(text)
    except EvoteError:
        return None


class ReceiptForm(forms.Form):
    """A receipt to be checked, and what it should be about. Nothing of it is kept."""

    receipt = ContentField(
        label=_("Drop your receipt here"),
        help_text=_("or choose the file. Its name ends in .tlog-proof"),
        limit_bytes=RECEIPT_LIMIT_BYTES,
        allow_empty_file=True,
        ending=".tlog-proof",
    )
    pasted = forms.CharField(
        label=_("Or paste the receipt’s text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, **TO_THE_LETTER}),
        validators=[MaxLengthValidator(RECEIPT_LIMIT_BYTES)],
    )
    tracker = ReadField(
        label=_("Tracker of your ballot"),
        help_text=_("43 characters. With it we check that the receipt is that of your ballot."),
        max_length=SEARCH_LIMIT_CHARACTERS,
        read=tracker_of,
        refusal=_("A tracker has 43 characters: letters, digits, + and /. Copy it whole."),
    )
    ballot = ContentField(
        label=_("Or the ballot itself"),
        help_text=_("The encrypted ballot, byte for byte."),
        limit_bytes=BALLOT_LIMIT_BYTES,
    )
    entry = ContentField(
        label=_("The entry"),
        help_text=_("Only for a receipt that does not carry its entry. Ours do."),
        limit_bytes=ENTRY_LIMIT_BYTES,
    )
    key = ReadField(
        label=_("Key of another log"),
        help_text=_("Leave it empty for a receipt of this installation."),
        max_length=KEY_LIMIT_CHARACTERS,
        read=_key_in,
        refusal=_("This is not the key of a log: it has the form name+id+base64."),
    )
    policy = ContentField(
        label=_("Trust policy"),
        help_text=_(
            "A file that names logs and witnesses and says how many have to agree. Every "
            "installation has one at /log/policy."
        ),
        limit_bytes=POLICY_LIMIT_BYTES,
    )
    document = ReadField(
        label=_("SHA-256 of the document"),
        help_text=_("If one was registered: the 64 characters that sha256sum prints."),
        max_length=SEARCH_LIMIT_CHARACTERS,
        read=hash_in,
        refusal=NOT_A_HASH,
    )

    def clean_pasted(self) -> bytes | None:
        """Give browsers' line ends back as the log writes them."""
        text: str = self.cleaned_data["pasted"]
        if not text.strip():
            return None
        # A text area loses the last line feed when it is copied without it.
        return (text.replace("\r\n", "\n").strip("\n") + "\n").encode("utf-8", "replace")

    def clean_policy(self) -> Policy | None:
        """Read the policy."""
        content: bytes | None = self.cleaned_data["policy"]
        if content is None:
            return None
        try:
            return decode_policy(content)
        except EvoteError as error:
            msg = gettext("This is not a trust policy. {detail}").format(detail=error)
            raise forms.ValidationError(msg) from error

    def clean(self) -> None:
        """See that there is exactly one receipt, and one ballot at most."""
        file, pasted = self.cleaned_data.get("receipt"), self.cleaned_data.get("pasted")
        if file is None and pasted is None and not self.errors:
            self.add_error("receipt", gettext("Choose a receipt, or paste its text."))
        if file is not None and pasted is not None:
            self.add_error("pasted", gettext("There are two receipts: take out the file or this."))
        if self.cleaned_data.get("ballot") and self.cleaned_data.get("tracker"):
            self.add_error("ballot", gettext("Give the tracker or the ballot, not both."))
