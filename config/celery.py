"""Celery, and every sweep with its interval on one screen.

A sweep asks the database what is due, does it once, and may be killed at any time.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("pnyx")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# name of the task -> seconds between two runs
SWEEPS: dict[str, float] = {}

app.conf.beat_schedule = {
    task: {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 1.0) * 5}}
    for task, seconds in SWEEPS.items()
}
