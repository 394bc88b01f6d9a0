import json
import re

import pytest

from tests.architecture.tree import files_ending, project_files, text_of

CODE = (".py", ".ts", ".html", ".mjs", ".scss")
TEXTS = (*CODE, ".md", ".toml", ".txt", ".in", ".json", ".yml", ".yaml", ".example")
# What is nowhere to be found: a pattern, and the kinds of files in which it is looked for.
FORBIDDEN = {
    "an address of a package registry": (r"(pypi|npmjs|yarnpkg|rubygems)\.(org|com|io)", TEXTS),
    "an address of a distribution": (r"(deb|archive|security)\.(debian|ubuntu)\.", TEXTS),
    "a path of one machine": (r"/(work/(main|shared)|farm|tmp/plan|tmp/p\d)\b", TEXTS),
    "unfinished work": (r"\b(TODO|FIXME|XXX)\b", CODE),
    "silenced types without a reason": (r"# type: ignore(\[[\w, -]+\])?\s*$", CODE),
}
ABOUT_THESE_WORDS = {"tests/architecture/test_words.py"}
LOCKED = ("package-lock.json", ".npmrc", "package.json")


def text_of_file(name):
    [path] = [path for path in project_files() if str(path) == name]
    return text_of(path)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_project_nowhere_holds(what):
    expression, kinds = FORBIDDEN[what]
    pattern = re.compile(expression, re.MULTILINE)
    found = [
        f"{path}: {match[0]}"
        for path in files_ending(*kinds)
        if str(path) not in ABOUT_THESE_WORDS and "data" not in path.parts
        for match in [pattern.search(text_of(path))]
        if match
    ]

    assert found == []


@pytest.mark.parametrize("name", LOCKED)
def test_what_locks_the_front_end_names_no_host(name):
    text = text_of_file(name)

    assert '"resolved"' not in text
    assert "registry=" not in text
    assert "_authToken" not in text


def test_the_lock_file_pins_every_package_by_hash():
    packages = json.loads(text_of_file("package-lock.json"))["packages"]
    unpinned = [name for name, entry in packages.items() if name and "integrity" not in entry]

    assert unpinned == []


def test_requirements_name_no_host_and_pin_every_package_by_hash():
    pinned = [path for path in project_files() if path.match("requirements/*.txt")]

    assert pinned
    for path in pinned:
        text = text_of(path)
        names = re.findall(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==.*\\$", text, re.MULTILINE)
        lines = [line for line in text.splitlines() if line and line[0].isalnum()]
        assert "://" not in text
        assert "--index-url" not in text
        assert len(names) == len(lines), path
