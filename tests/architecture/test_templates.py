import re

import pytest

from tests.architecture.tree import files_ending, text_of

TEMPLATES = [path for path in files_ending(".html") if path.parts[0] == "templates"]
COMMENTS = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.DOTALL)
REFUSED = {
    "inline style": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style[\s>]", re.IGNORECASE),
    "script without an address": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE),
    "event attribute": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "foreign script or style": re.compile(
        r"<(script|link|img|iframe)[^>]*\s(src|href)=[\"']?(https?:)?//", re.IGNORECASE
    ),
    "evaluated attribute of htmx": re.compile(r"\shx-(on|vars)\b|\shx-vals=[\"']js:"),
}
# Where escaping is turned off, and who wrote what stands there.
UNESCAPED = {
    "templates/django/forms/field.html": "help texts are ours, in the source",
    "templates/django/forms/hint.html": "help texts are ours, in the source",
    "templates/mfa/totp/activate_form.html": "a drawing that the server made",
    "templates/voting/partials/seal.html": "our sentence around a date in <time>",
}
# Files to keep: each holds its style sheet and program, and its policy names both by their hashes.
HOLDS_ITS_OWN_TEXTS = {
    ("templates/site/verifier_file.html", "style element"),
    ("templates/site/verifier_file.html", "script without an address"),
    ("templates/site/receipt_checker_file.html", "style element"),
    ("templates/site/receipt_checker_file.html", "script without an address"),
}
# Plain pages for when nothing works: they run no code, so no tag reads the hashes for them.
PLAIN_PAGES = {"templates/400.html", "templates/500.html"}


def test_there_are_templates():
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize("what", REFUSED)
def test_no_template_holds(what):
    found = [
        f"{path}: {match[0].strip()}"
        for path in TEMPLATES
        if (str(path), what) not in HOLDS_ITS_OWN_TEXTS
        for match in [REFUSED[what].search(COMMENTS.sub("", text_of(path)))]
        if match
    ]

    assert found == []


def test_escaping_is_turned_off_nowhere_but_where_we_wrote_the_text_ourselves():
    off = re.compile(r"\{% autoescape off|\|safe(seq)?\b")
    found = {str(path) for path in TEMPLATES if off.search(COMMENTS.sub("", text_of(path)))}

    assert found <= UNESCAPED.keys()


def test_every_script_and_style_sheet_carries_its_hash():
    tags = re.compile(r"<script[^>]*\ssrc=[^>]*>|<link[^>]*rel=\"stylesheet\"[^>]*>", re.DOTALL)
    bare = [
        f"{path}: {tag[0]}"
        for path in TEMPLATES
        if str(path) not in PLAIN_PAGES
        for tag in tags.finditer(COMMENTS.sub("", text_of(path)))
        if "integrity=" not in tag[0]
    ]

    assert bare == []
