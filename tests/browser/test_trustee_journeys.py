"""Trustees in Chromium: keys, the ceremony, the seal, shuffles and decryption."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from evote.cli.trustee.keys import read_key_file
from evote.encoding import sha256_hex
from evote.tally import encode_encrypted_tally
from evote.verify import Verdict, verify_record
from tests.browser.booth_pages import press
from tests.browser.pages import (
    NARROW,
    WIDE,
    assert_accessible,
    assert_no_sideways_scroll,
    assert_says,
    follow,
)
from tests.browser.trustee_pages import (
    NAMES,
    choose_key,
    save_key,
    single_key,
    states,
    trustees_in_browsers,
    wait_for_part,
    watch_what_is_sent,
)
from tests.factories.accounts import make_user
from tests.factories.voting import (
    TREES,
    built_booth,
    cast_votes,
    make_draft,
    make_election,
    run_log,
    send_credentials,
)
from voting.models import Election, Question, Trustee
from voting.selectors.elections import result_of
from voting.selectors.transcript import transcript_of
from voting.services.decrypting import publish_result
from voting.services.elections import QuestionDraft
from voting.services.groups import begin_ceremony, make_group
from voting.services.polls import open_election
from voting.services.sealing import seal_election
from voting.services.shuffle_checks import check_shuffles
from voting.services.trustees import name_trustee

pytestmark = pytest.mark.django_db(transaction=True)


# --- Single keys -------------------------------------------------------------------------


def test_a_trustee_makes_a_key_in_the_browser_and_saves_it_before_registering(
    page, sign_in, tmp_path
):
    draft = make_draft()
    name_trustee(election=draft.election, name="Ada", email="ada@example.org")
    sign_in(page, make_user(email="ada@example.org", password=None))
    sent = watch_what_is_sent(page)
    page.goto(f"/elections/{draft.election.uuid}/trustee/")
    press(page, "Make the key in this browser")
    register = page.get_by_role("button", name="Register the public key")
    expect(register).to_be_disabled()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    key_file = save_key(page, button="Save the private key", folder=tmp_path)
    follow(register)
    page.get_by_text("Your public key is registered").wait_for()

    secret = json.loads(key_file.read_text())
    trustee = Trustee.objects.get(election=draft.election)
    assert trustee.public_key in page.content()
    assert secret.isdecimal()
    assert not any(secret in body for body in sent)
    assert secret not in page.content()


# --- Decryption --------------------------------------------------------------------------


@pytest.fixture
def tallied():
    """An election of two trustees whose sum waits for them."""
    votes = [(0, ([1, 0], [0, 1, 0, 0])), (1, ([0, 1], [1, 0, 0, 0]))]
    trustees = ["ada@example.org", "bob@example.org"]
    return make_election(phase=Election.Phase.TALLIED, trustees=trustees, votes=votes)


def test_trustees_decrypt_in_the_browser_and_their_files_remember_it(
    page, sign_in, tallied, tmp_path
):
    files = []
    for email, secret_key in zip(
        ["ada@example.org", "bob@example.org"], tallied.secret_keys, strict=True
    ):
        sign_in(page, make_user(email=email, password=None))
        page.goto(f"/elections/{tallied.election.uuid}/trustee/")
        choose_key(page, single_key(secret_key), button="Decrypt the sum")
        wait_for_part(page, "Save your key file again, then hand in your part")
        expect(page.get_by_role("button", name="Hand in your part")).to_be_disabled()
        assert_accessible(page)
        assert_no_sideways_scroll(page)
        files.append(save_key(page, button="Save the key file", folder=tmp_path))
        press(page, "Hand in your part")
        wait_for_part(page, "Your part is handed in")
        expect(states(page)).to_have_text(["Held"] * 9)
        assert_accessible(page)
    published = publish_result(election=tallied.election)

    questions = result_of(election=published)
    assert [[one.count for one in question.answers] for question in questions] == [
        [1, 1],
        [1, 1, 0, 0],
    ]
    for file, secret_key in zip(files, tallied.secret_keys, strict=True):
        saved = json.loads(file.read_text())
        assert saved["key"] == str(secret_key.reveal())
        assert list(saved["decrypted"]) == [tallied.election.uuid]


def test_the_program_evote_reads_the_file_that_the_browser_has_saved(
    page, sign_in, tallied, tmp_path
):
    sign_in(page, make_user(email="ada@example.org", password=None))
    page.goto(f"/elections/{tallied.election.uuid}/trustee/")
    choose_key(page, single_key(tallied.secret_keys[0]), button="Decrypt the sum")
    wait_for_part(page, "Save your key file again, then hand in your part")
    file = read_key_file(str(save_key(page, button="Save the key file", folder=tmp_path)))

    opened = encode_encrypted_tally(tallied.present_tally(), election=tallied.description)
    assert file.decrypted == {tallied.election.uuid: sha256_hex(opened)}
    assert file.key == str(tallied.secret_keys[0].reveal())


def test_a_31_a_key_that_has_opened_another_sum_opens_no_second_one(page, sign_in, tallied):
    sign_in(page, make_user(email="ada@example.org", password=None))
    sent = watch_what_is_sent(page)
    page.goto(f"/elections/{tallied.election.uuid}/trustee/")
    remembering = {
        "version": 1,
        "key": str(tallied.secret_keys[0].reveal()),
        "decrypted": {tallied.election.uuid: "0" * 64},
    }
    choose_key(page, json.dumps(remembering), button="Decrypt the sum")

    page.get_by_role("alert").get_by_text("decrypted another sum").wait_for()
    assert not any(sent)


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("{}", "This file is not a private key."),
        ('"0"', "This file is not a private key."),
        ('"007"', "This file is not a private key."),
        ('"12345"', "This is the key of another election or of another trustee."),
        ('"VFZ3vgvS7MyVnJkGMg4KyA"', "This is the key of another election or of another trustee."),
    ],
)
def test_a_file_that_is_not_the_trustee_s_key_is_explained(
    page, sign_in, tallied, text, explanation
):
    sign_in(page, make_user(email="ada@example.org", password=None))
    sent = watch_what_is_sent(page)
    page.goto(f"/elections/{tallied.election.uuid}/trustee/")
    choose_key(page, text, button="Decrypt the sum")
    page.get_by_role("alert").get_by_text(explanation).wait_for()

    expect(states(page).filter(has_text="Failed")).to_have_count(1)
    assert not any(sent)


def test_another_trustee_s_key_is_refused_before_anything_is_sent(page, sign_in, tallied):
    sign_in(page, make_user(email="ada@example.org", password=None))
    sent = watch_what_is_sent(page)
    page.goto(f"/elections/{tallied.election.uuid}/trustee/")
    choose_key(page, single_key(tallied.secret_keys[1]), button="Decrypt the sum")

    page.get_by_role("alert").get_by_text("another trustee").wait_for()
    assert not any(sent)


def test_a_record_with_one_byte_changed_is_refused_before_the_key_is_used(page, sign_in, tallied):
    sign_in(page, make_user(email="ada@example.org", password=None))
    sent = watch_what_is_sent(page)

    def change(route):
        body = bytearray(route.fetch().body())
        body[len(body) // 2] ^= 1
        route.fulfill(body=bytes(body), content_type="application/octet-stream")

    page.route("**/*.bel", change)
    page.goto(f"/elections/{tallied.election.uuid}/trustee/")
    choose_key(page, single_key(tallied.secret_keys[0]), button="Decrypt the sum")

    page.get_by_role("alert").get_by_text("The record is not right").wait_for()
    assert_accessible(page)
    assert not any(sent)


# --- The seal ----------------------------------------------------------------------------


@pytest.fixture
def signing():
    """An election that waits for the signatures of one trustee alone and of a group."""
    return make_election(
        phase=Election.Phase.SIGNING, trustees=["ada@example.org"], group=(2, 2), profile=1
    )


def open_seal(page, sign_in, signing):
    sign_in(page, make_user(email="ada@example.org", password=None))
    page.goto(f"/elections/{signing.election.uuid}/trustee/")
    choose_key(page, single_key(signing.secret_keys[0]), button="Check the sealed election")


def test_a_trustee_alone_signs_the_seal_beside_a_group(page, sign_in, signing):
    open_seal(page, sign_in, signing)
    wait_for_part(page, "Read once more what you sign")
    press(page, "Sign the sealed election")
    wait_for_part(page, "You have signed")
    page.reload()

    assert_says(page, "You have signed")
    assert transcript_of(election=signing.election).missing == (2, 3)


def test_a_27_a_server_that_swaps_a_trustee_s_key_is_found_out(page, sign_in, signing):
    other = make_election(
        phase=Election.Phase.SIGNING, trustees=["ada@example.org"], group=(2, 2), profile=1
    )
    swapped = bytes(other.election.archived_trustees)
    page.route("**/trustees.json", lambda route: route.fulfill(body=swapped))
    sent = watch_what_is_sent(page)
    open_seal(page, sign_in, signing)

    page.get_by_role("alert").get_by_text("not those that were made").wait_for()
    assert_accessible(page)
    assert not any(sent)


def test_a_27_another_transcript_than_the_trustees_agreed_on_is_not_signed(page, sign_in, signing):
    def change(route):
        answer = route.fetch().json()
        commits = answer["ceremony"]["commits"][0]
        answer["ceremony"]["commits"][0] = ["0" * 64, *commits[1:]]
        route.fulfill(json=answer)

    page.route("**/transcript", change)
    sent = watch_what_is_sent(page)
    open_seal(page, sign_in, signing)

    page.get_by_role("alert").get_by_text("Do not sign").wait_for()
    assert not any(sent)


# --- The whole way -----------------------------------------------------------------------

ORDER = QuestionDraft(
    kind=Question.Kind.RANKED,
    text="In what order should the parks be planted?",
    answers=["Mill Lane", "Market Square", "Harbour"],
    minimum=0,
    maximum=1,
    has_blank=False,
)
RANKINGS = [[1, 2, 3], [3, 1, 2], [2, 3, 1]]


def make_keys(pages, *, uuid, folder):
    """Take every trustee through the ceremony; return their files."""
    keys = {}
    for name, page in pages.items():
        page.goto(f"/elections/{uuid}/trustee/")
        press(page, "Make the keys in this browser")
        keys[name] = save_key(page, button="Save the private key", folder=folder)
        press(page, "Show the public part to the others")
    for page in pages.values():
        wait_for_part(page, "Compare these eight groups by telephone")
        press(page, "All of us see the same groups")
    for page in pages.values():
        wait_for_part(page, "The common key is made")
    return keys


def test_three_trustees_sign_shuffle_and_decrypt_in_three_browsers(
    browser, live_server, sign_in, tmp_path
):
    made = make_draft(questions=[TREES, ORDER])
    group = make_group(election=made.election, threshold=2)
    for name in NAMES[:3]:
        email = f"{name.lower()}@example.org"
        name_trustee(election=made.election, name=name, email=email, group=group)
    begin_ceremony(group=group)
    address = f"/elections/{made.election.uuid}/trustee/"
    views = {"Ada": WIDE, "Bob": NARROW, "Carla": WIDE}
    with trustees_in_browsers(
        browser, base_url=live_server.url, sign_in=sign_in, views=views
    ) as pages:
        keys = make_keys(pages, uuid=made.election.uuid, folder=tmp_path)
        send_credentials(made)
        with built_booth():
            made.election = seal_election(
                election=made.election, now=made.election.opens_at - timedelta(hours=1), profile=1
            )
        for name, page in pages.items():
            page.goto(address)
            choose_key(page, keys[name], button="Check the sealed election")
            wait_for_part(page, "Read once more what you sign")
            assert_says(page, "In what order should the parks be planted?")
            expect(states(page)).to_have_text(["Held"] * 5)
            assert_accessible(page)
            assert_no_sideways_scroll(page)
            press(page, "Sign the sealed election")
            wait_for_part(page, "You have signed")
        made.election.refresh_from_db()
        assert made.election.phase == Election.Phase.SEALED

        run_log()
        made.election = open_election(election=made.election, now=made.election.opens_at)
        cast_votes(made, votes=[(at, [[1, 0], vote]) for at, vote in enumerate(RANKINGS)])
        made.close()
        made.tally()
        for name in ("Ada", "Bob"):
            page = pages[name]
            page.goto(address)
            choose_key(page, keys[name], button="Shuffle the ballots")
            page.get_by_text("The server checks the proof: 0 of 1 parts done.").wait_for()
            expect(states(page)).to_have_text(["Held"] * 8 + ["Running"])
            assert_no_sideways_scroll(page)
            check_shuffles(election=made.election)
            wait_for_part(page, "Your shuffle is handed in")
            expect(states(page)).to_have_text(["Held"] * 9)
            assert_accessible(page)
            assert_no_sideways_scroll(page)
        # Carla has lost her file; two of the three suffice.
        for name in ("Ada", "Bob"):
            page = pages[name]
            page.goto(address)
            choose_key(page, keys[name], button="Decrypt the sum")
            wait_for_part(page, "Save your key file again, then hand in your part")
            save_key(page, button="Save the key file", folder=tmp_path)
            press(page, "Hand in your part")
            wait_for_part(page, "Your part is handed in")
    made.publish()

    record, companion = (
        b"".join(Client().get(f"{address.removesuffix('trustee/')}{name}").streaming_content)
        for name in (f"{made.election.uuid}.bel", f"{made.election.uuid}.pnyx.json")
    )
    report = verify_record(record, companion=companion, progress=lambda *_: None)
    assert report.verdict == Verdict.COMPLETE
    assert report.result.counts[0] == (3, 0)
    assert sorted(report.result.rankings[1]) == sorted(map(tuple, RANKINGS))
