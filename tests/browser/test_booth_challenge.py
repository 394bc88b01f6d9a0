import json
import shutil
import subprocess

import pytest
from playwright.sync_api import expect

from evote.ballot import decode_ballot
from evote.ballot.challenge import ChallengeStep, check_challenge
from tests.browser.booth_pages import (
    DISHES,
    PRIORITIES,
    a_box,
    cast,
    choose,
    in_booth,
    in_faulty_booth,
    press,
    seal,
    shown_tracker,
    wait_for,
)
from tests.browser.booth_server import NO_PREVIOUS_BALLOT, ROOT
from tests.browser.pages import (
    EVERY_VIEW,
    assert_accessible,
    assert_no_sideways_scroll,
    assert_says,
)
from tests.browser.test_booth_faults import IMPATIENT

NODE = shutil.which("node")
OPENED = "Your ballot is open: check it on another device"
PROFILE_ONE = {"profile": 1}
PERMIT = "P" * 112


def challenge(page, credential):
    """Challenge a ballot; return the tracker seen before, and the opened ballot."""
    seal(page, credential)
    tracker = shown_tracker(page)
    press(page, "Challenge this ballot")
    wait_for(page, OPENED)
    with page.expect_download() as download:
        press(page, "Save the opened ballot")
    return tracker, download.value


def qr_text(page):
    """What a second device reads from the code on the screen."""
    code = page.locator(".pnyx-qr:visible")
    side = int(code.get_attribute("viewBox").split()[-1])
    reader = """
        import decodeQR from "qr/decode.js";
        const [path, side] = process.argv.slice(1), frame = 4, scale = 4;
        const size = (Number(side) + 2 * frame) * scale;
        const data = new Uint8Array(size * size * 3).fill(255);
        for (const [, x, y, width] of path.matchAll(/M(\\d+) (\\d+)h(\\d+)/g))
          for (let row = 0; row < scale; row += 1)
            for (let column = 0; column < width * scale; column += 1) {
              const at = ((+y + frame) * scale + row) * size + (+x + frame) * scale + column;
              data.fill(0, at * 3, at * 3 + 3);
            }
        process.stdout.write(decodeQR({ width: size, height: size, data }));
    """
    path = code.locator("path").get_attribute("d")
    answer = subprocess.run(
        [NODE, "--input-type=module", "-e", reader, path, str(side)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout


def test_a_challenged_ballot_is_opened_and_evote_finds_the_choices_in_it(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        tracker, file = challenge(page, box.credentials[0])
        held = []
        opened, ballot = check_challenge(
            file.path().read_bytes(),
            election=box.election,
            credentials=box.world.weights,
            tracker=tracker,
            on_step=held.append,
        )

        assert held == [*ChallengeStep]
        assert opened.answers == ((0, 1, 0, 1, 0), (1, 0, 0))
        assert file.suggested_filename.startswith("challenge-")
        assert shown_tracker(page) == tracker == ballot.tracker
        assert not served.casts()


def test_a48_the_server_is_told_the_alphas_first_and_nothing_of_the_randomness(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        tracker, file = challenge(page, box.credentials[0])
        (told,) = served.challenges()
        opened = json.loads(file.path().read_text())

    ballot = decode_ballot(opened["ballot"].encode(), election=box.election)
    assert json.loads(told) == {"tracker": tracker, "alphas": list(ballot.alphas)}
    assert not any(r.encode() in told for answer in opened["randomness"] for r in answer)


def test_a48_a_challenged_ballot_gets_no_cast_statement_and_cannot_be_cast(browser):
    box = a_box(context=PROFILE_ONE)
    with in_booth(browser, box) as (page, served):
        _, file = challenge(page, box.credentials[0])
        opened = file.path().read_text()
        ballot = json.loads(opened)["ballot"]

        assert not served.casts()
    status, answer = box.cast(json.dumps({"ballot": ballot, "prev": NO_PREVIOUS_BALLOT}).encode())
    assert status == 400, answer
    assert not box.ballots


def test_after_a_challenge_the_voter_chooses_anew_with_fresh_randomness(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        tracker, file = challenge(page, box.credentials[0])
        opened = json.loads(file.path().read_text())
        press(page, "Choose anew")
        expect(page.locator("h1")).to_have_text(PRIORITIES.text)
        expect(page.locator("input:checked")).to_have_count(0)
        choose(page)
        expect(page.locator("dl")).to_contain_text("It ends in")
        press(page, "Seal the ballot")
        wait_for(page, "Your ballot is sealed")
        assert shown_tracker(page) != tracker
        traces = page.content()
        press(page, "Cast this ballot")
        wait_for(page, "Your ballot is in the box")
        (body,) = served.casts()

    challenged = decode_ballot(opened["ballot"].encode(), election=box.election)
    assert not any(alpha in body.decode() for alpha in challenged.alphas)
    assert not any(r in traces for answer in opened["randomness"] for r in answer)


def test_what_cannot_be_told_to_the_server_stays_sealed(browser):
    box = a_box()
    with in_faulty_booth(browser, box) as (page, served):
        page.add_init_script(IMPATIENT)
        served.faults = [503, 503, 503, 503]
        page.goto(served.booth)
        seal(page, box.credentials[0])
        press(page, "Challenge this ballot")
        wait_for(page, "No answer came")
        expect(page.get_by_role("button", name="Save the opened ballot")).to_have_count(0)
        press(page, "Challenge it again")
        wait_for(page, OPENED)

    assert len(set(served.challenges())) == 1


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"status": 409, "code": "already_cast"}, "was cast or challenged before"),
        ({"status": 409, "code": "not_open"}, "Voting is not open"),
        ({"status": 429, "code": "too_many_challenges"}, "too many challenges"),
        ({"status": 400, "code": "moon_phase"}, "gave no reason"),
        ({"status": 201, "tracker": "A" * 43}, "is not about this ballot"),
    ],
    ids=["cast", "closed", "too many", "unknown", "another"],
)
def test_a_refused_challenge_is_explained_and_opens_nothing(browser, answer, sentence):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        served.faults = [answer]
        seal(page, box.credentials[0])
        press(page, "Challenge this ballot")
        wait_for(page, "The challenge was not accepted")

        assert_says(page, sentence)
        expect(page.get_by_role("button", name="Save the opened ballot")).to_have_count(0)


@pytest.mark.skipif(NODE is None, reason="no Node.js on the PATH to read a QR code with")
def test_the_tracker_can_be_scanned_before_the_choice(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        seal(page, box.credentials[0])
        page.get_by_text("Take it to a second device").click()
        tracker = shown_tracker(page).replace("+", "-").replace("/", "_")

        assert qr_text(page) == f"{served.url}/elections/{box.uuid}/check/#tracker={tracker}"


@pytest.mark.skipif(NODE is None, reason="no Node.js on the PATH to read a QR code with")
def test_an_opened_ballot_that_is_short_can_be_scanned_and_a_long_one_is_a_file(browser):
    box = a_box(DISHES)
    with in_booth(browser, box) as (page, _):
        press(page, "Add “Fish” at the end of the ranking")
        press(page, "Review your choices")
        page.get_by_label("Your credential").fill(box.credentials[0])
        press(page, "Seal the ballot")
        press(page, "Challenge this ballot")
        wait_for(page, OPENED)
        with page.expect_download() as download:
            press(page, "Save the opened ballot")
        assert qr_text(page) == download.value.path().read_text()
    box = a_box()
    with in_booth(browser, box) as (page, _):
        challenge(page, box.credentials[0])
        expect(page.get_by_text("It is too long for a QR code")).to_be_visible()
        expect(page.locator(".pnyx-qr:visible")).to_have_count(0)


def test_with_profile_one_each_cast_is_signed_for_the_ballot_it_replaces(browser):
    box = a_box(context=PROFILE_ONE)
    with in_booth(browser, box) as (page, served):
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")
        assert_says(page, "This ballot counts now. If you vote again")
        earlier = shown_tracker(page)
        page.reload()
        cast(page, box.credentials[0])
        wait_for(page, "This credential has already cast a ballot. Was it you?")
        press(page, "Replace the earlier ballot")
        wait_for(page, "Your ballot is in the box")
        replaced = page.locator("[data-part=replaced]").inner_text()
        bodies = [json.loads(body) for body in served.casts()]

    assert [body["prev"] for body in bodies] == [NO_PREVIOUS_BALLOT] * 2 + [earlier]
    assert bodies[1]["ballot"] == bodies[2]["ballot"]
    assert bodies[1]["proof"] != bodies[2]["proof"]
    assert replaced.replace(" ", "") == earlier
    assert len(box.ballots) == 2


def test_with_profile_one_a_lost_answer_sends_the_same_statement_again(browser):
    box = a_box(context=PROFILE_ONE)
    with in_faulty_booth(browser, box) as (page, served):
        page.add_init_script(IMPATIENT)
        served.faults = ["lost"]
        page.goto(served.booth)
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")

    assert len(set(served.casts())) == 1
    assert len(box.ballots) == 1


def an_account_box():
    box = a_box(context={"access": "account-and-credential"})
    box.permit = PERMIT
    return box


def test_a_permit_in_the_link_is_taken_out_of_the_address_and_sent_with_the_ballot(browser):
    box = an_account_box()
    with in_booth(browser, box, fragment=f"#permit={PERMIT}") as (page, served):
        choose(page)
        expect(page).to_have_url(served.booth)
        expect(page.locator("dl")).to_contain_text("It is good for one ballot")
        page.get_by_label("Your credential").fill(box.credentials[0])
        press(page, "Seal the ballot")
        press(page, "Cast this ballot")
        wait_for(page, "Your ballot is in the box")
        assert PERMIT not in page.content()
        (body,) = served.casts()

    assert json.loads(body)["permit"] == PERMIT


def test_without_a_permit_the_voter_is_asked_for_one_and_led_to_it(browser):
    box = an_account_box()
    with in_booth(browser, box) as (page, _):
        choose(page)
        page.get_by_label("Your credential").fill(box.credentials[0])
        link = page.get_by_role("link", name="Take a permit")
        expect(link).to_have_attribute("href", f"/elections/{box.uuid}/permit/")
        press(page, "Seal the ballot")
        expect(page.locator(".govuk-error-summary")).to_contain_text("Enter the permit")
        assert_accessible(page)
        page.get_by_label("Your permit").fill("Q" * 112)
        press(page, "Seal the ballot")
        press(page, "Cast this ballot")
        wait_for(page, "The ballot was not accepted")
        assert_says(page, "Take a new one")
        press(page, "Back to the review")
        page.get_by_label("Your permit").fill(PERMIT)
        press(page, "Seal the ballot")
        press(page, "Cast this ballot")
        wait_for(page, "Your ballot is in the box")


def test_an_election_that_asks_for_no_account_never_sends_a_permit(browser):
    box = a_box()
    with in_booth(browser, box, fragment=f"#permit={PERMIT}") as (page, served):
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")

        assert PERMIT not in b"".join(served.casts()).decode()


@pytest.mark.parametrize("view", EVERY_VIEW, ids=str)
def test_axe_finds_nothing_on_the_screens_of_a_challenge(browser, view):
    box = a_box()
    with in_booth(browser, box, view=view) as (page, served):
        seal(page, box.credentials[0])
        page.get_by_text("Take it to a second device").click()
        assert_accessible(page)
        assert_no_sideways_scroll(page)
        press(page, "Challenge this ballot")
        wait_for(page, OPENED)
        expect(page.locator("h1")).to_be_focused()
        assert_accessible(page)
        assert_no_sideways_scroll(page)
        press(page, "Choose anew")
        served.faults = [{"status": 409, "code": "already_cast"}]
        choose(page)
        press(page, "Seal the ballot")
        press(page, "Challenge this ballot")
        wait_for(page, "The challenge was not accepted")
        assert_accessible(page)
        assert_no_sideways_scroll(page)
