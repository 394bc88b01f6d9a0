from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from rest_framework.permissions import BasePermission

from config.permissions import DenyAll
from tests.architecture.routes import AUDIENCES, STAFF_PREFIX, TELLING
from tests.factories.accounts import make_user
from tests.factories.deliberation import make_comment, make_consultation, make_proposal
from tests.factories.voting import make_draft

ALL = [name for names in AUDIENCES.values() for name in names]
CLOSED = sorted({*AUDIENCES["PERSON"], *AUDIENCES["MODERATOR"], *AUDIENCES["ADMINISTRATOR"]})
OFFICES = sorted({*AUDIENCES["MODERATOR"], *AUDIENCES["ADMINISTRATOR"]})

# Something for each form, so that none is refused for being empty alone.
SENT = {"title": "A title of some length", "body": "Some text.", "rule": "RESPECT", "text": "Why."}
REFUSED = {302, 401, 403, 404, 405, 415}


@dataclass(frozen=True)
class Route:
    view: Callable
    arguments: frozenset[str]


def walk(resolver, namespace="", arguments=frozenset()):
    for pattern in resolver.url_patterns:
        known = arguments | set(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or pattern.pattern}", Route(pattern.callback, known)
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from walk(pattern, inner, known)


ROUTES = {name: route for name, route in walk(get_resolver()) if not name.startswith(STAFF_PREFIX)}


def test_every_address_says_who_may_open_it():
    assert set(ROUTES) - set(ALL) == set()


def test_the_table_names_no_address_that_is_gone_and_none_twice():
    assert set(ALL) - set(ROUTES) == set()
    assert [name for name, count in Counter(ALL).items() if count > 1] == []


def test_every_view_of_the_rest_interface_declares_its_permission():
    views = {name: getattr(route.view, "cls", None) for name, route in ROUTES.items()}
    interface = {name: view for name, view in views.items() if hasattr(view, "permission_classes")}

    assert interface
    for name, view in interface.items():
        classes = list(view.permission_classes)
        assert classes, name
        assert DenyAll not in classes, name
        assert all(issubclass(permission, BasePermission) for permission in classes), name


@pytest.fixture
def things(db):
    """One of each thing that an address can name, which a stranger has no office in."""
    consultation = make_consultation()
    proposal = make_proposal(consultation=consultation)
    return {
        "deliberation": {
            "slug": consultation.slug,
            "number": proposal.pk,
            "comment": make_comment(proposal=proposal).pk,
        },
        "voting": {"uuid": make_draft().election.uuid, "number": 1},
        "accounts": {
            "slug": consultation.organisation.slug,
            "organisation": consultation.organisation,
        },
    }


def address(name, things):
    known = things.get(name.partition(":")[0], {})
    values = {}
    for argument in ROUTES[name].arguments:
        if (argument == "number" and "comment" in name) or name.endswith(":reply"):
            values[argument] = known["comment"]
        elif argument in known:
            values[argument] = known[argument]
        else:
            values[argument] = {
                "upload_id": "00000000-0000-4000-8000-000000000000",
                "evidence_id": "00000000-0000-4000-8000-000000000000",
                "uuid": "4HpFcKmTqUqzVj",
            }.get(argument, 1)
    return reverse(name, kwargs=values)


def rows():
    return {
        model: model.objects.count()
        for model in apps.get_models()
        if model._meta.app_label in {"accounts", "audit", "voting", "deliberation"}
    }


def shown(response):
    return response.status_code == 200


@pytest.mark.django_db
def test_who_is_not_signed_in_is_shown_only_what_signing_in_would_allow(things):
    client = Client()
    open_to_all = {name for name in CLOSED if shown(client.get(address(name, things)))}

    assert open_to_all <= set(TELLING)


@pytest.mark.django_db
def test_who_is_not_signed_in_can_send_nothing_that_is_not_for_everybody(things):
    client = Client()
    before = rows()
    answers = {name: client.post(address(name, things), SENT).status_code for name in CLOSED}

    assert {name for name, status in answers.items() if status not in REFUSED} == set()
    assert rows() == before


@pytest.mark.django_db
def test_who_holds_no_office_is_shown_nothing_of_an_office(things):
    client = Client()
    client.force_login(make_user(password=None))
    open_to_all = [name for name in OFFICES if shown(client.get(address(name, things)))]

    assert open_to_all == []


@pytest.mark.django_db
def test_the_admin_site_is_for_staff(things):
    client = Client()
    client.force_login(make_user(password=None))

    assert get_user_model().objects.filter(is_staff=True).count() == 0
    for path in ("", "accounts/user/", "voting/election/"):
        assert not shown(client.get(reverse("admin:index") + path))


@pytest.mark.django_db
def test_no_unsafe_request_without_its_token_changes_anything(things):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(password=None))
    unprotected = [
        name
        for name in [*AUDIENCES["PERSON"], *OFFICES]
        if client.post(address(name, things)).status_code not in {403, 404, 405}
    ]

    assert unprotected == []
