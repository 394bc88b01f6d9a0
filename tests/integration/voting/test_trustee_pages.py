"""Pages and mails that lead administrators and trustees through their tasks."""

import pytest
from django.core import mail
from django.urls import reverse

from tests.factories.accounts import make_administrator
from tests.factories.ceremonies import complaint_of, make_ceremony, make_cheated_ceremony
from tests.factories.voting import TREES, make_draft, make_election
from voting.models import Election, Trustee, TrusteeGroup
from voting.selectors.due import trustees_to_invite
from voting.selectors.progress import progress_of
from voting.services.calls import call_waiting_trustees
from voting.services.ceremonies import accept_complaint
from voting.services.groups import begin_ceremony, make_group
from voting.services.sealing import take_back_seal
from voting.services.trustees import name_trustee, send_invitation

pytestmark = pytest.mark.django_db

YES, NO = [1, 0], [0, 1]


@pytest.fixture
def draft():
    return make_draft()


@pytest.fixture
def administrator(client, draft):
    client.force_login(make_administrator(organisation=draft.election.organisation))
    return client


def page(election, name, **place):
    return reverse(f"voting:{name}", kwargs={"uuid": election.uuid} | place)


# --- Administrators ----------------------------------------------------------------------


def test_an_administrator_makes_a_group_and_begins_its_ceremony(administrator, draft):
    election = draft.election
    administrator.post(page(election, "new-group"), {"threshold": "2"})
    for name in ("Ada", "Ben", "Cyd"):
        administrator.post(
            page(election, "new-member", item=1),
            {"name": name, "email": f"{name.lower()}@example.org"},
        )
    administrator.post(page(election, "threshold", item=1), {"threshold": "3"})

    shown = administrator.get(page(election, "trustees")).content.decode()
    assert "any 3 of 3 suffice" in shown
    assert all(name in shown for name in ("Ada", "Ben", "Cyd"))
    administrator.post(page(election, "ceremony", item=1))

    assert TrusteeGroup.objects.get().attempt == 1
    assert (
        "The others wait for this trustee"
        in administrator.get(page(election, "trustees")).content.decode()
    )


def test_what_is_wrong_is_told_on_the_page(administrator, draft):
    election = draft.election
    administrator.post(page(election, "new-group"), {"threshold": "2"})

    shown = administrator.post(page(election, "ceremony", item=1), follow=True).content.decode()
    assert "Name at least two members first." in shown
    shown = administrator.post(
        page(election, "new-group"), {"threshold": "1"}, follow=True
    ).content.decode()
    assert "At least two members have to be needed." in shown
    assert TrusteeGroup.objects.count() == 1


def test_a_cheating_member_is_named_and_replaced_without_a_developer(administrator, draft):
    made = make_cheated_ceremony(election=draft.election)
    accept_complaint(
        election=draft.election, item=1, member=3, data=complaint_of(made, by=3, about=2)
    )
    cheat = made.group.members.get(member=2)

    shown = administrator.get(page(draft.election, "trustees")).content.decode()
    assert f"{cheat.name} sent a share that does not fit" in shown
    administrator.post(
        page(draft.election, "replace-trustee", number=cheat.position),
        {"name": "Dee", "email": "dee@example.org"},
    )

    assert made.state.group.attempt == 2
    assert made.state.members[1].trustee.name == "Dee"


def test_a_group_is_dissolved(administrator, draft):
    make_ceremony(election=draft.election, until="commit")

    administrator.post(page(draft.election, "drop-group", item=1))

    assert not Trustee.objects.exists()


def test_the_minimums_are_chosen(administrator, draft):
    administrator.post(
        page(draft.election, "minimums"), {"minimum_ballots": "25", "minimum_shuffles": "3"}
    )

    draft.election.refresh_from_db()
    assert (draft.election.minimum_ballots, draft.election.minimum_shuffles) == (25, 3)


@pytest.mark.parametrize("field", ["minimum_ballots", "minimum_shuffles"])
def test_a_minimum_of_zero_is_refused(administrator, draft, field):
    values = {"minimum_ballots": "25", "minimum_shuffles": "3"} | {field: "0"}

    assert administrator.post(page(draft.election, "minimums"), values).status_code == 400


def test_a_seal_is_taken_back_from_the_page(client):
    made = make_election(phase=Election.Phase.SIGNING, profile=1, trustees=2)
    client.force_login(make_administrator(organisation=made.election.organisation))
    assert "Take the seal back" in client.get(page(made.election, "manage")).content.decode()

    client.post(page(made.election, "take-back"))

    made.election.refresh_from_db()
    assert made.election.phase == Election.Phase.DRAFT


# --- What an election waits for ----------------------------------------------------------


def waits(made):
    made.election.refresh_from_db()
    return progress_of(election=made.election).waits


def test_the_page_names_who_has_still_to_sign(client):
    made = make_election(phase=Election.Phase.SIGNING, profile=1, trustees=2)

    assert waits(made) == (
        "These trustees have still to sign what is sealed: Trustee 1, Trustee 2.",
    )


def test_the_page_says_how_many_of_a_group_are_missing(client):
    made = make_election(
        phase=Election.Phase.TALLIED,
        profile=1,
        trustees=1,
        group=(2, 3),
        questions=[TREES],
        votes=[(0, [YES])],
    )
    made.decrypt(1, 2)

    (sentence,) = waits(made)

    assert sentence.startswith("1 more of these trustees has to decrypt the sum: ")
    assert sentence.count(",") == 1
    shown = client.get(page(made.election, "election")).content.decode()
    assert sentence in shown
    assert "Any 2 of these 3" in shown


def test_the_page_says_that_too_few_ballots_came(client):
    made = make_election(
        phase=Election.Phase.CLOSED, questions=[TREES], votes=[(0, [YES])], minimum_ballots=5
    )
    made.tally()

    shown = client.get(page(made.election, "election")).content.decode()

    assert "Fewer than 5 ballots were cast" in shown
    assert "Ended without a count" in shown


@pytest.mark.parametrize("phase", [Election.Phase.SIGNING, Election.Phase.DRAFT])
def test_an_election_that_is_not_sealed_is_shown_to_nobody_else(client, phase):
    made = make_election(phase=phase, profile=1)

    assert client.get(page(made.election, "election")).status_code == 404
    assert client.get(f"/api/elections/{made.election.uuid}").status_code == 404


# --- Mails -------------------------------------------------------------------------------


def call(election):
    before = len(mail.outbox)
    election.refresh_from_db()
    call_waiting_trustees(election=election)
    return sorted(message.to[0] for message in mail.outbox[before:])


def test_members_are_invited_when_their_ceremony_begins(draft):
    group = make_group(election=draft.election, threshold=2)
    for name in ("a", "b"):
        name_trustee(election=draft.election, name=name, email=f"{name}@example.org", group=group)
    assert not trustees_to_invite().exists()

    begin_ceremony(group=group)

    assert trustees_to_invite().count() == 2


def test_members_are_called_for_each_step_once(draft):
    made = make_ceremony(election=draft.election)
    for trustee in made.group.members.all():
        send_invitation(trustee=trustee)
    assert call(draft.election) == []
    made.run(until="certificate")
    made.send("commit", 2)

    called = call(draft.election)

    assert called == [made.group.members.get(member=member).email for member in (1, 3)]
    assert call(draft.election) == []
    begin_ceremony(group=made.group)
    assert len(call(draft.election)) == 3


def test_trustees_are_called_to_sign_to_shuffle_and_to_decrypt():
    made = make_election(phase=Election.Phase.SIGNING, profile=1, trustees=2, questions=[TREES])
    everybody = ["trustee1@example.org", "trustee2@example.org"]

    assert call(made.election) == everybody
    assert call(made.election) == []
    take_back_seal(election=made.election)
    assert not made.election.trustees.filter(calls__isnull=False).exists()


def test_a_call_holds_the_address_of_the_page_and_no_secret():
    made = make_election(
        phase=Election.Phase.TALLIED, profile=1, trustees=1, questions=[TREES], votes=[(0, [YES])]
    )

    call(made.election)

    message = mail.outbox[-1]
    assert f"/elections/{made.election.uuid}/trustee/" in message.body
    assert "open the sum" in message.body
    assert made.election.trustees.get().public_key not in message.body


def test_an_election_that_is_being_signed_has_no_booth(client):
    made = make_election(phase=Election.Phase.SIGNING, profile=1)

    assert client.get(page(made.election, "booth")).status_code == 404
