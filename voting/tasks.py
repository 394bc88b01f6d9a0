"""Sweeps: the database says what is due, a service does it once, and twice is harmless.

A sweep goes on to the next election when one fails, and says so in the diary; whatever was
left is found again by the next run. The intervals are in `config.celery`.
"""

import logging
import time
from collections.abc import Callable, Iterable

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from voting.models import Election
from voting.selectors import due
from voting.selectors.log_comparison import elections_that_differ
from voting.services import registrations
from voting.services.calls import call_waiting_trustees
from voting.services.credentials import send_credential_batch
from voting.services.decrypting import publish_result
from voting.services.phases import Refused
from voting.services.polls import close_election, open_election
from voting.services.recording import record_waiting_ballots
from voting.services.shuffle_checks import check_shuffles as check_election_shuffles
from voting.services.tallying import tally_election
from voting.services.trustees import send_invitation
from voting.services.verification import verify_published_record

# How long one run of a sweep keeps at long work before other work has its turn.
TURN_SECONDS = 20.0

logger = logging.getLogger(__name__)


@shared_task
def send_invitations() -> None:
    """Mail the trustees' invitations that wait."""
    for trustee in due.trustees_to_invite():
        send_invitation(trustee=trustee)


@shared_task
def send_credentials() -> None:
    """Mail one batch of credentials for each election that has some waiting."""
    _for_each(
        due.elections_with_waiting_credentials(),
        lambda election: send_credential_batch(election=election),
    )


@shared_task
def mingle_registrations() -> None:
    """Rewrite which accounts used which credential, so that rows do not tell who came first."""
    _for_each(
        due.elections_with_new_registrations(),
        lambda election: registrations.mingle_registrations(election=election),
    )


@shared_task
def forget_registrations() -> None:
    """Delete which accounts used which credential, once the time for appeals is over."""
    registrations.forget_registrations(now=timezone.now())


@shared_task
def open_due_elections() -> None:
    """Open the elections whose time has come."""
    now = timezone.now()
    _for_each(
        due.elections_to_open(now=now), lambda election: open_election(election=election, now=now)
    )


@shared_task
def record_ballots() -> None:
    """Give the accepted ballots that wait their place in the record and the log."""

    def record_all(election: Election) -> None:
        while record_waiting_ballots(election=election) > 0:
            pass

    _for_each(due.elections_with_waiting_ballots(), record_all)


@shared_task
def close_due_elections() -> None:
    """Close the elections whose time has come."""
    now = timezone.now()
    _for_each(
        due.elections_to_close(now=now), lambda election: close_election(election=election, now=now)
    )


@shared_task
def tally_closed_elections() -> None:
    """Add up the ballots of closed elections; several workers share the chunks of one.

    Each run takes a few seconds of it, so that a large box does not keep other sweeps waiting.
    """
    may_go_on = _turn()
    _for_each(
        due.elections_to_tally(),
        lambda election: tally_election(election=election, may_go_on=may_go_on),
    )


@shared_task
def check_shuffles() -> None:
    """Check the shuffles that trustees handed in; several workers share the parts of one."""
    may_go_on = _turn()
    _for_each(
        due.elections_with_shuffles_to_check(),
        lambda election: check_election_shuffles(election=election, may_go_on=may_go_on),
    )


@shared_task
def call_trustees() -> None:
    """Mail the trustees for whom an election waits; each for each task once."""
    _for_each(
        due.elections_that_wait_for_trustees(),
        lambda election: call_waiting_trustees(election=election),
    )


@shared_task
def publish_results() -> None:
    """Publish the results to which every trustee has contributed."""
    _for_each(due.elections_to_publish(), lambda election: publish_result(election=election))


@shared_task
def verify_records() -> None:
    """Verify the published records not verified yet; several workers share the parts of one."""
    may_go_on = _turn()
    _for_each(
        due.elections_to_verify(),
        lambda election: verify_published_record(
            election=election, now=timezone.now(), may_go_on=may_go_on
        ),
    )


@shared_task
def compare_with_log() -> list[str]:
    """Compare every record with the log's entries of it, and raise the alarm."""
    differing = elections_that_differ()
    for uuid, differences in differing.items():
        logger.error("Election %s is not as it was logged: %s", uuid, "; ".join(differences))
    return list(differing)


def _turn() -> Callable[[], bool]:
    """Return what says whether this run of a sweep may begin another piece of long work."""
    end = time.monotonic() + TURN_SECONDS
    return lambda: time.monotonic() < end


def _for_each(elections: Iterable[Election], step: Callable[[Election], object]) -> None:
    for election in elections:
        try:
            step(election)
        except Refused as refusal:
            # The next run asks again: the log may be behind, or another worker was faster.
            logger.info("Election %s: %s", election.uuid, refusal)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            logger.exception("Election %s: a sweep failed and will be tried again", election.uuid)
