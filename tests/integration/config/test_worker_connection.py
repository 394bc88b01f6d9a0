import pytest
from celery.fixups.django import DjangoWorkerFixup
from celery.signals import task_failure, task_prerun
from django.db import connection

from config.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


def process_id():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def begin_task():
    task_prerun.send(sender=None)
    # What Celery does in a worker before each task, and after it.
    DjangoWorkerFixup(app).close_database()


def test_a_worker_keeps_its_connection_from_task_to_task():
    before = process_id()

    begin_task()

    assert process_id() == before


def test_a_connection_that_is_gone_is_replaced_before_the_next_task():
    before = process_id()
    connection.connection.close()

    begin_task()

    assert process_id() != before


def test_a_task_that_failed_leaves_no_lock_behind():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(1)")

    task_failure.send(sender=None)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1")
        assert cursor.fetchone() == (0,)


def test_an_old_connection_is_replaced_before_the_next_task():
    before = process_id()
    connection.close_at = 0

    begin_task()

    assert process_id() != before
