import secrets

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection, transaction

from config import self_test
from config.announcement import announce_software
from config.self_test import Unsound

SECRET = str(10**75 + secrets.randbelow(10**75))


def test_a_sound_installation_passes_what_needs_no_database():
    for check in self_test.WITHOUT_DATABASE:
        check()


@pytest.mark.django_db
class TestWithADatabase:
    def test_a_database_that_forgets_is_refused_outside_of_debugging(self, settings):
        settings.DEBUG = False  # the servers of a test run do not wait for the disk

        with pytest.raises(Unsound, match="fsync"):
            self_test.check_durability()

    def test_triggers_are_all_there(self):
        self_test.check_append_only()

    @pytest.mark.parametrize("table", self_test.APPEND_ONLY_TABLES)
    def test_a_table_that_lost_its_triggers_is_named(self, table):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            with pytest.raises(Unsound, match=table):
                self_test.check_append_only()
            transaction.set_rollback(True)

    @pytest.mark.parametrize("table", self_test.APPEND_ONLY_TABLES)
    def test_a_trigger_that_does_not_fire_always_is_not_enough(self, table):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            with pytest.raises(Unsound, match=table):
                self_test.check_append_only()
            transaction.set_rollback(True)

    def test_the_clock_is_the_databases(self):
        self_test.check_clock()

    def test_a_clock_that_is_off_is_refused(self, monkeypatch):
        now = self_test.timezone.now()
        monkeypatch.setattr(self_test.timezone, "now", lambda: now.replace(year=now.year + 1))

        with pytest.raises(Unsound, match="clock"):
            self_test.check_clock()

    def test_a_booth_that_is_not_in_the_log_is_refused(self, settings):
        settings.DEBUG = False

        with pytest.raises(Unsound, match="not in the log"):
            self_test.check_booth()

    def test_an_announced_booth_is_served(self, settings):
        settings.DEBUG = False
        announce_software()

        self_test.check_booth()


def test_a_trustees_key_in_the_environment_is_named_and_not_shown(monkeypatch):
    monkeypatch.setenv("MY_KEY", f'"{SECRET}"')

    with pytest.raises(Unsound) as refusal:
        self_test.check_no_trustee_secret()

    assert "MY_KEY" in str(refusal.value)
    assert SECRET not in str(refusal.value)


def test_a_trustees_key_on_the_servers_disk_is_named_and_not_shown(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "my-key.json").write_text(f'"{SECRET}"\n')

    with pytest.raises(Unsound) as refusal:
        self_test.check_no_trustee_secret()

    assert "my-key.json" in str(refusal.value)
    assert SECRET not in str(refusal.value)


def test_the_command_check_runs_them(monkeypatch):
    monkeypatch.setenv("MY_KEY", f'"{SECRET}"')

    with pytest.raises(SystemCheckError, match="MY_KEY"):
        call_command("check")


def test_a_process_that_is_not_sound_ends_with_one_sentence(monkeypatch):
    def unsound():
        msg = "The moon is full."
        raise Unsound(msg)

    monkeypatch.setattr(self_test, "WITHOUT_DATABASE", (unsound,))

    with pytest.raises(SystemExit, match=r"Pnyx does not start: The moon is full\."):
        self_test.refuse_unless_sound()
