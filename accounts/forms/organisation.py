"""What administrators type about an organisation: offices, rolls, organisations below it."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.services.roll_files import LARGEST_FILE_BYTES


class GrantRoleForm(forms.Form):
    """An address and an office."""

    email = forms.EmailField(
        label=_("E-mail address of the account"),
        help_text=_("The person makes an account first and confirms this address."),
        max_length=254,
        error_messages={
            "required": _("Write the e-mail address"),
            "invalid": _("Write an address like name@example.org"),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=_("Role"),
        choices=Role.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a role")},
    )


class OrganisationForm(forms.Form):
    """A name and the word that stands for it in addresses."""

    name = forms.CharField(
        label=_("Name"), max_length=200, error_messages={"required": _("Write the name")}
    )
    slug = forms.SlugField(
        label=_("Short name in addresses"),
        help_text=_("Small letters, digits and hyphens, for instance “parks”. It cannot change."),
        max_length=60,
        error_messages={
            "required": _("Write a short name"),
            "invalid": _("Use small letters, digits and hyphens"),
        },
    )

    def clean_slug(self) -> str:
        """Keep addresses in lower case."""
        return str(self.cleaned_data["slug"]).lower()


class RollUploadForm(forms.Form):
    """A name and a file."""

    name = forms.CharField(
        label=_("Name of the roll"),
        help_text=_("For instance “Residents, November 2026”."),
        max_length=200,
        error_messages={"required": _("Write a name for the roll")},
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV, UTF-8, at most 64 MB. The first line reads: email,name. A third column, weight,"
            " is for votes that do not all weigh the same."
        ),
        error_messages={
            "required": _("Choose a file"),
            "empty": _("The file is empty."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )

    def clean_file(self) -> "File[bytes]":
        """Refuse what is too large before it is read."""
        file: File[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE_BYTES:
            raise ValidationError(
                gettext("The file is larger than 64 MB. Split it into several rolls.")
            )
        return file
