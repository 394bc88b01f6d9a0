"""Lose entries for good, and close the log because of it."""

import shutil
from io import StringIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from audit.selectors import receipt_of
from audit.selectors.tree import latest_head
from audit.services import publishing
from audit.services.log import append_entries
from audit.services.sequencing import sequence
from tests.factories.audit import NUMBERS, digest
from tests.factories.growth import TODAY
from tests.integration.audit.test_recovery import set_back_to

OLD, NEW = "127.0.0.1:8000/log", "127.0.0.1:8000/log/2026b"
FOLDER = "127.0.0.1-8000-log"
WHY = "The machine room burned, and both copies with it."


def add(number=1):
    """Let the log grow by entries that may stand anywhere in it."""
    bodies = [{"document": digest(next(NUMBERS))} for _ in range(number)]
    identities = append_entries(kind="evidence", bodies=bodies)
    sequence(today=TODAY)
    return identities


def put_key(settings, key):
    settings.LOG_KEY_FILE.touch(mode=0o600)
    settings.LOG_KEY_FILE.write_text(key.encode())


def copy_of_files(tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(publishing.log_folder(), folder)
    return folder


def lose_the_last(number=100, *, after=200, tmp_path):
    """Restore database and files as they were, with a mark that shows that there was more."""
    add(after)
    kept = latest_head().size
    files = copy_of_files(tmp_path)
    identities = add(number)
    receipt = receipt_of(identity=identities[-1])
    note = (publishing.log_folder() / "checkpoint").read_bytes()
    set_back_to(kept)
    shutil.rmtree(publishing.log_folder())
    shutil.copytree(files, publishing.log_folder())
    return note, receipt


def close(*arguments, reason=WHY, confirm=OLD):
    said = StringIO()
    call_command("close_log", "--reason", reason, "--confirm", confirm, *arguments, stdout=said)
    return said.getvalue()


def tree_of(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def check_page(client, receipt):
    upload = {"receipt": SimpleUploadedFile("receipt.tlog-proof", receipt)}
    return client.post("/verify/receipt/", upload).context["report"]
