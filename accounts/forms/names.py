"""What a name may look like that others see."""

import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.selectors import is_display_name_taken

SHORTEST, LONGEST = 2, 40
PUNCTUATION = frozenset(" .'’-·")
# What closed accounts are called.
RESERVED = "former participant"


def clean_display_name(name: str, *, own_key: int | None) -> str:
    """Return a name in its normal form.

    Letters, marks, digits and a few signs between them: nothing that could pass for an
    address in a mail, hide in a line or turn its direction.

    Raises:
        ValidationError: the name is too short, too long, has other signs, or is taken.

    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not SHORTEST <= len(name) <= LONGEST:
        raise ValidationError(
            gettext("Write a name of %(from)d to %(to)d characters. This one has %(count)d")
            % {"from": SHORTEST, "to": LONGEST, "count": len(name)}
        )
    is_plain = all(
        letter in PUNCTUATION or unicodedata.category(letter)[0] in "LMN" for letter in name
    )
    # "L. Aydın" has a full stop before a space; "example.org" has one before a letter.
    has_address = any(not part.endswith(".") and "." in part for part in name.split(" "))
    if not is_plain or has_address:
        raise ValidationError(
            gettext("Use letters, digits, spaces, hyphens and apostrophes. No web or mail address")
        )
    if name.lower().startswith(RESERVED) or is_display_name_taken(name, own_key=own_key):
        raise ValidationError(gettext("Somebody already uses this name. Choose another"))
    return name


def display_name_field() -> forms.CharField:
    """Return the field in which people choose what others see of them."""
    return forms.CharField(
        label=_("Name that others see"),
        help_text=_("It stands beside what you write. It need not be your own name."),
        error_messages={"required": _("Write the name that others see")},
        widget=forms.TextInput(attrs={"autocomplete": "nickname", "spellcheck": "false"}),
    )
