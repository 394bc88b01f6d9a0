import json

import pytest

from evote.encoding import encode_json
from evote.tally.shuffles import make_shuffle
from tests.factories.voting import TREES, make_election
from voting.models import Election, RecordEvent
from voting.services.decrypting import accept_partial_decryption
from voting.services.elections import (
    QuestionDraft,
    QuestionRefused,
    add_question,
    choose_minimums,
)
from voting.services.phases import WrongPhase
from voting.services.shuffling import ShuffleRefused, accept_shuffle

pytestmark = pytest.mark.django_db

RANK = QuestionDraft(
    text="Which first?",
    answers=["Bridge", "Square", "Harbour"],
    minimum=0,
    maximum=1,
    has_blank=False,
    kind="RANKED",
)
VOTES = [(0, [[1, 2, 3]]), (1, [[3, 1, 2]]), (2, [[2, 1, 3]])]
TYPES = ["Shuffle", "EndShuffles"]


@pytest.fixture
def made():
    """Three ranked ballots, added up, that wait for two of three trustees."""
    made = make_election(
        phase=Election.Phase.CLOSED, profile=1, questions=[RANK], votes=VOTES, trustees=3
    )
    made.tally()
    return made


def shuffled(made):
    return make_shuffle(
        election=made.description,
        tally=made.present_tally(),
        progress=lambda _done, _total: None,
    )


def hand_in(made, owner, data, *, signed_by=None, signed=None):
    return accept_shuffle(
        election=made.election,
        owner=owner,
        data=data,
        proof=made.shuffle_statement(signed_by or owner, signed or data),
    )


def refusal(step):
    with pytest.raises(ShuffleRefused) as refused:
        step()
    return refused.value


def shuffles():
    return list(
        RecordEvent.objects.filter(type__in=TYPES).order_by("height").values_list("type", "owner")
    )


def test_two_trustees_shuffle_and_then_it_is_over(made):
    assert made.election.phase == Election.Phase.SHUFFLING

    made.shuffle(3)
    made.shuffle(1)

    assert shuffles() == [("Shuffle", 3), ("Shuffle", 1), ("EndShuffles", None)]
    assert made.election.phase == Election.Phase.TALLIED


def test_a_single_trustee_shuffles_once():
    made = make_election(
        phase=Election.Phase.CLOSED, profile=1, questions=[RANK], votes=VOTES, trustees=1
    )
    made.tally()

    made.shuffle(1)

    assert made.election.phase == Election.Phase.TALLIED


def test_the_same_shuffle_again_changes_nothing(made):
    data = shuffled(made)
    proof = made.shuffle_statement(1, data)
    options = {"election": made.election, "owner": 1, "data": data, "proof": proof}

    assert accept_shuffle(**options) is True
    assert accept_shuffle(**options) is False
    assert shuffles() == [("Shuffle", 1)]


def test_nobody_shuffles_twice(made):
    made.shuffle(1)

    refused = refusal(lambda: hand_in(made, 1, shuffled(made)))

    assert refused.code == "already_shuffled"
    assert "Trustee 1" in str(refused)


def test_a_shuffle_of_what_was_shuffled_meanwhile_is_stale(made):
    data = shuffled(made)
    proof = made.shuffle_statement(2, data)
    made.shuffle(1)

    refused = refusal(
        lambda: accept_shuffle(election=made.election, owner=2, data=data, proof=proof)
    )

    assert refused.code == "stale_parent"
    assert shuffles() == [("Shuffle", 1)]


def test_a33_a_shuffle_that_starts_from_the_first_list_again_is_refused(made):
    data = shuffled(made)
    made.shuffle(1)

    assert refusal(lambda: hand_in(made, 2, data)).code == "bad_proof"


@pytest.mark.parametrize("owner", [0, 4, -1])
def test_a_trustee_who_does_not_exist_cannot_shuffle(made, owner):
    data = shuffled(made)

    assert refusal(lambda: hand_in(made, owner, data, signed_by=1)).code == "unknown_owner"


def test_a_shuffle_that_another_trustee_signed_is_refused(made):
    refused = refusal(lambda: hand_in(made, 1, shuffled(made), signed_by=2))

    assert refused.code == "bad_proof"
    assert "Trustee 1" in str(refused)


def test_a_statement_about_another_shuffle_is_refused(made):
    data = shuffled(made)

    assert refusal(lambda: hand_in(made, 1, data, signed=b"{}")).code == "bad_proof"


def spoilt(value, how):
    lists, proofs = value["ciphertexts"][0], value["proofs"][0]
    if how == "two the same":
        lists[1] = lists[0]
    elif how == "one dropped":
        lists.pop()
    elif how == "one added":
        lists.append(lists[0])
    elif how == "exchanged":
        lists[0], lists[1] = lists[1], lists[0]
    elif how == "another response":
        proofs[1][0] = str(int(proofs[1][0]) ^ 1)
    elif how == "identity":
        lists[0]["alpha"] = "0" * 63 + "1"
    else:
        value["more"] = []
    return value


@pytest.mark.parametrize(
    "how",
    [
        "two the same",
        "one dropped",
        "one added",
        "exchanged",
        "another response",
        "identity",
        "unknown field",
    ],
)
def test_a33_a_shuffle_that_is_none_is_refused_and_its_trustee_named(made, how):
    data = encode_json(spoilt(json.loads(shuffled(made)), how))

    refused = refusal(lambda: hand_in(made, 1, data))

    assert refused.code in {"bad_proof", "non_canonical", "malformed", "identity_element"}
    assert "Trustee 1" in str(refused)
    assert shuffles() == []


def test_a33_nothing_is_decrypted_before_the_shuffles_are_over(made):
    made.shuffle(1)

    with pytest.raises(WrongPhase, match="not shuffled"):
        accept_partial_decryption(
            election=made.election, owner=1, data=made.decryption(1), proofs=b"[]"
        )


def test_where_nothing_is_ranked_there_is_nothing_to_shuffle():
    made = make_election(
        phase=Election.Phase.TALLIED, profile=1, questions=[TREES], votes=[(0, [[1, 0]])]
    )

    with pytest.raises(WrongPhase):
        hand_in(made, 1, b"{}")


def test_the_sorted_list_says_nothing_of_the_order_of_casting(made):
    (ranked,) = made.present_tally().questions

    keys = [bytes.fromhex(item.alpha.encode())[::-1] for item in ranked]

    assert keys == sorted(keys)
    assert len(keys) == 3


# --- The interface -----------------------------------------------------------------------


def post(client, made, owner, data, proof):
    body = {"owner": owner, "shuffle": data.decode(), "proof": proof.to_json()}
    return client.post(
        f"/api/elections/{made.election.uuid}/shuffles", encode_json(body), "application/json"
    )


def test_a_shuffle_is_handed_in_through_the_interface(client, made):
    data = shuffled(made)
    proof = made.shuffle_statement(2, data)

    first, second = post(client, made, 2, data, proof), post(client, made, 2, data, proof)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == {"election": made.election.uuid, "owner": 2}
    stale = post(client, made, 1, data, made.shuffle_statement(1, data))
    assert (stale.status_code, stale.json()["code"]) == (400, "bad_proof")


def test_the_interface_says_when_somebody_was_faster(client, made):
    data = shuffled(made)
    proof = made.shuffle_statement(2, data)
    made.shuffle(1)

    answer = post(client, made, 2, data, proof)

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_parent")


# --- Asking ranked questions -------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"maximum": 2},
        {"minimum": 1},
        {"has_blank": True},
        {"answers": [f"Answer {number}" for number in range(31)]},
        {"rule": {"method": "approval"}},
        {"rule": {"method": "dance"}},
    ],
)
def test_a_ranked_question_that_cannot_be_asked_is_refused(changed):
    made = make_election(phase=Election.Phase.DRAFT)
    values = {name: getattr(RANK, name) for name in RANK.__dataclass_fields__}

    with pytest.raises(QuestionRefused):
        add_question(election=made.election, question=QuestionDraft(**values | changed))


def test_as_many_shuffles_as_chosen_are_waited_for():
    made = make_election(phase=Election.Phase.DRAFT, questions=[RANK])
    choose_minimums(election=made.election, minimum_ballots=1, minimum_shuffles=3)

    made.election.refresh_from_db()
    assert made.election.minimum_shuffles == 3
