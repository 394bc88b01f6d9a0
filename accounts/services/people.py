"""Changes to a person's own account."""

import secrets

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F

from accounts.models import Role, User
from accounts.services.mail import compose_mail
from accounts.services.roles import revoke_role
from audit.services.evidence import forget_owner

# RFC 2606: no mail can ever reach an address that ends so.
REMOVED_DOMAIN = "removed.invalid"


@transaction.atomic
def add_person(*, email: str, display_name: str, password: str | None) -> User:
    """Make a person whose address the caller vouches for, so that no code is mailed.

    For the demo, the command line and tests. People who sign up prove their address.
    """
    user = User.objects.create_user(email=email, display_name=display_name, password=password)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@transaction.atomic
def change_display_name(*, user: User, display_name: str) -> None:
    """Give a person another pseudonym. It changes on everything that they wrote."""
    user.display_name = display_name
    user.save(update_fields=["display_name"])


@transaction.atomic
def end_other_sessions(*, user: User) -> None:
    """Sign a person out everywhere. The caller renews the session in which they asked."""
    User.objects.filter(pk=user.pk).update(session_generation=F("session_generation") + 1)
    user.refresh_from_db(fields=["session_generation"])


@transaction.atomic
def close_account(*, user: User, language: str) -> None:
    """Forget who somebody is. What they wrote stays, under a pseudonym made at random.

    Name, address, password, second factors and offices go, and the list of documents that they
    registered. Nobody can sign in as them again,
    and the address may be used for a new account. A last mail goes to it, in `language`.

    Raises:
        LastAdministrator: an organisation would be left without an administrator.

    """
    user = User.objects.select_for_update().get(pk=user.pk)
    for role in Role.objects.filter(user=user).order_by("pk"):
        revoke_role(role=role)
    farewell = compose_mail(
        to=user.email, template="account/email/account_closed", context={}, language=language
    )
    token = secrets.token_hex(8)
    user.display_name = f"Former participant {token}"
    user.email = f"{token}@{REMOVED_DOMAIN}"
    user.is_active = False
    user.is_staff = False
    user.is_superuser = False
    user.set_unusable_password()
    user.session_generation += 1
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    forget_owner(owner=str(user.pk))
    transaction.on_commit(farewell.send)
