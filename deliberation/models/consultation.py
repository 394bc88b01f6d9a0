"""Deliberations from start to end."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Consultation(models.Model):
    """A deliberation from start to end, with the promise of what will come of it.

    It is public from `published_at` on, and cannot be published without its promise: who
    decides, what is bound by the outcome, and by when people get an answer.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="consultations"
    )
    slug = models.SlugField(_("short name in the address"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=120)
    summary = models.TextField(_("summary"), max_length=600, blank=True)
    who_decides = models.TextField(_("who decides"), max_length=300, blank=True)
    what_is_bound = models.TextField(_("what is bound"), max_length=300, blank=True)
    by_when = models.TextField(_("by when"), max_length=300, blank=True)
    contact_name = models.CharField(_("contact"), max_length=120, blank=True)
    contact_email = models.EmailField(_("e-mail address of the contact"), blank=True)
    endorsement_threshold = models.PositiveIntegerField(
        _("endorsements that shortlist a proposal"), null=True, blank=True
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(endorsement_threshold__isnull=True) | Q(endorsement_threshold__gte=1),
                name="deliberation_consultation_threshold_is_at_least_one",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True)
                | ~(
                    Q(summary="")
                    | Q(who_decides="")
                    | Q(what_is_bound="")
                    | Q(by_when="")
                    | Q(contact_name="")
                ),
                name="deliberation_consultation_is_published_with_its_promise",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the page."""
        return reverse("deliberation:consultation", args=[self.slug])

    @property
    def is_published(self) -> bool:
        """Say whether everybody may read it."""
        return self.published_at is not None

    @property
    def has_promise(self) -> bool:
        """Say whether the promise is complete."""
        return bool(self.who_decides and self.what_is_bound and self.by_when and self.contact_name)
