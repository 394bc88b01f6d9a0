"""A question that does not wait is put to the page before, as soon as the machine is busy."""

import ast

import pytest

from tests.architecture.tree import ROOT

UNWAITING = {
    "count",
    "inner_text",
    "input_value",
    "is_checked",
    "is_disabled",
    "is_editable",
    "is_enabled",
    "is_hidden",
    "is_visible",
    "text_content",
}
FILES = sorted((ROOT / "tests" / "browser").glob("*.py"))


def unwaiting_asserts(source):
    return [
        f"line {call.lineno}: .{call.func.attr}()"
        for statement in ast.walk(ast.parse(source))
        if isinstance(statement, ast.Assert)
        for call in ast.walk(statement)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in UNWAITING
        and "objects" not in ast.unparse(call)
    ]


def test_there_are_browser_tests_to_look_at():
    assert len(FILES) > 20
    assert unwaiting_asserts('assert page.locator("tr").count() == 1')
    assert not unwaiting_asserts("assert Ballot.objects.filter(height=1).count() == 1")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_browser_tests_ask_with_expect(file):
    assert not unwaiting_asserts(file.read_text(encoding="utf-8"))
