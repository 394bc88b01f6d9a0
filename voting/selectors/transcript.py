"""What the trustees sign once the description stands (PROTOCOL 2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from evote.election import Trustees, decode_election, decode_trustees
from evote.proofs import Proof, read_proof
from evote.threshold.transcript import transcript_hash
from voting.models import Election, TranscriptSignature
from voting.selectors.ceremonies import ceremonies_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """T in hexadecimal, what it is made of, and who has signed it, by owner."""

    transcript: str
    fingerprint: str
    trustees: Trustees
    commits: tuple[tuple[str, ...], ...]
    signatures: Mapping[int, dict[str, str]]

    @property
    def missing(self) -> tuple[int, ...]:
        """The owners who have not signed yet."""
        owners = range(1, len(self.trustees.slots) + 1)
        return tuple(owner for owner in owners if owner not in self.signatures)


def transcript_of(*, election: Election) -> Transcript:
    """Return the transcript of an election whose description stands."""
    assert election.archived_election is not None
    assert election.archived_trustees is not None
    archived = bytes(election.archived_trustees)
    trustees = decode_trustees(archived)
    fingerprint = decode_election(bytes(election.archived_election)).fingerprint
    commits = tuple(
        tuple(state.commits(ceremony=state.opened())) for state in ceremonies_of(election=election)
    )
    signatures = TranscriptSignature.objects.filter(election=election)
    return Transcript(
        transcript=transcript_hash(
            fingerprint=fingerprint,
            trustees=archived,
            ceremonies=trustees.ceremonies,
            commits=commits,
        ),
        fingerprint=fingerprint,
        trustees=trustees,
        commits=commits,
        signatures=dict(signatures.order_by("owner").values_list("owner", "proof")),
    )


def proof_of(stored: object) -> Proof:
    """Return a signature as it was stored."""
    return read_proof(stored, place="proof", is_ordered=False)
