import gc
import importlib

import pytest

from config import self_test
from config.celery import worker_init

# What Django alone brings is several times this.
LOADED_OBJECTS = 50_000


@pytest.fixture(autouse=True)
def sound(monkeypatch):
    monkeypatch.setattr(self_test, "refuse_unless_sound", lambda: None)
    yield
    gc.unfreeze()


def test_a_workers_process_looks_for_garbage_only_among_what_came_later():
    worker_init.send(sender=None)

    assert gc.get_freeze_count() > LOADED_OBJECTS
    assert len(gc.get_objects()) < LOADED_OBJECTS


def test_so_does_a_web_servers():
    importlib.import_module("config.wsgi")

    assert gc.get_freeze_count() > LOADED_OBJECTS


def test_garbage_that_came_later_is_still_found():
    worker_init.send(sender=None)
    circle: list[object] = []
    circle.append(circle)
    del circle

    assert gc.collect() > 0
