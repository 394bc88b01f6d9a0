"""The database role of web, worker and beat: it adds rows, and cannot take back what was promised.

The owner of the tables migrates and is used for nothing else. The role of the application has
exactly the rights that the triggers leave open: a table whose triggers refuse every UPDATE or
DELETE gives none to the role either. So a trigger that somebody takes off is not the last word,
and the role cannot take one off itself: that is the owner's right alone.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

LOGGER = logging.getLogger(__name__)
OWNER_ALIAS = "owner"
# Functions of triggers that refuse whatever happens to a row.
ALWAYS_REFUSE = ("audit_refuse_change", "voting_deny", "deliberation_refuse_change")
# A trigger that names the columns that may change; the rest of the row stays.
COLUMNS_MAY_CHANGE = "voting_only_columns_may_change"
# A ballot gets its place in the record, once, and its body is written anew, byte for byte, so
# that where it lies tells nothing: for that column the trigger alone stands.
CHANGING_COLUMNS = {"voting_ballot": ("batch", "height", "body")}
# Moderators decide about a comment one at a time: they lock its row, and PostgreSQL asks for the
# right to change a column before it locks. The trigger refuses every change all the same.
LOCKED_BY_COLUMN = {"deliberation_comment": ("id",)}
# Bits of pg_trigger.tgtype.
DELETE_BIT, UPDATE_BIT = 8, 16
TRIAL_TIMEOUT_MILLISECONDS = 2_000

_TRIGGERS = """
SELECT relation.relname, function.proname, bit_or(given.tgtype::int),
    coalesce(string_agg(nullif(encode(given.tgargs, 'escape'), ''), ''), '')
FROM pg_trigger AS given
JOIN pg_class AS relation ON relation.oid = given.tgrelid
JOIN pg_proc AS function ON function.oid = given.tgfoid
WHERE NOT given.tgisinternal AND given.tgenabled = 'A'
    AND relation.relnamespace = 'public'::regnamespace
GROUP BY relation.relname, function.proname
"""


class RoleMissing(Exception):
    """The role cannot be made here. The message says how to make it by hand."""


class RoleTooStrong(Exception):
    """The application's role may do what it must not. The message names one such thing."""


@dataclass(slots=True)
class Rights:
    """What the application may do with one table, besides reading and adding."""

    updates: bool = True
    deletes: bool = True
    columns: tuple[str, ...] = field(default=())


def owner_alias() -> str:
    """Return the connection that may migrate: PNYX_DATABASE_OWNER_URL, else the only one."""
    return OWNER_ALIAS if OWNER_ALIAS in settings.DATABASES else "default"


def table_rights(owner: BaseDatabaseWrapper) -> dict[str, Rights]:
    """Read from the triggers what they leave open, for every table."""
    rights = {name: Rights() for name in owner.introspection.table_names()}
    with owner.cursor() as cursor:
        cursor.execute(_TRIGGERS)
        rows = cursor.fetchall()
    for table, function, events, arguments in rows:
        if function in ALWAYS_REFUSE:
            rights[table].updates &= not events & UPDATE_BIT
            rights[table].deletes &= not events & DELETE_BIT
        elif function == COLUMNS_MAY_CHANGE:
            rights[table].columns = tuple(arguments.replace("\\000", "\0").split("\0")[:-1])
    for table, columns in (CHANGING_COLUMNS | LOCKED_BY_COLUMN).items():
        rights[table].columns = columns
    rights["django_migrations"] = Rights(updates=False, deletes=False)
    return rights


def prepare_role() -> None:
    """Make the application's role if it is missing, and give it its rights; harmless twice.

    Does nothing where one role does everything: then no owner's address is given.

    Raises:
        RoleMissing: the owner may not make roles.
    """
    if owner_alias() == "default":
        return
    wanted = settings.DATABASES["default"]
    role, password = str(wanted["USER"]), str(wanted["PASSWORD"])
    make_role(role=role, password=password, owner=connections[OWNER_ALIAS])
    grant_rights(role=role, owner=connections[OWNER_ALIAS])


def make_role(*, role: str, password: str, owner: BaseDatabaseWrapper) -> None:
    """Make a role that may sign in and has no rights, unless there is one of that name.

    Raises:
        RoleMissing: this owner may not make roles.
    """
    with owner.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone():
            return
        command = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
        if password:
            command += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
        try:
            cursor.execute(command)
        except ProgrammingError as error:
            msg = (
                f"The owner of the tables may not make roles. As somebody who may: CREATE ROLE "
                f"{role} LOGIN PASSWORD '…'; then run this again."
            )
            raise RoleMissing(msg) from error


def grant_rights(*, role: str, owner: BaseDatabaseWrapper) -> None:
    """Give the role what the triggers leave open, and take everything else."""
    with transaction.atomic(using=owner.alias), owner.cursor() as cursor:
        for statement in _grants(table_rights(owner)):
            cursor.execute(statement.format(role=sql.Identifier(role)))


def _grants(rights: dict[str, Rights]) -> Iterator[sql.SQL]:
    yield sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {role}")
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
    yield sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
    yield sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    for table, right in sorted(rights.items()):
        words = ["INSERT"] if table != "django_migrations" else []
        if right.columns:
            columns = ", ".join(f'"{column}"' for column in right.columns)
            words.append(f"UPDATE ({columns})")
        elif right.updates:
            words.append("UPDATE")
        if right.deletes:
            words.append("DELETE")
        if words:
            yield sql.SQL(f'GRANT {", ".join(words)} ON "{table}" TO {{role}}')


# --- Trying it --------------------------------------------------------------------------------


def refuse_strong_role() -> None:
    """Try what must not be possible, in a transaction that is rolled back (SECURITY.md 5.2).

    No statement touches a row: PostgreSQL looks at the rights first.

    Raises:
        RoleTooStrong: something of it was possible.
    """
    rights = table_rights(connection)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            role = cursor.fetchone()[0]
            cursor.execute(f"SET LOCAL lock_timeout = {TRIAL_TIMEOUT_MILLISECONDS}")
        for table, right in rights.items():
            if right.updates and right.deletes and not right.columns:
                continue
            for statement in _forbidden(table=table, right=right):
                _refuse_if_possible(statement, role=role)
        transaction.set_rollback(True)


def _forbidden(*, table: str, right: Rights) -> Iterator[str]:
    if not right.updates or right.columns:
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, table)
        for name in (column.name for column in columns if column.name not in right.columns):
            yield f'UPDATE "{table}" SET "{name}" = "{name}" WHERE false'  # noqa: S608 - our names
    if not right.deletes:
        yield f'DELETE FROM "{table}" WHERE false'  # noqa: S608 - our names
    yield f'TRUNCATE "{table}" CASCADE'
    yield f'ALTER TABLE "{table}" DISABLE TRIGGER USER'


def _refuse_if_possible(statement: str, *, role: str) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            transaction.set_rollback(True)
    except DatabaseError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            return
    msg = (
        f"The database role {role!r} may do this: {statement}. Web, worker and beat need a role "
        "of their own in DATABASE_URL; `manage.py prepare` makes it as the owner that "
        "PNYX_DATABASE_OWNER_URL names."
    )
    raise RoleTooStrong(msg)
