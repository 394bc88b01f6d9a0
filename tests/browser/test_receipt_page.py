"""The page that checks receipts in the reader's browser, and the same page as a file offline."""

import base64
import hashlib
import json
from contextlib import contextmanager
from datetime import date

import pytest
from playwright.sync_api import expect

from audit.selectors import receipt_of
from audit.services.log import append_entry
from audit.services.sequencing import sequence
from evote.encoding import canonical_json
from evote.tlog import merkle
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.receipt import Receipt
from tests.browser.pages import (
    EVERY_VIEW,
    NARROW,
    PATIENCE_MILLISECONDS,
    WIDE,
    View,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    assert_says,
    follow,
)
from tests.factories.audit import BODIES, append_ballots, ballot_event
from tests.factories.logs import FolderLog, election_events

pytestmark = pytest.mark.django_db(transaction=True)

MINE = len(BODIES)
BALLOT = b'{"ballot":"of mine"}'
TRACKER = base64.b64encode(hashlib.sha256(BALLOT).digest()).decode().rstrip("=")
DEED = b"a deed of 1890\n" * 200_000
SALT = hashlib.sha256(b"salt").digest()
WITNESSES = [
    CosigningKey(name=f"w{n}.example.org", algorithm=algorithm, seed=bytes([n]) * 32)
    for n, algorithm in enumerate([Algorithm.ED25519, Algorithm.ML_DSA_44, Algorithm.ED25519], 1)
]
IN_EVERY_VIEW = pytest.mark.parametrize(
    "view", [*EVERY_VIEW, View(language="zh-CN"), View(width=360, language="zh-CN")], ids=str
)


@pytest.fixture
def log():
    """The server's log: every kind of entry, my ballot, and those of others."""
    for kind, body in BODIES.items():
        append_entry(kind=kind, body=body)
    append_entry(kind="election-event", body=ballot_event(ballot=BALLOT.decode()))
    append_ballots(20)
    sequence(today=date(2026, 11, 21))


@pytest.fixture
def other_log(tmp_path):
    """Another installation's log, with witnesses and evidence in it."""
    hash_ = hashlib.sha256(DEED).digest()
    public = {"kind": "evidence", "document": hash_.hex()}
    private = {"kind": "evidence", "commitment": hashlib.sha256(SALT + hash_).hexdigest()}
    entries = [*election_events(9), canonical_json(public), canonical_json(private)]
    return FolderLog(tmp_path / "other", entries=entries)


def receipt_from(log, index, *, extra=None, witnesses=WITNESSES):
    return Receipt(
        index=index,
        proof=tuple(merkle.inclusion_proof(index=index, size=log.size, read=log.node)),
        checkpoint=log.note(cosigners=witnesses, at=1_795_248_000),
        extra=log.entries[index] if extra is None else extra,
    ).encode()


def policy_of(log):
    lines = [f"witness W{n} {key.verifier.encode()}\n" for n, key in enumerate(WITNESSES, 1)]
    return f"log {log.vkey}\n{''.join(lines)}group two 2 W1 W2 W3\nquorum two\n".encode()


def give(page, name, content, file_name="file"):
    file = {"name": file_name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator(f"[name={name}]").set_input_files(file)


def check(page, receipt=None, *, file_name="receipt.tlog-proof"):
    """Press the button; return the verdict or the complaint, which gets the focus."""
    if receipt is not None:
        give(page, "receipt", receipt, file_name)
    page.locator("#receipt-checker button[type=submit]").click()
    found = page.locator("[data-part=report] :focus, [data-part=problem]:focus")
    found.wait_for()
    return found


def steps_of(page):
    """Return each step's state and title."""
    items = page.locator("[data-part=steps] > li")
    return [
        (
            item.locator("[data-fill=state]").inner_text(),
            item.locator("[data-fill=title]").inner_text(),
        )
        for item in items.all()
    ]


def open_checker(page):
    page.goto("/verify/receipt/")
    page.locator("details:has([name=key]) summary").click()


@contextmanager
def kept_file(browser, page, folder, *, language="en", **options):
    """Download the page as a file, and open it from the disk with the network off."""
    page.goto("/verify/receipt/")
    with page.expect_download() as download:
        page.locator("a[href$='pnyx-receipt.html']").click()
    path = folder / "pnyx-receipt.html"
    download.value.save_as(path)
    asked, complaints = [], []
    context = browser.new_context(offline=True, locale=language, **options)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    alone = context.new_page()
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("console", lambda message: complaints.append(message.text))
    alone.on("pageerror", lambda error: complaints.append(str(error)))
    alone.goto(path.as_uri())
    yield alone
    assert asked == [path.as_uri()]
    assert complaints == []
    context.close()


# --- Journeys ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("log")
def test_an_observer_finds_a_ballot_by_its_tracker_and_checks_its_receipt_offline(
    visit, browser, tmp_path
):
    page = visit(View(options={"accept_downloads": True}))
    page.goto("/log/")
    page.get_by_label("Find an entry").fill(TRACKER[:8])
    follow(page.get_by_role("button", name="Show these entries"))
    follow(page.get_by_role("link", name=str(MINE), exact=True))
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt", exact=True).click()
    receipt = download.value.path().read_bytes()

    with kept_file(browser, page, tmp_path) as alone:
        alone.get_by_label("Tracker of your ballot").fill(TRACKER)
        expect(check(alone, receipt)).to_have_text("This ballot is in the log")
        assert [state for state, _ in steps_of(alone)] == ["Checked"] * 5
        expect(alone.locator("[data-part=entry]")).to_contain_text("A ballot in an election")
        shown = " ".join(TRACKER[at : at + 4] for at in range(0, len(TRACKER), 4))
        expect(alone.locator("[data-fill=tracker]")).to_have_text(shown)
        assert_accessible(alone)

        forged = receipt.replace(b"index %d" % MINE, b"index %d" % (MINE + 1))
        expect(check(alone, forged)).to_have_text("The receipt does not match the log")
        assert ("Failed", "The entry is under that checkpoint") in steps_of(alone)
        assert_accessible(alone)


def test_evidence_of_another_installation_is_checked_without_asking_it(page, other_log, tmp_path):
    private = {"entry": json.loads(other_log.entries[10]), "salt": SALT.hex()}
    for receipt in (
        receipt_from(other_log, 9),
        receipt_from(other_log, 10, extra=canonical_json(private)),
    ):
        open_checker(page)
        give(page, "policy", policy_of(other_log), "policy")
        give(page, "file", DEED, "deed.txt")
        expect(check(page, receipt)).to_have_text("This document is registered in the log")
        steps = steps_of(page)
        assert ("Checked", "The witnesses of the policy cosigned it") in steps
        assert steps[-1] == ("Checked", "The entry registers this document")
        expect(page.locator("[data-part=steps]")).to_contain_text("W1, 2026-11-21 08:00 UTC")

        give(page, "file", DEED + b"x", "deed.txt")
        expect(check(page)).to_have_text("This receipt is not that of your document")
        assert steps_of(page)[-1][0] == "Failed"


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "title", "step"),
    [
        (lambda r: b"hello\n", "This is not a receipt", 1),
        (lambda r: r.replace(b"@v1", b"@v2"), "This is not a receipt", 1),
        (lambda r: r.replace(b"org/log\n", b"org/lag\n"), "This receipt is of another log", 2),
        (
            lambda r: r.replace(b"\n11\n", b"\n12\n"),
            "The log’s key did not sign this checkpoint",
            3,
        ),
        (lambda r: r[: r.rindex("— w".encode())], "Too few witnesses cosigned this checkpoint", 4),
        (lambda r: r.replace(b"index 3", b"index 2"), "The receipt does not match the log", 5),
    ],
)
def test_a_forged_receipt_is_red_with_its_step(page, other_log, spoil, title, step):
    receipt = receipt_from(other_log, 3, witnesses=WITNESSES[:2])
    open_checker(page)
    give(page, "policy", policy_of(other_log), "policy")
    expect(check(page, receipt)).to_have_text("The entry is in the log")
    expect(check(page, spoil(receipt), file_name="forged.tlog-proof")).to_have_text(title)
    states = [state for state, _ in steps_of(page)]
    assert states == ["Checked"] * (step - 1) + ["Failed"] + ["Not run"] * (5 - step)
    failed = page.locator("[data-part=failed]")
    expect(failed).to_contain_text(f"forged.tlog-proof: step {step} failed:")
    expect(failed.get_by_text("Keep the file")).to_be_visible(visible=step not in {1, 4})
    expect(failed.get_by_text("take it anew")).to_be_visible(visible=step == 4)
    expect(page.locator("[data-part=entry]")).to_be_hidden()
    expect(page.locator("[data-part=seal]")).to_be_hidden()
    assert_accessible(page)


def test_a43_a_checkpoint_with_too_few_cosignatures_is_red_under_the_policy(page, other_log):
    receipt = receipt_from(other_log, 3, witnesses=WITNESSES[:1])
    open_checker(page)
    page.get_by_label("Key of another log").fill(other_log.vkey)
    expect(check(page, receipt)).to_have_text("The entry is in the log")
    assert len(steps_of(page)) == 4
    give(page, "policy", policy_of(other_log), "policy")
    expect(check(page, receipt)).to_have_text("Too few witnesses cosigned this checkpoint")


@pytest.mark.parametrize(
    ("fill", "sentence", "field"),
    [
        ({}, "Choose a receipt, or paste its text.", "receipt"),
        (
            {"receipt": b"x", "pasted": "x"},
            "There are two receipts: take out the file or this.",
            "pasted",
        ),
        ({"receipt": b"x", "tracker": "abc"}, "A tracker has 43 characters", "tracker"),
        ({"receipt": b"x", "tracker": TRACKER, "ballot": BALLOT}, "not both", "ballot"),
        ({"receipt": b"x", "key": "abc"}, "This is not the key of a log", "key"),
        (
            {"receipt": b"x", "policy": b"quorum me\n"},
            "This is not a trust policy. line 1",
            "policy",
        ),
        ({"receipt": b"x" * 1_200_001}, "Choose a file of at most 1,200 kB.", "receipt"),
        ({"receipt": b"x", "entry": b"x" * 65_536}, "Choose a file of at most 65 kB.", "entry"),
    ],
)
def test_what_must_be_changed_is_said_and_led_to(page, fill, sentence, field):
    open_checker(page)
    for name, content in fill.items():
        if isinstance(content, bytes):
            give(page, name, content)
        else:
            page.locator(f"[name={name}]").fill(content)
    expect(check(page)).to_contain_text(sentence)
    assert_accessible(page)
    page.locator("[data-part=problem] a").click()
    expect(page.locator(f"[name={field}]")).to_be_focused()
    expect(page.locator("[data-part=report]")).to_be_hidden()


# --- How it is done ------------------------------------------------------------------------------


@pytest.mark.usefixtures("log")
def test_nothing_is_sent(page):
    sent = []
    page.goto("/verify/receipt/")
    page.on("request", lambda request: sent.append(request.url))
    assert_says(page, "never leaves this device")
    expect(page.locator(".pnyx-lead:visible")).not_to_contain_text("keep it")
    give(page, "ballot", BALLOT)
    give(page, "file", DEED)
    check(page, receipt_of(index=MINE))
    # The browser itself asks for the icon, when it likes.
    assert [address for address in sent if not address.endswith("/favicon.svg")] == []


@pytest.mark.usefixtures("log")
def test_a_receipt_is_pasted_and_checked_with_the_keyboard_alone(page):
    page.goto("/verify/receipt/")
    page.get_by_label("Or paste the receipt’s text").focus()
    page.keyboard.insert_text(receipt_of(index=MINE).decode().rstrip("\n"))
    page.get_by_label("Tracker of your ballot").focus()
    page.keyboard.type(f"{TRACKER[:4]} {TRACKER[4:]}")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=report] :focus")).to_have_text("This ballot is in the log")
    assert_says(page, "The pasted receipt, checked in this browser")
    assert_focus_is_visible(page)


@pytest.mark.usefixtures("log")
def test_it_asks_whose_ballot_it_is_until_a_tracker_is_given(page):
    page.goto("/verify/receipt/")
    expect(check(page, receipt_of(index=MINE))).to_have_text("The entry is in the log")
    expect(page.get_by_text("Is it your ballot?")).to_be_visible()
    give(page, "ballot", BALLOT)
    page.locator("details:has([name=key]) summary").click()
    expect(check(page)).to_have_text("This ballot is in the log")
    expect(page.get_by_text("Is it your ballot?")).to_be_hidden()


def test_hashing_a_long_document_shows_its_progress_and_can_be_stopped(page, other_log, tmp_path):
    long = tmp_path / "long"
    with long.open("wb") as file:
        file.truncate(2_000_000_000)  # a file of holes: two gigabytes that take no room
    open_checker(page)
    page.get_by_label("Key of another log").fill(other_log.vkey)
    give(page, "receipt", receipt_from(other_log, 9))
    page.locator("[name=file]").set_input_files(long)
    page.locator("#receipt-checker button[type=submit]").click()
    bar = page.locator("progress")
    bar.wait_for()
    page.wait_for_function("bar => bar.value > 1 << 22", arg=bar.element_handle())
    assert bar.evaluate("bar => bar.value") < 2_000_000_000
    expect(page.locator("[data-part=running]")).to_contain_text("of 2,000 MB")
    assert_accessible(page)
    page.get_by_role("button", name="Stop").click()
    page.locator("[data-part=running]").wait_for(state="hidden")
    expect(page.locator("[data-part=report]")).to_be_hidden()
    give(page, "file", DEED)
    expect(check(page)).to_have_text("This document is registered in the log")


@IN_EVERY_VIEW
def test_both_reports_are_accessible_and_fit(visit, other_log, view):
    page = visit(view)
    open_checker(page)
    give(page, "policy", policy_of(other_log), "policy")
    give(page, "file", DEED)
    receipt = receipt_from(other_log, 9)
    for content in (receipt, receipt.replace(b"index 9", b"index 8")):
        check(page, content)
        assert_accessible(page)
        assert_no_sideways_scroll(page)


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("view", [NARROW, View(language="zh-CN", scheme="dark")], ids=str)
def test_the_kept_file_is_accessible_and_fits(visit, browser, tmp_path, view):
    page = visit(WIDE if view is NARROW else View(language="zh-CN"))
    options = {
        "viewport": {"width": view.width, "height": 900},
        "color_scheme": view.scheme,
    }
    with kept_file(browser, page, tmp_path, language=view.language, **options) as alone:
        lang = page.locator("html").get_attribute("lang")
        expect(alone.locator("html")).to_have_attribute("lang", lang)
        check(alone, receipt_of(index=MINE))
        assert_accessible(alone)
        assert_no_sideways_scroll(alone)
