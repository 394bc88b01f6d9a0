import json
from datetime import date

import pytest

from audit.models import LogEntry, PendingEntry
from audit.selectors import entry_schema
from audit.services.sequencing import sequence
from config.announcement import announce_software

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(settings, tmp_path):
    """Stand on a tree of sources that can be exchanged."""
    for kind in ("booth", "software"):
        entry_schema(kind)  # read once from the real tree, and kept
    (tmp_path / "static").symlink_to(settings.BASE_DIR / "static")
    settings.BASE_DIR = tmp_path

    def run(source):
        folder = tmp_path / "evote"
        folder.mkdir(exist_ok=True)
        (folder / "verify.py").write_text(source)
        announce_software()

    return run


def told():
    rows = [*LogEntry.objects.order_by("index"), *PendingEntry.objects.order_by("id")]
    return [(row, json.loads(bytes(row.body))) for row in rows if row.kind == "software"]


@pytest.mark.parametrize("is_logged", [True, False])
def test_each_change_of_the_software_is_an_entry_also_back_to_an_older_one(running, is_logged):
    for source in ("old", "old", "new", "new", "old", "old"):
        running(source)
        if is_logged:
            sequence(today=date(2026, 11, 21))

    entries = told()
    assert len(entries) == 3
    contents = [content for _, content in entries]
    assert contents[0]["evote"] == contents[2]["evote"] != contents[1]["evote"]
    assert [content.get("previous") for content in contents] == [
        None,
        bytes(entries[0][0].identity).hex(),
        bytes(entries[1][0].identity).hex(),
    ]
