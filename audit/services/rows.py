"""Many rows of one table written at once, their values beside the statement and not within it."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import AutoField, Field, Model

from audit.selectors.binary import binary_cursor


def add_rows(rows: Sequence[Model], *, unless_known: bool = False) -> None:
    """Insert rows of one model in their order, as `bulk_create` does, in a quarter of its time.

    Every field has a value, but for keys that the database makes; rows are not told these. With
    `unless_known`, a row that a constraint has no room for, because its like is there, is left out.

    Raises:
        IntegrityError, DataError: the table refuses one of them. Nothing is written.
    """
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not isinstance(field, AutoField)]
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    # Without its length, so that a text which is too long is refused and not cut.
    types = (str(field.db_type(connection)).partition("(")[0] for field in fields)
    lists = ", ".join(f"%b::{name}[]" for name in types)
    with binary_cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quoted(meta.db_table)} ({columns}) SELECT * FROM unnest({lists})"  # noqa: S608 - names of our own
            + (" ON CONFLICT DO NOTHING" if unless_known else ""),
            [[_value(row, field) for row in rows] for field in fields],
        )


def _value(row: Model, field: "Field[object, object]") -> object:
    """Return a value as psycopg knows it: neither a view of bytes nor one of a set of choices."""
    value = getattr(row, field.attname)
    if isinstance(value, memoryview):
        return bytes(value)
    return str(value) if isinstance(value, str) else value
