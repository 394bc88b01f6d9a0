"""What tests with a database need: tables that can be emptied, a data folder and a log's key."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, sync_playwright

from tests.browser.pages import chromium_path

# Playwright's loop runs in the test's thread, and Django takes that for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

# Tests share a small machine with others: how long one example takes says nothing.
hypothesis_settings.register_profile("pnyx", deadline=None)
hypothesis_settings.load_profile("pnyx")

LOG_ORIGIN = "127.0.0.1:8000/log"
MADE_BY_MIGRATIONS = ["auth_permission", "django_content_type", "django_migrations"]


@contextmanager
def append_only_triggers_off():
    """Let a test empty the tables that refuse it in every real installation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
            "WHERE tgenabled = 'A' AND NOT tgisinternal AND tgtype & 32 <> 0"
        )
        triggers = cursor.fetchall()
        for table, trigger in triggers:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        yield
        for table, trigger in triggers:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def empty_tables():
    """Empty the tables that hold anything; of every other one that would only take time."""
    with append_only_triggers_off(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND relname <> ALL (%s)"
            " AND pg_relation_size(oid) > 0",
            [MADE_BY_MIGRATIONS],
        )
        if names := [name for (name,) in cursor.fetchall()]:
            cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")


@pytest.fixture(autouse=True, scope="session")
def tables_can_be_emptied_between_tests():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: empty_tables())
        yield


@pytest.fixture(scope="session")
def log_key(tmp_path_factory):
    """The file with the installation's key."""
    from evote.tlog.note import SigningKey

    path = tmp_path_factory.mktemp("key") / "log.key"
    path.touch(mode=0o600)
    path.write_text(SigningKey.generate(name=LOG_ORIGIN).encode() + "\n")
    return path


@pytest.fixture
def data_folder(tmp_path, settings, log_key):
    """A folder for published files of this test alone: a log must never grow shorter."""
    settings.DATA_DIR = tmp_path / "data"
    settings.LOG_KEY_FILE = log_key
    settings.LOG_MARK_FILE = settings.DATA_DIR / "log-mark"
    return settings.DATA_DIR


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the run; without one the test is skipped, and says so."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine; set PNYX_CHROMIUM to its path")
    with sync_playwright() as playwright:
        # No sandbox: tests also run as root, and open only pages of the server under test.
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()
