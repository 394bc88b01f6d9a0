from datetime import timedelta

import pytest

from evote.election import encode_trustee, make_trustee
from evote.group import random_scalar
from tests.factories.accounts import make_roll
from tests.factories.voting import (
    CLOSES,
    DRAFTED,
    DURING,
    OPENS,
    PHASES,
    TREES,
    make_draft,
    make_election,
)
from voting.models import Election, Question, RecordEvent, Trustee
from voting.services.credentials import issue_credentials, send_credential_batch
from voting.services.decrypting import accept_partial_decryption, publish_result
from voting.services.elections import (
    add_question,
    choose_roll,
    remove_question,
    revise_election,
    revise_question,
)
from voting.services.phases import WrongPhase
from voting.services.polls import CannotClose, CannotOpen, close_election, open_election
from voting.services.recording import record_waiting_ballots
from voting.services.sealing import NotReady, seal_election
from voting.services.tallying import tally_election
from voting.services.trustees import invite_again, name_trustee, register_public_key, remove_trustee

pytestmark = pytest.mark.django_db

YES = [1, 0]


def revise(election):
    revise_election(
        election=election,
        title="Other",
        description="",
        opens_at=OPENS,
        closes_at=CLOSES,
        consultation_url="",
    )


def key():
    return encode_trustee(make_trustee(secret_key=random_scalar(), name=None))


STEPS = {
    "revise": (Election.Phase.DRAFT, revise),
    "add a question": (
        Election.Phase.DRAFT,
        lambda election: add_question(election=election, question=TREES),
    ),
    "revise a question": (
        Election.Phase.DRAFT,
        lambda election: revise_question(
            question=Question.objects.filter(election=election).first(), draft=TREES
        ),
    ),
    "remove a question": (
        Election.Phase.DRAFT,
        lambda election: remove_question(
            question=Question.objects.filter(election=election).first()
        ),
    ),
    "choose a roll": (
        Election.Phase.DRAFT,
        lambda election: choose_roll(
            election=election,
            roll=make_roll(organisation=election.organisation, sealed_at=DRAFTED),
        ),
    ),
    "issue credentials": (
        Election.Phase.DRAFT,
        lambda election: issue_credentials(election=election),
    ),
    "name a trustee": (
        Election.Phase.DRAFT,
        lambda election: name_trustee(election=election, name="New", email="new@example.org"),
    ),
    "remove a trustee": (
        Election.Phase.DRAFT,
        lambda election: remove_trustee(trustee=Trustee.objects.filter(election=election).first()),
    ),
    "invite a trustee again": (
        Election.Phase.DRAFT,
        lambda election: invite_again(trustee=Trustee.objects.filter(election=election).first()),
    ),
    "register a key": (
        Election.Phase.DRAFT,
        lambda election: register_public_key(
            trustee=Trustee.objects.filter(election=election).first(), data=key()
        ),
    ),
    "seal": (Election.Phase.DRAFT, lambda election: seal_election(election=election, now=OPENS)),
    "open": (Election.Phase.SEALED, lambda election: open_election(election=election, now=DURING)),
    "close": (Election.Phase.OPEN, lambda election: close_election(election=election, now=CLOSES)),
    "decrypt": (
        Election.Phase.TALLIED,
        lambda election: accept_partial_decryption(election=election, owner=1, data=b"{}"),
    ),
}


@pytest.mark.parametrize("phase", PHASES[1:])
def test_every_step_is_refused_in_every_other_phase(phase):
    made = make_election(phase=phase, voters=1, trustees=1, questions=[TREES], votes=[(0, [YES])])
    before = Election.objects.filter(pk=made.election.pk).values().get()
    events = RecordEvent.objects.count()

    for name, (belongs_to, step) in STEPS.items():
        if belongs_to == phase or (name == "decrypt" and phase == Election.Phase.PUBLISHED):
            continue
        with pytest.raises(WrongPhase):
            step(made.election)

    assert Election.objects.filter(pk=made.election.pk).values().get() == before
    assert RecordEvent.objects.count() == events


@pytest.mark.parametrize("phase", PHASES)
def test_sweeps_do_nothing_in_a_phase_that_is_not_theirs(phase):
    made = make_election(phase=phase, voters=1, trustees=1, questions=[TREES], votes=[(0, [YES])])
    events = RecordEvent.objects.count()

    if phase != Election.Phase.OPEN:
        assert record_waiting_ballots(election=made.election) == 0
    if phase != Election.Phase.CLOSED:
        tally_election(election=made.election)
    assert publish_result(election=made.election) is None
    if phase != Election.Phase.DRAFT:
        assert send_credential_batch(election=made.election) == 0

    if phase not in {Election.Phase.CLOSED}:
        assert RecordEvent.objects.count() == events


def test_an_election_does_not_open_before_its_time():
    made = make_election(phase=Election.Phase.SEALED, voters=1, trustees=1)

    with pytest.raises(CannotOpen, match="has not come"):
        open_election(election=made.election, now=OPENS - timedelta(seconds=1))


def test_an_election_does_not_close_before_its_time():
    made = make_election(voters=1, trustees=1)

    with pytest.raises(CannotClose, match="has not come"):
        close_election(election=made.election, now=CLOSES - timedelta(seconds=1))


def test_a_draft_names_everything_that_it_still_needs():
    made = make_draft(questions=[])

    with pytest.raises(NotReady) as refusal:
        seal_election(election=made.election, now=DRAFTED)

    for part in ("question", "roll", "trustee"):
        assert part in str(refusal.value)


def test_an_election_whose_time_is_over_is_not_sealed():
    made = make_draft()

    with pytest.raises(NotReady, match="closed already"):
        seal_election(election=made.election, now=CLOSES)
