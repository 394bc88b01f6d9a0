"""Bodies that run consultations and elections."""

from django.db import models
from django.db.models import F, Q


class Organisation(models.Model):
    """A body that runs consultations; organisations form a tree.

    No foreign key leads from here to a person: elections point here, and from a ballot no
    chain of keys may reach anybody.
    """

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")),
                name="accounts_organisation_is_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name
