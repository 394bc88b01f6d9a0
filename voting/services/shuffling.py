"""Taking the trustees' shuffles of ranked ballots (PROTOCOL 1.8, 2.8).

What comes in is looked at for its form and its signature, and kept; `services.shuffle_checks`
checks its proofs in the background and writes it into the record, or refuses it.
"""

import hashlib

from django.db import transaction
from django.utils.translation import gettext as _

import evote.election
from evote.errors import DecodeError, InvalidProof
from evote.proofs import Proof
from evote.proofs.statements import verify_shuffle_statement
from evote.record import encode_owned
from evote.record.companion import ShuffleStatement, encode_element
from evote.tally.shuffle_parts import open_shuffle
from voting.models import Election, Record, RecordEvent, ShufflePart, ShuffleUpload
from voting.selectors.shuffles import refusal_sentence
from voting.selectors.tally import (
    description_of,
    present_lists,
    sealed_trustees,
    shuffle_payloads,
)
from voting.services.description import needed_shuffles
from voting.services.phases import Refused, WrongPhase, lock_election, move_down
from voting.services.recording import Addition, append_event

# About a second of work.
CIPHERTEXTS_PER_PART = 400


class ShuffleRefused(Refused):
    """A shuffle was not taken. `code` is stable; the sentence names the trustee."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def receive_shuffle(
    *, election: Election, owner: int, data: bytes, proof: Proof
) -> ShuffleUpload | None:
    """Take one trustee's shuffle of the ballots as they stand, to be checked in the background.

    `proof` is the slot's statement that it shuffled after the last event. That and the form are
    looked at here; the proofs of the shuffle itself take long, and `services.shuffle_checks`
    does them in parts. Returns what became of it; None where exactly this shuffle is in the
    record. The same one again changes nothing.

    Raises:
        WrongPhase: there is nothing to shuffle, or not any more.
        ShuffleRefused: `unknown_owner`, `already_shuffled` where this trustee handed in another
            one before, `being_checked` where another one is being checked, `stale_parent` where
            somebody else's shuffle came in between, `bad_proof`, and the codes of what cannot be
            read.
    """
    trustees = sealed_trustees(election=_sealed(election))
    if not 1 <= owner <= len(trustees.slots):
        message = _("This election has the trustees 1 to %(count)s.")
        raise ShuffleRefused("unknown_owner", message % {"count": len(trustees.slots)})
    trustee = trustees.slots[owner - 1]
    payload = hashlib.sha256(data).digest()
    if _is_in_record(election=election, owner=owner, data=data, trustee=trustee):
        return None
    description = description_of(election=election)
    source = present_lists(election=election, description=description)
    head = _last_event(election=election)
    if source is None or Election.objects.get(pk=election.pk).phase != Election.Phase.SHUFFLING:
        raise WrongPhase(_("There is nothing to shuffle now."))
    _check_statement(
        election=election,
        head=head,
        owner=owner,
        trustee=trustee,
        proof=proof,
        shuffle_hash=payload.hex(),
    )
    try:
        shuffle = open_shuffle(data, election=description, source=source)
    except DecodeError as error:
        raise refusal(error.code, owner=owner, name=trustee.name, reason=error) from error
    statement = ShuffleStatement(owner=owner, payload=payload.hex(), proof=proof)
    with transaction.atomic():
        locked = lock_election(election=election, phase=Election.Phase.SHUFFLING)
        if _last_event(election=locked) != head:
            raise refusal("stale_parent", owner=owner, name=trustee.name)
        known = _known_upload(election=locked, owner=owner, payload=payload, trustee=trustee)
        if known is not None:
            return known
        ShuffleUpload.objects.filter(
            election=locked, owner=owner, state=ShuffleUpload.State.REFUSED
        ).update(body=b"")
        upload = ShuffleUpload.objects.create(
            election=locked,
            owner=owner,
            payload=payload,
            body=data,
            statement=encode_element(statement),
            parent=bytes.fromhex(head),
        )
        ShufflePart.objects.bulk_create(
            ShufflePart(upload=upload, question=part.question, first=part.first, end=part.end)
            for part in shuffle.ranges(size=CIPHERTEXTS_PER_PART)
        )
    return upload


def _known_upload(
    *, election: Election, owner: int, payload: bytes, trustee: evote.election.Trustee
) -> ShuffleUpload | None:
    """Return what is known of exactly this shuffle after the present event.

    Raises:
        ShuffleRefused: another one of this trustee is being checked.
    """
    upload = ShuffleUpload.objects.filter(election=election, owner=owner).order_by("-pk").first()
    if upload is None:
        return None
    is_the_same = bytes(upload.payload) == payload
    if upload.state == ShuffleUpload.State.CHECKING and not is_the_same:
        raise refusal("being_checked", owner=owner, name=trustee.name)
    is_refused_for_good = upload.state == ShuffleUpload.State.REFUSED and upload.code == "bad_proof"
    if is_the_same and (upload.state == ShuffleUpload.State.CHECKING or is_refused_for_good):
        return upload
    return None


def add_shuffle(*, election: Election, record: Record, upload: ShuffleUpload) -> None:
    """Write a shuffle whose proofs hold into the locked record.

    As soon as as many trustees have shuffled as the description asks for, the shuffling is over.
    """
    data = bytes(upload.body)
    slots = len(sealed_trustees(election=election).slots)
    append_event(
        election=election,
        record=record,
        addition=Addition(
            type=RecordEvent.Type.SHUFFLE,
            objects=[
                ("shuffle", data),
                ("owned", encode_owned(owner=upload.owner, payload=data)),
            ],
            owner=upload.owner,
            companion=bytes(upload.statement) if election.profile else None,
        ),
    )
    if len(shuffle_payloads(election=election)) >= needed_shuffles(election=election, slots=slots):
        append_event(
            election=election,
            record=record,
            addition=Addition(type=RecordEvent.Type.END_SHUFFLES, objects=[]),
        )
        move_down(election=election, phase=Election.Phase.TALLIED)


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
            raise refusal("stale_parent", owner=owner, name=trustee.name) from error
        raise refusal("bad_proof", owner=owner, name=trustee.name, reason=error) from error


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


def _is_in_record(
    *, election: Election, owner: int, data: bytes, trustee: evote.election.Trustee
) -> bool:
    """Say whether exactly this shuffle is in the record; refuse a second, different one."""
    known = shuffle_payloads(election=election).get(owner)
    if known is None:
        return False
    if known != hashlib.sha256(encode_owned(owner=owner, payload=data)).digest():
        raise refusal("already_shuffled", owner=owner, name=trustee.name)
    return True


def _last_event(*, election: Election) -> str:
    head = Record.objects.values_list("head", flat=True).get(election=election)
    return "" if head is None else bytes(head).hex()


def _sealed(election: Election) -> Election:
    if election.archived_trustees is None:
        raise WrongPhase(_("This election is not sealed yet."))
    return election


def refusal(code: str, *, owner: int, name: str | None, reason: object = "") -> ShuffleRefused:
    """Return the refusal with the sentence of its code."""
    sentence = refusal_sentence(code=code, owner=owner, name=name or "", reason=str(reason))
    return ShuffleRefused(code, sentence)
