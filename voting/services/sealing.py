"""Sealing an election: its description gets a fingerprint, and its record begins."""

import hashlib
import secrets
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

import evote.election
from accounts.selectors import roll_emails
from audit.selectors import log_origin
from audit.services.log import append_entry
from evote.election import combine_public_keys, decode_trustee, encode_election, encode_trustees
from evote.record import encode_header, encode_setup
from voting.models import Credential, Election, Record, RecordEvent, Trustee
from voting.selectors.bundle import BOOTH_NAME, booth_bundle
from voting.selectors.setup import Setup, setup_of
from voting.services.credential_lists import archived_credentials, log_credentials
from voting.services.phases import Refused, lock_election
from voting.services.recording import Addition, append_event


class NotReady(Refused):
    """Something is missing. The message says what, one sentence for each."""


@transaction.atomic
def seal_election(*, election: Election, now: datetime) -> Election:
    """Fix everything about an election and write it into the record and the log.

    From here on nobody can change a question, a trustee, the roll or a credential. The log
    gets four entries before voting can open: the Setup event, the roll's commitment, the
    hash of the list of credentials, and the booth's hash.

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
    trustees = [
        decode_trustee(bytes(trustee.encoded or b""))
        for trustee in Trustee.objects.filter(election=election).order_by("position")
    ]
    archived_trustees = encode_trustees(trustees)
    credentials = archived_credentials(election=election)
    archived_election = encode_election(
        uuid=election.uuid,
        name=election.title,
        description=election.description,
        public_key=combine_public_keys(trustees),
        questions=_questions(election=election),
        context={
            "profile": 0,
            "consultation": election.consultation_url
            or f"{settings.BASE_URL}/elections/{election.uuid}/",
            "log": log_origin(),
            "booth": booth,
            "access": str(election.access),
            "credentials": str(election.credentials_by),
        },
        administrator=election.organisation.name,
        credential_authority=str(election.credentials_by),
    )
    _number_credentials(election=election)
    salt = secrets.token_bytes(32)
    election.archived_election = archived_election
    election.archived_trustees = archived_trustees
    election.fingerprint = hashlib.sha256(archived_election).digest()
    election.record_timestamp = int(now.timestamp())
    election.booth_sha256 = booth
    election.roll_salt = salt
    election.booth_entry = append_entry(kind="booth", body={"sha256": booth, "name": BOOTH_NAME})
    election.roll_entry = append_entry(
        kind="roll-sealed",
        body={
            "election": election.uuid,
            "people": setup.people,
            "commitment": roll_commitment(election=election, salt=salt),
        },
    )
    election.credentials_entry = log_credentials(election=election)
    election.phase = Election.Phase.SEALED
    election.is_issuing_credentials = False
    election.save()
    _begin_record(election=election, credentials=credentials)
    return election


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
    if not setup.has_booth:
        missing.append(_("The booth has not been built on this server."))
    return missing


def roll_commitment(*, election: Election, salt: bytes) -> str:
    """Return SHA-256 over the salt and the addresses in their order, each ended by a line feed.

    With the salt and the list anybody can show later that this roll, and no other, was sealed.
    """
    assert election.roll is not None
    digest = hashlib.sha256(salt)
    for email in roll_emails(election.roll):
        digest.update(f"{email}\n".encode())
    return digest.hexdigest()


def _questions(*, election: Election) -> list[evote.election.Question]:
    return [
        evote.election.Question(
            text=question.text,
            answers=tuple(question.answers),
            minimum=question.minimum,
            maximum=question.maximum,
            has_blank=question.has_blank,
        )
        for question in election.questions.order_by("position")
    ]


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


def _begin_record(*, election: Election, credentials: bytes) -> None:
    """Write the record's header and its Setup event."""
    assert election.archived_election is not None
    assert election.archived_trustees is not None
    assert election.record_timestamp is not None
    header = encode_header(timestamp=election.record_timestamp)
    record = Record.objects.create(election=election, height=0, head=None, length_bytes=len(header))
    archived = bytes(election.archived_election)
    trustees = bytes(election.archived_trustees)
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
        ),
    )
