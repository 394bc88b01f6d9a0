"""docs/operations.md names what the code reads, and the code reads what it names."""

import re

from config.celery import SWEEPS
from tests.architecture.tree import files_ending, text_of

VARIABLE = re.compile(r"\b(?:PNYX_[A-Z_]+|DATABASE_URL|REDIS_URL)\b")
READ = re.compile(r"(?:environment\.\w+|environ(?:\.get)?)[(\[]\s*\"([A-Z_]+)\"")
# Read by tests alone, and named as such.
OF_TESTS = {"PNYX_CHROMIUM"}


def page():
    [path] = [path for path in files_ending("operations.md") if path.parts[0] == "docs"]
    return text_of(path)


def variables_read():
    found = set()
    for path in files_ending(".py"):
        if path.parts[0] in {"config", "audit", "accounts", "voting", "deliberation", "evote"}:
            found.update(name for name in READ.findall(text_of(path)) if VARIABLE.fullmatch(name))
    return found


def rows(heading):
    section = page().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]


def test_every_variable_that_is_read_has_a_row_and_every_row_is_read():
    named = {name for row in rows("Environment variables") for name in VARIABLE.findall(row[0])}

    assert named == variables_read()


def test_the_page_names_no_variable_that_nothing_reads():
    assert set(VARIABLE.findall(page())) - variables_read() <= OF_TESTS


def test_the_example_sets_only_variables_that_are_read():
    [path] = files_ending(".env.example")
    given = {line.partition("=")[0] for line in text_of(path).splitlines() if "=" in line}
    given = {name for name in given if VARIABLE.fullmatch(name)}

    assert given <= variables_read()


def test_every_sweep_is_listed_with_its_interval():
    listed = {row[0].strip("`"): float(row[1].split()[0]) for row in rows("Sweeps")}

    assert listed == SWEEPS


def test_the_image_holds_the_schemas_of_the_log():
    [path] = [path for path in files_ending(".dockerignore") if len(path.parts) == 1]
    left_out = text_of(path).split()

    assert "docs" not in left_out
    assert left_out.index("!docs/log") > left_out.index("docs/*")
