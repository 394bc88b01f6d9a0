"""What the browser tests of trustees share: their key files, and the steps of their pages."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from tests.browser.booth_pages import press
from tests.browser.pages import View, open_page
from tests.factories.accounts import make_user

NAMES = ("Ada", "Bob", "Carla", "Dora", "Emil")


@contextmanager
def trustees_in_browsers(
    browser: Browser,
    *,
    base_url: str,
    sign_in: Callable,
    views: dict[str, View],
) -> Iterator[dict[str, Page]]:
    """Open one context for each trustee, signed in with the invited address."""
    with ExitStack() as stack:
        pages = {}
        for name, view in views.items():
            page = stack.enter_context(open_page(browser, base_url=base_url, view=view))
            sign_in(page, make_user(email=f"{name.lower()}@example.org", password=None))
            pages[name] = page
        yield pages


def save_key(page: Page, *, button: str, folder: Path) -> Path:
    """Press the button that saves the key, and return where the file is."""
    with page.expect_download() as download:
        press(page, button)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def choose_key(page: Page, file: Path | str, *, button: str) -> None:
    """Choose a key file, or a file with this text, and go on."""
    field = page.get_by_label("Your private key file")
    if isinstance(file, Path):
        field.set_input_files(file)
    else:
        buffer = file.encode()
        field.set_input_files(
            {"name": "key.json", "mimeType": "application/json", "buffer": buffer}
        )
    press(page, button)


def press_with_keyboard(page: Page, name: str) -> None:
    """Go to the button of this name with Tab, and press it with Enter."""
    button = page.get_by_role("button", name=name)
    button.wait_for()
    for _ in range(80):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            page.keyboard.press("Enter")
            return
    msg = f"Tab does not lead to {name}"
    raise AssertionError(msg)


def states(page: Page) -> Locator:
    """The states of the checks that the page shows, in order."""
    return page.locator("[data-check] [data-fill=state]")


def wait_for_part(page: Page, title: str) -> None:
    """Wait until the part of the task with this title stands."""
    page.get_by_role("heading", level=3, name=title).wait_for()


def single_key(secret_key) -> str:
    """The key file of a trustee who stands alone, as the program writes it."""
    return json.dumps(str(secret_key.reveal()))


def watch_what_is_sent(page: Page) -> list[str]:
    """Collect every body that the page sends from now on."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    return sent
