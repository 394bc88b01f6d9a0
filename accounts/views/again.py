"""Ask once more who it is, before something that cannot be taken back."""

from collections.abc import Callable

from allauth.account.decorators import reauthentication_required
from django.http import HttpResponseBase

View = Callable[..., HttpResponseBase]


def ask_again(view: View) -> View:
    """Open a page only to somebody who gave their password or passkey of late."""
    asking: View = reauthentication_required(view)
    return asking


def ask_again_to_change(view: View) -> View:
    """Show a page as usual; take its form only after the same question."""
    asking: View = reauthentication_required(view, allow_get=True)
    return asking
