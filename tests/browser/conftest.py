"""Chromium for browser tests. docs/design.md says how to use these fixtures."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.pages import EVERY_VIEW, WIDE, View, chromium_path, open_page

# Playwright's loop runs in the test's thread, and Django takes that for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the run; without one the test is skipped, and says so."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine; set PNYX_CHROMIUM to its path")
    with sync_playwright() as playwright:
        # No sandbox: tests also run as root, and open only pages of the server under test.
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Callable[[View], Page]]:
    """Return a function that opens a page in a given view; closed after the test."""
    with ExitStack() as stack:
        yield lambda view: stack.enter_context(
            open_page(browser, base_url=live_server.url, view=view)
        )


@pytest.fixture
def page(visit: Callable[[View], Page]) -> Page:
    """A page at 1280 pixels, light, with scripts."""
    return visit(WIDE)


@pytest.fixture(params=EVERY_VIEW, ids=str)
def page_in_every_view(request: pytest.FixtureRequest, visit: Callable[[View], Page]) -> Page:
    """The same test at both widths, light and dark."""
    return visit(request.param)


@pytest.fixture(autouse=True)
def data_folder_of_its_own(data_folder: object) -> None:
    """Every test publishes into a folder of its own, signed with the run's key."""
