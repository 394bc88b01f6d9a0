import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.selectors import has_verified_email
from tests.factories.accounts import PASSWORD, make_user

pytestmark = pytest.mark.django_db

NEW = {
    "display_name": "Ada L.",
    "email": "Ada@Example.org",
    "password1": "an engine that weaves algebra",
}


def errors(response, form="form"):
    return dict(response.context[form].errors)


def test_people_sign_up_prove_their_address_and_are_in(client, mailoutbox, code_in_mail):
    response = client.post("/accounts/signup/", NEW)
    assert response.url == "/accounts/confirm-email/"
    user = User.objects.get(email="ada@example.org")
    assert user.display_name == "Ada L."
    assert not has_verified_email(user, "ada@example.org")
    assert not get_user(client).is_authenticated
    assert user.password.startswith("argon2")
    assert len(mailoutbox) == 1

    response = client.post("/accounts/confirm-email/", {"code": code_in_mail()})
    assert response.status_code == 302
    assert get_user(client) == user
    assert has_verified_email(user, "ADA@example.org")


def test_nobody_is_in_before_the_address_is_proved(client):
    client.post("/accounts/signup/", NEW)
    client.cookies.clear()

    cache.clear()  # a second code within ten seconds is refused
    response = client.post(
        "/accounts/login/", {"login": NEW["email"], "password": NEW["password1"]}
    )
    assert response.url == "/accounts/confirm-email/"
    assert not get_user(client).is_authenticated


def test_a_third_wrong_code_ends_the_attempt(client, code_in_mail):
    client.post("/accounts/signup/", NEW)
    right = code_in_mail()
    for _attempt in range(3):
        client.post("/accounts/confirm-email/", {"code": "BBBB-BBBB"})

    client.post("/accounts/confirm-email/", {"code": right})
    assert not get_user(client).is_authenticated
    assert not EmailAddress.objects.filter(verified=True).exists()


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("display_name", "", "Write the name that others see"),
        ("display_name", "A", "Write a name of 2 to 40 characters. This one has 1"),
        ("display_name", "A" * 41, "Write a name of 2 to 40 characters. This one has 41"),
        (
            "display_name",
            "Visit evil.example",
            "Use letters, digits, spaces, hyphens and apostrophes. No web or mail address",
        ),
        (
            "display_name",
            "ada@example.org",
            "Use letters, digits, spaces, hyphens and apostrophes. No web or mail address",
        ),
        (
            "display_name",
            "<b>Ada</b>",
            "Use letters, digits, spaces, hyphens and apostrophes. No web or mail address",
        ),
        (
            "display_name",
            "Ada \u202eadA",
            "Use letters, digits, spaces, hyphens and apostrophes. No web or mail address",
        ),
        ("display_name", "TAKEN name", "Somebody already uses this name. Choose another"),
        (
            "display_name",
            "Former participant 1",
            "Somebody already uses this name. Choose another",
        ),
        ("email", "", "Write your e-mail address"),
        ("email", "ada", "Write an address like name@example.org"),
        ("password1", "", "Choose a password of at least 12 characters"),
    ],
)
def test_each_field_says_what_to_write(client, field, value, error):
    make_user(display_name="Taken Name", password=None)
    response = client.post("/accounts/signup/", NEW | {field: value})

    assert errors(response) == {field: [error]}
    assert User.objects.count() == 1


@pytest.mark.parametrize("name", ["Ada", "王小明", "L. Aydın", "Jean-Luc O’Neill", "Nº 3", "अदा"])
def test_names_of_all_languages_are_welcome(client, name):
    client.post("/accounts/signup/", NEW | {"display_name": f"  {name} "})

    assert User.objects.get().display_name == name


@pytest.mark.parametrize(
    ("password", "is_accepted"),
    [
        ("elevenchars", False),
        ("password1234", False),
        ("qwertyuiop123456", False),
        ("Password 1234!", False),
        ("passwordpassword", False),
        ("123123123123123", False),
        ("aaaaaaaaaaaaaaaaaaaa", False),
        ("ada@example.org", False),
        ("twelve words", True),
        ("correct horse battery staple " * 4, True),
        ("ünïcödé ☃ 密码密码", True),
        ("nothing but small letters", True),
    ],
)
def test_passwords_are_long_and_uncommon_and_otherwise_free(client, password, is_accepted):
    response = client.post("/accounts/signup/", NEW | {"password1": password})

    assert (response.status_code == 302) == is_accepted
    if is_accepted:
        assert User.objects.get().check_password(password)


def test_people_sign_in_and_out(client, sign_in):
    user = make_user()
    assert sign_in(user).url == "/"
    assert get_user(client) == user

    assert client.get("/accounts/logout/").status_code == 200
    assert get_user(client) == user
    client.post("/accounts/logout/")
    assert not get_user(client).is_authenticated


def test_a_wrong_password_is_answered_as_the_board_says(client, sign_in):
    response = sign_in(make_user(), password="wrong")

    assert errors(response) == {
        "password": [
            (
                "The e-mail address and the password do not belong together. "
                "Check both, or sign in by e-mail code"
            )
        ]
    }


def test_people_sign_in_by_a_mailed_code(client, code_in_mail):
    user = make_user(password=None)
    client.post("/accounts/login/code/", {"email": user.email.upper()})
    response = client.post(
        "/accounts/login/code/confirm/", {"code": code_in_mail().lower().replace("-", " ")}
    )

    assert response.status_code == 302
    assert get_user(client) == user


def test_a_code_works_only_in_the_browser_that_asked(client, code_in_mail):
    user = make_user(password=None)
    client.post("/accounts/login/code/", {"email": user.email})
    code = code_in_mail()
    other = Client()
    other.post("/accounts/login/code/", {"email": "somebody@example.org"})
    other.post("/accounts/login/code/confirm/", {"code": code})

    assert not get_user(other).is_authenticated


def link_in(mail):
    return re.search(r"http://\S+/password/reset/key/\S+", mail.body)[0]


def test_people_choose_a_new_password_by_a_mailed_link_once(client, mailoutbox, settings):
    user = make_user()
    client.post("/accounts/password/reset/", {"email": user.email})
    link = link_in(mailoutbox[0])
    assert link.startswith(f"{settings.BASE_URL}/accounts/password/reset/key/")
    path = link.removeprefix(settings.BASE_URL)

    page = client.get(path)
    assert "set-password" in page.url
    response = client.post(page.url, {"password1": "a wholly new password"})
    assert response.url == "/accounts/password/reset/key/done/"
    user.refresh_from_db()
    assert user.check_password("a wholly new password")
    assert not get_user(client).is_authenticated
    assert mailoutbox[-1].subject == "Your password is changed"

    page = client.get(path, follow=True)
    assert page.context["token_fail"]
    assert "This link no longer works" in page.content.decode()


def test_a_link_of_another_person_or_made_up_does_not_work(client, mailoutbox, settings):
    one, other = make_user(), make_user()
    client.post("/accounts/password/reset/", {"email": one.email})
    path = link_in(mailoutbox[0]).removeprefix(settings.BASE_URL)
    uid, _dash, key = path.rsplit("/", 2)[1].partition("-")
    client.post("/accounts/password/reset/", {"email": other.email})
    other_uid = link_in(mailoutbox[1]).rsplit("/", 2)[1].partition("-")[0]

    for forged in [f"{other_uid}-{key}", f"{uid}-{key[:-1]}x", f"zzz-{key}"]:
        page = client.get(f"/accounts/password/reset/key/{forged}/", follow=True)
        assert page.context["token_fail"]


def test_people_change_their_password(client, sign_in, mailoutbox):
    user = make_user()
    sign_in(user)
    response = client.post(
        "/accounts/password/change/",
        {"oldpassword": "wrong", "password1": "a wholly new password"},
    )
    assert errors(response) == {"oldpassword": ["This is not your present password"]}

    response = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "a wholly new password"},
    )
    assert response.url == "/accounts/"
    assert get_user(client) == user
    assert mailoutbox[-1].subject == "Your password is changed"


def test_people_without_a_password_choose_one_after_proving_who_they_are(client, code_in_mail):
    user = make_user(password=None)
    client.post("/accounts/login/code/", {"email": user.email})
    client.post("/accounts/login/code/confirm/", {"code": code_in_mail()})
    assert client.get("/accounts/password/change/").url == "/accounts/password/set/"

    client.post("/accounts/password/set/", {"password1": "a wholly new password"})
    user.refresh_from_db()
    assert user.check_password("a wholly new password")


def test_people_change_their_address_and_the_old_one_is_told(
    client, sign_in, mailoutbox, code_in_mail
):
    user = make_user(email="old@example.org")
    sign_in(user)
    response = client.post("/accounts/email/", {"email": "New@example.org", "action_add": ""})
    assert response.url == "/accounts/confirm-email/"
    assert has_verified_email(user, "old@example.org")
    assert not has_verified_email(user, "new@example.org")
    assert mailoutbox[-1].to == ["new@example.org"]

    client.post("/accounts/confirm-email/", {"code": code_in_mail()})
    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert has_verified_email(user, "new@example.org")
    assert not has_verified_email(user, "old@example.org")
    assert mailoutbox[-1].to == ["old@example.org"]
    assert get_user(client) == user


def test_people_cannot_take_the_address_of_others_even_with_the_code(client, sign_in, code_in_mail):
    user, other = make_user(), make_user(password=None)
    sign_in(user)
    client.post("/accounts/email/", {"email": other.email, "action_add": ""})
    response = client.post("/accounts/confirm-email/", {"code": code_in_mail()})

    assert errors(response) == {"code": ["This address cannot be used here. Write another one"]}
    assert EmailAddress.objects.get(email=other.email).user == other
    assert not has_verified_email(user, other.email)
