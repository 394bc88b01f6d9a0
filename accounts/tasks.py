"""Sweeps of accounts."""

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from accounts.services.rolls import discard_old_uploads


@shared_task(name="accounts.tasks.forget_uploads")
def forget_uploads() -> None:
    """Forget roll files that were uploaded and not confirmed."""
    discard_old_uploads(now=timezone.now())


@shared_task(name="accounts.tasks.forget_sessions")
def forget_sessions() -> None:
    """Delete the sessions that have run out."""
    call_command("clearsessions")
