"""Pages in Chromium. docs/design.md says how to use these fixtures."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.pages import EVERY_VIEW, NARROW_WITHOUT_SCRIPT, WIDE, View, open_page


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


@pytest.fixture(params=[*EVERY_VIEW, NARROW_WITHOUT_SCRIPT], ids=str)
def page_in_every_view(request: pytest.FixtureRequest, visit: Callable[[View], Page]) -> Page:
    """The same test at both widths, light and dark, and once without scripts."""
    return visit(request.param)


@pytest.fixture(autouse=True)
def data_folder_of_its_own(data_folder: object) -> None:
    """Every test publishes into a folder of its own, signed with the run's key."""
