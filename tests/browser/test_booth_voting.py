import json
import re
import shutil
import subprocess

import pytest
from playwright.sync_api import expect

from evote.election import Question
from tests.browser.booth_pages import (
    CUSTOMS,
    PRIORITIES,
    a_box,
    cast,
    choose,
    in_booth,
    press,
    seal,
    shown_tracker,
    wait_for,
)
from tests.browser.booth_server import ROOT
from tests.browser.pages import (
    EVERY_VIEW,
    WITHOUT_SCRIPT,
    View,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    assert_says,
)

NODE = shutil.which("node")


def test_a_ballot_from_the_booth_is_valid_and_says_what_the_voter_chose(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")

        assert shown_tracker(page) in box.ballots

    assert box.counts() == ((0, 1, 0, 1, 0), (1, 0, 0))
    assert len(served.casts()) == 1


def test_blank_and_no_choice_are_encrypted_like_any_other_choice(browser):
    box = a_box()
    with in_booth(browser, box, fragment=f"#credential={box.credentials[0]}") as (page, _):
        page.get_by_label("Plant trees").check()
        page.get_by_label("None of these: leave it blank").check()
        expect(page.get_by_label("Plant trees")).not_to_be_checked()
        press(page, "Next question")
        page.get_by_label("Disagree").check()
        page.get_by_label("No choice").check()
        press(page, "Review your choices")
        press(page, "Seal the ballot")
        press(page, "Cast this ballot")
        wait_for(page, "Your ballot is in the box")

    assert box.counts() == ((1, 0, 0, 0, 0), (0, 0, 0))


def test_a_choice_too_many_is_not_taken_and_the_page_says_why(browser):
    with in_booth(browser) as (page, _):
        for answer in PRIORITIES.answers[:2]:
            page.get_by_label(answer).check()
        third = page.get_by_label("Plant trees")
        third.click()

        expect(third).to_be_focused()
        expect(third).not_to_be_checked()
        status = page.locator("form [role=status]")
        expect(status).to_have_text("2 of 2 chosen. To choose another, take one back first.")


def test_a_choice_too_few_is_explained_beside_the_question(browser):
    with in_booth(browser) as (page, _):
        press(page, "Next question")

        expect(page.locator("h1")).to_have_text(PRIORITIES.text)
        message = page.locator("#question-error")
        expect(message).to_contain_text("Choose one or two. You have chosen 0.")
        group = page.locator("fieldset")
        expect(group).to_have_attribute("aria-describedby", re.compile("question-error"))
        page.get_by_label("Plant trees").check()
        expect(message).to_be_hidden()


@pytest.mark.parametrize(
    ("minimum", "maximum", "has_blank", "rule"),
    [
        (1, 1, False, "Choose one."),
        (0, 1, False, "Choose one, or none."),
        (2, 2, False, "Choose exactly 2."),
        (0, 2, False, "Choose up to 2, or none."),
        (0, 3, False, "Choose as many as you like, or none."),
        (1, 2, False, "Choose one or two."),
        (1, 3, False, "Choose at least one and at most 3."),
        (2, 3, False, "Choose at least 2 and at most 3."),
        (1, 1, True, "Choose one. You can also leave the question blank."),
    ],
)
def test_the_limits_are_stated_in_words(browser, minimum, maximum, has_blank, rule):
    question = Question(
        text="Which?",
        answers=("a", "b", "c"),
        minimum=minimum,
        maximum=maximum,
        has_blank=has_blank,
    )
    with in_booth(browser, a_box(question)) as (page, _):
        expect(page.locator("#question-hint")).to_have_text(rule)


def test_the_whole_card_is_the_target(browser):
    with in_booth(browser) as (page, _):
        card = page.locator(".pnyx-answer").first.bounding_box()
        page.mouse.click(card["x"] + card["width"] - 4, card["y"] + card["height"] - 4)

        expect(page.get_by_label(PRIORITIES.answers[0])).to_be_checked()


def test_every_screen_puts_the_focus_on_its_heading(browser):
    box = a_box()
    with in_booth(browser, box) as (page, _):
        page.get_by_label("Plant trees").check()
        press(page, "Next question")
        expect(page.locator("h1")).to_be_focused()
        press(page, "Review your choices")
        expect(page.locator("h1")).to_be_focused()
        page.get_by_label("Your credential").fill(box.credentials[0])
        press(page, "Seal the ballot")
        wait_for(page, "Your ballot is sealed")
        expect(page.locator("h1")).to_be_focused()
        expect(page).to_have_title("Your ballot is sealed – Voting booth – Pnyx")
        press(page, "Cast this ballot")
        wait_for(page, "Your ballot is in the box")
        expect(page.locator("h1")).to_be_focused()


def test_one_can_vote_with_the_keyboard_alone(browser):
    box = a_box()

    def tab_to(name: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            text = page.evaluate(
                "document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText"
            )
            if name in text:
                return
        raise AssertionError(name)

    with in_booth(browser, box) as (page, _):
        wait_for(page, PRIORITIES.text)
        tab_to("Plant trees")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        wait_for(page, CUSTOMS.text)
        tab_to("Agree")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        wait_for(page, "Is this what you mean?")
        tab_to("Your credential")
        page.keyboard.type(box.credentials[0].replace("-", ""))
        page.keyboard.press("Enter")
        wait_for(page, "Your ballot is sealed")
        tab_to("Cast this ballot")
        page.keyboard.press("Enter")
        wait_for(page, "Your ballot is in the box")

    assert box.counts() == ((0, 0, 0, 1, 0), (0, 1, 0))


def test_choices_can_be_changed_from_the_review(browser):
    box = a_box()
    with in_booth(browser, box) as (page, _):
        choose(page)
        page.get_by_role("button", name=f"Change {CUSTOMS.text}").click()
        expect(page.get_by_label("Agree", exact=True)).to_be_checked()
        page.get_by_label("Pass").check()
        press(page, "Review your choices")

        values = page.locator(".govuk-summary-list__value")
        expect(values).to_have_count(2)
        lines = values.first.locator(".pnyx-booth__line")
        expect(lines).to_have_text(["Mend the bridge", "Plant trees"])
        expect(values.last).to_have_text("Pass")


def test_a_sealed_ballot_that_is_thrown_away_is_never_sent(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        seal(page, box.credentials[0])
        first = shown_tracker(page)
        press(page, "Throw it away and change")
        expect(page.locator("dl")).to_contain_text("It ends in")
        press(page, "Seal the ballot")
        wait_for(page, "Your ballot is sealed")
        second = shown_tracker(page)
        press(page, "Cast this ballot")
        wait_for(page, "Your ballot is in the box")

    assert first != second
    assert list(box.ballots) == [second]
    assert first not in b"".join(served.casts()).decode()


@pytest.mark.parametrize(
    ("typed", "explanation"),
    [
        ("", "Enter your credential"),
        ("VFZ3v-gvS7My", "A credential has 22 characters without the dashes. This one has 11"),
        ("VFZ3v-gvS7My-VnJkG-Mg4Ky0", "No credential has the character “0”"),
        ("VFZ3v-gvS7My-VnJkG-Mg4KyA", "This credential is not on the list of this election"),
    ],
)
def test_a_wrong_credential_is_explained_before_anything_is_sealed(browser, typed, explanation):
    with in_booth(browser) as (page, served):
        # Only the list of credentials, when it is there, says that one is not on it.
        with page.expect_request_finished(lambda asked: asked.url.endswith("/credentials.json")):
            page.reload()
        choose(page)
        page.get_by_label("Your credential").fill(typed)
        press(page, "Seal the ballot")

        expect(page.locator("#credential-error")).to_contain_text(explanation)
        expect(page.locator(".govuk-error-summary")).to_contain_text(explanation)
        expect(page.locator(".govuk-error-summary")).to_be_focused()
        page.locator(".govuk-error-summary a").click()
        expect(page.locator("#credential")).to_be_focused()
        assert not served.casts()


def test_a_damaged_link_is_explained_and_can_be_mended(browser):
    box = a_box()
    damaged = box.credentials[0][:-1]
    with in_booth(browser, box, fragment=f"#credential={damaged}") as (page, _):
        choose(page)

        expect(page.locator("#credential-error")).to_contain_text("This one has 21")
        expect(page.get_by_label("Your credential")).to_have_value(damaged)
        page.get_by_label("Your credential").fill(box.credentials[0])
        press(page, "Seal the ballot")
        wait_for(page, "Your ballot is sealed")


def test_voting_again_asks_first_and_then_replaces_the_earlier_ballot(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")
        earlier = shown_tracker(page)
        page.reload()
        cast(page, box.credentials[0])
        wait_for(page, "This credential has already cast a ballot. Was it you?")
        assert shown_tracker(page) == earlier
        assert len(box.ballots) == 1
        press(page, "Replace the earlier ballot")
        wait_for(page, "Your ballot is in the box")
        later = shown_tracker(page)

    refused, replacing = (json.loads(body) for body in served.casts()[1:])
    assert refused["ballot"] == replacing["ballot"]
    assert replacing["prev"] == earlier
    assert list(box.current.values()) == [later]
    assert box.counts() == ((0, 1, 0, 1, 0), (1, 0, 0))


def test_whoever_did_not_cast_the_earlier_ballot_can_stop(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")
        page.reload()
        cast(page, box.credentials[0])
        wait_for(page, "This credential has already cast a ballot. Was it you?")
        sent = len(served.casts())
        press(page, "Stop, do not cast")

        expect(page.locator("h1")).to_have_text("Your ballot was not cast")
        assert shown_tracker(page) in box.ballots
        assert len(served.casts()) == sent


def test_the_receipt_follows_the_ballot_into_the_log_and_can_be_saved(browser):
    box = a_box()
    with in_booth(browser, box) as (page, _):
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")
        place = page.locator("[data-part=place]")
        expect(place).to_contain_text("waiting for its place")
        tracker = shown_tracker(page)
        box.recorded[tracker] = 48_213
        link = page.get_by_role("link", name="Entry 48,213")
        link.wait_for()
        expect(link).to_have_attribute("href", "/log/entries/48213")
        with page.expect_download() as download:
            press(page, "Save the receipt")
        receipt = download.value
        with page.expect_download() as download:
            press(page, "Save the promise")
        saved = json.loads(download.value.path().read_text())
        assert receipt.suggested_filename.endswith(".tlog-proof")
        assert receipt.path().read_text() == box.status(tracker)["receipt"]

    assert saved["tracker"] == tracker
    assert saved["election"] == box.uuid
    assert saved["fingerprint"] == box.election.fingerprint
    assert saved["log_index"] == 48_213
    assert tracker in saved["promise"]


def test_d10_the_receipt_is_provisional_until_the_witnesses_have_cosigned(browser):
    box = a_box()
    box.is_cosigned = False
    with in_booth(browser, box) as (page, _):
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")
        box.recorded[shown_tracker(page)] = 48_213
        place = page.locator("[data-part=place]", has_text="Entry 48,213")
        place.wait_for()
        expect(place).to_contain_text("Recorded, awaiting cosignatures")
        assert_says(page, "rests on the log's word alone")
        expect(page.get_by_role("button", name="Save the receipt")).to_be_visible()

        box.is_cosigned = True
        page.get_by_text("can no longer be taken out unseen").wait_for()
        expect(place).not_to_contain_text("awaiting")


@pytest.mark.skipif(NODE is None, reason="no Node.js on the PATH to read a QR code with")
def test_the_qr_code_leads_to_the_ballot(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")
        tracker = shown_tracker(page)
        side = int(page.locator(".pnyx-qr").get_attribute("viewBox").split()[-1])
        path = page.locator(".pnyx-qr path").get_attribute("d")

    reader = """
        import decodeQR from "qr/decode.js";
        const [path, side] = process.argv.slice(1), frame = 4, scale = 8;
        const size = (Number(side) + 2 * frame) * scale;
        const data = new Uint8Array(size * size * 3).fill(255);
        for (const [, x, y, width] of path.matchAll(/M(\\d+) (\\d+)h(\\d+)/g))
          for (let row = 0; row < scale; row += 1)
            for (let column = 0; column < width * scale; column += 1) {
              const at = ((+y + frame) * scale + row) * size + (+x + frame) * scale + column;
              data.fill(0, at * 3, at * 3 + 3);
            }
        console.log(decodeQR({ width: size, height: size, data }));
    """
    answer = subprocess.run(
        [NODE, "--input-type=module", "-e", reader, path, str(side)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    address = tracker.replace("+", "-").replace("/", "_")
    assert answer.stdout.strip() == f"{served.url}/elections/{box.uuid}/ballots/{address}/"


def test_the_receipt_prints_on_one_sheet(browser):
    box = a_box()
    with in_booth(browser, box) as (page, _):
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")
        sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))

    assert len(sheets) == 1


def test_the_tracker_can_be_copied_without_its_spaces(browser):
    box = a_box()
    allowed = View(options={"permissions": ["clipboard-read", "clipboard-write"]})
    with in_booth(browser, box, view=allowed) as (page, _):
        seal(page, box.credentials[0])
        press(page, "Copy")
        page.get_by_text("Copied").wait_for()

        assert page.evaluate("navigator.clipboard.readText()") == shown_tracker(page)


@pytest.mark.parametrize("view", EVERY_VIEW, ids=str)
def test_axe_finds_nothing_on_any_screen(browser, view):
    box = a_box()

    def check() -> None:
        assert_accessible(page)
        assert_no_sideways_scroll(page)

    with in_booth(browser, box, view=view) as (page, _):
        wait_for(page, PRIORITIES.text)
        check()
        press(page, "Next question")
        check()
        page.get_by_label("Plant trees").check()
        press(page, "Next question")
        check()
        press(page, "Review your choices")
        check()
        press(page, "Seal the ballot")
        check()
        page.get_by_label("Your credential").fill(box.credentials[0])
        press(page, "Seal the ballot")
        wait_for(page, "Your ballot is sealed")
        check()
        press(page, "Cast this ballot")
        wait_for(page, "Your ballot is in the box")
        check()
        page.reload()
        cast(page, box.credentials[0])
        wait_for(page, "This credential has already cast a ballot. Was it you?")
        check()
        press(page, "Stop, do not cast")
        check()


def test_whatever_has_the_focus_shows_it(browser):
    with in_booth(browser) as (page, _):
        wait_for(page, PRIORITIES.text)

        assert_focus_is_visible(page)


def test_without_a_script_the_page_says_why_and_how_else(browser):
    with in_booth(browser, view=WITHOUT_SCRIPT) as (page, _):
        expect(page.locator("h1")).to_have_text("The booth needs JavaScript")
        assert_says(page, "evote ballot create")
        expect(page.locator("#steps")).to_be_hidden()


def test_the_bundle_is_the_same_in_every_language(browser):
    with in_booth(browser) as (page, served):
        for code in ("en", "zh-hans"):
            page.goto(f"{served.booth}?language={code}")
            wait_for(page, PRIORITIES.text)
        hashes = {
            re.search(rb'booth\.js[^>]*integrity="([^"]+)"', text).group(1)
            for text in served.page.values()
        }

    assert len(hashes) == 1
    assert served.page["en"] != served.page["zh-hans"]


def test_another_language_keeps_the_credential_out_of_the_history(browser):
    box = a_box()
    with in_booth(browser, box, fragment=f"#credential={box.credentials[0]}") as (page, _):
        wait_for(page, PRIORITIES.text)
        length = page.evaluate("history.length")
        page.get_by_role("link", name="中文").click()
        page.wait_for_url("**?language=zh-hans")
        wait_for(page, PRIORITIES.text)

        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        assert page.evaluate("history.length") == length
