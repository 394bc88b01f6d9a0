"""The public list of credentials: as it goes into the record and the log, and from a registrar.

A registrar works offline (PROTOCOL 2.6): the server takes the public parts and nothing else,
so that the server alone cannot vote for anybody.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from audit.services.log import append_entry
from evote.credential import check_credential, decode_credentials, encode_credentials
from evote.encoding import encode_json
from evote.errors import DecodeError
from voting.models import Credential, Election
from voting.services.phases import Refused, lock_election

# The list of a million credentials with their weights.
LIST_LIMIT_BYTES = 80_000_000
ROWS_PER_STATEMENT = 5_000


class ListRefused(Refused):
    """The list of credentials was not taken. Nothing changed."""


class ReplacementRefused(Refused):
    """The credential was not replaced. Nothing changed."""


def archived_credentials(*, election: Election) -> bytes:
    """Return the list as it goes into the record: in group order, with weights for all or none."""
    weights = dict(Credential.objects.filter(election=election).values_list("public", "weight"))
    is_weighted = any(weight > 1 for weight in weights.values())
    return encode_credentials(weights, weights=weights if is_weighted else None)


def log_credentials(*, election: Election) -> bytes:
    """Put the list as it stands now in the log; return the entry's identity."""
    return append_entry(kind="credentials-listed", body=credentials_listed_body(election=election))


def credentials_listed_body(*, election: Election) -> dict[str, object]:
    """Return what the log says of the list: how long it is, who made it, and its hash."""
    credentials = Credential.objects.filter(election=election)
    return {
        "election": election.uuid,
        "by": str(election.credentials_by),
        "credentials": credentials.count(),
        "weight": credentials.aggregate(total=Sum("weight"))["total"] or 0,
        "list": _list_hash(election=election),
    }


@transaction.atomic
def upload_credentials(*, election: Election, data: bytes) -> Election:
    """Take the whole public list that `evote registrar` made, in the place of any before it.

    Refused unless it is exactly what the record will hold: compact JSON, in group order, each
    credential once, none the identity, as many as people on the roll, with the roll's weights.
    A weight of 1 for everybody is taken and left out.

    Raises:
        WrongPhase: the election is sealed.
        ListRefused: the message says what is wrong and where.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    if not election.has_registrar:
        raise ListRefused(_("In this election the server makes the credentials."))
    if election.roll is None:
        raise ListRefused(_("Choose the roll first: it says how many credentials there must be."))
    weights = _decode_list(data)
    _compare_with_roll(election=election, weights=weights)
    Credential.objects.filter(election=election).delete()
    Credential.objects.bulk_create(
        (
            Credential(election=election, public=public, weight=weight)
            for public, weight in weights.items()
        ),
        batch_size=ROWS_PER_STATEMENT,
    )
    election.is_issuing_credentials = True
    election.save(update_fields=["is_issuing_credentials"])
    log_credentials(election=election)
    return election


@transaction.atomic
def replace_credential(*, election: Election, lost: str, new: str) -> None:
    """Put `new` in the place of a credential whose voter lost it, and say so in the log.

    Both are public parts. The new one has the weight of the old one.

    Raises:
        WrongPhase: the election is sealed; from then on nothing can be replaced.
        ReplacementRefused: `lost` is not on the list, `new` is, or `new` is no credential.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    if not election.has_registrar:
        raise ReplacementRefused(_("In this election the server makes the credentials."))
    found = Credential.objects.filter(election=election, public=lost).first()
    if found is None:
        raise ReplacementRefused(_("The lost credential is not on the list."))
    try:
        check_credential(new, place="new")
    except DecodeError as error:
        raise ReplacementRefused(
            _("The new credential is none: %(reason)s.") % {"reason": error}
        ) from error
    if Credential.objects.filter(election=election, public=new).exists():
        raise ReplacementRefused(_("The new credential is on the list already."))
    found.delete()
    Credential.objects.create(election=election, public=new, weight=found.weight)
    append_entry(
        kind="credential-replaced",
        body=credential_replaced_body(election=election, lost=lost, new=new),
    )


def credential_replaced_body(*, election: Election, lost: str, new: str) -> dict[str, object]:
    """Return what the log says of the exchange: the two public parts, and the list as it is now."""
    return {
        "election": election.uuid,
        "lost": lost,
        "new": new,
        "list": _list_hash(election=election),
    }


def _list_hash(*, election: Election) -> str:
    return hashlib.sha256(archived_credentials(election=election)).hexdigest()


def _decode_list(data: bytes) -> Mapping[str, int]:
    if len(data) > LIST_LIMIT_BYTES:
        raise ListRefused(_("The list is larger than 80 MB."))
    data = data.rstrip(b"\r\n")
    try:
        weights = decode_credentials(data)
    except DecodeError as error:
        raise ListRefused(
            _("This is no list of credentials: %(reason)s.") % {"reason": error}
        ) from error
    written = [f"{public},{weight}" for public, weight in weights.items()]
    if data not in {encode_json(list(weights)), encode_json(written)}:
        raise ListRefused(_("The list is not written in the one form that lists have."))
    ordered = sorted(weights, key=lambda text: bytes.fromhex(text)[::-1])
    for number, (public, expected) in enumerate(zip(weights, ordered, strict=True), 1):
        if public != expected:
            message = _(
                "Credential %(number)s is out of order. The order of the group shows nothing about"
                " the voters; any other order might."
            )
            raise ListRefused(message % {"number": number})
    return weights


def _compare_with_roll(*, election: Election, weights: Mapping[str, int]) -> None:
    """Refuse a list that does not give everybody on the roll one credential of their weight."""
    assert election.roll is not None
    on_roll = Counter(election.roll.entries.values_list("weight", flat=True))
    if len(weights) != on_roll.total():
        message = _("Credentials on the list: %(credentials)s. People on the roll: %(people)s.")
        raise ListRefused(message % {"credentials": len(weights), "people": on_roll.total()})
    listed = Counter(weights.values())
    for weight in sorted(on_roll | listed):
        if listed[weight] != on_roll[weight]:
            message = _(
                "Of weight %(weight)s there are %(listed)s on the list and %(people)s on the roll."
            )
            values = {"weight": weight, "listed": listed[weight], "people": on_roll[weight]}
            raise ListRefused(message % values)
