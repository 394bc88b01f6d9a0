import re

import pytest
from django.core.cache import cache

from tests.factories.accounts import PASSWORD


@pytest.fixture(autouse=True)
def fresh_limits():
    """Attempts are counted in Valkey, which all tests share."""
    cache.clear()


@pytest.fixture
def sign_in(client):
    """Sign in as people do, through the page, so that the session knows how and when."""

    def sign_in(user, *, client=client, password=PASSWORD):
        return client.post("/accounts/login/", {"login": user.email, "password": password})

    return sign_in


@pytest.fixture
def code_in_mail(mailoutbox):
    def code_in_mail():
        return re.search(r"^    ([A-Z]{4}-[A-Z]{4})$", mailoutbox[-1].body, re.MULTILINE)[1]

    return code_in_mail
