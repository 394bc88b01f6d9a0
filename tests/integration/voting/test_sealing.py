import hashlib
import json
from pathlib import Path

import pytest
from django.conf import settings

from accounts.selectors import roll_emails
from audit.models import LogEntry
from evote.credential import decode_credentials
from evote.election import decode_election, decode_trustees
from evote.encoding import sha256_hex
from tests.factories.voting import (
    DRAFTED,
    DURING,
    OPENS,
    TREES,
    add_trustees,
    make_draft,
    make_election,
    run_log,
    send_credentials,
)
from voting.models import Credential, Election, RecordEvent
from voting.selectors.bundle import BOOTH_NAME, booth_bundle
from voting.selectors.record import archived_object, record_bytes
from voting.selectors.setup import setup_of
from voting.services.polls import CannotOpen, open_election
from voting.services.sealing import NotReady, seal_election
from voting.services.trustees import name_trustee

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_booth(tmp_path, settings):
    settings.STATICFILES_DIRS = [tmp_path]
    bundle = tmp_path / BOOTH_NAME
    bundle.write_bytes(b"first build")
    return bundle


def body_of(kind):
    return json.loads(bytes(LogEntry.objects.get(kind=kind).body))


def test_sealing_writes_what_everybody_will_hash():
    made = make_election(phase=Election.Phase.SEALED, voters=3, trustees=2)
    election = made.election

    archived = archived_object(election=election, name="election")
    assert bytes(election.archived_election) == archived
    assert bytes(election.fingerprint) == hashlib.sha256(archived).digest()
    description = decode_election(archived)
    assert description.uuid == election.uuid
    assert description.name == election.title
    assert [question.text for question in description.questions] == [
        question.text for question in election.questions.order_by("position")
    ]
    trustees = decode_trustees(archived_object(election=election, name="trustees"))
    assert [trustee.name for trustee in trustees.slots] == ["Trustee 1", "Trustee 2"]
    listed = list(decode_credentials(archived_object(election=election, name="credentials")))
    assert sorted(listed) == sorted(made.public(voter) for voter in range(3))
    assert listed == list(Credential.objects.order_by("position").values_list("public", flat=True))


def test_the_log_holds_the_seal_the_roll_and_the_booth():
    made = make_election(phase=Election.Phase.SEALED, voters=3, trustees=1)

    roll = body_of("roll-sealed")
    addresses = "".join(f"{email}\n" for email in roll_emails(made.election.roll))
    salted = bytes(made.election.roll_salt) + addresses.encode()
    assert roll == {
        "kind": "roll-sealed",
        "election": made.election.uuid,
        "people": 3,
        "commitment": sha256_hex(salted),
    }
    assert body_of("booth")["sha256"] == booth_bundle().sha256 == made.election.booth_sha256
    assert body_of("election-event")["type"] == "Setup"


def test_nothing_in_the_log_or_the_record_names_a_person():
    made = make_election(phase=Election.Phase.SEALED, voters=3, trustees=1)
    public = b"".join(bytes(entry.body) for entry in LogEntry.objects.all())
    public += record_bytes(election=made.election)

    assert b"@" not in public
    assert all(credential.encode() not in public for credential in made.credentials)


def test_an_election_opens_only_when_the_log_holds_the_seal():
    made = make_draft(questions=[TREES])
    add_trustees(made, emails=["trustee@example.org"])
    send_credentials(made, voters=2)
    seal_election(election=made.election, now=DRAFTED, profile=0)

    with pytest.raises(CannotOpen, match="log"):
        open_election(election=made.election, now=DURING)
    run_log()

    assert open_election(election=made.election, now=DURING).phase == Election.Phase.OPEN


def test_a_seal_needs_a_credential_for_everybody_on_the_roll():
    made = make_draft(questions=[TREES])
    add_trustees(made, emails=["trustee@example.org"])
    send_credentials(made, voters=2)
    Credential.objects.create(election=made.election, public="ab" * 32)

    with pytest.raises(NotReady, match="3 of 2"):
        seal_election(election=made.election, now=DRAFTED)


def test_a_seal_needs_the_key_of_every_trustee():
    made = make_draft(questions=[TREES])
    add_trustees(made, emails=["one@example.org"])
    name_trustee(election=made.election, name="Late", email="late@example.org")
    send_credentials(made, voters=2)

    with pytest.raises(NotReady, match="1 of 2 trustees"):
        seal_election(election=made.election, now=DRAFTED)
    assert not RecordEvent.objects.exists()
    assert setup_of(election=made.election).is_ready is False


def test_a_seal_needs_a_booth(own_booth):
    made = make_draft(questions=[TREES])
    add_trustees(made, emails=["trustee@example.org"])
    send_credentials(made, voters=1)
    own_booth.unlink()

    with pytest.raises(NotReady, match="booth"):
        seal_election(election=made.election, now=DRAFTED)


def test_an_election_does_not_open_with_another_booth_than_the_sealed_one(own_booth):
    made = make_draft(questions=[TREES])
    add_trustees(made, emails=["trustee@example.org"])
    send_credentials(made, voters=1)
    seal_election(election=made.election, now=DRAFTED, profile=0)
    run_log()
    own_booth.write_bytes(b"second build")

    with pytest.raises(CannotOpen, match="booth"):
        open_election(election=made.election, now=OPENS)


def test_the_hash_of_the_booth_is_that_of_the_file_people_get():
    path = Path(settings.STATICFILES_DIRS[0]) / BOOTH_NAME

    assert booth_bundle().sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_dry_run_changes_nothing_when_the_seal_is_refused():
    made = make_draft(questions=[TREES])

    with pytest.raises(NotReady):
        seal_election(election=made.election, now=DRAFTED)

    made.election.refresh_from_db()
    assert made.election.phase == Election.Phase.DRAFT
    assert not LogEntry.objects.exists()
