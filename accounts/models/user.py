"""People with an account."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes people; the e-mail address is the name they sign in with."""

    def create_user(self, *, email: str, display_name: str, password: str | None) -> "User":
        """Make a person who may sign in. `password` None means: by another way only."""
        user = self.model(email=self.normalize_email(email), display_name=display_name)
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


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account.

    What others see is `display_name`, a pseudonym of the person's own choice. Rights come
    from `Role` rows, never from the flags here: those open the read-only admin only.
    """

    email = models.EmailField(_("e-mail address"), unique=True)
    display_name = models.CharField(_("name that others see"), max_length=80)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

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
