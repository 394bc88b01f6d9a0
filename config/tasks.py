"""Sweeps of the installation itself."""

import time

from celery import shared_task
from django.core.cache import cache

from config.health import HEARTBEAT, WORKER_SILENCE_SECONDS


@shared_task
def heartbeat() -> None:
    """Leave a sign of life for /health: beat asked, a worker did."""
    cache.set(HEARTBEAT, time.time(), timeout=WORKER_SILENCE_SECONDS)
