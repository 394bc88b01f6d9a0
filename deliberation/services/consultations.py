"""Setting up and publishing consultations."""

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation
from deliberation.models import Consultation
from deliberation.services.phases import log_planned_phases
from deliberation.services.refusal import Refused
from deliberation.services.texts import UnfitText, clean_line, clean_text

# As the log takes it.
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_MAX_CHARACTERS = 80
RESERVED_SLUGS = frozenset({"new", "log"})


class SlugRefused(Refused):
    """The short name cannot be used in an address."""


class AlreadyPublished(Refused):
    """What people were promised cannot be changed under their hands."""


class NotReady(Refused):
    """Something is missing before the consultation can be published."""


@transaction.atomic
def draft_consultation(*, organisation: Organisation, title: str, slug: str) -> Consultation:
    """Begin a consultation that only the organisation's administrators see.

    Raises:
        SlugRefused: the short name is taken or has other than small letters and digits.
        UnfitText: the title is too short or too long.

    """
    if not SLUG.fullmatch(slug) or len(slug) > SLUG_MAX_CHARACTERS or slug in RESERVED_SLUGS:
        message = _("Use small letters a to z, digits and single hyphens between them.")
        raise SlugRefused(message, code="unfit_slug")
    if Consultation.objects.filter(slug=slug).exists():
        raise SlugRefused(_("Another consultation has this short name."), code="slug_taken")
    title = clean_line(title, field="title", minimum=8, maximum=120)
    return Consultation.objects.create(organisation=organisation, title=title, slug=slug)


@transaction.atomic
def describe_consultation(*, consultation: Consultation, title: str, summary: str) -> Consultation:
    """Say what the consultation is about. A text may be corrected after publication too.

    Raises:
        UnfitText: one of them is too short or too long.

    """
    consultation = lock_consultation(consultation)
    consultation.title = clean_line(title, field="title", minimum=8, maximum=120)
    consultation.summary = clean_text(summary, field="summary", minimum=1, maximum=600)
    consultation.save(update_fields=["title", "summary"])
    return consultation


@transaction.atomic
def make_promise(
    *,
    consultation: Consultation,
    who_decides: str,
    what_is_bound: str,
    by_when: str,
    contact_name: str,
    contact_email: str,
    endorsement_threshold: int | None,
) -> Consultation:
    """Say what happens with what people say, and what makes a proposal go further.

    Raises:
        AlreadyPublished: people have taken part on another promise.
        UnfitText: a part is missing or too long.

    """
    consultation = lock_consultation(consultation)
    if consultation.is_published:
        message = _("The promise stands since it was published. People took part because of it.")
        raise AlreadyPublished(message, code="already_published")
    if endorsement_threshold is not None and endorsement_threshold < 1:
        raise UnfitText(_("Ask for at least one endorsement."), field="endorsement_threshold")
    promise = {"who_decides": who_decides, "what_is_bound": what_is_bound, "by_when": by_when}
    for field, text in promise.items():
        setattr(consultation, field, clean_text(text, field=field, minimum=1, maximum=300))
    consultation.contact_name = clean_line(
        contact_name, field="contact_name", minimum=1, maximum=120
    )
    consultation.contact_email = contact_email
    consultation.endorsement_threshold = endorsement_threshold
    consultation.save()
    return consultation


@transaction.atomic
def publish_consultation(*, consultation: Consultation, now: datetime) -> Consultation:
    """Let everybody see the consultation, and enter its phases in the log.

    Raises:
        AlreadyPublished: it is public.
        NotReady: a text, the promise or the phases are missing, or all phases are over.

    """
    consultation = lock_consultation(consultation)
    if consultation.is_published:
        raise AlreadyPublished(_("The consultation is public already."), code="already_published")
    if not consultation.summary:
        raise NotReady(_("Write what the consultation is about first."), code="no_summary")
    if not consultation.has_promise:
        raise NotReady(_("Write the promise first."), code="no_promise")
    phases = list(consultation.phases.order_by("starts_at"))
    if not phases:
        raise NotReady(_("Add a phase first."), code="no_phases")
    if phases[-1].ends_at <= now:
        raise NotReady(_("All phases are over. Move their dates first."), code="phases_over")
    consultation.published_at = now
    consultation.save(update_fields=["published_at"])
    log_planned_phases(phases=phases, now=now)
    return consultation


def lock_consultation(consultation: Consultation) -> Consultation:
    """Return the row as it is now, and keep others from changing it until the end."""
    return Consultation.objects.select_for_update(no_key=True).get(pk=consultation.pk)
