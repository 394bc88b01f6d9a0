"""Passkeys, apps and recovery codes: allauth's forms in our words."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.wording import WordedForm, Words

CODE = Words(
    _("Code"),
    _("Six digits from your app, or one of your recovery codes."),
    _("Write the code from your app"),
)
APP_CODE = Words(_("Code from the app"), "", _("Write the code that the app shows"))
NAME = Words(
    _("Name of this passkey"),
    _("Helps you to tell your devices apart, for instance “Phone”."),
    _("Write a name"),
)
# What the libraries raise for an answer that has not the shape of a browser's.
MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)


LONGEST_ANSWER = 50_000


class AnswerField(forms.JSONField):
    """What a browser's authenticator answered: JSON of a reasonable size and depth."""

    widget = forms.HiddenInput

    def to_python(self, value: str | None) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Read the JSON.

        Raises:
            ValidationError: it is too long, too deep or no JSON at all.

        """
        if value and len(value) > LONGEST_ANSWER:
            raise get_adapter().validation_error("incorrect_code")
        try:
            answer = super().to_python(value)
            # Lone surrogates are legal in JSON, and nowhere after it.
            json.dumps(answer, ensure_ascii=False).encode()
        except (RecursionError, UnicodeEncodeError) as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return answer

    def bound_data(self, data: object, initial: object) -> None:
        """Never show an answer again: each serves once."""

    def prepare_value(self, value: object) -> str:
        """Show an empty field."""
        del value
        return ""


class AuthenticateForm(WordedForm, base_forms.AuthenticateForm):
    """A code as the second step of signing in."""

    words: ClassVar[Mapping[str, Words]] = {"code": CODE}


class ReauthenticateForm(WordedForm, base_forms.ReauthenticateForm):
    """A code once more."""

    words: ClassVar[Mapping[str, Words]] = {"code": CODE}


class ActivateAppForm(WordedForm, totp_forms.ActivateTOTPForm):
    """The first code of a new app."""

    words: ClassVar[Mapping[str, Words]] = {"code": APP_CODE}


class PasskeyAnswer(forms.Form):
    """What a browser answered for a passkey; anything else is one readable error."""

    credential = AnswerField()

    def clean_credential(self) -> Authenticator:
        """Check the answer against the question that this session was asked."""
        try:
            authenticator: Authenticator = super().clean_credential()  # type: ignore[misc] # mixin
        except MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return authenticator


class LoginPasskeyForm(PasskeyAnswer, webauthn_forms.LoginWebAuthnForm):
    """A passkey instead of a password."""


class AuthenticatePasskeyForm(PasskeyAnswer, webauthn_forms.AuthenticateWebAuthnForm):
    """A passkey as the second step of signing in."""


class ReauthenticatePasskeyForm(PasskeyAnswer, webauthn_forms.ReauthenticateWebAuthnForm):
    """A passkey once more."""


class AddPasskeyForm(WordedForm, webauthn_forms.AddWebAuthnForm):
    """A name and what the browser answered."""

    words: ClassVar[Mapping[str, Words]] = {"name": NAME}
    credential = AnswerField()
    # Whether it can replace the password is the device's to say, not a question to people.
    passwordless = None

    def clean(self) -> dict[str, Any]:
        """Check the answer against the question that this session was asked."""
        try:
            cleaned: dict[str, Any] = super().clean() or {}
        except MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return cleaned


class RenamePasskeyForm(WordedForm, webauthn_forms.EditWebAuthnForm):
    """Another name."""

    words: ClassVar[Mapping[str, Words]] = {"name": NAME}
