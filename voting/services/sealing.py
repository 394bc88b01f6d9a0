"""Sealing an election: its description gets a fingerprint, and its record begins."""

import hashlib
import secrets
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.selectors import roll_votes, roll_weights
from audit.services.entries import booth_body
from audit.services.log import append_entry
from evote.election import encode_trustees
from evote.record import encode_header, encode_setup
from voting.models import Credential, Election, Record, RecordEvent
from voting.selectors.bundle import BOOTH_NAME, booth_bundle
from voting.selectors.setup import Setup, setup_of
from voting.services.credential_lists import archived_credentials, log_credentials
from voting.services.description import describe, trustees_of
from voting.services.groups import drop_calls
from voting.services.phases import Refused, lock_election
from voting.services.recording import Addition, append_event

# Profile 1 asks for signatures of the setup, cast statements and the companion file.
PROFILE_OF_NEW_ELECTIONS = 1


class NotReady(Refused):
    """Something is missing. The message says what, one sentence for each."""


@transaction.atomic
def seal_election(
    *, election: Election, now: datetime, profile: int = PROFILE_OF_NEW_ELECTIONS
) -> Election:
    """Fix everything about an election.

    From here on nobody can change a question, a trustee, the roll or a credential. With profile
    0 the record begins at once; with profile 1 it begins when every trustee has signed what is
    sealed (PROTOCOL 2.4), and until then the seal can be taken back.

    Raises:
        WrongPhase: the election is sealed already.
        NotReady: questions, credentials, keys or the booth are missing, or voting would have
            closed already.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    setup = setup_of(election=election)
    if missing := what_is_missing(election=election, setup=setup, now=now):
        raise NotReady(" ".join(missing))
    booth = booth_bundle().sha256
    trustees = trustees_of(election=election)
    archived = describe(election=election, trustees=trustees, profile=profile, booth=booth)
    _number_credentials(election=election)
    election.archived_election = archived
    election.archived_trustees = encode_trustees(trustees.items)
    election.fingerprint = hashlib.sha256(archived).digest()
    election.booth_sha256 = booth
    election.profile = profile
    if profile == 0:
        return _begin_record(election=election, companion=None, now=now)
    election.phase = Election.Phase.SIGNING
    election.save()
    return election


@transaction.atomic
def take_back_seal(*, election: Election) -> Election:
    """Make a draft of an election again that not all trustees have signed.

    Nothing of it is in the log yet. The signatures are void; whoever did not come can be
    replaced, and the election sealed anew.

    Raises:
        WrongPhase: the trustees are not signing.
    """
    election = lock_election(election=election, phase=Election.Phase.SIGNING)
    election.transcript_signatures.all().delete()
    election.archived_election = election.archived_trustees = election.fingerprint = None
    election.booth_sha256 = ""
    election.profile = 0
    election.phase = Election.Phase.DRAFT
    election.save()
    drop_calls(election=election)
    return election


def begin_signed_record(*, election: Election, companion: bytes, now: datetime) -> Election:
    """Begin the record of a locked election that all trustees have signed.

    `companion` is the element of the companion file that holds their signatures.
    """
    assert election.phase == Election.Phase.SIGNING
    return _begin_record(election=election, companion=companion, now=now)


def what_is_missing(*, election: Election, setup: Setup, now: datetime) -> list[str]:
    """Name everything that stands between a draft and its seal, one sentence each."""
    missing = []
    if election.closes_at <= now:
        missing.append(_("Voting would have closed already. Choose later times."))
    if setup.questions == 0:
        missing.append(_("Ask at least one question."))
    if setup.people == 0:
        missing.append(_("Choose the roll of those who may vote."))
    elif not setup.has_all_credentials:
        message = _("%(credentials)s of %(people)s people on the roll have been sent a credential.")
        missing.append(message % {"credentials": setup.credentials, "people": setup.people})
    if setup.trustees == 0:
        missing.append(_("Name at least one trustee."))
    elif not setup.has_all_keys:
        message = _("%(keys)s of %(trustees)s trustees have registered a key.")
        missing.append(message % {"keys": setup.keys, "trustees": setup.trustees})
    if setup.has_unfinished_group:
        missing.append(_("A group of trustees has not made its keys yet."))
    if setup.has_weighted_ranking:
        missing.append(_("Ballots of different weights cannot be ranked. Ask without ranking."))
    if not setup.has_booth:
        missing.append(_("The booth has not been built on this server."))
    return missing


def roll_commitment(*, election: Election, salt: bytes) -> str:
    """Return SHA-256 over the salt and the addresses in their order, each ended by a line feed.

    Where somebody has more than one vote, a comma and the number of votes follow each address.
    With the salt and the list anybody can show later that this roll, and no other, was sealed.
    """
    assert election.roll is not None
    digest = hashlib.sha256(salt)
    is_weighted = roll_votes(election.roll) > election.roll.entries.count()
    for email, weight in roll_weights(election.roll):
        digest.update(f"{email},{weight}\n".encode() if is_weighted else f"{email}\n".encode())
    return digest.hexdigest()


def _number_credentials(*, election: Election) -> None:
    """Give each credential its place in the published list, the group's order.

    One transaction rewrites all rows, one at a time in this order: from then on their row
    versions are equal, they lie in the order of the list, and nobody can tell from them which
    batch of mails a credential belonged to. (A join would leave the order to the planner.)
    """
    public = Credential.objects.filter(election=election).values_list("public", flat=True)
    ordered = sorted(public, key=lambda text: bytes.fromhex(text)[::-1])
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE voting_credential SET position = %s WHERE election_id = %s AND public = %s",
            [(position, election.pk, text) for position, text in enumerate(ordered)],
        )


def roll_sealed_body(*, election: Election) -> dict[str, object]:
    """Return what the log says of the roll: how many people, and a commitment to who they are."""
    assert election.roll is not None
    assert election.roll_salt is not None
    return {
        "election": election.uuid,
        "people": election.roll.entries.count(),
        "commitment": roll_commitment(election=election, salt=bytes(election.roll_salt)),
    }


def _begin_record(*, election: Election, companion: bytes | None, now: datetime) -> Election:
    """Write what is sealed into the log, and the record's header and Setup event.

    The log gets four entries before voting can open: the Setup event, the roll's commitment,
    the hash of the list of credentials, and the booth's hash.
    """
    assert election.archived_election is not None
    assert election.archived_trustees is not None
    assert election.roll is not None
    election.record_timestamp = int(now.timestamp())
    election.roll_salt = secrets.token_bytes(32)
    election.booth_entry = append_entry(
        kind="booth", body=booth_body(sha256=str(election.booth_sha256), name=BOOTH_NAME)
    )
    election.roll_entry = append_entry(kind="roll-sealed", body=roll_sealed_body(election=election))
    election.credentials_entry = log_credentials(election=election)
    election.is_issuing_credentials = False
    election.phase = Election.Phase.SEALED
    election.save()
    header = encode_header(timestamp=election.record_timestamp)
    record = Record.objects.create(election=election, height=0, head=None, length_bytes=len(header))
    archived = bytes(election.archived_election)
    trustees = bytes(election.archived_trustees)
    credentials = archived_credentials(election=election)
    payload = encode_setup(election=archived, trustees=trustees, credentials=credentials)
    append_event(
        election=election,
        record=record,
        addition=Addition(
            type=RecordEvent.Type.SETUP,
            objects=[
                ("election", archived),
                ("trustees", trustees),
                ("credentials", credentials),
                ("setup_data", payload),
            ],
            companion=companion,
        ),
    )
    return election
