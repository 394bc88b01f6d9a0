"""Sign up, sign in, prove an address, choose a password: allauth's forms in our words."""

from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.forms.names import clean_display_name, display_name_field
from accounts.forms.wording import EMAIL, NEW_PASSWORD, PASSWORD, WordedForm, Words
from accounts.models import User

CODE = Words(_("Code from the mail"), "", _("Write the code from the mail"))


class LoginForm(WordedForm, allauth_forms.LoginForm):
    """An address and a password."""

    words: ClassVar[Mapping[str, Words]] = {"login": EMAIL, "password": PASSWORD}

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - allauth's signature
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"

    def clean(self) -> dict[str, Any] | None:
        """Say beside the password what is wrong; which of the two it is, nobody is told."""
        try:
            return super().clean()
        except ValidationError as error:
            self.add_error("password", error)
            return self.cleaned_data


class SignupForm(WordedForm, allauth_forms.SignupForm):
    """An address, a password, and the name that others see."""

    words: ClassVar[Mapping[str, Words]] = {
        "email": EMAIL._replace(hint=_("We send a code to it. Nobody else sees it.")),
        "password1": NEW_PASSWORD._replace(label=_("Password")),
    }
    display_name = display_name_field()
    field_order = ("display_name", "email", "password1")

    def clean_display_name(self) -> str:
        """Check the name."""
        return clean_display_name(self.cleaned_data["display_name"], own_key=None)

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Make the account. A taken address costs the same time: that of hashing a password."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        result: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return result


class RequestLoginCodeForm(WordedForm, allauth_forms.RequestLoginCodeForm):
    """An address to which a code is sent."""

    words: ClassVar[Mapping[str, Words]] = {"email": EMAIL}


class ConfirmLoginCodeForm(WordedForm, allauth_forms.ConfirmLoginCodeForm):
    """The code that was sent."""

    words: ClassVar[Mapping[str, Words]] = {"code": CODE}


class ConfirmEmailForm(WordedForm, allauth_forms.ConfirmEmailVerificationCodeForm):
    """The code that proves an address."""

    words: ClassVar[Mapping[str, Words]] = {"code": CODE}


class ResetPasswordForm(WordedForm, allauth_forms.ResetPasswordForm):
    """An address to which a link is sent."""

    words: ClassVar[Mapping[str, Words]] = {"email": EMAIL}


class ResetPasswordKeyForm(WordedForm, allauth_forms.ResetPasswordKeyForm):
    """A new password for somebody who followed the link."""

    words: ClassVar[Mapping[str, Words]] = {"password1": NEW_PASSWORD}


class ChangePasswordForm(WordedForm, allauth_forms.ChangePasswordForm):
    """The present password and a new one."""

    words: ClassVar[Mapping[str, Words]] = {
        "oldpassword": Words(_("Present password"), "", _("Write your present password")),
        "password1": NEW_PASSWORD,
    }


class SetPasswordForm(WordedForm, allauth_forms.SetPasswordForm):
    """A first password."""

    words: ClassVar[Mapping[str, Words]] = {"password1": NEW_PASSWORD}


class ChangeEmailForm(WordedForm, allauth_forms.AddEmailForm):
    """A new address."""

    words: ClassVar[Mapping[str, Words]] = {
        "email": EMAIL._replace(
            label=_("New e-mail address"),
            hint=_("We send a code to it. The old address stays until you have typed the code."),
        )
    }


class ReauthenticateForm(WordedForm, allauth_forms.ReauthenticateForm):
    """The password once more."""

    words: ClassVar[Mapping[str, Words]] = {"password": PASSWORD}
