"""What people send to register a document, and to let another platform do it."""

import re

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.forms.fields import ReadField
from audit.models import Evidence
from audit.models.evidence import KEY_NAME_CHARACTERS, LABEL_CHARACTERS
from audit.services.evidence import EMPTY_FILE, Filing, private_filing

NOT_A_HASH = _("A SHA-256 has 64 characters: digits and the letters a to f.")
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


def hash_in(text: str) -> bytes | None:
    """Read a SHA-256 as programs print it: hexadecimal, perhaps with the file's name behind it."""
    words = text.lower().split()
    first = words[0].removeprefix("\\") if words else ""  # sha256sum marks odd file names so
    return bytes.fromhex(first) if _HASH.fullmatch(first) else None


class EvidenceForm(forms.Form):
    """A document to be registered, by its hash.

    With a script the browser makes the hash, and for a private registration the commitment and
    its salt, so that not even the hash comes here.
    """

    document = ReadField(
        label=_("SHA-256 of the document"),
        help_text=_("64 characters, as the command prints them."),
        max_length=1_000,
        read=hash_in,
        refusal=NOT_A_HASH,
        required=True,
        error_messages={"required": _("Choose a document, or give its SHA-256.")},
    )
    commitment = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    salt = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    form = forms.ChoiceField(
        label=_("Who may find it?"),
        choices=[
            (
                Evidence.Form.COMMITMENT,
                _("Nobody without the receipt: the log gets a salted hash (private)"),
            ),
            (
                Evidence.Form.DOCUMENT,
                _("Anyone who has the same document: the log gets its SHA-256 (findable)"),
            ),
        ],
        initial=Evidence.Form.COMMITMENT,
        widget=forms.RadioSelect,
    )
    label = forms.CharField(
        label=_("What you call it"),
        help_text=_("Only you see this. It never goes into the log, and you can delete it."),
        required=False,
        max_length=LABEL_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        # The script sends a commitment instead of the hash.
        self.fields["document"].required = not (data and data.get("commitment"))

    def clean_document(self) -> bytes | None:
        """See that it is not the hash of nothing."""
        digest: bytes | None = self.cleaned_data["document"]
        if digest is not None and digest.hex() == EMPTY_FILE:
            msg = gettext("This is the hash of an empty file. Choose the document itself.")
            raise forms.ValidationError(msg)
        return digest

    def clean_commitment(self) -> bytes | None:
        """Read what the script computed."""
        return self._hash("commitment")

    def clean_salt(self) -> bytes | None:
        """Read what the script drew."""
        return self._hash("salt")

    def clean(self) -> None:
        """See that there is one document, and for a commitment its salt."""
        if self.errors:
            return
        data = self.cleaned_data
        if (data["commitment"] is None) != (data["salt"] is None):
            msg = gettext("The page was sent incomplete. Choose the document again.")
            self.add_error("document", msg)

    def filing(self) -> Filing:
        """Return what is to be registered."""
        data = self.cleaned_data
        if data["commitment"] is not None:
            return Filing(
                form=Evidence.Form.COMMITMENT,
                digest=data["commitment"],
                salt=data["salt"],
                label=data["label"],
            )
        if data["form"] == Evidence.Form.COMMITMENT:
            return private_filing(document=data["document"], label=data["label"])
        return Filing(form=Evidence.Form.DOCUMENT, digest=data["document"], label=data["label"])

    def _hash(self, name: str) -> bytes | None:
        text: str = self.cleaned_data[name]
        if not text:
            return None
        if not _HASH.fullmatch(text):
            msg = gettext("The page was sent incomplete. Choose the document again.")
            raise forms.ValidationError(msg)
        return bytes.fromhex(text)


class LabelForm(forms.Form):
    """What an owner calls a registered document."""

    label = forms.CharField(
        label=_("What you call it"),
        help_text=_("Only you see this. Leave it empty to delete it."),
        required=False,
        max_length=LABEL_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class EvidenceKeyForm(forms.Form):
    """A key for another platform."""

    name = forms.CharField(
        label=_("Name of the platform"),
        help_text=_("So that you know later which key to revoke."),
        max_length=KEY_NAME_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
