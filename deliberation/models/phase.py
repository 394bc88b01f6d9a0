"""What may be done when."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit.models.entry import log_time


class Phase(models.Model):
    """A stretch of time in a consultation, and what may be done in it.

    Phases of one consultation do not overlap: the database refuses it (see
    migrations/_constraints.py). `number` never changes; the order is that of `starts_at`.
    Before its consultation is published a phase may be changed at will. After that only its
    dates may change, as long as they lie ahead, and every change is an entry of the log.
    """

    class Kind(models.TextChoices):
        """What a phase is for."""

        PROPOSE = "PROPOSE", _("Propose")
        DEBATE = "DEBATE", _("Debate")
        VOTE = "VOTE", _("Vote")
        ANSWER = "ANSWER", _("Answer")

    class Feature(models.TextChoices):
        """What people may do in a phase."""

        PROPOSE = "PROPOSE", _("Make and revise proposals")
        ENDORSE = "ENDORSE", _("Endorse proposals")
        COMMENT = "COMMENT", _("Write comments")

    USUAL_FEATURES: dict[str, list[str]] = {
        Kind.PROPOSE: [Feature.PROPOSE, Feature.ENDORSE, Feature.COMMENT],
        Kind.DEBATE: [Feature.ENDORSE, Feature.COMMENT],
        Kind.VOTE: [],
        Kind.ANSWER: [],
    }

    consultation = models.ForeignKey(
        "deliberation.Consultation", on_delete=models.PROTECT, related_name="phases"
    )
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    features = ArrayField(models.CharField(max_length=10, choices=Feature.choices), blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "number"], name="deliberation_phase_numbers_are_unique"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")),
                name="deliberation_phase_starts_before_it_ends",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["PROPOSE", "DEBATE", "VOTE", "ANSWER"]),
                name="deliberation_phase_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(features__contained_by=["PROPOSE", "ENDORSE", "COMMENT"]),
                name="deliberation_phase_features_are_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%Y-%m-%d} to {self.ends_at:%Y-%m-%d}"

    def is_active_at(self, moment: datetime) -> bool:
        """Say whether the phase runs at `moment`."""
        return self.starts_at <= moment < self.ends_at

    def allows(self, feature: str) -> bool:
        """Say whether people may do this while the phase runs."""
        return feature in self.features

    @property
    def log_name(self) -> str:
        """The word by which the log knows the phase."""
        return f"{self.kind}-{self.number}"


class PhaseChange(models.Model):
    """Something that happened to a phase, as the log has it. Written once, never changed."""

    class Kind(models.TextChoices):
        """What happened."""

        PLANNED = "PLANNED", _("Planned")
        CHANGED = "CHANGED", _("Moved")
        STARTED = "STARTED", _("Started")
        ENDED = "ENDED", _("Ended")

    phase = models.ForeignKey(
        "deliberation.Phase", on_delete=models.PROTECT, related_name="changes"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    features = ArrayField(models.CharField(max_length=10), blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    entry = models.BinaryField(max_length=32, help_text="Identity of the entry in the log.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phase", "kind"],
                condition=Q(kind__in=["PLANNED", "STARTED", "ENDED"]),
                name="deliberation_phase_starts_and_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.phase_id}"

    def log_body(self) -> dict[str, object]:
        """Return what the log says of this change."""
        return {
            "consultation": self.phase.consultation.slug,
            "phase": self.phase.log_name,
            "act": self.kind.lower(),
            "at": log_time(self.recorded_at),
            "starts_at": log_time(self.starts_at),
            "ends_at": log_time(self.ends_at),
            "features": sorted(self.features),
        }
