import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client
from nacl.exceptions import CryptoError

from accounts.services.adapters import MFAAdapter
from tests.factories.accounts import PASSWORD, make_user

pytestmark = pytest.mark.django_db

ANSWER = (
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":%s,'
    '"authenticatorData":%s,"signature":%s,"userHandle":%s}}'
)


def code_of(secret, *, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


@pytest.fixture
def set_up_app(transactional_db, client):
    def set_up_app():
        secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
        response = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
        assert response.url == "/accounts/2fa/recovery-codes/"
        return secret

    return set_up_app


@pytest.fixture
def guarded(sign_in, set_up_app):
    """Somebody who has set up an app, signed in, with the app's secret."""
    user = make_user()
    sign_in(user)
    secret = set_up_app()
    # A code serves once; in the next tests it is the first of its kind again.
    cache.clear()
    return user, secret


def test_an_app_is_set_up_and_asked_for_at_the_next_sign_in(client, guarded, sign_in, mailoutbox):
    user, secret = guarded
    assert mailoutbox[-1].subject == "An app guards your account"
    client.post("/accounts/logout/")

    response = sign_in(user)
    assert response.url == "/accounts/2fa/authenticate/"
    assert not get_user(client).is_authenticated
    response = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "This is not the code" in response.content.decode()
    assert not get_user(client).is_authenticated

    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert get_user(client) == user


def test_a_mailed_code_alone_does_not_open_a_guarded_account(client, guarded, code_in_mail):
    user, _secret = guarded
    client.post("/accounts/logout/")
    client.post("/accounts/login/code/", {"email": user.email})
    response = client.post("/accounts/login/code/confirm/", {"code": code_in_mail()})

    assert response.url == "/accounts/2fa/authenticate/"
    assert not get_user(client).is_authenticated


def test_a_recovery_code_opens_the_account_once(client, guarded, sign_in):
    user, _secret = guarded
    codes = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert len(set(codes)) == 10
    text = client.get("/accounts/2fa/recovery-codes/download/").content.decode()
    assert text.split() == codes

    for attempt in range(2):
        client.post("/accounts/logout/")
        cache.clear()
        sign_in(user)
        client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert get_user(client).is_authenticated == (attempt == 0)


def test_an_app_is_removed_and_the_codes_with_it(client, guarded):
    user, _secret = guarded
    assert client.get("/accounts/2fa/totp/deactivate/").status_code == 200
    client.post("/accounts/2fa/totp/deactivate/")

    assert not Authenticator.objects.filter(user=user).exists()


def test_a68_a_new_factor_ends_all_other_sessions(client, sign_in, set_up_app):
    user = make_user()
    elsewhere = Client()
    sign_in(user, client=elsewhere)
    sign_in(user)
    set_up_app()
    assert get_user(client) == user
    assert not get_user(elsewhere).is_authenticated


def test_a73_guessing_codes_is_stopped_across_sessions(guarded, sign_in):
    user, secret = guarded
    for _attempt in range(6):
        client = Client()
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        response = client.post("/accounts/2fa/authenticate/", {"code": "000000"})

    assert "Too many attempts" in response.content.decode()
    response = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert not get_user(client).is_authenticated


def test_a_code_serves_once(client, guarded, sign_in):
    user, secret = guarded
    code = code_of(secret)
    for attempt in range(2):
        client.post("/accounts/logout/")
        sign_in(user)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert get_user(client).is_authenticated == (attempt == 0)


def test_secrets_are_closed_in_the_database(guarded):
    _user, secret = guarded
    for factor in Authenticator.objects.all():
        assert secret not in str(factor.data)
    totp = Authenticator.objects.get(type="totp")
    assert MFAAdapter().decrypt(totp.data["secret"]) == secret


def test_secrets_open_with_a_retired_key_and_not_with_another(settings):
    closed = MFAAdapter().encrypt("secret")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert MFAAdapter().decrypt(closed) == "secret"

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(CryptoError):
        MFAAdapter().decrypt(closed)


def test_changing_factors_asks_once_more_who_it_is(client, sign_in, settings):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
    sign_in(make_user())
    for path in ["totp/activate/", "webauthn/add/"]:
        response = client.get(f"/accounts/2fa/{path}")
        assert response.url.startswith("/accounts/reauthenticate/")
    page = client.get(response.url)
    assert "Is it you?" in page.content.decode()
    wrong = client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert "This is not your password" in wrong.content.decode()


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "null",
        "[]",
        "1",
        '"text"',
        "{}",
        '{"id": 1}',
        '{"id": "AA", "response": null}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
        ANSWER % ('"e30"', '"AA"', '"AA"', '"MQ"'),
        ANSWER % ('"e30"', '"AA"', '"AA"', "null"),
        ANSWER % ("5", "[]", "{}", '"MQ"'),
        ANSWER % ('"e30"', '"AA"', '"AA"', r'"\ud800"'),
        "[" * 5_000,
        '{"a":' * 5_000,
    ],
)
def test_a_malformed_answer_of_a_browser_is_refused_politely(client, sign_in, credential):
    client.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    response = client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert response.status_code == 302
    assert not get_user(client).is_authenticated

    user = make_user()
    sign_in(user)
    client.get("/accounts/2fa/webauthn/add/")
    response = client.post("/accounts/2fa/webauthn/add/", {"name": "Key", "credential": credential})
    assert response.status_code == 200
    assert not Authenticator.objects.exists()


def test_passkeys_are_bound_to_the_installations_name_whatever_the_host_header(client, settings):
    settings.BASE_URL = "https://vote.example"
    settings.ALLOWED_HOSTS = ["*"]
    response = client.get(
        "/accounts/2fa/webauthn/login/",
        headers={"accept": "application/json", "host": "evil.example"},
    )

    assert response.json()["request_options"]["publicKey"]["rpId"] == "vote.example"
