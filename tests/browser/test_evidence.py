"""Registering a document in Chromium, and proving it on another installation."""

import hashlib
import json
import re
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from audit.models import Evidence, LogEntry
from audit.selectors.key import signing_key
from audit.services.cosigning import cosign
from audit.services.evidence import Filing, file_evidence
from audit.services.evidence_keys import make_evidence_key
from audit.services.sequencing import sequence
from tests.browser.pages import (
    NARROW,
    WIDE,
    WITHOUT_SCRIPT,
    View,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    follow,
    open_page,
)
from tests.factories.accounts import make_user
from tests.factories.witnesses import HonestScript, loopback, policy_of, witness_key
from tests.integration.drills.installation import Installation

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
PIECE = bytes(range(256)) * 4096
DOWNLOADS = View(options={"accept_downloads": True})


@pytest.fixture
def person():
    return make_user(password=None)


@pytest.fixture
def document(tmp_path):
    """A file of 50 MB."""
    path = tmp_path / "measurements.bin"
    with path.open("wb") as file:
        for _ in range(50):
            file.write(PIECE)
    return path


def sha256_of(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def record():
    """What the worker does each second."""
    sequence(today=date(2026, 11, 21))
    cosign(now=datetime.now(tz=UTC))


@pytest.fixture
def witnesses(settings, tmp_path):
    """Three witnesses, of which two have to agree; gives the policy's file."""
    log = signing_key().verifier
    with ExitStack() as stack:
        named = []
        for name in ("council", "court", "league"):
            key = witness_key(name)
            server = stack.enter_context(loopback(HonestScript(keys=[key], log=log)))
            named.append((name, key, server.url))
        path = tmp_path / "first.policy"
        path.write_bytes(policy_of(log, named, threshold=2).encode())
        settings.LOG_POLICY_FILE = str(path)
        yield path


def watch_progress(page):
    """Note every value that the bar shows from here on."""
    page.evaluate(
        """() => {
          window.shown = [];
          const bar = document.querySelector("progress");
          new MutationObserver(() => window.shown.push(bar.value))
            .observe(bar, { attributes: true, attributeFilter: ["value"] });
        }"""
    )


def register(page, path, *, findable=False):
    """Choose a file and register it; return what the progress bar showed."""
    page.goto("/evidence/")
    watch_progress(page)
    page.get_by_label("Drop the document here").set_input_files(path)
    page.get_by_text("Nothing was sent yet.").wait_for()
    shown = page.evaluate("window.shown")
    if findable:
        page.get_by_label("Anyone who has the same document").check()
    page.get_by_role("button", name="Register this document").click()
    page.get_by_role("heading", name=path.name).wait_for()
    return shown


@contextmanager
def another_installation(folder):
    """A second installation: its own servers, database, key and name."""
    other = Installation(folder / "second")
    try:
        other.start_servers()
        other.migrate()
        other.run("manage.py", "make_log_key", "--origin", "other.example/log")
        other.start("web")
        other.wait_for("the site", other.is_answering)
        yield other
    finally:
        other.stop()


@pytest.mark.slow
def test_a_citizen_files_evidence_and_a_second_person_verifies_it_on_another_installation(
    browser, person, document, witnesses, tmp_path, monkeypatch, settings
):
    settings.ALLOWED_HOSTS = ["*"]
    first = LiveServer("127.0.0.1")
    with open_page(browser, base_url=first.url, view=DOWNLOADS) as page:
        client = Client()
        client.force_login(person)
        for name, morsel in client.cookies.items():
            page.context.add_cookies([{"name": name, "value": morsel.value, "url": first.url}])
        shown = register(page, document)
        expect(page.get_by_text("Promised, not in the log yet")).to_be_visible()
        record()
        page.get_by_text("the receipt is ready").wait_for()
        with page.expect_download() as download:
            page.get_by_role("link", name="Receipt", exact=True).click()
        receipt = tmp_path / "receipt.tlog-proof"
        download.value.save_as(receipt)
    first.stop()

    # Nothing of the document was sent, not even its hash.
    digest = sha256_of(document)
    entry = json.loads(bytes(LogEntry.objects.get().body))
    assert list(entry) == ["commitment", "kind"]
    assert digest not in bytes(Evidence.objects.get().digest)

    trusted = tmp_path / "trusted"
    trusted.mkdir()
    (trusted / "first.policy").write_bytes(witnesses.read_bytes())
    monkeypatch.setenv("PNYX_TRUSTED_POLICIES", str(trusted))
    with (
        another_installation(tmp_path) as other,
        open_page(browser, base_url=other.url, view=WIDE) as page,
    ):
        page.goto("/verify/receipt/")
        page.get_by_label("Drop your receipt here").set_input_files(receipt)
        page.get_by_label("The document, if it was registered").set_input_files(document)
        page.get_by_role("button", name="Check the receipt").click()
        seal = page.get_by_role("heading", name="This document is registered in the log")
        seal.wait_for()
        expect(page.get_by_text(re.compile("council.*UTC"))).to_be_visible()

        changed = tmp_path / "changed.bin"
        changed.write_bytes(b"another document")
        page.get_by_label("The document, if it was registered").set_input_files(changed)
        page.get_by_role("button", name="Check the receipt").click()
        page.locator("[data-part=failed]").wait_for()
        expect(seal).to_be_hidden()

        with open_page(browser, base_url=other.url, view=WITHOUT_SCRIPT) as plain:
            plain.goto("/verify/receipt/")
            plain.get_by_label("Drop your receipt here").set_input_files(receipt)
            plain.get_by_label("SHA-256 of the document").fill(digest.hex())
            plain.get_by_role("button", name="Check the receipt").click()
            name = "This document is registered in the log"
            expect(plain.get_by_role("heading", name=name)).to_be_visible()

    assert len(shown) >= 10
    assert shown == sorted(shown)
    assert shown[-1] == 100


def test_a_findable_document_sends_its_hash_and_its_name_as_a_label_alone(
    visit, sign_in, person, tmp_path
):
    page = visit(WIDE)
    sign_in(page, person)
    path = tmp_path / "Lease.pdf"
    path.write_bytes(b"a contract")
    register(page, path, findable=True)

    evidence = Evidence.objects.get()
    assert (evidence.form, bytes(evidence.digest)) == ("document", sha256_of(path))
    assert evidence.label == "Lease.pdf"


def test_an_empty_file_is_named_and_a_second_choice_replaces_the_first(
    visit, sign_in, person, tmp_path
):
    page = visit(NARROW)
    sign_in(page, person)
    empty, full = tmp_path / "empty.txt", tmp_path / "full.txt"
    empty.touch()
    full.write_bytes(b"a contract")
    page.goto("/evidence/")
    page.get_by_label("Drop the document here").set_input_files(empty)
    page.get_by_text("This file is empty.").wait_for()
    page.get_by_label("Drop the document here").set_input_files(full)
    page.get_by_text("Hashed: full.txt").wait_for()

    expect(page.locator('input[name="document"]')).to_have_value(sha256_of(full).hex())


def test_the_whole_journey_works_with_the_keyboard_alone(visit, sign_in, person, tmp_path):
    page = visit(WIDE)
    sign_in(page, person)
    path = tmp_path / "Lease.pdf"
    path.write_bytes(b"a contract")
    # From here on: a chooser that opens before anybody listens is never told of.
    page.on("filechooser", lambda _chooser: None)
    page.goto("/evidence/")
    assert_focus_is_visible(page)
    page.reload()
    page.get_by_label("Drop the document here").focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(path)
    page.get_by_text("Nothing was sent yet.").wait_for()
    for _ in range(12):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.textContent.trim()")
        if name == "Register this document":
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Lease.pdf").wait_for()

    assert Evidence.objects.get().form == "commitment"


def test_without_a_script_the_hash_is_pasted_and_the_page_opened_again(visit, sign_in, person):
    page = visit(WITHOUT_SCRIPT)
    sign_in(page, person)
    page.goto("/evidence/")
    expect(page.get_by_text("sha256sum FILE")).to_be_visible()
    expect(page.get_by_label("Drop the document here")).to_be_hidden()
    page.get_by_label("SHA-256 of the document").fill(hashlib.sha256(b"a contract").hexdigest())
    page.get_by_label("What you call it").fill("Lease")
    page.get_by_role("button", name="Register this document").click()
    expect(page.get_by_text("Promised, not in the log yet")).to_be_visible()
    record()
    page.reload()

    expect(page.get_by_text("the receipt is ready")).to_be_visible()


@pytest.fixture
def registered(person):
    """One that is proven, one that waits, and a key."""
    made = []
    for number, label in enumerate(("租赁合同 " + "very-long-name" * 12, "")):
        filing = Filing(form=Evidence.Form.DOCUMENT, digest=bytes([number]) * 32, label=label)
        made.append(file_evidence(owner=str(person.pk), filing=filing, now=NOW).evidence)
        if number == 0:
            record()
    make_evidence_key(owner=str(person.pk), name="Court archive", now=NOW)
    return made


def test_axe_finds_nothing(page_in_every_view, sign_in, person, registered):
    page = page_in_every_view
    page.goto("/evidence/")
    assert_accessible(page)
    sign_in(page, person)
    proven, waiting = registered
    paths = ["/evidence/", "/evidence/mine/", "/evidence/keys/"]
    paths += [f"/evidence/{proven.pk}/", f"/evidence/{proven.pk}/delete/"]
    for path in [*paths, f"/evidence/{waiting.pk}/"]:
        page.goto(path)
        assert_accessible(page)
        assert_no_sideways_scroll(page)


def test_a_new_key_is_shown_once_and_can_be_copied(visit, sign_in, person):
    page = visit(NARROW)
    sign_in(page, person)
    page.goto("/evidence/keys/")
    page.get_by_label("Name of the platform").fill("Court archive")
    follow(page.get_by_role("button", name="Make a key"))
    secret = page.get_by_text(re.compile("^pnyx_[A-Za-z0-9_-]{43}$"))
    expect(secret).to_be_visible()
    assert_accessible(page)
    page.goto("/evidence/keys/")

    expect(secret).to_be_hidden()
    page.get_by_role("button", name="Revoke Court archive").click()
    expect(page.get_by_text("The key is revoked.")).to_be_visible()
