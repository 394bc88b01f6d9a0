"""Refuse passwords that are guessed first, without asking for any mixture of signs."""

import re
from collections.abc import Iterator

from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

REPEATED = re.compile(r"(.+?)\1+", re.DOTALL)
EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
FEWEST_DIFFERENT = 5


def _cores(password: str) -> Iterator[str]:
    """Yield a password without what people add to a common one to make it longer."""
    for text in (password, EDGES.sub("", password)):
        yield text
        if repeated := REPEATED.fullmatch(text):
            yield repeated[1]
            yield EDGES.sub("", repeated[1])


class LongPasswordValidator(MinimumLengthValidator):
    """Ask for a length, in our words."""

    def get_error_message(self) -> str:
        """Say how long."""
        return gettext("Choose a password of at least %(shortest)d characters") % {
            "shortest": self.min_length
        }


class OtherPasswordValidator(UserAttributeSimilarityValidator):
    """Refuse a password that is much like the address or the name, in our words."""

    def get_error_message(self) -> str:
        """Say what it is like."""
        return gettext("This password is much like your address or name. Choose another")


class UncommonPasswordValidator(CommonPasswordValidator):
    """Refuse the passwords of Django's list, also repeated or with digits around them."""

    def validate(self, password: str, user: object = None) -> None:
        """Check a password.

        Raises:
            ValidationError: it is a common one, or has hardly any different letters.

        """
        folded = password.casefold()
        if len(set(folded)) < FEWEST_DIFFERENT or any(
            core in self.passwords for core in _cores(folded)
        ):
            raise ValidationError(
                gettext("This password is among the first that are guessed. Choose another"),
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        """Say what is refused."""
        return gettext("Not one that many people use.")
