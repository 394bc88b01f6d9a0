"""What the booth's browser tests share: an election, a way in, and the steps of a voter."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from evote.election import AnyQuestion, Question, RankedQuestion
from tests.browser.booth_server import BoothServer, Box, serve
from tests.browser.pages import PATIENCE_MILLISECONDS, WIDE, View, open_page
from tests.factories.evote import make_world

PRIORITIES = Question(
    text="Which of these should the council do first?",
    answers=("Mend the bridge", "Open the library on Sunday", "Plant trees", "Lower the fares"),
    minimum=1,
    maximum=2,
    has_blank=True,
)
CUSTOMS = Question(
    text="The country should stay in the customs union.",
    answers=("Agree", "Disagree", "Pass"),
    minimum=0,
    maximum=1,
    has_blank=False,
)


DISHES = RankedQuestion(
    text="What shall the canteen cook?",
    answers=("Lentil soup", "Dumplings", "Risotto", "Fish"),
)


def a_box(
    *questions: AnyQuestion, voters: int = 2, context: dict[str, object] | None = None
) -> Box:
    """An election with these questions, or with two of different kinds."""
    return Box(
        make_world(questions=questions or [PRIORITIES, CUSTOMS], voters=voters, context=context)
    )


@contextmanager
def in_booth(
    browser: Browser, box: Box | None = None, *, view: View = WIDE, fragment: str = ""
) -> Iterator[tuple[Page, BoothServer]]:
    """Enter the booth; when it is over, nothing in the page may have complained."""
    with (
        serve(box or a_box()) as served,
        open_page(browser, base_url=served.url, view=view) as page,
    ):
        page.goto(served.booth + fragment)
        yield page, served


@contextmanager
def in_faulty_booth(browser: Browser, box: Box | None = None) -> Iterator[tuple[Page, BoothServer]]:
    """Enter a booth in which the browser itself complains: of lost connections, broken hashes."""
    with serve(box or a_box()) as served:
        context = browser.new_context(base_url=served.url)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        page = context.new_page()
        try:
            yield page, served
        finally:
            context.close()


def press(page: Page, name: str) -> None:
    """Press the button of this name."""
    page.get_by_role("button", name=name).click()


def wait_for(page: Page, title: str) -> None:
    """Wait until the screen of this title stands."""
    page.get_by_role("heading", level=1, name=title).wait_for()


def choose(page: Page) -> None:
    """Choose two priorities, agree, and go to the review."""
    page.get_by_label("Mend the bridge").check()
    page.get_by_label("Plant trees").check()
    press(page, "Next question")
    page.get_by_label("Agree", exact=True).check()
    press(page, "Review your choices")


def seal(page: Page, credential: str) -> None:
    """Choose, enter the credential and seal the ballot."""
    choose(page)
    page.get_by_label("Your credential").fill(credential)
    press(page, "Seal the ballot")
    wait_for(page, "Your ballot is sealed")


def cast(page: Page, credential: str) -> None:
    """Vote from the first question to the press on "Cast this ballot"."""
    seal(page, credential)
    press(page, "Cast this ballot")


def shown_tracker(page: Page) -> str:
    """The tracker on the screen, without its spaces."""
    groups = page.locator(".pnyx-tracker span")
    groups.first.wait_for()
    return "".join(groups.all_inner_texts())
