"""Checking a published record as an observer would, for the page that shows the result.

The work is cut into parts that any number of workers share. Each part is a transaction of its own,
and what it gives depends on the record alone: killed at any point and begun again, the verdict is
the same. No part holds more of the record than it is about.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from evote.errors import EvoteError
from evote.verify import Report, Verdict, verify_record
from evote.verify.parts import verify_in_parts
from voting.models import Election, Record
from voting.models.verification import Verification, VerificationPart
from voting.selectors.companion import companion_bytes
from voting.selectors.record import record_bytes, record_chunks, record_length_bytes
from voting.services.verification_parts import Workshop, collect_parts, plan_parts

logger = logging.getLogger(__name__)

# What a part raises where something does not hold, or where a row that it needs is not there.
WRONG = (EvoteError, AssertionError, LookupError, ValueError, ObjectDoesNotExist)


def verify_published_record(
    *, election: Election, now: datetime, may_go_on: Callable[[], bool] = lambda: True
) -> Verification | None:
    """Run every step of strict verification over the record and keep what was found.

    None while others still hold parts, or where `may_go_on` said that other work waits: whoever
    comes next finishes. Where a part does not hold, the whole record is verified at once, so that
    the step and the place are named as an observer finds them.
    """
    _cut(election=election)
    workshop = Workshop(election)
    while may_go_on() and check_next_part(workshop=workshop):
        pass
    return _finish(election=election, now=now)


def check_next_part(*, workshop: Workshop) -> bool:
    """Take a part that nobody works on and check it; say whether there was one."""
    with transaction.atomic():
        part = (
            VerificationPart.objects.select_for_update(skip_locked=True)
            .filter(election=workshop.election, answer__isnull=True, problem="")
            .order_by("kind", "height", "question", "first")
            .first()
        )
        if part is None:
            return False
        try:
            part.answer = workshop.check(part)
        except WRONG as error:
            part.problem = str(error) or type(error).__name__
        part.save(update_fields=["answer", "problem"])
    return True


@transaction.atomic
def _cut(*, election: Election) -> None:
    """Make the parts, once."""
    Election.objects.select_for_update(no_key=True).get(pk=election.pk)
    parts = VerificationPart.objects.filter(election=election)
    if parts.exists() or Verification.objects.filter(election=election).exists():
        return
    VerificationPart.objects.bulk_create(plan_parts(election=election))


@transaction.atomic
def _finish(*, election: Election, now: datetime) -> Verification | None:
    """Put the answers together when all are there, and keep the verdict."""
    Election.objects.select_for_update(no_key=True).get(pk=election.pk)
    done = Verification.objects.filter(election=election).first()
    parts = VerificationPart.objects.filter(election=election)
    if done is not None or parts.filter(answer__isnull=True, problem="").exists():
        return done
    report = _report(election=election)
    verification = Verification.objects.create(
        election=election,
        is_complete=report.verdict == Verdict.COMPLETE,
        steps=report.to_json()["steps"],
        record_sha256=_record_sha256(election=election),
        verified_at=now,
    )
    parts.delete()
    return verification


def _report(*, election: Election) -> Report:
    """Sum up the parts; where anything is wrong, let the whole verification say what."""
    report = _report_of_parts(election=election)
    if report is not None and report.verdict == Verdict.COMPLETE:
        return report
    companion = None
    if election.profile:
        events = Record.objects.values_list("height", flat=True).get(election=election)
        companion = companion_bytes(election=election, height=events - 1)
    return verify_record(
        record_bytes(election=election), companion=companion, progress=_without_progress
    )


def _report_of_parts(*, election: Election) -> Report | None:
    if VerificationPart.objects.filter(election=election).exclude(problem="").exists():
        return None
    try:
        return verify_in_parts(collect_parts(election=election))
    except WRONG:
        logger.exception("Election %s: the parts of its verification do not fit", election.uuid)
        return None


def _record_sha256(*, election: Election) -> str:
    digest = hashlib.sha256()
    end = record_length_bytes(election=election)
    for chunk in record_chunks(election=election, from_byte=0, to_byte=end):
        digest.update(chunk)
    return digest.hexdigest()


def _without_progress(step: int, done: int, total: int) -> None:
    """Show nothing: nobody watches a sweep."""
