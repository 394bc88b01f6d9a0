"""The sweep that keeps the log moving."""

from celery import shared_task
from django.utils import timezone

from audit.services import sequencing


@shared_task(name="audit.tasks.sequence")
def sequence() -> int:
    """Give waiting entries their places, sign and publish. Harmless when run twice or killed."""
    return sequencing.sequence(today=timezone.localdate())
