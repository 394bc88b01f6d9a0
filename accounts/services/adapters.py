"""Where django-allauth asks the house: addresses, mail, messages, secrets."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from nacl.encoding import Base64Encoder
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from accounts.models import User
from accounts.services.mail import full_address, send_mail
from accounts.services.people import end_other_sessions


class AccountAdapter(DefaultAccountAdapter):
    """Accounts as the house wants them."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed."),
        "email_password_mismatch": _(
            "The e-mail address and the password do not belong together. "
            "Check both, or sign in by e-mail code"
        ),
        "email_taken": _("This address cannot be used here. Write another one"),
        "enter_current_password": _("This is not your present password"),
        "incorrect_code": _("This is not the code. Check it, or ask for a new one"),
        "incorrect_password": _("This is not your password"),
        "invalid_password_reset": _("This link was used already, or is older than an hour."),
        "rate_limited": _("That was quick. Wait half a minute, then ask again."),
        "same_as_current": _("This is the address you have now"),
        "too_many_login_attempts": _(
            "Too many attempts. Wait ten minutes, or sign in with a passkey"
        ),
    }

    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, *, commit: bool = True
    ) -> User:
        """Keep the pseudonym that was chosen with the rest of the account."""
        user.display_name = form.cleaned_data["display_name"]
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved

    def is_safe_url(self, url: str) -> bool:
        """Allow a way back to this very site only."""
        home = urlsplit(settings.BASE_URL)
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={home.netloc}, require_https=home.scheme == "https"
        )

    def send_mail(self, template_prefix: str, email: str, context: Mapping[str, Any]) -> None:
        """Send mail whose addresses come from the settings, never from the Host header."""
        addresses = {
            "signup_url": full_address("account_signup"),
            "login_code_url": full_address("account_request_login_code"),
            "security_url": full_address("account_reset_password"),
            "help_url": full_address("site:help"),
        }
        texts = {key: value for key, value in context.items() if isinstance(value, str)}
        send_mail(
            to=email,
            template=template_prefix,
            context=texts | addresses,
            language=get_language() or settings.LANGUAGE_CODE,
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the address at which a new password can be chosen."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.BASE_URL}{path.replace('UID-KEY', quote(key))}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to one's own page after a change."""
        return reverse("accounts:own")

    def get_email_verification_redirect_url(self, email_address: object) -> str:
        """Go back to one's own page after a change of address."""
        return reverse("accounts:own")

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the owner what changed. A new factor or address ends their other sessions.

        allauth calls this at each such change. (A new password ends them by itself.)
        """
        super().send_notification_mail(template_prefix, user, context, email)
        if template_prefix.startswith("mfa/") or template_prefix == "account/email/email_changed":
            request = allauth_context.request
            end_other_sessions(user=user)
            if request.user.pk == user.pk:
                update_session_auth_hash(request, user)

    def is_reauthentication_required(self, *, app: str, **details: Any) -> bool:  # noqa: ANN401
        """Ask once more unless the person has just signed in with a password or a passkey."""
        oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        has_just_signed_in = any(
            record["method"] in {"password", "mfa"} and record["at"] > oldest
            for record in get_authentication_records(self.request, self.request.user)
        )
        return not has_just_signed_in and super().is_reauthentication_required(app=app, **details)

    def _get_login_attempts_cache_key(
        self,
        request: HttpRequest,
        **credentials: Any,  # noqa: ANN401 - allauth's signature
    ) -> str:
        # allauth puts the Host header before the address: whoever varies its port starts anew.
        return str(credentials.get("email", "")).lower()


class MFAAdapter(DefaultMFAAdapter):
    """Second factors as the house wants them."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This is not the code. Check it, or wait for the next one"),
        "unverified_email": _("Confirm your new e-mail address first."),
        "cannot_generate_recovery_codes": _("Add a passkey or an app first."),
    }

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the installation's own name, whatever the Host header says."""
        return {
            "id": urlsplit(settings.BASE_URL).hostname or "",
            "name": settings.INSTALLATION_NAME,
        }

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Propose a name for a new passkey."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}

    def build_totp_svg(self, url: str) -> str:
        """Draw the code that an app reads, without style attributes: the CSP forbids them."""
        return str(
            segno.make(url, error="m").svg_inline(
                omitsize=True,
                dark="#000",
                light=None,
                border=2,
                svgclass="pnyx-qr pnyx-qr--l",
                lineclass=None,
            )
        )

    def encrypt(self, text: str) -> str:
        """Close a secret of an app or the seed of recovery codes, so that a backup leaks none."""
        return _box(settings.SECRET_KEY).encrypt(text.encode(), encoder=Base64Encoder).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` closed, with this key or with a retired one."""
        closed = encrypted_text.encode()
        for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]:
            try:
                return _box(secret).decrypt(closed, encoder=Base64Encoder).decode()
            except CryptoError:
                continue
        msg = "A second factor was closed with a secret key that is no longer in the settings."
        raise CryptoError(msg)


def _box(secret: str | bytes) -> SecretBox:
    key = salted_hmac("accounts.second_factors", b"", secret=secret, algorithm="sha256")
    return SecretBox(key.digest())
