"""What people change about their own account."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.names import clean_display_name, display_name_field
from accounts.models import User


class DisplayNameForm(forms.Form):
    """Another name that others see."""

    display_name = display_name_field()

    def __init__(self, *, user: User, data: object = None) -> None:
        super().__init__(data, initial={"display_name": user.display_name})  # type: ignore[arg-type] # a QueryDict
        self.user = user

    def clean_display_name(self) -> str:
        """Check the name; one's own is free."""
        return clean_display_name(self.cleaned_data["display_name"], own_key=self.user.pk)


class CloseAccountForm(forms.Form):
    """A word that nobody sends by mistake."""

    understood = forms.BooleanField(
        label=_("I understand that this cannot be undone"),
        error_messages={"required": _("Tick the box to close the account")},
    )
