"""Celery, and every sweep with its interval on one screen.

A sweep asks the database what is due, does it once, and may be killed at any time.
"""

import os

from celery import Celery
from celery.signals import beat_init, task_failure, task_prerun, worker_init
from django.db import close_old_connections, connections

from config import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("pnyx")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# name of the task -> seconds between two runs
SWEEPS: dict[str, float] = {
    "accounts.tasks.forget_uploads": 300.0,
    "accounts.tasks.forget_sessions": 3_600.0,
    "config.tasks.heartbeat": 5.0,
    "audit.tasks.sequence": 1.0,
    "audit.tasks.cosign": 1.0,
    "audit.tasks.stamp": 5.0,
    "voting.tasks.record_ballots": environment.seconds("PNYX_BALLOT_BATCH_SECONDS", default=2.0),
    "voting.tasks.mingle_registrations": 900.0,
    "voting.tasks.forget_registrations": 3_600.0,
    "voting.tasks.open_due_elections": 2.0,
    "voting.tasks.close_due_elections": 2.0,
    "voting.tasks.tally_closed_elections": 2.0,
    "voting.tasks.check_shuffles": 2.0,
    "voting.tasks.publish_results": 2.0,
    "voting.tasks.verify_records": 2.0,
    "voting.tasks.compare_with_log": 3600.0,
    "voting.tasks.send_credentials": 2.0,
    "voting.tasks.send_invitations": 5.0,
    "voting.tasks.call_trustees": 10.0,
    "deliberation.tasks.log_phase_changes": 10.0,
    "deliberation.tasks.compare_with_log": 3600.0,
}

app.conf.beat_schedule = {
    task: {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 1.0) * 5}}
    for task, seconds in SWEEPS.items()
}


def _refuse_unless_sound(**_details: object) -> None:
    from config.self_test import refuse_unless_sound  # needs the applications to be loaded

    refuse_unless_sound()


worker_init.connect(_refuse_unless_sound, weak=False)
beat_init.connect(_refuse_unless_sound, weak=False)


def _keep_what_is_loaded(**_details: object) -> None:
    from config.heap import keep_what_is_loaded  # needs the applications to be loaded

    keep_what_is_loaded()


# In the parent: its children have what it has, and share the memory for as long as nobody writes.
worker_init.connect(_keep_what_is_loaded, weak=False)


# As before a request: one that is old or broken is closed, any other is tried before it is used.
# Celery would open one for each task, several a second, which PostgreSQL feels.
task_prerun.connect(close_old_connections, weak=False)


def _close_connections(**_details: object) -> None:
    connections.close_all()


# Whatever a task left behind that did not end well, a lock above all, goes with its connection.
task_failure.connect(_close_connections, weak=False)
