"""Pages in Chromium. docs/design.md says how to use these fixtures."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.pages import (
    EVERY_VIEW,
    NARROW_WITHOUT_SCRIPT,
    WIDE,
    WITHOUT_SCRIPT,
    View,
    open_page,
)


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


@pytest.fixture(params=[*EVERY_VIEW, WITHOUT_SCRIPT, NARROW_WITHOUT_SCRIPT], ids=str)
def page_in_every_view(request: pytest.FixtureRequest, visit: Callable[[View], Page]) -> Page:
    """The same test at both widths: light, dark, and without scripts."""
    return visit(request.param)


@pytest.fixture
def sign_in(live_server: LiveServer) -> Callable[[Page, AbstractBaseUser], None]:
    """Return a function that signs a page's browser in, without a walk through the door."""

    def sign_in(page: Page, user: AbstractBaseUser) -> None:
        client = Client()
        client.force_login(user)
        for name, morsel in client.cookies.items():
            page.context.add_cookies(
                [{"name": name, "value": morsel.value, "url": live_server.url}]
            )

    return sign_in


@pytest.fixture(autouse=True)
def data_folder_of_its_own(data_folder: object) -> None:
    """Every test publishes into a folder of its own, signed with the run's key."""
