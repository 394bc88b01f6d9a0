import json

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, Role, Roll, RollUpload, User
from accounts.services.people import close_account
from audit.models import Evidence, EvidenceKey
from audit.services.evidence import file_evidence, private_filing
from audit.services.evidence_keys import make_evidence_key
from tests.factories.accounts import (
    PASSWORD,
    make_administrator,
    make_moderator,
    make_organisation,
    make_role,
    make_roll,
    make_user,
)

pytestmark = pytest.mark.django_db


def file_of(data, name="roll.csv"):
    return SimpleUploadedFile(name, data, content_type="text/csv")


GOOD = b"email,name\nada@example.org,Ada\ngrace@example.org,Grace\n"


# Who may open what: an administrator of the organisation or of one above, a moderator,
# an administrator of another organisation, anybody signed in.
MATRIX = {
    "/accounts/organisations/itself/": (200, 200, 200, 403, 403),
    "/accounts/organisations/itself/add/": (200, 200, 403, 403, 403),
    "/accounts/organisations/itself/roles/grant/": (200, 200, 403, 403, 403),
    "/accounts/organisations/itself/rolls/upload/": (200, 200, 403, 403, 403),
    "/accounts/rolls/{roll}/": (200, 200, 403, 403, 403),
    "/accounts/rolls/{roll}/roll.csv": (200, 200, 403, 403, 403),
    "/accounts/rolls/{roll}/discard/": (200, 200, 403, 403, 403),
    "/accounts/uploads/{upload}/": (200, 200, 403, 403, 403),
    "/accounts/roles/{role}/revoke/": (200, 200, 403, 403, 403),
}


@pytest.mark.parametrize("path", MATRIX)
def test_a70_each_page_opens_to_those_of_the_matrix(path):
    above = make_organisation()
    itself = make_organisation(slug="itself", parent=above)
    roll = make_roll(organisation=itself)
    upload = RollUpload.objects.create(
        organisation=itself, name="New", data=GOOD, uploaded_at=roll.imported_at
    )
    role = make_role(organisation=itself, kind=Role.Kind.MODERATOR)
    people = [
        make_administrator(itself),
        make_administrator(above),
        make_moderator(itself),
        make_administrator(make_organisation(parent=above)),
        make_user(password=None),
    ]
    path = path.format(roll=roll.pk, upload=upload.pk, role=role.pk)
    statuses = []
    for person in people:
        client = Client()
        client.force_login(person)
        statuses.append(client.get(path).status_code)

    (expected,) = [
        row
        for pattern, row in MATRIX.items()
        if pattern.format(roll=roll.pk, upload=upload.pk, role=role.pk) == path
    ]
    assert tuple(statuses) == expected
    assert Client().get(path).url.startswith("/accounts/login/?next=")


def test_people_see_and_change_their_name(client, sign_in):
    user = make_user(display_name="Old Name")
    sign_in(user)
    assert "Old Name" in client.get("/accounts/").content.decode()

    taken = make_user(password=None).display_name
    response = client.post("/accounts/name/", {"display_name": taken.upper()})
    assert "Somebody already uses this name" in response.content.decode()
    client.post("/accounts/name/", {"display_name": "old name"})
    user.refresh_from_db()
    assert user.display_name == "old name"


def test_people_download_what_is_stored_about_them(client):
    organisation = make_organisation(name="Parks")
    user = make_moderator(organisation, email="ada@example.org", display_name="Ada")
    make_roll(organisation=organisation, name="Residents", emails=["ada@example.org"])
    make_roll(emails=["other@example.org"])
    client.force_login(user)
    stored = json.loads(client.get("/accounts/data.json").content)

    assert stored == {
        "account": {"name_that_others_see": "Ada", "is_staff": False, "password": None},
        "addresses": [{"address": "ada@example.org", "confirmed": True}],
        "second_factors": [],
        "roles": [{"organisation": "Parks", "role": "MODERATOR"}],
        "rolls": [
            {
                "organisation": "Parks",
                "roll": "Residents",
                "address": "ada@example.org",
                "name": "Voter 1",
                "votes": 1,
            }
        ],
        "registered_documents": [],
        "keys_of_other_platforms": [],
    }


def test_registered_documents_are_among_what_is_stored_and_go_with_the_account(client, log_key):
    user = make_user(password=None)
    owner, now = str(user.pk), timezone.now()
    filing = private_filing(document=b"\1" * 32, label="Lease.pdf")
    evidence = file_evidence(owner=owner, filing=filing, now=now).evidence
    make_evidence_key(owner=owner, name="Archive", now=now)
    client.force_login(user)
    stored = json.loads(client.get("/accounts/data.json").content)

    [document] = stored["registered_documents"]
    assert (document["name"], document["salt"]) == ("Lease.pdf", filing.salt.hex())
    assert document["promise"] == evidence.promise
    assert [key["name"] for key in stored["keys_of_other_platforms"]] == ["Archive"]
    close_account(user=user, language="en")
    assert not Evidence.objects.exists()
    assert not EvidenceKey.objects.exists()


def test_nothing_of_a_secret_is_in_what_people_download(client, sign_in):
    user = make_user()
    sign_in(user)

    assert user.password not in client.get("/accounts/data.json").content.decode()


def test_a_closed_account_leaves_a_pseudonym_and_nothing_else(
    client, sign_in, mailoutbox, django_capture_on_commit_callbacks
):
    user = make_user(email="ada@example.org", display_name="Ada Lovelace")
    make_role(user=user, organisation=make_organisation(parent=make_organisation()))
    elsewhere = Client()
    sign_in(user, client=elsewhere)
    sign_in(user)
    unticked = client.post("/accounts/close/", {})
    assert "Tick the box" in unticked.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/accounts/close/", {"understood": "on"})

    assert "The account is closed" in response.content.decode()
    closed = User.objects.get(pk=user.pk)
    assert closed.display_name.startswith("Former participant ")
    assert "ada" not in closed.email
    assert "Ada" not in str(vars(closed))
    assert not closed.is_active
    assert not EmailAddress.objects.filter(user=user).exists()
    assert not Role.objects.filter(user=user).exists()
    for browser in [client, elsewhere]:
        assert not get_user(browser).is_authenticated
    assert mailoutbox[-1].to == ["ada@example.org"]

    for email in ["ada@example.org", closed.email]:
        response = client.post("/accounts/login/", {"login": email, "password": PASSWORD})
        assert not get_user(client).is_authenticated
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    assert mailoutbox[-1].subject == "There is no account with this address"
    make_user(email="ada@example.org", display_name="Ada Lovelace", password=None)


def test_the_last_administrator_cannot_leave(client, sign_in):
    organisation = make_organisation(name="Northfield")
    user = make_role(user=make_user(), organisation=organisation).user
    sign_in(user)
    response = client.post("/accounts/close/", {"understood": "on"})
    assert "Northfield would be left without an administrator" in response.content.decode()
    assert get_user(client) == user

    role = Role.objects.get()
    response = client.post(f"/accounts/roles/{role.pk}/revoke/")
    assert "Northfield would be left without an administrator" in response.content.decode()
    make_administrator(organisation)
    client.post(f"/accounts/roles/{role.pk}/revoke/")
    assert not Role.objects.filter(user=user).exists()


def test_an_administrator_grants_and_takes_roles(client, sign_in):
    organisation = make_organisation()
    administrator = make_role(user=make_user(), organisation=organisation).user
    person = make_user(password=None)
    sign_in(administrator)
    grant = f"/accounts/organisations/{organisation.slug}/roles/grant/"
    data = {"email": person.email.upper(), "kind": "MODERATOR"}

    response = client.post(grant, data)
    assert response.url == f"/accounts/organisations/{organisation.slug}/"
    role = Role.objects.get(user=person)
    assert (role.organisation, role.kind) == (organisation, Role.Kind.MODERATOR)
    assert "holds this role already" in client.post(grant, data).content.decode()

    client.post(f"/accounts/roles/{role.pk}/revoke/")
    assert not Role.objects.filter(user=person).exists()


@pytest.mark.parametrize("email", ["nobody@example.org", "unverified@example.org"])
def test_a_role_needs_an_account_with_a_confirmed_address(client, sign_in, email):
    User.objects.create_user(
        email="unverified@example.org", display_name="Unverified", password=None
    )
    organisation = make_organisation()
    sign_in(make_role(user=make_user(), organisation=organisation).user)
    response = client.post(
        f"/accounts/organisations/{organisation.slug}/roles/grant/",
        {"email": email, "kind": "ADMINISTRATOR"},
    )

    assert "There is no account with this confirmed address" in response.content.decode()


def test_each_grant_without_permission_is_refused(client):
    organisation = make_organisation()
    person = make_moderator(organisation)
    client.force_login(person)
    for kind in Role.Kind:
        response = client.post(
            f"/accounts/organisations/{organisation.slug}/roles/grant/",
            {"email": person.email, "kind": kind},
        )
        assert response.status_code == 403
    assert Role.objects.count() == 1


def test_a_role_that_rests_says_so(client, settings):
    settings.ROLES_NEED_SECOND_FACTOR = True
    organisation = make_organisation()
    client.force_login(make_administrator(organisation))

    for path in ["/accounts/", "/accounts/organisations/"]:
        assert "Your role rests" in client.get(path).content.decode()
    assert client.get(f"/accounts/organisations/{organisation.slug}/").status_code == 403


def test_an_administrator_adds_an_organisation_below(client):
    parent = make_organisation(slug="city")
    client.force_login(make_administrator(parent))
    add = "/accounts/organisations/city/add/"
    response = client.post(add, {"name": "Parks", "slug": "Parks"})
    assert response.url == "/accounts/organisations/parks/"
    assert Organisation.objects.get(slug="parks").parent == parent
    assert client.get(response.url).status_code == 200

    response = client.post(add, {"name": "Parks again", "slug": "parks"})
    assert "already has the address" in response.content.decode()


def test_a_roll_is_uploaded_looked_at_and_made(client, sign_in):
    organisation = make_organisation()
    sign_in(make_role(user=make_user(), organisation=organisation).user)
    upload = f"/accounts/organisations/{organisation.slug}/rolls/upload/"
    response = client.post(upload, {"name": "Residents", "file": file_of(GOOD)})
    assert not Roll.objects.exists()
    page = client.get(response.url).content.decode()
    assert "<strong>2 people</strong>" in page
    assert "grace@example.org" in page

    response = client.post(response.url, {"confirm": ""})
    roll = Roll.objects.get()
    assert response.url == f"/accounts/rolls/{roll.pk}/"
    assert "grace@example.org" in client.get(response.url).content.decode()
    assert not RollUpload.objects.exists()

    client.post(f"/accounts/rolls/{roll.pk}/discard/")
    assert not Roll.objects.exists()


def test_a_file_can_be_forgotten_instead(client, sign_in):
    organisation = make_organisation()
    sign_in(make_role(user=make_user(), organisation=organisation).user)
    upload = f"/accounts/organisations/{organisation.slug}/rolls/upload/"
    response = client.post(upload, {"name": "Residents", "file": file_of(GOOD)})
    client.post(response.url, {"discard": ""})

    assert not RollUpload.objects.exists()
    assert not Roll.objects.exists()


def test_a_file_with_bad_lines_is_kept_nowhere_and_each_line_is_named(client):
    organisation = make_organisation()
    client.force_login(make_administrator(organisation))
    response = client.post(
        f"/accounts/organisations/{organisation.slug}/rolls/upload/",
        {"name": "Residents", "file": file_of(GOOD + b"<b>evil</b>,Evil\nada@example.org,A\n")},
    )
    page = response.content.decode()

    assert "Nothing was changed" in page
    assert "“&lt;b&gt;evil&lt;/b&gt;” is not an e-mail address." in page
    assert "The same address as on line 2." in page
    assert not RollUpload.objects.exists()
    assert not Roll.objects.exists()


def test_a62_a_file_over_the_limit_is_not_read(client, monkeypatch):
    from accounts.forms import organisation as forms

    monkeypatch.setattr(forms, "LARGEST_FILE_BYTES", 10)
    organisation = make_organisation()
    client.force_login(make_administrator(organisation))
    response = client.post(
        f"/accounts/organisations/{organisation.slug}/rolls/upload/",
        {"name": "Residents", "file": file_of(GOOD)},
    )

    assert "larger than 64 MB" in response.content.decode()


def test_a_sealed_roll_stays(client):
    organisation = make_organisation()
    roll = make_roll(organisation=organisation, sealed_at="2026-11-21T12:00Z")
    client.force_login(make_administrator(organisation))
    response = client.post(f"/accounts/rolls/{roll.pk}/discard/")

    assert "This roll is sealed: it stays." in response.content.decode()


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_a63_names_are_text_on_pages(client, name):
    organisation = make_organisation(name=name)
    roll = make_roll(organisation=organisation, name=name)
    roll.entries.update(name=name)
    client.force_login(make_administrator(organisation))
    for path in [
        "/accounts/",
        "/accounts/organisations/",
        f"/accounts/organisations/{organisation.slug}/",
        f"/accounts/rolls/{roll.pk}/",
        f"/accounts/rolls/{roll.pk}/discard/",
    ]:
        page = client.get(path).content.decode()
        assert name not in page
        assert "&lt;" in page


def test_moderators_find_their_queue_and_others_do_not(client):
    organisation = make_organisation()
    for user, expected in [
        (make_moderator(organisation), True),
        (make_administrator(organisation), False),
        (make_user(), False),
    ]:
        client.force_login(user)
        page = client.get("/accounts/").content.decode()
        assert ('href="/moderation/"' in page) is expected
