import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.pages import (
    WITHOUT_SCRIPT,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    follow,
)
from tests.factories.accounts import (
    PASSWORD,
    make_moderator,
    make_organisation,
    make_role,
    make_roll,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "Bartholomäus von und zu Hohenlinden-Sonn"


@pytest.fixture(autouse=True)
def one_address(settings, live_server):
    """Passkeys belong to a host name, mails name the installation's address."""
    settings.BASE_URL = live_server.url
    cache.clear()


def code_in_mail():
    return re.search(r"^    ([A-Z]{4}-[A-Z]{4})$", mail.outbox[-1].body, re.MULTILINE)[1]


def link_in_mail():
    return re.search(r"http://\S+/password/reset/key/\S+", mail.outbox[-1].body)[0]


def press(page, name):
    # The house refuses a second submission within two seconds; each page is a new one.
    follow(page.get_by_role("button", name=name, exact=True))


def sign_in_by_password(page, user):
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")


def walk_through_the_doors(page, look):
    """Open every page that people see before they are in, right and wrong."""
    user = make_user(email="amara@example.org")
    page.goto("/accounts/login/")
    look(page, "sign-in")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password", exact=True).fill("wrong")
    press(page, "Sign in")
    look(page, "sign-in-wrong")

    page.goto("/accounts/login/code/")
    look(page, "code-ask")
    page.get_by_label("E-mail address").fill(user.email)
    press(page, "Send me a code")
    look(page, "code")
    page.get_by_label("Code from the mail").fill("BBBB-BBBB")
    press(page, "Sign in")
    look(page, "code-wrong")
    press(page, "Start again")

    page.goto("/accounts/signup/")
    look(page, "sign-up")
    page.get_by_label("Name that others see").fill("x")
    press(page, "Make the account")
    look(page, "sign-up-wrong")
    page.get_by_label("Name that others see").fill("Newcomer")
    page.get_by_label("E-mail address").fill("newcomer@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Make the account")
    look(page, "confirm-address")
    press(page, "Start again")

    page.goto("/accounts/password/reset/")
    look(page, "forgotten")
    page.get_by_label("E-mail address").fill(user.email)
    press(page, "Send me a link")
    look(page, "forgotten-sent")
    page.goto(link_in_mail())
    look(page, "new-password")
    page.get_by_label("New password", exact=True).fill("short")
    press(page, "Keep this password")
    look(page, "new-password-wrong")
    page.get_by_label("New password", exact=True).fill("a wholly new password")
    press(page, "Keep this password")
    look(page, "new-password-done")
    page.goto("/accounts/password/reset/key/1-wrong/")
    look(page, "link-spent")
    page.goto("/accounts/inactive/")
    look(page, "closed-account")


def walk_through_ones_own_pages(page, look):
    """Open every page on which people look after their account."""
    user = make_user(display_name=NAME, email=f"{'long' * 15}@{'long' * 12}.example.org")
    organisation = make_organisation(name="Northfield City Council")
    make_role(user=user, organisation=organisation)
    sign_in_by_password(page, user)
    for name, path in [
        ("own", "/accounts/"),
        ("name", "/accounts/name/"),
        ("address", "/accounts/email/"),
        ("password", "/accounts/password/change/"),
        ("factors", "/accounts/2fa/"),
        ("app", "/accounts/2fa/totp/activate/"),
        ("passkey-add", "/accounts/2fa/webauthn/add/"),
        ("passkeys", "/accounts/2fa/webauthn/"),
        ("close", "/accounts/close/"),
        ("sign-out", "/accounts/logout/"),
        ("reauthenticate", "/accounts/reauthenticate/"),
        ("organisations", "/accounts/organisations/"),
    ]:
        page.goto(path)
        look(page, name)
    page.goto("/accounts/email/")
    page.get_by_label("New e-mail address").fill("other@example.org")
    press(page, "Send a code to the new address")
    look(page, "address-code")
    page.goto("/accounts/close/")
    press(page, "Close the account for good")
    look(page, "close-wrong")


def walk_through_an_organisation(page, look, tmp_path):
    """Open every page on which administrators look after an organisation."""
    top = make_organisation(name="Northfield")
    organisation = make_organisation(name="Northfield City Council", slug="council", parent=top)
    user = make_role(user=make_user(), organisation=organisation).user
    make_role(organisation=top, user=make_user(password=None))
    moderator = make_moderator(organisation, display_name=f"{NAME} II")
    make_organisation(name="Parks and gardens", parent=organisation)
    sign_in_by_password(page, user)
    page.goto("/accounts/organisations/council/")
    look(page, "organisation-empty")
    roll = make_roll(
        organisation=organisation, emails=[f"voter{n}@example.org" for n in range(120)]
    )
    make_roll(organisation=organisation, name="Sealed", sealed_at=roll.imported_at)
    for name, path in [
        ("organisation", "/accounts/organisations/council/"),
        ("grant", "/accounts/organisations/council/roles/grant/"),
        ("organisation-add", "/accounts/organisations/council/add/"),
        ("revoke", f"/accounts/roles/{moderator.roles.get().pk}/revoke/"),
        ("roll", f"/accounts/rolls/{roll.pk}/?page=2"),
        ("roll-discard", f"/accounts/rolls/{roll.pk}/discard/"),
        ("roll-upload", "/accounts/organisations/council/rolls/upload/"),
    ]:
        page.goto(path)
        look(page, name)
    page.goto("/accounts/organisations/council/roles/grant/")
    press(page, "Give the role")
    look(page, "grant-wrong")

    page.goto("/accounts/organisations/council/rolls/upload/")
    (tmp_path / "bad.csv").write_text("email,name\nada,Ada\nada@example.org\n")
    (tmp_path / "good.csv").write_text("email,name\nada@example.org,Ada\n")
    for file, name in [("bad.csv", "roll-upload-wrong"), ("good.csv", "roll-preview")]:
        page.get_by_label("Name of the roll").fill("Residents, November 2026")
        page.get_by_label("File").set_input_files(tmp_path / file)
        press(page, "Check the file")
        look(page, name)
    press(page, "Make the roll")
    expect(page.get_by_text("The roll is made.")).to_be_visible()


def assert_good(page, _name):
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_the_doors_hold_in_every_view(page_in_every_view):
    walk_through_the_doors(page_in_every_view, assert_good)


def test_ones_own_pages_hold_in_every_view(page_in_every_view):
    walk_through_ones_own_pages(page_in_every_view, assert_good)


def test_the_pages_of_an_organisation_hold_in_every_view(page_in_every_view, tmp_path):
    walk_through_an_organisation(page_in_every_view, assert_good, tmp_path)


def test_all_but_passkeys_works_without_a_script(visit, tmp_path):
    page = visit(WITHOUT_SCRIPT)
    walk_through_the_doors(page, assert_good)
    walk_through_an_organisation(page, assert_good, tmp_path)

    page.goto("/accounts/2fa/webauthn/add/")
    expect(page.get_by_text("Passkeys need JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Make the passkey")).to_be_hidden()


def test_the_focus_is_visible_on_the_first_page(page):
    page.goto("/accounts/login/")

    assert_focus_is_visible(page)


@pytest.fixture
def device():
    """Plug a virtual authenticator into a page: like a phone that knows its owner."""

    def device(page, *, is_phone=True):
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal" if is_phone else "usb",
                    "hasResidentKey": is_phone,
                    "hasUserVerification": is_phone,
                    "isUserVerified": is_phone,
                    "automaticPresenceSimulation": True,
                }
            },
        )

    return device


def add_passkey(page):
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Name of this passkey").fill("Phone")
    press(page, "Make the passkey")
    expect(page).to_have_url(re.compile("/recovery-codes/$"))


def test_people_add_a_passkey_and_sign_in_with_it_alone(page, device):
    device(page)
    user = make_user()
    sign_in_by_password(page, user)
    add_passkey(page)
    expect(page.get_by_text("10 of 10 codes are unused")).to_be_visible()
    assert_good(page, "recovery-codes")
    assert str(Authenticator.objects.get(type="webauthn")) == "Phone"
    assert mail.outbox[-1].subject == "A passkey opens your account"

    page.goto("/accounts/logout/")
    press(page, "Sign out")
    page.goto("/accounts/login/?next=/accounts/2fa/webauthn/")
    press(page, "Sign in with a passkey")
    page.get_by_role("heading", name="Passkeys", exact=True).wait_for()
    assert_good(page, "passkeys")

    follow(page.get_by_role("link", name="Rename Phone"))
    page.get_by_label("Name of this passkey").fill("Old phone")
    press(page, "Keep this name")
    follow(page.get_by_role("link", name="Remove Old phone"))
    assert_good(page, "passkey-remove")
    press(page, "Remove the passkey")
    page.get_by_text("The passkey is removed.").wait_for()
    assert not Authenticator.objects.filter(user=user).exists()


@pytest.mark.parametrize("is_phone", [True, False])
def test_a_passkey_or_a_plain_key_is_the_second_step_after_the_password(page, device, is_phone):
    device(page, is_phone=is_phone)
    user = make_user()
    sign_in_by_password(page, user)
    add_passkey(page)
    page.goto("/accounts/logout/")
    press(page, "Sign out")

    sign_in_by_password(page, user)
    expect(page.locator("h1")).to_have_text("The second step")
    assert_good(page, "second-step")
    press(page, "Use a passkey")
    page.get_by_role("link", name="Sign out", exact=True).wait_for()
    page.goto("/accounts/")
    expect(page.locator("h1")).to_have_text("Your account")


def test_a_device_without_a_passkey_gets_a_sentence(page, device):
    device(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey", exact=True).click()

    page.get_by_text("No passkey was used. Try again, or sign in below.").wait_for()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()
    assert_good(page, "sign-in-no-passkey")


def test_a_newcomer_signs_up_without_a_script_and_signs_out(visit):
    page = visit(WITHOUT_SCRIPT)
    page.goto("/accounts/signup/?next=/accounts/")
    page.get_by_label("Name that others see").fill("Ada L.")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Make the account")
    page.get_by_label("Code from the mail").fill(code_in_mail())
    press(page, "Confirm the address")

    expect(page.locator("h1")).to_have_text("Your account")
    assert User.objects.get().display_name == "Ada L."
    follow(page.get_by_role("link", name="Sign out", exact=True))
    press(page, "Sign out")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
