import pytest
from playwright.sync_api import expect

from evote.election import Question
from tests.browser.booth_pages import (
    PRIORITIES,
    a_box,
    cast,
    choose,
    in_booth,
    in_faulty_booth,
    press,
    seal,
    wait_for,
)
from tests.browser.booth_server import DIST
from tests.browser.pages import assert_says

# Everything of the page that outlives a glance at it.
TRACES = """async () => JSON.stringify({
    page: document.documentElement.outerHTML,
    fields: [...document.querySelectorAll("input, textarea")].map((field) => field.value),
    title: document.title,
    address: location.href,
    history: history.state,
    cookies: document.cookie,
    local: {...localStorage},
    session: {...sessionStorage},
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    globals: Object.keys(window).map((name) => String(window[name])).join(" "),
})"""
STORES = """async () => [
    localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
    (await caches.keys()).length, document.cookie.length,
]"""
WOULD_WARN = """() => !window.dispatchEvent(new Event("beforeunload", {cancelable: true}))"""


def test_a19_nothing_of_the_choices_or_the_credential_is_left_after_casting(browser):
    box = a_box()
    credential = box.credentials[0]
    with in_booth(browser, box, fragment=f"#credential={credential}") as (page, served):
        choose(page)
        press(page, "Seal the ballot")
        press(page, "Cast this ballot")
        wait_for(page, "Your ballot is in the box")
        traces = page.evaluate(TRACES)

        assert page.evaluate(STORES) == [0, 0, 0, 0, 0]
    for secret in (credential, credential.replace("-", ""), credential[-6:], *PRIORITIES.answers):
        assert secret not in traces
    requests = b" ".join(
        method.encode() + path.encode() + body for method, path, body in served.requests
    ).decode()
    assert credential not in requests
    assert not any(answer in requests for answer in PRIORITIES.answers)


def test_the_credential_leaves_the_address_before_anything_is_fetched(browser):
    box = a_box()
    with in_booth(browser, box, fragment=f"#credential={box.credentials[0]}") as (page, served):
        wait_for(page, PRIORITIES.text)

        expect(page).to_have_url(served.booth)
        assert page.evaluate("history.length") == 2  # the empty page and this one
        assert box.credentials[0] not in page.content()


def test_the_back_button_does_not_bring_the_choices_back(browser):
    box = a_box()
    with in_booth(browser, box, fragment=f"#credential={box.credentials[0]}") as (page, served):
        page.get_by_label("Mend the bridge").check()
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{served.url}/elections/{box.uuid}/")
        page.go_back()
        wait_for(page, PRIORITIES.text)

        expect(page.get_by_label("Mend the bridge")).not_to_be_checked()
        choose(page)
        expect(page.get_by_label("Your credential")).to_have_value("")


def test_the_browser_asks_before_leaving_only_while_a_choice_would_be_lost(browser):
    box = a_box()
    with in_booth(browser, box) as (page, _):
        wait_for(page, PRIORITIES.text)
        assert not page.evaluate(WOULD_WARN)
        page.get_by_label("Mend the bridge").check()
        assert page.evaluate(WOULD_WARN)
        page.get_by_label("Mend the bridge").uncheck()
        assert not page.evaluate(WOULD_WARN)
        seal(page, box.credentials[0])
        assert page.evaluate(WOULD_WARN)
        press(page, "Cast this ballot")
        wait_for(page, "Your ballot is in the box")
        assert not page.evaluate(WOULD_WARN)


@pytest.mark.parametrize(
    "source",
    [
        "undefined",
        "() => { throw new Error('no entropy') }",
        "(bytes) => bytes",
        "(bytes) => bytes.fill(7)",
        "(bytes) => bytes.set(Array.from({length: bytes.length}, (_, at) => at % 251))",
    ],
    ids=["missing", "throws", "nothing", "constant", "repeating"],
)
@pytest.mark.parametrize("moment", ["from the start", "when sealing"])
def test_a18_without_randomness_the_booth_stops(browser, source, moment):
    box = a_box()
    breaking = (
        "Object.defineProperty(crypto, 'getRandomValues',"
        f" {{value: {source}, configurable: true, writable: true}})"
    )
    with in_faulty_booth(browser, box) as (page, served):
        if moment == "from the start":
            page.add_init_script(breaking)
            page.goto(served.booth)
        else:
            page.goto(served.booth)
            choose(page)
            page.get_by_label("Your credential").fill(box.credentials[0])
            page.evaluate(breaking)
            press(page, "Seal the ballot")
        wait_for(page, "This browser gives no random numbers")

        assert not served.casts()


def test_an_election_that_does_not_have_the_fingerprint_is_not_shown(browser):
    box = a_box()
    box.files["election.json"] = box.files["election.json"].replace(b"Plant trees", b"Fell trees!")
    with in_booth(browser, box) as (page, _):
        wait_for(page, "Do not vote here: the election does not match its fingerprint")

        assert_says(page, box.election.fingerprint)
        assert "Fell trees" not in page.content()


def test_an_election_that_cannot_be_loaded_closes_the_booth(browser):
    box = a_box()
    del box.files["election.json"]
    with in_booth(browser, box) as (page, _):
        wait_for(page, "The questions could not be loaded")


def test_a64_a_booth_with_one_byte_changed_does_not_run(browser):
    with in_faulty_booth(browser) as (page, served):
        bundle = (DIST / "booth.js").read_bytes()
        served.replaced["booth.js"] = bundle + b" "
        with page.expect_console_message(lambda message: "integrity" in message.text):
            page.goto(served.booth)

        expect(page.locator("#booth form")).to_have_count(0)


def test_scripts_and_markup_cannot_be_added_to_the_booth(browser):
    with in_faulty_booth(browser) as (page, served):
        page.goto(served.booth)
        wait_for(page, PRIORITIES.text)
        refused = page.evaluate(
            """() => {
                const attempts = [
                    () => { document.body.innerHTML = "<b>x</b>"; },
                    () => { trustedTypes.createPolicy("own", {createHTML: (text) => text}); },
                    () => { new Worker("/static/booth.js"); },
                    () => { document.body.append(Object.assign(
                        document.createElement("script"), {text: "window.ran = true"})); },
                ];
                return attempts.map((attempt) => {
                    try { attempt(); return Boolean(window.ran); } catch { return "refused"; }
                });
            }"""
        )

        assert refused == ["refused"] * 4


POLYGLOTS = (
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}{election}${alert(1)}",
    "javascript:alert(1)",
)


def test_what_organisers_write_is_text_and_never_markup(browser):
    box = a_box(
        Question(text=POLYGLOTS[0], answers=POLYGLOTS[1:], minimum=1, maximum=2, has_blank=False)
    )
    with in_booth(browser, box) as (page, _):
        wait_for(page, POLYGLOTS[0])
        for answer in POLYGLOTS[1:3]:
            page.get_by_label(answer, exact=True).check()
        press(page, "Review your choices")

        expect(page.locator("dl")).to_contain_text(POLYGLOTS[1])
        expect(page.locator("#booth img, #booth script")).to_have_count(0)


def test_a55_the_booth_asks_its_own_server_for_public_files_only(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        cast(page, box.credentials[0])
        expect(page.locator("h1")).to_have_text("Your ballot is in the box")

    asked = {path.partition("?")[0] for _, path, _ in served.requests}
    ballots = f"/api/elections/{box.uuid}/ballots"
    expected = {
        f"/elections/{box.uuid}/booth/",
        f"/elections/{box.uuid}/election.json",
        f"/elections/{box.uuid}/credentials.json",
        "/static/booth.js",
        "/static/pnyx.css",
        "/static/favicon.svg",
        ballots,
    }
    assert {path for path in asked if not path.startswith(f"{ballots}/")} <= expected
