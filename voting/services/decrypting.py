"""The trustees' partial decryptions, and the result that they give together."""

import hashlib

from django.db import transaction
from django.utils.translation import gettext as _

import evote.election
from audit.services.log import append_entry
from audit.services.signing import sign_note
from evote.election import decode_election, decode_trustees
from evote.encoding import b64_of_hash
from evote.errors import DecodeError, InvalidProof
from evote.record import encode_owned
from evote.tally import (
    EncryptedTally,
    combine,
    decode_encrypted_tally,
    decode_partial_decryption,
    decode_sized_tally,
    encode_result,
    verify_partial_decryption,
)
from voting.models import Election, Record, RecordEvent, Trustee
from voting.selectors.record import archived_object, partial_decryptions
from voting.services.phases import Refused, WrongPhase, lock_election
from voting.services.recording import Addition, append_event

OUTCOME_COUNTED = "counted"


class DecryptionRefused(Refused):
    """A partial decryption was not taken. The message names the trustee."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def accept_partial_decryption(*, election: Election, owner: int, data: bytes) -> bool:
    """Take one trustee's partial decryption; say whether it is new.

    Its proofs are what authenticates it: nobody else can make them. The same one again
    changes nothing.

    Raises:
        WrongPhase: there is no encrypted tally yet, or the result is out.
        DecryptionRefused: `unknown_owner`, `non_canonical`, `bad_proof`, or
            `already_decrypted` where this trustee handed in another one before.
    """
    slots = _trustees(election=election).slots
    if not 1 <= owner <= len(slots):
        message = _("This election has the trustees 1 to %(count)s.")
        raise DecryptionRefused("unknown_owner", message % {"count": len(slots)})
    if (known := partial_decryptions(election=election).get(owner)) is not None:
        return _compare(election=election, owner=owner, known=known, data=data)
    tally = _encrypted_tally(election=election)
    _verify(election=election, owner=owner, data=data, trustee=slots[owner - 1], tally=tally)
    with transaction.atomic():
        locked = lock_election(election=election, phase=Election.Phase.TALLIED)
        record = Record.objects.select_for_update().get(election=locked)
        if (known := partial_decryptions(election=locked).get(owner)) is not None:
            return _compare(election=locked, owner=owner, known=known, data=data)
        append_event(
            election=locked,
            record=record,
            addition=Addition(
                type=RecordEvent.Type.PARTIAL_DECRYPTION,
                objects=[
                    ("partial_decryption", data),
                    ("owned", encode_owned(owner=owner, payload=data)),
                ],
                owner=owner,
            ),
        )
    return True


@transaction.atomic
def publish_result(*, election: Election) -> Election | None:
    """Combine all partial decryptions and publish the signed result; None while some are missing.

    The result is in the record (event Result), the note in which the installation signs it
    beside the record, and both hashes in the log.
    """
    locked = (
        Election.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=election.pk, phase=Election.Phase.TALLIED)
        .first()
    )
    if locked is None:
        return None
    trustees = _trustees(election=locked)
    contributions = partial_decryptions(election=locked)
    if not trustees.threshold_met(contributions):
        return None
    description = _description(election=locked)
    sizes = archived_object(election=locked, name="sized_encrypted_tally")
    assert sizes is not None, "a tallied election has its sizes"
    result = encode_result(
        combine(
            election=description,
            tally=_encrypted_tally(election=locked),
            trustees=trustees,
            partial_decryptions={
                owner: decode_partial_decryption(data, election=description)
                for owner, data in contributions.items()
            },
            total_weight=decode_sized_tally(sizes).total_weight,
        )
    )
    event = append_event(
        election=locked,
        record=Record.objects.select_for_update().get(election=locked),
        addition=Addition(type=RecordEvent.Type.RESULT, objects=[("result", result)]),
    )
    assert locked.fingerprint is not None
    fingerprint = b64_of_hash(bytes(locked.fingerprint).hex())
    result_hash = hashlib.sha256(result).hexdigest()
    lines = [
        "pnyx result 1",
        f"election {locked.uuid}",
        f"fingerprint {fingerprint}",
        f"record {bytes(event.hash).hex()}",
        f"result {result_hash}",
    ]
    note = sign_note(text="\n".join(lines) + "\n")
    locked.outcome_entry = append_entry(
        kind="election-outcome",
        body={
            "election": locked.uuid,
            "fingerprint": fingerprint,
            "result": result_hash,
            "note": hashlib.sha256(note.encode()).hexdigest(),
            "outcome": OUTCOME_COUNTED,
        },
    )
    locked.result_note = note
    locked.phase = Election.Phase.PUBLISHED
    locked.save(update_fields=["result_note", "outcome_entry", "phase"])
    return locked


def _verify(
    *,
    election: Election,
    owner: int,
    data: bytes,
    trustee: evote.election.Trustee,
    tally: EncryptedTally,
) -> None:
    """Refuse a partial decryption that this trustee's key did not make from this tally."""
    try:
        verify_partial_decryption(
            data=data, election=_description(election=election), trustee=trustee, tally=tally
        )
    except DecodeError as error:
        message = _("This is no partial decryption of trustee %(owner)s (%(name)s): %(reason)s.")
        raise DecryptionRefused(
            error.code, message % _named(owner=owner, trustee=trustee, reason=error)
        ) from error
    except InvalidProof as error:
        message = _(
            "The partial decryption of trustee %(owner)s (%(name)s) was refused, because its"
            " proof does not hold: %(reason)s."
        )
        raise DecryptionRefused(
            "bad_proof", message % _named(owner=owner, trustee=trustee, reason=error)
        ) from error


def _named(*, owner: int, trustee: evote.election.Trustee, reason: Exception) -> dict[str, object]:
    return {"owner": owner, "name": trustee.name, "reason": reason}


def _compare(*, election: Election, owner: int, known: bytes, data: bytes) -> bool:
    """Take the same file again; refuse a second, different one."""
    if known == data:
        return False
    trustee = Trustee.objects.get(election=election, position=owner)
    message = _("Trustee %(owner)s (%(name)s) has handed in a partial decryption before.")
    raise DecryptionRefused("already_decrypted", message % {"owner": owner, "name": trustee.name})


def _encrypted_tally(*, election: Election) -> EncryptedTally:
    data = archived_object(election=election, name="encrypted_tally")
    if data is None:
        raise WrongPhase(_("There is nothing to decrypt yet: the ballots are not added up."))
    return decode_encrypted_tally(data, election=_description(election=election))


def _trustees(*, election: Election) -> evote.election.Trustees:
    if election.archived_trustees is None:
        raise WrongPhase(_("This election is not sealed yet."))
    return decode_trustees(bytes(election.archived_trustees))


def _description(*, election: Election) -> evote.election.Election:
    assert election.archived_election is not None
    return decode_election(bytes(election.archived_election))
