import secrets

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from audit.migrations._triggers import APPEND_ONLY_TABLES
from config import self_test
from config.database_role import (
    RoleMissing,
    grant_rights,
    make_role,
    prepare_role,
    table_rights,
)
from config.embedded.postgres import APPLICATION_ROLE
from config.self_test import Unsound

NEVER_CHANGED = (
    *APPEND_ONLY_TABLES,
    "voting_recordevent",
    "voting_recordobject",
    "voting_challenge",
    "deliberation_proposalversion",
    "deliberation_moderationact",
)


@pytest.fixture
def role(db):
    """Act as a new role with the rights of the application; it goes with the transaction."""
    name = f"pnyx_app_{secrets.token_hex(4)}"
    make_role(role=name, password="", owner=connection)
    grant_rights(role=name, owner=connection)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {name}")
    return name


def refusal_of(statement):
    with (
        pytest.raises(DatabaseError) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return refusal.value.__cause__


@pytest.mark.parametrize("table", NEVER_CHANGED)
def test_the_role_adds_rows_and_has_no_right_to_change_or_remove_any(role, table):
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, table)
        cursor.execute(
            "SELECT has_table_privilege(%s, 'INSERT'), has_table_privilege(%s, 'SELECT')",
            [table, table],
        )
        assert cursor.fetchone() == (True, True)

    for column in columns:
        statement = f'UPDATE "{table}" SET "{column.name}" = "{column.name}" WHERE false'
        assert isinstance(refusal_of(statement), InsufficientPrivilege)
    for statement in (
        f"DELETE FROM {table} WHERE false",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER USER",
        f"DROP TABLE {table} CASCADE",
    ):
        assert isinstance(refusal_of(statement), InsufficientPrivilege), statement


@pytest.mark.parametrize(
    ("table", "changing", "fixed"),
    [
        ("voting_ballot", "height", "credential"),
        ("voting_ballot", "batch", "tracker"),
        ("voting_ballotalpha", "is_mingled", "alpha"),
        ("voting_credential", "position", "public"),
        ("deliberation_comment", "id", "body"),
    ],
)
def test_of_a_ballots_row_only_its_place_may_be_written(role, table, changing, fixed):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {changing} = NULL WHERE false")

    assert isinstance(
        refusal_of(f"UPDATE {table} SET {fixed} = {fixed} WHERE false"), InsufficientPrivilege
    )


def test_the_role_cannot_act_as_a_replica_nor_as_the_owner_nor_make_tables(role):
    for statement in (
        "SET session_replication_role = replica",
        "CREATE TABLE public.mine (id int)",
        "CREATE ROLE another",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
    ):
        assert isinstance(refusal_of(statement), InsufficientPrivilege), statement


def test_the_outbox_gives_rows_away_and_changes_none(role):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_pendingentry WHERE false")

    statement = "UPDATE audit_pendingentry SET body = body WHERE false"
    assert isinstance(refusal_of(statement), InsufficientPrivilege)
    assert isinstance(refusal_of("TRUNCATE audit_pendingentry"), InsufficientPrivilege)


def test_no_table_at_all_can_be_emptied_at_once(role):
    for table in connection.introspection.table_names():
        assert isinstance(refusal_of(f'TRUNCATE "{table}" CASCADE'), InsufficientPrivilege)


def test_an_owner_who_may_not_make_roles_is_told_how(role):
    with pytest.raises(RoleMissing, match="CREATE ROLE pnyx_other LOGIN"), transaction.atomic():
        make_role(role="pnyx_other", password="secret", owner=connection)


def test_giving_the_rights_again_takes_away_what_was_given_by_hand(role):
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(f"GRANT ALL ON audit_logentry TO {role}")
        grant_rights(role=role, owner=connection)
        cursor.execute(f"SET LOCAL ROLE {role}")

    assert isinstance(refusal_of("DELETE FROM audit_logentry"), InsufficientPrivilege)


class TestSelfTest:
    def test_a_role_with_the_applications_rights_passes(self, role, settings):
        settings.DEBUG = False

        self_test.check_role()

    @pytest.mark.parametrize(
        "grant",
        [
            "UPDATE ON audit_logentry",
            "UPDATE (note) ON audit_checkpoint",
            "DELETE ON voting_ballot",
            "TRUNCATE ON audit_tile",
            "UPDATE (prev) ON voting_ballot",
        ],
    )
    def test_one_right_too_many_is_named(self, role, settings, grant):
        settings.DEBUG = False
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute(f"GRANT {grant} TO {role}")
            cursor.execute(f"SET LOCAL ROLE {role}")

        with pytest.raises(Unsound, match="may do this"):
            self_test.check_role()

    @pytest.mark.django_db
    def test_the_owner_is_refused_in_production_and_warned_of_while_debugging(
        self, settings, caplog
    ):
        settings.DEBUG = False
        with pytest.raises(Unsound, match="need a role of their own"):
            self_test.check_role()

        settings.DEBUG = True
        self_test.check_role()
        assert "may do this" in caplog.text


@pytest.mark.django_db
def test_every_table_whose_trigger_refuses_changes_is_known():
    rights = table_rights(connection)

    closed = {name for name, right in rights.items() if not right.updates and not right.deletes}
    assert closed >= {*NEVER_CHANGED, "django_migrations"}
    assert rights["audit_pendingentry"].deletes
    assert not rights["voting_ballot"].deletes
    assert rights["accounts_user"].updates
    assert rights["accounts_user"].deletes


@pytest.mark.django_db
def test_where_no_owner_is_named_no_role_is_made():
    prepare_role()

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE])
        assert cursor.fetchone() is None
