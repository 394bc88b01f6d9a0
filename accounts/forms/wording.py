"""Put our own words on a form, whoever made it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise


class Words(NamedTuple):
    """What a field is called, what helps to fill it in, and what to say when it is empty."""

    label: "Text"
    hint: "Text"
    missing: "Text"


EMAIL = Words(_("E-mail address"), "", _("Write your e-mail address"))
PASSWORD = Words(_("Password"), "", _("Write your password"))
NEW_PASSWORD = Words(
    _("New password"),
    _("At least 12 characters. A few words in a row are easy to remember and hard to guess."),
    _("Choose a password of at least 12 characters"),
)


class WordedForm(forms.Form):
    """A form whose fields bear our words and no text inside their boxes."""

    words: ClassVar[Mapping[str, Words]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - each form has its own
        super().__init__(*args, **kwargs)
        # One password, that one may look at, instead of the same one typed twice.
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in self.words:
                words = self.words[name]
                field.label = words.label
                field.help_text = words.hint
                field.error_messages["required"] = words.missing
            if isinstance(field, forms.EmailField):
                field.error_messages["invalid"] = _("Write an address like name@example.org")
                for validator in field.validators:
                    if hasattr(validator, "message") and not hasattr(validator, "limit_value"):
                        validator.message = field.error_messages["invalid"]
