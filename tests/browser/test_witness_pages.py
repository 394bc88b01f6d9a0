"""A log with witnesses, as people see it: cosigned, and awaiting cosignatures."""

from contextlib import ExitStack
from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import expect

from audit.selectors.key import signing_key
from audit.services.cosigning import cosign
from audit.services.log import append_entry
from audit.services.sequencing import sequence
from evote.tlog.cosignature import Algorithm
from tests.browser.pages import assert_accessible, assert_no_sideways_scroll, follow
from tests.factories.audit import BODIES, append_ballots
from tests.factories.witnesses import HonestScript, Reply, loopback, policy_of, witness_key

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("Ministry-of-Justice", "University", "Civic-League")


@pytest.fixture
def servers(settings, tmp_path):
    log = signing_key().verifier
    with ExitStack() as stack:
        keys = [witness_key(name.lower(), algorithm=Algorithm.ED25519) for name in NAMES]
        started = [stack.enter_context(loopback(HonestScript(keys=[k], log=log))) for k in keys]
        policy = policy_of(
            log,
            [(n, k, s.url) for n, k, s in zip(NAMES, keys, started, strict=True)],
            threshold=2,
        )
        path = tmp_path / "policy"
        path.write_bytes(policy.encode())
        settings.LOG_POLICY_FILE = str(path)
        append_entry(kind="booth", body=BODIES["booth"])
        append_ballots(20)
        yield started


def run_with_silent(servers, *numbers):
    for number in numbers:
        servers[number].script = lambda body: Reply(status=0)
    sequence(today=date(2026, 11, 21))
    cosign(now=datetime.now(tz=UTC))


@pytest.mark.parametrize("silent", [(0,), (0, 1)], ids=["cosigned", "awaiting"])
def test_axe_finds_nothing_on_an_entry_and_the_board(page_in_every_view, servers, silent):
    run_with_silent(servers, *silent)

    for path in ("/log/entries/7", "/log/", "/log/state/"):
        page_in_every_view.goto(path)
        assert_accessible(page_in_every_view)
        assert_no_sideways_scroll(page_in_every_view)


def test_d10_an_entry_says_what_it_awaits_and_then_who_cosigned(page, servers):
    honest = servers[1].script
    run_with_silent(servers, 0, 1)
    page.goto("/log/entries/7")
    expect(page.get_by_text("Recorded, awaiting cosignatures", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Provisional receipt")).to_be_visible()

    servers[1].script = honest
    append_ballots(1)
    sequence(today=date(2026, 11, 21))
    later = datetime.now(tz=UTC).timestamp() + 120
    cosign(now=datetime.fromtimestamp(later, tz=UTC))
    page.reload()
    expect(page.get_by_text("Under a cosigned checkpoint", exact=True)).to_be_visible()
    witness = page.get_by_role("listitem").filter(has_text="University")
    expect(witness).to_contain_text("cosigned")
    follow(page.get_by_role("link", name="its policy"))
    expect(page.locator("body")).to_contain_text("quorum quorum-group")
