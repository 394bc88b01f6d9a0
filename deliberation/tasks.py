"""Sweeps: find what is due in the database, do it once, be killable."""

import logging

from celery import shared_task
from django.utils import timezone

from deliberation.selectors.moderation import altered_records
from deliberation.services.phases import log_due_changes

LOGGER = logging.getLogger(__name__)


@shared_task
def log_phase_changes() -> int:
    """Enter in the log every phase that started or ended."""
    return log_due_changes(now=timezone.now())


@shared_task
def compare_with_log() -> list[str]:
    """Compare texts and acts with what the log says of them, and raise the alarm."""
    altered = altered_records(now=timezone.now())
    for name in altered:
        LOGGER.error("Not as it was logged: %s", name)
    return altered
