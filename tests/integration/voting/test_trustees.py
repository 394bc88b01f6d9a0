import json

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from evote.election import encode_trustee, make_trustee
from evote.group import random_scalar
from tests.factories.accounts import make_administrator, make_organisation, make_user
from tests.factories.forgeries import IDENTITY, UNUSABLE_POINTS
from tests.factories.voting import make_draft, make_election
from voting import tasks
from voting.models import Election, Trustee
from voting.permissions import (
    can_act_as_trustee,
    can_administer_election,
    can_draft_election,
    can_see_election,
    organisations_administered_by,
)
from voting.services.trustees import (
    KeyRefused,
    TrusteeRefused,
    invite_again,
    name_trustee,
    register_public_key,
    remove_trustee,
)

pytestmark = pytest.mark.django_db


class Picky(EmailBackend):
    """A mail program that cannot write one of the addresses."""

    def send_messages(self, messages):
        if messages[0].to == ["ines@example.org"]:
            raise UnicodeEncodeError("ascii", messages[0].to[0], 0, 1, "ordinal not in range")
        return super().send_messages(messages)


@pytest.fixture
def made():
    return make_draft()


@pytest.fixture
def trustee(made):
    return name_trustee(election=made.election, name="Ines Okafor", email="Ines@Example.org")


def key_file(**changes) -> bytes:
    key = json.loads(encode_trustee(make_trustee(secret_key=random_scalar(), name=None)))
    return json.dumps(key | changes).encode()


class TestNaming:
    def test_trustees_are_numbered_from_one_and_invited(self, made, trustee):
        second = name_trustee(election=made.election, name="Jo", email="jo@example.org")

        tasks.send_invitations()
        tasks.send_invitations()

        assert (trustee.position, second.position) == (1, 2)
        assert [message.to for message in mail.outbox] == [["ines@example.org"], ["jo@example.org"]]
        assert f"/elections/{made.election.uuid}/trustee/" in mail.outbox[0].body
        assert set(Trustee.objects.values_list("invitation", flat=True)) == {"SENT"}

    def test_an_address_nobody_can_write_to_does_not_keep_the_others_waiting(
        self, made, trustee, settings
    ):
        settings.EMAIL_BACKEND = f"{__name__}.Picky"
        name_trustee(election=made.election, name="Jo", email="jo@example.org")

        tasks.send_invitations()

        assert [message.to for message in mail.outbox] == [["jo@example.org"]]
        trustee.refresh_from_db()
        assert trustee.invitation == "WAITING"

    def test_an_invitation_can_be_sent_again(self, trustee):
        tasks.send_invitations()
        invite_again(trustee=trustee)
        tasks.send_invitations()

        assert len(mail.outbox) == 2

    @pytest.mark.parametrize(
        ("name", "email"),
        [
            ("", "new@example.org"),
            ("x" * 101, "new@example.org"),
            ("New", "no address"),
            ("New", "ines@example.org"),
            ("Ines Okafor", "new@example.org"),
        ],
    )
    def test_a_trustee_without_a_name_of_their_own_is_refused(self, made, trustee, name, email):
        with pytest.raises(TrusteeRefused):
            name_trustee(election=made.election, name=name, email=email)

        assert Trustee.objects.count() == 1

    def test_those_behind_a_removed_trustee_move_up(self, made, trustee):
        name_trustee(election=made.election, name="Jo", email="jo@example.org")

        remove_trustee(trustee=trustee)

        assert list(Trustee.objects.values_list("position", "name")) == [(1, "Jo")]


class TestKeys:
    def test_a_key_with_its_proof_is_taken_under_the_name_on_the_page(self, trustee):
        register_public_key(trustee=trustee, data=key_file(name="Somebody else"))

        trustee.refresh_from_db()
        assert trustee.has_key
        assert json.loads(bytes(trustee.encoded))["name"] == "Ines Okafor"

    def test_a_key_may_be_replaced_until_the_seal(self, trustee):
        register_public_key(trustee=trustee, data=key_file())
        first = Trustee.objects.get().public_key
        register_public_key(trustee=trustee, data=key_file())

        assert Trustee.objects.get().public_key != first

    def test_a24_a_key_without_a_proof_that_holds_is_refused(self, trustee):
        other = json.loads(key_file())

        with pytest.raises(KeyRefused, match="proof"):
            register_public_key(trustee=trustee, data=key_file(pok=other["pok"]))
        assert not Trustee.objects.get().has_key

    def test_a25_the_key_of_another_trustee_is_refused(self, made, trustee):
        data = key_file()
        register_public_key(trustee=trustee, data=data)
        second = name_trustee(election=made.election, name="Jo", email="jo@example.org")

        with pytest.raises(KeyRefused, match="Another trustee"):
            register_public_key(trustee=second, data=data)

    @pytest.mark.parametrize("point", [IDENTITY, *UNUSABLE_POINTS.values()])
    def test_a09_a_point_outside_the_group_is_no_key(self, trustee, point):
        with pytest.raises(KeyRefused):
            register_public_key(trustee=trustee, data=key_file(public_key=point))

    @pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"[" * 1000, b'"123"'])
    def test_what_is_no_key_is_refused(self, trustee, data):
        with pytest.raises(KeyRefused):
            register_public_key(trustee=trustee, data=data)

    def test_a_file_with_a_secret_in_it_is_refused(self, trustee):
        with pytest.raises(KeyRefused):
            register_public_key(trustee=trustee, data=key_file(secret_key="1"))


class TestPermissions:
    def test_administrators_of_the_organisation_prepare_its_elections(self, made):
        own = make_administrator(made.election.organisation)
        foreign = make_administrator(make_organisation())

        assert can_administer_election(own, made.election)
        assert not can_administer_election(foreign, made.election)
        assert can_draft_election(own, made.election.organisation)
        assert not can_draft_election(foreign, made.election.organisation)
        assert list(organisations_administered_by(own)) == [made.election.organisation]

    def test_a_trustee_is_who_holds_the_verified_address(self, trustee):
        ines = make_user(email="ines@example.org", password=None)
        other = make_user(password=None)

        assert can_act_as_trustee(ines, trustee)
        assert not can_act_as_trustee(other, trustee)

    def test_a_draft_is_seen_by_organisers_and_trustees_alone(self, made, trustee):
        ines = make_user(email="ines@example.org", password=None)
        organiser = make_administrator(made.election.organisation)

        assert can_see_election(ines, made.election)
        assert can_see_election(organiser, made.election)
        assert not can_see_election(make_user(password=None), made.election)
        assert not can_see_election(AnonymousUser(), made.election)

    def test_everybody_sees_a_sealed_election(self):
        made = make_election(phase=Election.Phase.SEALED, voters=1, trustees=1)

        assert can_see_election(AnonymousUser(), made.election)
