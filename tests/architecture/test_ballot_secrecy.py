from django.apps import apps
from django.contrib.auth import get_user_model

from accounts.models import RollEntry
from voting.models import (
    Ballot,
    BallotAlpha,
    Challenge,
    Credential,
    CredentialIssue,
    Election,
    Registration,
)


def forward_relations(model):
    return {
        field.related_model
        for field in model._meta.get_fields(include_hidden=True)
        if field.is_relation and not field.auto_created and field.related_model is not None
    }


def reached_from(*models):
    reached, frontier = set(), set(models)
    while frontier:
        reached |= frontier
        frontier = set().union(*map(forward_relations, frontier)) - reached
    return reached


def test_no_foreign_key_path_leads_from_a_ballot_to_a_person():
    reached = reached_from(Ballot, BallotAlpha, Challenge)

    assert get_user_model() not in reached
    assert RollEntry not in reached


def test_no_foreign_key_path_leads_from_a_credential_to_a_person():
    reached = reached_from(Credential)

    assert get_user_model() not in reached
    assert RollEntry not in reached


def test_nothing_that_names_a_person_points_at_a_ballot_or_a_credential():
    people = {get_user_model(), RollEntry}
    ballots = {Ballot, BallotAlpha, Challenge, Credential}
    joining = [
        model
        for model in apps.get_models()
        if reached_from(model) & people and forward_relations(model) & ballots
    ]

    assert joining == []


def test_the_mark_that_a_mail_went_out_does_not_say_which_credential():
    assert Credential not in reached_from(CredentialIssue)


def test_the_declared_binding_reaches_neither_a_person_nor_a_ballot_by_a_foreign_key():
    reached = reached_from(Registration)

    assert not reached & {get_user_model(), RollEntry, Ballot, BallotAlpha, Credential}
    assert forward_relations(Registration) == {Election}


def test_the_walk_finds_a_person_where_a_path_does_lead_to_one():
    assert RollEntry in reached_from(CredentialIssue)


def test_a_ballot_carries_no_time_and_no_number_that_counts_up():
    for model in (Ballot, BallotAlpha, Challenge, Registration):
        kinds = {field.get_internal_type() for field in model._meta.concrete_fields}
        assert not kinds & {"DateTimeField", "DateField", "TimeField"}, model
    for model in (Ballot, Challenge, Registration):
        assert model._meta.pk.get_internal_type() == "UUIDField"
        assert model._meta.pk.default is not None
