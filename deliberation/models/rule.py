"""The published rules of debate."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Rule(models.TextChoices):
    """What everybody promises who writes here, and the only grounds for removing anything.

    The words are kept in the log; the numbers and sentences are for people. A rule is never
    renumbered or given another meaning: a new one is added at the end.
    """

    LAW = "LAW", _("Rule 1: nothing unlawful")
    RESPECT = "RESPECT", _("Rule 2: no insults or threats")
    PRIVACY = "PRIVACY", _("Rule 3: no private details of other people")
    TOPIC = "TOPIC", _("Rule 4: speak to the proposal")
    ADVERTISING = "ADVERTISING", _("Rule 5: no advertising")
    REPETITION = "REPETITION", _("Rule 6: say it once")

    @property
    def number(self) -> int:
        """The number by which people know the rule."""
        return list(type(self)).index(self) + 1
