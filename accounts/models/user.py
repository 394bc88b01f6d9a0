"""People with an account."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

DISPLAY_NAME_LENGTH = 80


class UserManager(BaseUserManager["User"]):
    """Makes people; the e-mail address is the name they sign in with."""

    def create_user(self, *, email: str, display_name: str, password: str | None) -> "User":
        """Make a person who may sign in. `password` None means: by another way only."""
        user = self.model(email=email.lower(), display_name=display_name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, display_name: str, password: str) -> "User":
        """Make a person who may open the read-only admin pages. Django's command calls this."""
        user = self.create_user(email=email, display_name=display_name, password=password)
        user.is_staff = True
        user.is_superuser = True
        user.save(using=self._db, update_fields=["is_staff", "is_superuser"])
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this e-mail address, however it is written."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account.

    What others see is `display_name`, a pseudonym of the person's own choice. Rights come
    from `Role` rows, never from the flags here: those open the read-only admin only.
    No foreign key leads from here to another app.
    """

    email = models.EmailField(_("e-mail address"), unique=True)
    display_name = models.CharField(_("name that others see"), max_length=DISPLAY_NAME_LENGTH)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # Not kept: a moment at which somebody was here could be laid beside a ballot.
    last_login = None
    # A session lives as long as this number stands: see `end_other_sessions`.
    session_generation = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower(F("email"))),
                name="accounts_user_email_is_lower_case",
            ),
            models.UniqueConstraint(
                Lower("display_name"),
                name="accounts_user_display_name_is_taken_once",
                violation_error_message=_("Somebody already uses this name. Choose another."),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    def get_full_name(self) -> str:
        """Return the pseudonym: we ask for no other name."""
        return self.display_name

    def get_short_name(self) -> str:
        """Return the pseudonym: we ask for no other name."""
        return self.display_name

    def natural_key(self, *_args: Any) -> tuple[str]:  # noqa: ANN401 - Django's signature
        """Return what identifies a person in a fixture."""
        return (self.email,)

    def get_session_auth_hash(self) -> str:
        """Return what a session must carry to stay alive: changes with password and generation."""
        return self._session_hash(settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the same for each retired secret key."""
        for retired in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(retired)

    def _session_hash(self, secret: str | bytes) -> str:
        return salted_hmac(
            "accounts.User.session",
            f"{self.session_generation}:{self.password}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()
