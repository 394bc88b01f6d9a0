"""The trustees' signatures of what was sealed (PROTOCOL 2.4). The last one begins the record."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from evote.election import decode_election
from evote.errors import InvalidProof
from evote.proofs import Proof
from evote.proofs.statements import verify_transcript
from evote.record.companion import Ceremony, encode_element, verify_ceremony
from voting.models import Election, TranscriptSignature
from voting.selectors.transcript import Transcript, proof_of, transcript_of
from voting.services.phases import Refused, lock_election
from voting.services.sealing import begin_signed_record


class SignatureRefused(Refused):
    """A signature was not taken. `code` is stable; the sentence names the trustee."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@transaction.atomic
def accept_signature(*, election: Election, owner: int, proof: Proof, now: datetime) -> bool:
    """Take one slot's signature of the transcript; say whether it is new.

    Only the holder of the slot's key can make it. When the last one is in, the record begins:
    the Setup event carries all of them.

    Raises:
        WrongPhase: the trustees are not signing.
        SignatureRefused: `unknown_owner`, `bad_proof`, or `too_late` where voting would have
            closed already: then nobody could vote.
    """
    election = lock_election(election=election, phase=Election.Phase.SIGNING)
    if election.closes_at <= now:
        message = _("Voting would have closed already. The organisers have to take the seal back.")
        raise SignatureRefused("too_late", message)
    found = transcript_of(election=election)
    slots = found.trustees.slots
    if not 1 <= owner <= len(slots):
        message = _("This election has the trustees 1 to %(count)s.")
        raise SignatureRefused("unknown_owner", message % {"count": len(slots)})
    try:
        verify_transcript(
            proof=proof,
            fingerprint=found.fingerprint,
            public_key=slots[owner - 1].public_key,
            transcript=found.transcript,
        )
    except InvalidProof as error:
        message = _("The signature of trustee %(owner)s (%(name)s) was refused: %(reason)s.")
        values = {"owner": owner, "name": slots[owner - 1].name, "reason": error}
        raise SignatureRefused("bad_proof", message % values) from error
    if owner in found.signatures:
        return False
    TranscriptSignature.objects.create(election=election, owner=owner, proof=proof.to_json())
    found = transcript_of(election=election)
    if not found.missing:
        companion = _ceremony(election=election, found=found)
        begin_signed_record(election=election, companion=companion, now=now)
    return True


def _ceremony(*, election: Election, found: Transcript) -> bytes:
    """Write the companion's first element, checked as the verifier will."""
    assert election.archived_election is not None
    assert election.archived_trustees is not None
    ceremony = Ceremony(
        commits=found.commits,
        transcript=found.transcript,
        signatures=tuple(
            proof_of(found.signatures[owner]) for owner in range(1, len(found.trustees.slots) + 1)
        ),
    )
    verify_ceremony(
        ceremony=ceremony,
        election=decode_election(bytes(election.archived_election)),
        trustees=found.trustees,
        archived_trustees=bytes(election.archived_trustees),
    )
    return encode_element(ceremony)
