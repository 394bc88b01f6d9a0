from celery import current_app
from django.conf import settings

from config.celery import SWEEPS, app


def own_tasks():
    app.loader.import_default_modules()
    apps = {"accounts", "audit", "voting", "deliberation", "config"}
    return {name for name in current_app.tasks if name.partition(".")[0] in apps}


def test_every_task_is_a_sweep_with_an_interval():
    assert own_tasks() == set(SWEEPS)


def test_beat_runs_every_sweep_by_its_name():
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} == set(SWEEPS)


def test_a_task_may_be_killed_and_is_delivered_again():
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert visibility > settings.CELERY_TASK_TIME_LIMIT
