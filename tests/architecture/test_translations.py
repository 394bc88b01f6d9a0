"""Simplified Chinese is kept complete."""

import re
import shutil
import subprocess
import sys

import pytest
from babel.messages.pofile import read_po

from tests.architecture.tree import ROOT

CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}|</?\w+[^>]*>")


def messages():
    with CATALOGUE.open("rb") as file:
        return [message for message in read_po(file, locale="zh_Hans") if message.id]


def forms(text) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def test_every_text_is_translated():
    missing = [
        message.id
        for message in messages()
        if message.fuzzy or not all(form.strip() for form in forms(message.string))
    ]
    assert not missing


def test_every_translation_keeps_the_placeholders():
    wrong = [
        (message.id, message.string)
        for message in messages()
        for form in forms(message.string)
        if sorted(PLACEHOLDER.findall(forms(message.id)[-1])) != sorted(PLACEHOLDER.findall(form))
    ]
    assert not wrong


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="collecting texts needs gettext")
def test_no_text_of_the_tree_is_missing_from_the_catalogue(tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(
        ROOT,
        tree,
        ignore=shutil.ignore_patterns(
            ".git", ".venv", ".local", "node_modules", "tests", "bench", "collected", "dist"
        ),
    )
    before = {(message.context, str(message.id)) for message in messages()}
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "-l", "zh_Hans", "--no-obsolete"],
        cwd=tree,
        check=True,
        capture_output=True,
    )
    with (tree / CATALOGUE.relative_to(ROOT)).open("rb") as file:
        found = read_po(file, locale="zh_Hans")
    after = {(message.context, str(message.id)) for message in found if message.id}
    assert not after - before
