"""The trustees' partial decryptions, and the result that they give together."""

from django.db import transaction
from django.utils.translation import gettext as _

import evote.election
from evote.encoding import sha256_hex
from evote.errors import DecodeError, InvalidProof
from evote.record import encode_owned
from evote.record.companion import StrongDecryption, encode_element
from evote.tally import (
    EncryptedTally,
    combine,
    decode_partial_decryption,
    decode_sized_tally,
    encode_result,
    verify_partial_decryption,
)
from evote.tally.strong import decode_strong_proofs, verify_strong_decryptions
from voting.models import Election, Record, RecordEvent
from voting.selectors.record import archived_object, partial_decryptions
from voting.selectors.tally import closing_hash, description_of, present_tally, sealed_trustees
from voting.services.outcome import end_with_result
from voting.services.phases import Refused, WrongPhase, lock_election
from voting.services.recording import Addition, append_event


class DecryptionRefused(Refused):
    """A partial decryption was not taken. The message names the trustee."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def accept_partial_decryption(
    *, election: Election, owner: int, data: bytes, proofs: bytes | None = None
) -> bool:
    """Take one trustee's partial decryption; say whether it is new.

    Its proofs are what authenticates it: nobody else can make them. `proofs` are the strong
    ones, which profile 1 asks for and profile 0 has no place for (PROTOCOL 2.3). The same one
    again changes nothing. Contributions are taken until the result is out, also those of a
    group of which enough members have come.

    Raises:
        WrongPhase: there is no encrypted tally yet, or the result is out.
        DecryptionRefused: `unknown_owner`, `non_canonical`, `bad_proof`, or
            `already_decrypted` where this trustee handed in another one before.
    """
    if election.archived_trustees is None:
        raise WrongPhase(_("This election is not sealed yet."))
    slots = sealed_trustees(election=election).slots
    if not 1 <= owner <= len(slots):
        message = _("This election has the trustees 1 to %(count)s.")
        raise DecryptionRefused("unknown_owner", message % {"count": len(slots)})
    trustee = slots[owner - 1]
    if (known := partial_decryptions(election=election).get(owner)) is not None:
        return _compare(trustee=trustee, owner=owner, known=known, data=data)
    companion = _verify(election=election, owner=owner, data=data, proofs=proofs, trustee=trustee)
    with transaction.atomic():
        locked = lock_election(election=election, phase=Election.Phase.TALLIED)
        record = Record.objects.select_for_update().get(election=locked)
        if (known := partial_decryptions(election=locked).get(owner)) is not None:
            return _compare(trustee=trustee, owner=owner, known=known, data=data)
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
                companion=companion,
            ),
        )
    return True


@transaction.atomic
def publish_result(*, election: Election) -> Election | None:
    """Combine the partial decryptions and publish the signed result; None until they suffice.

    Every trustee who stands alone is needed, and of each group as many members as it asks for.
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
    trustees = sealed_trustees(election=locked)
    contributions = partial_decryptions(election=locked)
    if not trustees.threshold_met(contributions):
        return None
    description = description_of(election=locked)
    tally = present_tally(election=locked, description=description)
    sizes = archived_object(election=locked, name="sized_encrypted_tally")
    assert tally is not None, "a tallied election has its tally"
    assert sizes is not None, "a tallied election has its sizes"
    used = trustees.exponents(contributions)
    result = encode_result(
        combine(
            election=description,
            tally=tally,
            trustees=trustees,
            partial_decryptions={
                owner: decode_partial_decryption(contributions[owner], election=description)
                for owner in used
            },
            total_weight=decode_sized_tally(sizes).total_weight,
        )
    )
    event = append_event(
        election=locked,
        record=Record.objects.select_for_update().get(election=locked),
        addition=Addition(type=RecordEvent.Type.RESULT, objects=[("result", result)]),
    )
    return end_with_result(election=locked, event=event, result=result)


def _verify(
    *,
    election: Election,
    owner: int,
    data: bytes,
    proofs: bytes | None,
    trustee: evote.election.Trustee,
) -> bytes | None:
    """Refuse what this trustee's key did not make from this tally; return the strong proofs."""
    description = description_of(election=election)
    tally = _tally_to_decrypt(election=election, description=description)
    try:
        decryption = verify_partial_decryption(
            data=data, election=description, trustee=trustee, tally=tally
        )
        if (proofs is not None) != (election.profile == 1):
            msg = "strong proofs are needed here" if election.profile else "there is no place here"
            raise DecodeError(msg, place="proofs")
        if proofs is None:
            return None
        strong = decode_strong_proofs(proofs)
        verify_strong_decryptions(
            proofs=strong,
            election=description,
            trustee=trustee,
            tally=tally,
            decryption=decryption,
            closing=closing_hash(election=election),
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
    return encode_element(StrongDecryption(owner=owner, payload=sha256_hex(data), proofs=strong))


def _tally_to_decrypt(
    *, election: Election, description: evote.election.Election
) -> EncryptedTally:
    """Return the tally when it is time to decrypt it.

    Raises:
        WrongPhase: the ballots are not added up or not shuffled, or nothing will be decrypted.
    """
    phase = Election.objects.values_list("phase", flat=True).get(pk=election.pk)
    if phase == Election.Phase.UNCOUNTED:
        raise WrongPhase(_("Too few ballots were cast: nothing of this election is decrypted."))
    if phase == Election.Phase.SHUFFLING:
        raise WrongPhase(_("There is nothing to decrypt yet: the ballots are not shuffled."))
    tally = present_tally(election=election, description=description)
    if tally is None:
        raise WrongPhase(_("There is nothing to decrypt yet: the ballots are not added up."))
    return tally


def _named(*, owner: int, trustee: evote.election.Trustee, reason: Exception) -> dict[str, object]:
    return {"owner": owner, "name": trustee.name, "reason": reason}


def _compare(*, trustee: evote.election.Trustee, owner: int, known: bytes, data: bytes) -> bool:
    """Take the same file again; refuse a second, different one."""
    if known == data:
        return False
    message = _("Trustee %(owner)s (%(name)s) has handed in a partial decryption before.")
    raise DecryptionRefused("already_decrypted", message % {"owner": owner, "name": trustee.name})
