import csv
import io

import pytest

from deliberation.analysis.tables import write_csv


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", '=HYPERLINK("x")'],
)
def test_a_78_a_cell_is_never_a_formula(cell):
    table = write_csv(header=["a"], rows=[[cell]])

    rows = list(csv.reader(io.StringIO(table.lstrip("\ufeff"))))
    assert rows[1] == ["'" + cell]


def test_numbers_stay_numbers_and_nothing_stays_empty():
    assert write_csv(header=["n", "t"], rows=[[-3, None], [4, 'a "b"']]) == (
        '\ufeff"n","t"\r\n-3,""\r\n4,"a ""b"""\r\n'
    )
