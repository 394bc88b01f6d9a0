"""The documents name files that exist, and the list of decisions is whole."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files_ending, text_of

# Formats and protocols, written before the code: they name what is still to come.
ABOUT_THE_FUTURE = {Path("docs/protocol.md"), Path("docs/log.md")}
DOCUMENTS = files_ending(".md")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
PATH = re.compile(
    r"`((?:accounts|audit|bench|booth|config|deliberation|docs|evote|locale|requirements|static/src"
    r"|templates|tests|voting)/[\w./-]*)`"
)
DECISIONS = sorted(
    path for path in DOCUMENTS if path.parts[:2] == ("docs", "decisions") and path.name[0] == "0"
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_and_paths_lead_somewhere(document):
    text = text_of(document)
    missing = [link for link in LINK.findall(text) if not (ROOT / document.parent / link).exists()]
    if document not in ABOUT_THE_FUTURE:
        missing += [path for path in PATH.findall(text) if not (ROOT / path).exists()]

    assert missing == []


def test_each_decision_has_a_number_of_its_own_and_a_line_in_the_list():
    numbers = [path.name[:4] for path in DECISIONS]
    index = text_of(Path("docs/decisions/README.md"))
    listed = re.findall(r"^\| (\d+) \| \[.+?\]\((\S+?)\) \|", index, re.MULTILINE)

    assert len(set(numbers)) == len(numbers)
    assert listed == [(str(int(path.name[:4])), path.name) for path in DECISIONS]


@pytest.mark.parametrize("decision", DECISIONS, ids=str)
def test_a_decision_says_why_what_and_what_follows(decision):
    text = text_of(decision)

    assert text.startswith(f"# {int(decision.name[:4])}. ")
    for part in ("Context", "Decision", "Consequences"):
        assert re.search(rf"^(\*\*{part}\.\*\*|## {part}$)", text, re.MULTILINE), part
