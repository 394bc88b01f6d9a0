"""The one way in which lists leave the house as CSV."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

# Spreadsheets show UTF-8 rightly only after this mark.
BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet takes for the start of a formula, in both widths, and what hides one.
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")


def safe_cell(value: str | int) -> str | int:
    """Return a text that no spreadsheet takes for a formula. Numbers stay numbers.

    Source: OWASP, "CSV Injection": an apostrophe before the sign, and every cell quoted.
    """
    if isinstance(value, str) and value[:1] in FORMULA_STARTS and value:
        return f"'{value}"
    return value


def csv_lines(rows: Iterable[Iterable[str | int]]) -> Iterator[str]:
    """Yield the lines of a CSV file: all cells quoted, formulas disarmed, lines end in CRLF."""
    yield BYTE_ORDER_MARK
    buffer = StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
