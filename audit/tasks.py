"""The sweeps that keep the log moving."""

from celery import shared_task
from django.utils import timezone

from audit.services import cosigning, halting, timestamps


@shared_task(name="audit.tasks.sequence")
def sequence() -> int:
    """Give waiting entries their places, sign and publish. Harmless when run twice or killed."""
    return halting.sequence_and_report(today=timezone.localdate())


@shared_task(name="audit.tasks.cosign")
def cosign() -> int:
    """Put the newest checkpoint to the witnesses. Harmless when run twice or killed."""
    return cosigning.cosign(now=timezone.now())


@shared_task(name="audit.tasks.stamp")
def stamp() -> int:
    """Have public checkpoints stamped by the outside authority. Harmless when run twice."""
    return timestamps.stamp_checkpoints(now=timezone.now())
