"""The tree of organisations."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation
from accounts.selectors import lineage


class OrganisationRefused(Exception):
    """The organisation was not added or moved. The message is fit for the administrator."""


@transaction.atomic
def add_organisation(*, name: str, slug: str, parent: Organisation | None) -> Organisation:
    """Add an organisation, at the top of the tree or below another.

    Raises:
        OrganisationRefused: another organisation has this address.

    """
    try:
        with transaction.atomic():
            return Organisation.objects.create(name=name, slug=slug, parent=parent)
    except IntegrityError as error:
        msg = _("Another organisation already has the address “%(slug)s”.") % {"slug": slug}
        raise OrganisationRefused(msg) from error


@transaction.atomic
def move_organisation(*, organisation: Organisation, parent: Organisation | None) -> None:
    """Put an organisation, with all below it, somewhere else in the tree.

    Raises:
        OrganisationRefused: it would stand below itself.

    """
    # All rows, in one order: two moves at once could otherwise close a circle together.
    list(Organisation.objects.select_for_update().order_by("pk").values_list("pk"))
    if parent is not None and organisation.pk in lineage(parent):
        msg = _("An organisation cannot stand below itself.")
        raise OrganisationRefused(msg)
    organisation.parent = parent
    organisation.save(update_fields=["parent"])
