"""Issuing credentials by e-mail: made in memory, mailed, and forgotten.

This is the weaker way (PROTOCOL 2.6), because the server sees each credential for a moment.
The mail, the page and the record say so.
"""

import logging
import secrets
import time
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import RollEntry
from accounts.services.mail import compose_mail
from evote.credential import derive_public_credential, generate_credential
from voting.models import Credential, CredentialIssue, Election
from voting.services.phases import Refused, lock_election

MAILS_PER_BATCH = 200
# A batch that a slow mail server drags out is written long before Celery ends its task: else
# the same people would get another mail from every run.
BATCH_LIMIT_SECONDS = 120

logger = logging.getLogger(__name__)


class IssueRefused(Refused):
    """Credentials cannot go out yet."""


@transaction.atomic
def issue_credentials(*, election: Election) -> Election:
    """Have a credential sent to everybody on the roll. A sweep sends them, batch by batch.

    Asked again, it tries anew those whose mail was refused.

    Raises:
        WrongPhase: the election is sealed.
        IssueRefused: no roll was chosen, or a registrar makes the credentials.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    if election.has_registrar:
        raise IssueRefused(_("In this election a registrar makes the credentials."))
    if election.roll is None:
        raise IssueRefused(_("Choose the roll first: it says who gets a credential."))
    entries = election.roll.entries.values_list("pk", flat=True)
    CredentialIssue.objects.bulk_create(
        (CredentialIssue(election=election, roll_entry_id=pk) for pk in entries.iterator()),
        batch_size=5000,
        ignore_conflicts=True,
    )
    CredentialIssue.objects.filter(election=election, state=CredentialIssue.State.REFUSED).update(
        state=CredentialIssue.State.WAITING
    )
    election.is_issuing_credentials = True
    election.save(update_fields=["is_issuing_credentials"])
    return election


@transaction.atomic
def choose_access(
    *, election: Election, access: Election.Access, credentials_by: Election.CredentialsBy
) -> Election:
    """Say what casting asks for, and who makes the credentials.

    Raises:
        WrongPhase: the election is sealed.
        IssueRefused: credentials were made already, and somebody else shall make them.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    if credentials_by != election.credentials_by and election.is_issuing_credentials:
        raise IssueRefused(_("There are credentials already. Who makes them cannot change now."))
    election.access = access
    election.credentials_by = credentials_by
    election.save(update_fields=["access", "credentials_by"])
    return election


def send_credential_batch(*, election: Election) -> int:
    """Make, mail and forget up to 200 credentials; return how many mails are done with.

    The marks and the public parts are written after the mails went out, in one transaction
    and in random order. If the process dies before that, nothing is written: those people get
    another mail, the credential in the first one never comes on the list, and the mail says
    that the newest one counts. So there are never more credentials than people on the roll.
    """
    with transaction.atomic():
        waiting = list(
            CredentialIssue.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("roll_entry")
            .filter(
                election=election,
                election__phase=Election.Phase.DRAFT,
                state=CredentialIssue.State.WAITING,
            )
            .order_by("pk")[:MAILS_PER_BATCH]
        )
        public, sent, refused = _mail_all(election=election, issues=waiting)
        secrets.SystemRandom().shuffle(public)
        Credential.objects.bulk_create(
            Credential(election=election, public=credential, weight=weight)
            for credential, weight in public
        )
        for state, keys in (
            (CredentialIssue.State.SENT, sent),
            (CredentialIssue.State.REFUSED, refused),
        ):
            CredentialIssue.objects.filter(pk__in=keys).update(state=state)
    return len(sent) + len(refused)


def _mail_all(
    *, election: Election, issues: list[CredentialIssue]
) -> tuple[list[tuple[str, int]], list[int], list[int]]:
    """Mail one credential to each; return the public parts and whose mails went and did not.

    With each public part comes its weight, which the record shows of every credential.
    """
    public: list[tuple[str, int]] = []
    sent: list[int] = []
    refused: list[int] = []
    connection = get_connection()
    deadline = time.monotonic() + BATCH_LIMIT_SECONDS
    try:
        connection.open()
        for issue in issues:
            try:
                credential = _mail_one(election, issue.roll_entry, connection)
                public.append((credential, issue.roll_entry.weight))
                sent.append(issue.pk)
            except (SMTPRecipientsRefused, SMTPDataError, ValueError):
                # ValueError: nobody can write to this address at all.
                refused.append(issue.pk)
            if time.monotonic() > deadline:
                break  # the next sweep goes on from here
    except (SMTPException, OSError):
        # What went out so far is kept; the next sweep goes on from here.
        logger.warning("Sending credentials of election %s was interrupted", election.uuid)
    finally:
        connection.close()
    return public, sent, refused


def _mail_one(election: Election, entry: RollEntry, connection: BaseEmailBackend) -> str:
    """Make a credential, mail its private part, and return the public part alone."""
    credential = generate_credential()
    mail = compose_mail(
        to=entry.email,
        template="voting/email/credential",
        context={
            "name": entry.name,
            "title": election.title,
            "organisation": election.organisation.name,
            "opens_at": election.opens_at,
            "closes_at": election.closes_at,
            "permit_address": (
                f"{settings.BASE_URL}/elections/{election.uuid}/permit/"
                if election.asks_for_account
                else ""
            ),
            "election_address": f"{settings.BASE_URL}/elections/{election.uuid}/",
            "booth_address": (
                f"{settings.BASE_URL}/elections/{election.uuid}/booth/#credential={credential}"
            ),
            "credential": credential,
        },
        language=settings.LANGUAGE_CODE,
    )
    mail.connection = connection
    mail.send()
    return derive_public_credential(uuid=election.uuid, credential=credential)
