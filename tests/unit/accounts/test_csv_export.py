import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.analysis.csv_export import BYTE_ORDER_MARK, csv_lines, safe_cell


def read_back(lines):
    return list(csv.reader(StringIO("".join(lines).removeprefix(BYTE_ORDER_MARK), newline="")))


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://example.org","Click")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1+1)",
        "\t=1+1",
        "\r=1+1",
        "＝1+1",
    ],
)
def test_a78_a_formula_is_quoted_and_disarmed(text):
    line = list(csv_lines([[text, "next"]]))[1]

    assert line.startswith("\"'")
    assert read_back(csv_lines([[text, "next"]])) == [[f"'{text}", "next"]]


def test_a78_numbers_stay_numbers():
    assert safe_cell(-5) == -5
    assert read_back(csv_lines([[-5, 12]])) == [["-5", "12"]]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_a78_no_cell_starts_a_formula_and_none_is_lost(cells):
    row = read_back(csv_lines([cells]))[0]

    assert len(row) == len(cells)
    for cell, text in zip(row, cells, strict=True):
        assert cell[:1] not in set("=+-@\t\r\n＝＋－＠")
        assert cell.removeprefix("'") == text.removeprefix("'")
