"""Statements whose parameters are lists of bytes, sent beside the statement and not within it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg.rows import TupleRow


@contextmanager
def binary_cursor() -> Iterator[psycopg.Cursor[TupleRow]]:
    """Give psycopg's own cursor on this thread's connection; placeholders are `%(name)b`.

    Django's cursor writes every parameter into the text of a statement: a ballot's bytes would be
    spelled there in hexadecimal and read again. Errors are Django's, as with its own.
    """
    with connection.cursor():  # opens the connection, or sees that it still is
        assert connection.connection is not None
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,
    ):
        yield cursor
