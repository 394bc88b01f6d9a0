"""The trustees' shuffles of ranked ballots (PROTOCOL 1.8, 2.8)."""

import hashlib

from django.db import transaction
from django.utils.translation import gettext as _

import evote.election
from evote.encoding import sha256_hex
from evote.errors import DecodeError, InvalidProof
from evote.proofs import Proof
from evote.proofs.statements import verify_shuffle_statement
from evote.record import encode_owned
from evote.record.companion import ShuffleStatement, encode_element
from evote.tally.shuffles import verify_shuffle
from voting.models import Election, Record, RecordEvent
from voting.selectors.tally import (
    description_of,
    present_tally,
    sealed_trustees,
    shuffle_payloads,
)
from voting.services.description import needed_shuffles
from voting.services.phases import Refused, WrongPhase, lock_election, move_down
from voting.services.recording import Addition, append_event


class ShuffleRefused(Refused):
    """A shuffle was not taken. `code` is stable; the sentence names the trustee."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def accept_shuffle(*, election: Election, owner: int, data: bytes, proof: Proof) -> bool:
    """Take one trustee's shuffle of the ballots as they stand; say whether it is new.

    `proof` is the slot's statement that it shuffled after the last event. As soon as as many
    trustees have shuffled as the description asks for, the shuffling is over.

    Raises:
        WrongPhase: there is nothing to shuffle, or not any more.
        ShuffleRefused: `unknown_owner`, `already_shuffled` where this trustee handed in another
            one before, `stale_parent` where somebody else's shuffle came in between, `bad_proof`,
            and the codes of what cannot be read.
    """
    trustees = sealed_trustees(election=_sealed(election))
    if not 1 <= owner <= len(trustees.slots):
        message = _("This election has the trustees 1 to %(count)s.")
        raise ShuffleRefused("unknown_owner", message % {"count": len(trustees.slots)})
    trustee = trustees.slots[owner - 1]
    payload = hashlib.sha256(encode_owned(owner=owner, payload=data)).digest()
    if _is_known(election=election, owner=owner, payload=payload, trustee=trustee):
        return False
    description = description_of(election=election)
    tally = present_tally(election=election, description=description)
    head = _last_event(election=election)
    if tally is None or Election.objects.get(pk=election.pk).phase != Election.Phase.SHUFFLING:
        raise WrongPhase(_("There is nothing to shuffle now."))
    _check_statement(
        election=election,
        head=head,
        owner=owner,
        trustee=trustee,
        proof=proof,
        shuffle_hash=sha256_hex(data),
    )
    try:
        verify_shuffle(data=data, election=description, tally=tally)
    except DecodeError as error:
        message = _("This is no shuffle of trustee %(owner)s (%(name)s): %(reason)s.")
        raise _refusal(error.code, message, owner, trustee, error) from error
    except InvalidProof as error:
        message = _("The shuffle of trustee %(owner)s (%(name)s) was refused: %(reason)s.")
        raise _refusal("bad_proof", message, owner, trustee, error) from error
    statement = ShuffleStatement(owner=owner, payload=sha256_hex(data), proof=proof)
    with transaction.atomic():
        locked = lock_election(election=election, phase=Election.Phase.SHUFFLING)
        record = Record.objects.select_for_update().get(election=locked)
        if _is_known(election=locked, owner=owner, payload=payload, trustee=trustee):
            return False
        if record.head is None or bytes(record.head).hex() != head:
            raise _stale(owner, trustee)
        append_event(
            election=locked,
            record=record,
            addition=Addition(
                type=RecordEvent.Type.SHUFFLE,
                objects=[("shuffle", data), ("owned", encode_owned(owner=owner, payload=data))],
                owner=owner,
                companion=encode_element(statement) if locked.profile else None,
            ),
        )
        needed = needed_shuffles(election=locked, slots=len(trustees.slots))
        if len(shuffle_payloads(election=locked)) >= needed:
            append_event(
                election=locked,
                record=record,
                addition=Addition(type=RecordEvent.Type.END_SHUFFLES, objects=[]),
            )
            move_down(election=locked, phase=Election.Phase.TALLIED)
    return True


def _check_statement(
    *,
    election: Election,
    head: str,
    owner: int,
    trustee: evote.election.Trustee,
    proof: Proof,
    shuffle_hash: str,
) -> None:
    """Refuse a shuffle that this trustee did not sign for this place in the record."""
    try:
        _verify(election=election, parent=head, trustee=trustee, proof=proof, payload=shuffle_hash)
    except InvalidProof as error:
        earlier = RecordEvent.objects.filter(
            election=election,
            type__in=[RecordEvent.Type.ENCRYPTED_TALLY, RecordEvent.Type.SHUFFLE],
        )
        for event in earlier.order_by("-height"):
            try:
                _verify(
                    election=election,
                    parent=bytes(event.hash).hex(),
                    trustee=trustee,
                    proof=proof,
                    payload=shuffle_hash,
                )
            except InvalidProof:
                continue
            raise _stale(owner, trustee) from error
        message = _("The shuffle of trustee %(owner)s (%(name)s) was refused: %(reason)s.")
        raise _refusal("bad_proof", message, owner, trustee, error) from error


def _verify(
    *,
    election: Election,
    parent: str,
    trustee: evote.election.Trustee,
    proof: Proof,
    payload: str,
) -> None:
    verify_shuffle_statement(
        proof=proof,
        fingerprint=description_of(election=election).fingerprint,
        public_key=trustee.public_key,
        parent=parent,
        payload=payload,
    )


def _is_known(
    *, election: Election, owner: int, payload: bytes, trustee: evote.election.Trustee
) -> bool:
    """Say whether exactly this shuffle is in the record; refuse a second, different one."""
    known = shuffle_payloads(election=election).get(owner)
    if known is None or known == payload:
        return known is not None
    message = _("Trustee %(owner)s (%(name)s) has handed in a shuffle before.")
    raise _refusal("already_shuffled", message, owner, trustee, "")


def _last_event(*, election: Election) -> str:
    head = Record.objects.values_list("head", flat=True).get(election=election)
    return "" if head is None else bytes(head).hex()


def _sealed(election: Election) -> Election:
    if election.archived_trustees is None:
        raise WrongPhase(_("This election is not sealed yet."))
    return election


def _stale(owner: int, trustee: evote.election.Trustee) -> ShuffleRefused:
    message = _(
        "Somebody else shuffled before this shuffle of trustee %(owner)s (%(name)s) came in."
        " Shuffle once more."
    )
    return _refusal("stale_parent", message, owner, trustee, "")


def _refusal(
    code: str, message: str, owner: int, trustee: evote.election.Trustee, reason: object
) -> ShuffleRefused:
    return ShuffleRefused(code, message % {"owner": owner, "name": trustee.name, "reason": reason})
