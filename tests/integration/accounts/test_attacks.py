"""Attacks of SECURITY.md, part 2, on accounts. Each test bears the attack's number."""

import re

import pytest
from allauth.mfa.models import Authenticator
from argon2 import _password_hasher, low_level
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client

from accounts.models import Role, User
from accounts.services.mail import compose_mail
from tests.factories.accounts import (
    PASSWORD,
    make_administrator,
    make_organisation,
    make_role,
    make_roll,
    make_user,
)

pytestmark = pytest.mark.django_db

KNOWN, UNKNOWN = "known@example.org", "unknown@example.org"
# What must differ: anti-forgery tokens, and the address that the visitor typed.
VARYING = re.compile(rf"csrfmiddlewaretoken\" value=\"[^\"]+\"|{KNOWN}|{UNKNOWN}")


def seen(response):
    """All that a visitor sees of an answer."""
    headers = {key: value for key, value in response.headers.items() if key != "Set-Cookie"}
    for varying in ["Content-Length", "Expires"]:
        headers.pop(varying, None)
    return (
        response.status_code,
        headers,
        sorted(response.cookies),
        VARYING.sub("", response.content.decode()),
    )


FORMS = {
    "sign in": (
        "/accounts/login/",
        lambda email: {"login": email, "password": "wrong password here"},
    ),
    "sign up": (
        "/accounts/signup/",
        lambda email: {
            "display_name": "Somebody New",
            "email": email,
            "password1": "an engine that weaves",
        },
    ),
    "forgotten password": ("/accounts/password/reset/", lambda email: {"email": email}),
    "code": ("/accounts/login/code/", lambda email: {"email": email}),
}


@pytest.mark.parametrize("form", FORMS)
def test_a69_a_known_address_is_answered_like_an_unknown_one(form, mailoutbox):
    make_user(email=KNOWN)
    path, data = FORMS[form]
    answers = []
    for email in [KNOWN, UNKNOWN]:
        cache.clear()
        client = Client()
        response = client.post(path, data(email))
        answers.append([seen(response)])
        if response.status_code == 302:
            answers[-1].append(seen(client.get(response.url)))
            answers[-1].append(seen(client.post(response.url, {"code": "BBBB-BBBB"})))
            answers[-1].append(seen(client.post(response.url, {"action": "resend"})))

    assert answers[0] == answers[1]
    assert len({mail.to[0] for mail in mailoutbox}) in {0, 2}


@pytest.mark.parametrize(("form", "hashes"), [("sign in", 1), ("sign up", 1)])
def test_a69_a_known_address_costs_as_many_password_hashes_as_an_unknown_one(
    form, hashes, monkeypatch
):
    make_user(email=KNOWN)
    path, data = FORMS[form]
    counts = []
    for module, name in [(low_level, "hash_secret"), (_password_hasher, "verify_secret")]:
        real = getattr(module, name)

        def counted(*arguments, real=real, **named):
            counts[-1] += 1
            return real(*arguments, **named)

        monkeypatch.setattr(module, name, counted)
    for email in [KNOWN, UNKNOWN]:
        counts.append(0)
        Client().post(path, data(email))

    assert counts == [hashes, hashes]


UNSAFE = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/logout/",
    "/accounts/login/code/",
    "/accounts/password/reset/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/name/",
    "/accounts/close/",
    "/accounts/sessions/end/",
    "/accounts/2fa/webauthn/login/",
    "/accounts/2fa/totp/activate/",
]


@pytest.mark.parametrize("path", UNSAFE)
def test_a66_a_form_of_another_site_is_refused(path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(password=None))
    name = get_user(client).display_name

    for headers in [{}, {"Origin": "https://evil.example", "Referer": "https://evil.example/"}]:
        response = client.post(
            path, {"display_name": "Evil Name", "understood": "on"}, headers=headers
        )
        assert response.status_code == 403
    assert get_user(client).display_name == name


@pytest.mark.parametrize("path", UNSAFE)
def test_a66_reading_a_page_changes_nothing(client, sign_in, path):
    user = make_user()
    sign_in(user)
    before = User.objects.values().get(pk=user.pk)
    client.get(path, follow=True)

    assert User.objects.values().get(pk=user.pk) == before
    assert get_user(client) == user


def stolen(client):
    """Somebody else's browser with the same session cookie."""
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    return thief


def test_a68_a_session_gets_a_new_key_at_sign_in_and_dies_at_sign_out(client, sign_in):
    client.get("/accounts/login/")
    client.post("/accounts/login/code/", {"email": "nobody@example.org"})
    client.post("/accounts/logout/")
    planted = client.session.session_key or "planted"
    client.cookies["sessionid"] = planted
    sign_in(make_user())
    assert client.session.session_key != planted

    thief = stolen(client)
    assert get_user(thief).is_authenticated
    client.post("/accounts/logout/")
    assert not get_user(thief).is_authenticated


def test_a68_a_new_password_ends_all_other_sessions(client, sign_in):
    user = make_user()
    sign_in(user)
    old = client.session.session_key
    thief = stolen(client)
    elsewhere = Client()
    sign_in(user, client=elsewhere)
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "a wholly new password"},
    )

    assert get_user(client) == user
    assert client.session.session_key != old
    assert not get_user(thief).is_authenticated
    assert not get_user(elsewhere).is_authenticated


def test_a68_signing_out_everywhere_else_spares_this_session(client, sign_in):
    user = make_user()
    sign_in(user)
    thief = stolen(client)
    client.post("/accounts/sessions/end/")

    assert get_user(client) == user
    assert not get_user(thief).is_authenticated


def failing_sign_ins(email, count, **extra):
    statuses = []
    for number in range(count):
        response = Client().post(
            "/accounts/login/",
            {"login": email, "password": "wrong password"},
            **{key: value(number) for key, value in extra.items()},
        )
        errors = str(response.context["form"].errors) if response.context else ""
        statuses.append(response.status_code == 429 or "Too many" in errors)
    return statuses


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HTTP_X_FORWARDED_FOR": lambda number: f"203.0.113.{number}"},
        {"HTTP_X_REAL_IP": lambda number: f"203.0.113.{number}"},
        {"HTTP_FORWARDED": lambda number: f"for=203.0.113.{number}"},
        {"HTTP_HOST": lambda number: f"127.0.0.1:{8000 + number}"},
        {"REMOTE_ADDR": lambda number: f"203.0.113.{number}"},
        {"REMOTE_ADDR": lambda number: f"2001:db8::{number:x}"},
    ],
    ids=["plain", "XFF", "X-Real-IP", "Forwarded", "Host", "addresses", "IPv6"],
)
def test_a72_guessing_one_account_is_stopped_after_five_tries(headers):
    user = make_user()
    assert failing_sign_ins(user.email, 7, **headers) == [False] * 5 + [True] * 2

    response = Client().post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert "Too many attempts" in str(response.context["form"].errors)


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_X_FORWARDED_FOR": lambda number: f"203.0.113.{number}"},
        {"REMOTE_ADDR": lambda number: f"2001:db8::{number:x}"},
    ],
    ids=["XFF", "one IPv6 network"],
)
def test_a73_guessing_many_accounts_from_one_place_is_stopped(headers):
    stopped = [
        failing_sign_ins(
            f"person{number}@example.org",
            1,
            **{key: lambda _one, n=number, v=value: v(n) for key, value in headers.items()},
        )[0]
        for number in range(14)
    ]

    assert stopped == [False] * 10 + [True] * 4


def test_a72_behind_a_proxy_its_word_counts_and_not_the_visitors(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    forged = {"HTTP_X_FORWARDED_FOR": lambda number: f"198.51.100.{number}, 203.0.113.9"}
    stopped = [
        failing_sign_ins(
            f"person{number}@example.org",
            1,
            HTTP_X_FORWARDED_FOR=lambda _one, n=number: forged["HTTP_X_FORWARDED_FOR"](n),
        )[0]
        for number in range(12)
    ]

    assert stopped == [False] * 10 + [True] * 2


def test_a73_a_mailed_code_bears_three_tries_and_few_are_mailed(mailoutbox):
    user = make_user(password=None)
    for _code in range(5):
        client = Client()
        client.post("/accounts/login/code/", {"email": user.email})
        for _attempt in range(4):
            client.post("/accounts/login/code/confirm/", {"code": "BBBB-BBBB"})

    assert len(mailoutbox) == 3


def test_a73_a_mailed_code_works_once(client, code_in_mail):
    user = make_user(password=None)
    client.post("/accounts/login/code/", {"email": user.email})
    code = code_in_mail()
    client.post("/accounts/login/code/confirm/", {"code": code})
    assert get_user(client) == user
    client.post("/accounts/logout/")

    client.post("/accounts/login/code/confirm/", {"code": code})
    assert not get_user(client).is_authenticated


def test_a74_the_way_back_leads_to_this_site_only(sign_in):
    for target in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://localhost.evil.example/",
        "http:///evil.example",
    ]:
        client = Client()
        user = make_user()
        response = client.post(
            "/accounts/login/", {"login": user.email, "password": PASSWORD, "next": target}
        )
        assert response.url == "/"


@pytest.mark.parametrize(
    "forged",
    [
        {"HTTP_HOST": "localhost:9999"},
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
        {"HTTP_HOST": "127.0.0.1", "HTTP_X_FORWARDED_HOST": "evil.example"},
    ],
)
@pytest.mark.parametrize("form", ["sign up", "forgotten password", "code"])
@pytest.mark.parametrize("email", [KNOWN, UNKNOWN])
def test_a76_mails_name_the_installations_own_address(settings, mailoutbox, form, email, forged):
    settings.BASE_URL = "https://pnyx.example"
    settings.ALLOWED_HOSTS = ["*"]
    make_user(email=KNOWN, password=None)
    path, data = FORMS[form]
    Client().post(path, data(email), **forged)

    (mail,) = mailoutbox
    text = mail.message().as_string()
    assert "evil.example" not in text
    assert "localhost" not in text.replace(settings.DEFAULT_FROM_EMAIL, "")
    assert "127.0.0.1" not in text
    assert "https://pnyx.example" in text
    assert re.search(r"^Message-ID: <[^@]+@pnyx\.example>$", text, re.MULTILINE | re.IGNORECASE)


def test_a76_a_strange_host_is_refused(client):
    response = client.post(
        "/accounts/password/reset/", {"email": KNOWN}, headers={"host": "evil.example"}
    )

    assert response.status_code == 400


def test_a76_pages_of_signed_in_people_are_not_stored(client, sign_in):
    sign_in(make_user())
    for path in ["/accounts/", "/accounts/data.json", "/accounts/2fa/", "/accounts/email/"]:
        assert "no-store" in client.get(path)["Cache-Control"]


def test_a78_a_roll_leaves_without_formulas(client):
    organisation = make_organisation()
    roll = make_roll(organisation=organisation, emails=["=ada@example.org"])
    roll.entries.update(name='=HYPERLINK("http://evil.example","Click")')
    client.force_login(make_administrator(organisation))
    response = client.get(f"/accounts/rolls/{roll.pk}/roll.csv")

    assert b"".join(response.streaming_content).decode("utf-8-sig") == (
        '"email","name"\r\n'
        '"\'=ada@example.org","\'=HYPERLINK(""http://evil.example"",""Click"")"\r\n'
    )
    assert response["Content-Disposition"] == 'attachment; filename="residents.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: evil@example.org", "x\nBcc: evil@example.org", "x\u2028Bcc: y", "x\0\x07y"]
)
def test_a79_no_text_breaks_out_of_its_line(evil, mailoutbox):
    mail = compose_mail(
        to="ada@example.org",
        template="account/email/email_changed",
        context={"from_email": evil, "to_email": evil},
        language="en",
    )
    mail.subject = mail.subject + evil.replace("\r", " ").replace("\n", " ")
    mail.send()

    message = mailoutbox[0].message()
    assert message["Bcc"] is None
    assert mailoutbox[0].recipients() == ["ada@example.org"]
    assert not [line for line in mail.body.splitlines() if line.startswith("Bcc")]
    assert message.get_content_type() == "text/plain"


@pytest.mark.parametrize("installation", ["Evil\r\nBcc: evil@example.org", "<a href=x>Click</a>"])
def test_a79_names_are_text_in_mails(settings, installation):
    settings.INSTALLATION_NAME = installation
    mail = compose_mail(
        to="ada@example.org",
        template="account/email/login_code",
        context={"code": "X"},
        language="en",
    )

    assert mail.message()["Bcc"] is None
    assert mail.message().get_content_type() == "text/plain"
    assert "\r\nBcc" not in mail.body


def test_a79_mails_to_strangers_carry_no_words_of_those_who_caused_them(client, mailoutbox):
    client.post(
        "/accounts/signup/",
        {
            "display_name": "Click here to win",
            "email": "victim@example.org",
            "password1": "an engine that weaves",
        },
    )

    assert "Click here" not in mailoutbox[0].message().as_string()


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/accounts/user/"])
def test_a80_the_admin_pages_ask_for_a_second_factor(client, sign_in, path):
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    assert client.get(path, follow=True).request["PATH_INFO"] == "/accounts/login/"

    sign_in(user)
    response = client.get(path, follow=True)
    assert response.request["PATH_INFO"] == "/accounts/2fa/"


def test_a80_the_admin_pages_have_no_door_of_their_own(client):
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client.post("/admin/login/", {"username": user.email, "password": PASSWORD})

    assert not get_user(client).is_authenticated


def test_a80_staff_with_a_second_factor_read_and_change_nothing(client):
    user = make_role().user
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    Authenticator.objects.create(user=user, type="totp", data={})
    client.force_login(user)
    roll = make_roll()
    for path in [
        "/admin/",
        "/admin/accounts/user/",
        f"/admin/accounts/user/{user.pk}/change/",
        "/admin/accounts/organisation/",
        "/admin/accounts/role/",
        "/admin/accounts/roll/",
        f"/admin/accounts/roll/{roll.pk}/change/",
    ]:
        assert client.get(path).status_code == 200
    for path in [
        "/admin/accounts/user/add/",
        "/admin/accounts/role/add/",
        f"/admin/accounts/user/{user.pk}/delete/",
        f"/admin/accounts/roll/{roll.pk}/delete/",
    ]:
        assert client.get(path).status_code == 403
    response = client.post(f"/admin/accounts/user/{user.pk}/change/", {"display_name": "Other"})
    assert response.status_code == 403
    assert Role.objects.count() == 1


def test_a71_signing_up_sets_nothing_but_its_fields(client):
    client.post(
        "/accounts/signup/",
        {
            "display_name": "Ada",
            "email": "ada@example.org",
            "password1": "an engine that weaves",
            "is_staff": "on",
            "is_superuser": "on",
            "is_active": "",
            "session_generation": "7",
        },
    )

    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert user.session_generation == 0
