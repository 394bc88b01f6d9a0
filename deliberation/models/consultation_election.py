"""The votes that came out of debates."""

from django.db import models


class ConsultationElection(models.Model):
    """An election drafted from the proposals of a consultation."""

    consultation = models.ForeignKey(
        "deliberation.Consultation", on_delete=models.PROTECT, related_name="elections"
    )
    election = models.OneToOneField(
        "voting.Election", on_delete=models.PROTECT, related_name="consultation_link"
    )
    drafted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.consultation_id} -> {self.election_id}"
