"""What browser tests share: how a page is opened, and what must hold of every page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

AXE_FILE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE_PIXELS, NARROW_PIXELS, REFLOW_PIXELS = 1280, 360, 320
HEIGHT_PIXELS = 900
# Long enough for a machine that does much else.
PATIENCE_MILLISECONDS = 90_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)
# Chromium says this of an answer in the 400s; tests ask for such answers on purpose.
EXPECTED_OF_ERROR_PAGES = "Failed to load resource: the server responded with a status of 4"
# axe waits for promises, and without scripts a page keeps none.
_without_script: WeakSet[BrowserContext] = WeakSet()


@dataclass(frozen=True, slots=True)
class View:
    """A way to look at a page."""

    width: int = WIDE_PIXELS
    scheme: str = "light"
    javascript: bool = True
    language: str = "en"
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        script = "" if self.javascript else ", no script"
        return f"{self.width} px, {self.scheme}, {self.language}{script}"


WIDE = View()
NARROW = View(width=NARROW_PIXELS)
WITHOUT_SCRIPT = View(javascript=False)
NARROW_WITHOUT_SCRIPT = View(width=NARROW_PIXELS, javascript=False)
# Every page must hold in all of these.
EVERY_VIEW = [
    View(width=width, scheme=scheme)
    for width in (WIDE_PIXELS, NARROW_PIXELS)
    for scheme in ("light", "dark")
]


def chromium_path() -> str | None:
    """Return the Chromium that this machine has: PNYX_CHROMIUM, or one on the PATH.

    The one without windows comes first: a fresh context costs it a fifth of the work.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = (shutil.which(name) for name in names)
    return os.environ.get("PNYX_CHROMIUM") or next(filter(None, found), None)


@contextmanager
def open_page(browser: Browser, *, base_url: str, view: View = WIDE) -> Iterator[Page]:
    """Open a page in a context of its own, and fail when anything in it complained.

    Complaints are errors in the console (the content security policy's among them), uncaught
    exceptions, dialogs that nobody answered, and requests to any other host.
    """
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": view.width, "height": HEIGHT_PIXELS},
        color_scheme=view.scheme,
        java_script_enabled=view.javascript,
        locale=view.language,
        reduced_motion="reduce",
        **view.options,
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    if not view.javascript:
        _without_script.add(context)
    page = context.new_page()
    complaints: list[str] = []
    own_host = urlsplit(base_url).netloc

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED_OF_ERROR_PAGES):
            complaints.append(f"console: {message.text}")

    def watch(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and parts.netloc != own_host:
            complaints.append(f"third-party request: {request.url}")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
    page.on("request", watch)
    try:
        yield page
    finally:
        context.close()
    assert not complaints, "\n".join(complaints)


def follow(control: Locator) -> None:
    """Click what leads to another page, and wait until that page is loaded.

    Needed where the page before could pass for the one after, or is looked at as a whole.
    """
    with control.page.expect_navigation():
        control.click()


def assert_says(page: Page, *sentences: str) -> None:
    """Wait until the main part of the page shows each of these sentences."""
    for sentence in sentences:
        expect(page.locator("main")).to_contain_text(sentence, use_inner_text=True)


@cache
def _axe() -> str:
    assert AXE_FILE.exists(), "axe-core is not there. Run: npm ci"
    return AXE_FILE.read_text()


@contextmanager
def _copy_with_scripts(page: Page) -> Iterator[Page]:
    """Show the page as it stands where scripts may run; its own ones are not loaded."""
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(
        viewport=page.viewport_size, storage_state=page.context.storage_state()
    )
    copy = context.new_page()
    content = page.content()
    copy.route("**/*.js*", lambda route: route.abort())
    copy.route(page.url, lambda route: route.fulfill(body=content, content_type="text/html"))
    copy.goto(page.url)
    yield copy
    context.close()


def assert_accessible(page: Page) -> None:
    """Open every disclosure and run axe: WCAG 2.0 to 2.2, A and AA, and good practice."""
    page.wait_for_load_state()
    if page.context in _without_script:
        with _copy_with_scripts(page) as copy:
            assert_accessible(copy)
        return
    assert "{%" not in page.content(), f"{page.url} shows a template tag that was not read"
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true })")
    page.evaluate(_axe())
    report = page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", AXE_TAGS
    )
    found = [
        f"{violation['id']}: {violation['help']}\n    {node['html']}\n    {node['failureSummary']}"
        for violation in report["violations"]
        for node in violation["nodes"]
    ]
    assert not found, f"{page.url}\n" + "\n".join(found)


def assert_no_sideways_scroll(page: Page, *, width: int = REFLOW_PIXELS) -> None:
    """Check that at `width` pixels nothing makes the page wider than the window."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": HEIGHT_PIXELS})
    excess = page.evaluate(
        """() => {
            const room = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= room) return [];
            return [...document.querySelectorAll("body *")]
                .filter((box) => box.getBoundingClientRect().right > room + 1)
                .map((box) => box.outerHTML.slice(0, 120));
        }"""
    )
    if before:
        page.set_viewport_size(before)
    assert not excess, f"{page.url} is wider than {width} px because of\n" + "\n".join(excess)


def assert_focus_is_visible(page: Page, *, limit: int = 60) -> None:
    """Walk through the page with Tab; whatever has the focus must show a ring inside the window."""
    page.evaluate("document.activeElement?.blur(); window.scrollTo(0, 0)")
    seen: list[str] = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        state = page.evaluate(
            """() => {
                const focused = document.activeElement;
                if (!focused || focused === document.body) return null;
                const ringed = (box) => box && parseFloat(getComputedStyle(box).outlineWidth) >= 2
                    && getComputedStyle(box).outlineStyle !== "none";
                const label = focused.labels?.[0];
                const card = focused.closest(".pnyx-card--link, .govuk-checkboxes__item,"
                    + " .govuk-radios__item");
                const drawn = label && parseFloat(
                    getComputedStyle(label, "::before").outlineWidth) >= 2;
                const place = focused.getBoundingClientRect();
                return {
                    html: focused.outerHTML.slice(0, 160),
                    shows: Boolean(ringed(focused) || ringed(card) || drawn),
                    inside: place.bottom > 0 && place.top < innerHeight,
                };
            }"""
        )
        if state is None:
            break
        seen.append(state["html"])
        assert state["shows"], f"no focus ring on {state['html']}"
        assert state["inside"], f"the focus is out of sight on {state['html']}"
    assert seen, "nothing on the page takes the focus"
