import hashlib
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from audit.models import LogEntry
from evote.credential import derive_public_credential, encode_credentials, generate_credential
from evote.encoding import encode_json
from evote.group import IDENTITY
from tests.factories.accounts import make_administrator, make_roll
from tests.factories.forgeries import MIXED_ORDER
from tests.factories.voting import (
    DRAFTED,
    OPENS,
    TREES,
    add_trustees,
    built_booth,
    make_draft,
    make_election,
    run_log,
)
from voting.models import Credential, CredentialIssue, Election
from voting.selectors.preparation import preparation_of
from voting.selectors.record import archived_object
from voting.services.credential_lists import (
    ListRefused,
    ReplacementRefused,
    archived_credentials,
    replace_credential,
    upload_credentials,
)
from voting.services.credentials import IssueRefused, choose_access, issue_credentials
from voting.services.elections import choose_roll
from voting.services.phases import WrongPhase
from voting.services.polls import CannotOpen, open_election
from voting.services.sealing import NotReady, seal_election

pytestmark = pytest.mark.django_db

REGISTRAR = Election.CredentialsBy.REGISTRAR
CREDENTIAL = Election.Access.CREDENTIAL


@pytest.fixture
def made():
    """A draft for three voters whose credentials a registrar shall make."""
    made = make_draft(questions=[TREES])
    add_trustees(made, emails=["trustee@example.org"])
    roll = make_roll(
        organisation=made.election.organisation,
        emails=[f"voter{number}@example.org" for number in range(3)],
        sealed_at=DRAFTED,
    )
    made.election = choose_roll(election=made.election, roll=roll)
    made.election = choose_access(
        election=made.election, access=CREDENTIAL, credentials_by=REGISTRAR
    )
    made.credentials = [generate_credential() for _ in range(3)]
    return made


def publics(made):
    return [made.public(voter) for voter in range(len(made.credentials))]


def in_order(credentials):
    return sorted(credentials, key=lambda text: bytes.fromhex(text)[::-1])


def text_of(items) -> bytes:
    return json.dumps(items, separators=(",", ":")).encode()


def entries(kind):
    run_log()
    return [json.loads(bytes(entry.body)) for entry in LogEntry.objects.filter(kind=kind)]


def on_the_list():
    return sorted(Credential.objects.values_list("public", flat=True))


def test_the_registrars_list_is_taken_and_its_hash_is_in_the_log(made):
    data = encode_credentials(publics(made))

    upload_credentials(election=made.election, data=data)

    assert on_the_list() == sorted(publics(made))
    assert entries("credentials-listed") == [
        {
            "kind": "credentials-listed",
            "election": made.election.uuid,
            "by": "registrar",
            "credentials": 3,
            "weight": 3,
            "list": hashlib.sha256(data).hexdigest(),
        }
    ]


def test_the_record_and_the_seal_say_who_made_the_credentials(made):
    data = encode_credentials(publics(made))
    upload_credentials(election=made.election, data=data)

    election = seal_election(election=made.election, now=DRAFTED, profile=0)
    run_log()
    open_election(election=election, now=OPENS)

    assert archived_object(election=election, name="credentials") == data
    assert made.description.context["credentials"] == "registrar"
    [listed] = entries("credentials-listed")
    [roll] = entries("roll-sealed")
    assert listed["credentials"] == roll["people"] == 3


def test_a_ballot_of_a_registrars_credential_counts(made):
    upload_credentials(election=made.election, data=encode_credentials(publics(made)))
    made.election = seal_election(election=made.election, now=DRAFTED, profile=0)
    run_log()
    made.election = open_election(election=made.election, now=OPENS)

    assert made.cast(0, [[1, 0]]).is_new


def test_a_weight_of_one_for_everybody_is_taken_and_left_out_of_the_record(made):
    weights = dict.fromkeys(publics(made), 1)

    upload_credentials(
        election=made.election, data=encode_credentials(publics(made), weights=weights)
    )

    assert archived_credentials(election=made.election) == encode_credentials(publics(made))


def test_another_upload_takes_the_place_of_the_first(made):
    upload_credentials(election=made.election, data=encode_credentials(publics(made)))
    made.credentials = [generate_credential() for _ in range(3)]

    upload_credentials(election=made.election, data=encode_credentials(publics(made)))

    assert on_the_list() == sorted(publics(made))
    assert len(entries("credentials-listed")) == 2


def test_a38_a_list_that_is_not_exactly_right_is_refused(made):
    first, second, third = in_order(publics(made))
    other = derive_public_credential(uuid=made.election.uuid, credential=generate_credential())
    refused = {
        "twice": text_of([first, second, second]),
        "out of order": text_of([second, first, third]),
        "written anyhow": json.dumps([first, second, third]).encode(),
        "upper case": text_of([first, second, third.upper()]),
        "the identity": text_of(in_order([first, second, IDENTITY.encode()])),
        "outside the group": text_of(in_order([first, second, MIXED_ORDER])),
        "one weight": text_of([f"{first},1", second, third]),
        "no weight": text_of([f"{first},0", f"{second},1", f"{third},1"]),
        "another weight": text_of([f"{first},1", f"{second},2", f"{third},1"]),
        "a login": text_of([f"{first},1,ada@example.org", f"{second},1,x", f"{third},1,y"]),
        "too few": text_of([first, second]),
        "too many": text_of(in_order([first, second, third, other])),
        "an object": b"{}",
        "nothing": b"",
        "a number": text_of([1, 2, 3]),
        "duplicate keys": b'{"a":1,"a":2}',
    }
    for data in refused.values():
        with pytest.raises(ListRefused):
            upload_credentials(election=made.election, data=data)

    assert not Credential.objects.exists()
    assert entries("credentials-listed") == []


def test_the_refusal_says_what_is_wrong(made):
    first, second, third = in_order(publics(made))

    with pytest.raises(ListRefused, match="Credential 1 is out of order"):
        upload_credentials(election=made.election, data=text_of([third, first, second]))
    with pytest.raises(ListRefused, match=r"list: 2\. People on the roll: 3"):
        upload_credentials(election=made.election, data=text_of([first, second]))


def test_a_list_needs_a_roll_and_a_registrar(made):
    data = encode_credentials(publics(made))
    without_roll = make_draft(questions=[TREES])
    choose_access(election=without_roll.election, access=CREDENTIAL, credentials_by=REGISTRAR)
    without_registrar = make_draft(questions=[TREES])

    with pytest.raises(ListRefused, match="roll"):
        upload_credentials(election=without_roll.election, data=data)
    with pytest.raises(ListRefused, match="server"):
        upload_credentials(election=without_registrar.election, data=data)


def test_where_a_registrar_makes_them_the_server_mails_none(made, mailoutbox):
    with pytest.raises(IssueRefused, match="registrar"):
        issue_credentials(election=made.election)

    assert mailoutbox == []
    assert not CredentialIssue.objects.exists()


def test_who_makes_them_cannot_change_once_there_are_some(made):
    upload_credentials(election=made.election, data=encode_credentials(publics(made)))

    with pytest.raises(IssueRefused, match="already"):
        choose_access(
            election=made.election,
            access=CREDENTIAL,
            credentials_by=Election.CredentialsBy.SERVER,
        )
    made.election.refresh_from_db()
    changed = choose_access(
        election=made.election,
        access=Election.Access.ACCOUNT_AND_CREDENTIAL,
        credentials_by=REGISTRAR,
    )
    assert changed.asks_for_account


# --- A lost credential -------------------------------------------------------------------


def test_a_lost_credential_is_replaced_and_the_log_says_so(made):
    upload_credentials(election=made.election, data=encode_credentials(publics(made)))
    lost = made.public(1)
    made.credentials[1] = generate_credential()

    replace_credential(election=made.election, lost=lost, new=made.public(1))

    assert on_the_list() == sorted(publics(made))
    assert entries("credential-replaced") == [
        {
            "kind": "credential-replaced",
            "election": made.election.uuid,
            "lost": lost,
            "new": made.public(1),
            "list": hashlib.sha256(encode_credentials(publics(made))).hexdigest(),
        }
    ]


def test_a_replacement_that_is_none_is_refused(made):
    upload_credentials(election=made.election, data=encode_credentials(publics(made)))
    new = derive_public_credential(uuid=made.election.uuid, credential=generate_credential())
    wrong = [
        (new, made.public(1)),
        (made.public(0), made.public(1)),
        (made.public(0), IDENTITY.encode()),
        (made.public(0), MIXED_ORDER),
        (made.public(0), "x"),
        (made.public(0), new.upper()),
        ("", new),
    ]
    for lost, replacement in wrong:
        with pytest.raises(ReplacementRefused):
            replace_credential(election=made.election, lost=lost, new=replacement)

    assert on_the_list() == sorted(publics(made))
    assert entries("credential-replaced") == []


def test_a46_after_the_seal_no_credential_is_added_replaced_or_taken_away(made):
    upload_credentials(election=made.election, data=encode_credentials(publics(made)))
    election = seal_election(election=made.election, now=DRAFTED, profile=0)
    new = derive_public_credential(uuid=election.uuid, credential=generate_credential())

    with pytest.raises(WrongPhase):
        replace_credential(election=election, lost=made.public(0), new=new)
    with pytest.raises(WrongPhase):
        upload_credentials(election=election, data=encode_credentials(publics(made)))
    for by_hand in (
        lambda: Credential.objects.create(election=election, public=new),
        lambda: Credential.objects.filter(election=election).delete(),
        lambda: Credential.objects.filter(public=made.public(0)).update(public=new),
        lambda: Credential.objects.filter(public=made.public(0)).update(weight=5),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            by_hand()
    assert on_the_list() == sorted(publics(made))


def test_nothing_is_sealed_before_the_list_is_there(made):
    with built_booth(), pytest.raises(NotReady, match="credential"):
        seal_election(election=made.election, now=DRAFTED, profile=0)


def test_nothing_opens_before_the_log_holds_the_list_of_credentials(made):
    upload_credentials(election=made.election, data=encode_credentials(publics(made)))
    election = seal_election(election=made.election, now=DRAFTED, profile=0)
    identity = bytes(election.credentials_entry)

    with pytest.raises(CannotOpen, match="log"):
        open_election(election=election, now=OPENS)
    run_log()

    assert LogEntry.objects.get(identity=identity).kind == "credentials-listed"
    assert open_election(election=election, now=OPENS).phase == Election.Phase.OPEN


# --- On the pages ------------------------------------------------------------------------


def page(made):
    return f"/elections/{made.election.uuid}/manage/credentials/"


@pytest.fixture
def administrator(made, client):
    client.force_login(make_administrator(made.election.organisation))
    return client


def upload_file(name, data):
    return SimpleUploadedFile(name, data)


def test_an_administrator_uploads_the_list(made, administrator):
    data = encode_credentials(publics(made)) + b"\n"

    response = administrator.post(
        page(made), {"step": "upload", "file": upload_file("public.json", data)}
    )

    assert response.status_code == 302
    assert Credential.objects.count() == 3
    shown = administrator.get(page(made)).content.decode()
    assert "It has 3 credentials" in shown
    made.election.refresh_from_db()
    [task] = [
        task
        for task in preparation_of(election=made.election).tasks
        if task.page == "voting:credentials"
    ]
    assert task.state == "done"


def test_a_bad_list_is_told_on_the_page(made, administrator):
    response = administrator.post(
        page(made), {"step": "upload", "file": upload_file("public.json", b"[]")}
    )

    assert response.status_code == 400
    assert "Credentials on the list: 0. People on the roll: 3." in response.content.decode()


def test_an_administrator_replaces_a_lost_credential(made, administrator):
    upload_credentials(election=made.election, data=encode_credentials(publics(made)))
    lost = made.public(2)
    made.credentials[2] = generate_credential()

    refused = administrator.post(page(made), {"step": "replace", "lost": lost, "new": "x"})
    taken = administrator.post(page(made), {"step": "replace", "lost": lost, "new": made.public(2)})

    assert refused.status_code == 400
    assert "The new credential is none" in refused.content.decode()
    assert taken.status_code == 302
    assert on_the_list() == sorted(publics(made))


def replacement(made, **changed):
    """What `evote registrar replace` writes."""
    value = {"election": made.election.uuid, "lost": made.public(2), "new": "0" * 64} | changed
    return upload_file("replacement.json", encode_json(value))


def test_an_administrator_replaces_a_lost_credential_with_the_registrars_file(made, administrator):
    upload_credentials(election=made.election, data=encode_credentials(publics(made)))
    lost = made.public(2)
    made.credentials[2] = generate_credential()
    file = replacement(made, lost=lost, new=made.public(2))

    taken = administrator.post(page(made), {"step": "replace", "file": file})

    assert taken.status_code == 302
    assert on_the_list() == sorted(publics(made))


def test_a_replacement_file_that_is_none_is_told_on_the_page(made, administrator):
    upload_credentials(election=made.election, data=encode_credentials(publics(made)))
    before = on_the_list()
    for fields, reason in (
        ({"file": replacement(made, election="hfd19JUwUteUwr")}, "for another election"),
        ({"file": replacement(made, more=1)}, "not a file of evote registrar replace"),
        ({"file": upload_file("r.json", b"x" * 2_000)}, "not a file of evote registrar replace"),
        ({"file": replacement(made), "lost": made.public(2)}, "not both"),
        ({"lost": made.public(2)}, "or type both parts"),
        ({"file": replacement(made)}, "The new credential is none"),
    ):
        response = administrator.post(page(made), {"step": "replace"} | fields)
        assert response.status_code == 400
        assert reason in response.content.decode()
    assert on_the_list() == before


def test_an_administrator_chooses_what_casting_asks_for(made, administrator):
    response = administrator.post(
        page(made),
        {"step": "choose", "access": "account-and-credential", "credentials_by": "server"},
    )
    made.election.refresh_from_db()

    assert response.status_code == 302
    assert made.election.asks_for_account
    assert not made.election.has_registrar


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"step": "choose", "access": "nothing", "credentials_by": "server"}, 400),
        ({"step": "upload"}, 400),
        ({"step": "replace"}, 400),
    ],
)
def test_a_form_that_is_not_filled_changes_nothing(made, administrator, fields, status):
    response = administrator.post(page(made), fields)
    made.election.refresh_from_db()

    assert response.status_code == status
    assert (made.election.access, made.election.credentials_by) == ("credential", "registrar")


@pytest.mark.parametrize(
    ("access", "credentials_by", "said"),
    [
        ("credential", "server", "This is the weaker way, and the record says so."),
        ("credential", "registrar", "a dishonest registrar could vote"),
        ("account-and-credential", "registrar", "Only both together could vote"),
        ("account-and-credential", "server", "learns which credential your account uses"),
    ],
)
def test_each_way_and_its_weakness_are_said_on_the_elections_page(
    client, access, credentials_by, said
):
    made = make_election(phase=Election.Phase.DRAFT)
    choose_access(
        election=made.election,
        access=Election.Access(access),
        credentials_by=Election.CredentialsBy(credentials_by),
    )
    client.force_login(make_administrator(made.election.organisation))

    assert said in client.get(f"/elections/{made.election.uuid}/").content.decode()
