"""What one trustee has done so far."""

from dataclasses import dataclass

from voting.models import RecordEvent, TranscriptSignature, Trustee


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """Which of a trustee's tasks are behind them."""

    has_signed: bool
    has_shuffled: bool
    has_decrypted: bool


def contributions_of(*, trustee: Trustee) -> Contributions:
    """Return what this trustee has signed, shuffled and decrypted."""
    owner = trustee.position
    types = set(
        RecordEvent.objects.filter(election=trustee.election_id, owner=owner).values_list(
            "type", flat=True
        )
    )
    signatures = TranscriptSignature.objects.filter(election=trustee.election_id, owner=owner)
    return Contributions(
        has_signed=signatures.exists(),
        has_shuffled=RecordEvent.Type.SHUFFLE in types,
        has_decrypted=RecordEvent.Type.PARTIAL_DECRYPTION in types,
    )
