"""What one trustee has done so far."""

from dataclasses import dataclass

from voting.models import RecordEvent, TranscriptSignature, Trustee
from voting.selectors.shuffles import ShuffleState, shuffle_states


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """Which of a trustee's tasks are behind them, and what became of their latest shuffle."""

    has_signed: bool
    has_shuffled: bool
    has_decrypted: bool
    shuffle: ShuffleState | None


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
        shuffle=shuffle_states(election=trustee.election).get(owner),
    )
