import json

import pytest
from django.core import mail

from evote.encoding import encode_json
from evote.tally.shuffles import make_shuffle
from tests.factories.accounts import make_user
from tests.factories.voting import TREES, hand_in_shuffle, make_election
from voting import tasks
from voting.models import Election, RecordEvent, ShufflePart, ShuffleUpload
from voting.services.calls import call_waiting_trustees
from voting.services.decrypting import accept_partial_decryption
from voting.services.elections import (
    QuestionDraft,
    QuestionRefused,
    add_question,
    choose_minimums,
)
from voting.services.phases import WrongPhase
from voting.services.shuffle_checks import check_shuffles
from voting.services.shuffling import ShuffleRefused, receive_shuffle

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
    return hand_in_shuffle(
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

    assert hand_in_shuffle(**options) is True
    assert hand_in_shuffle(**options) is False
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
        lambda: hand_in_shuffle(election=made.election, owner=2, data=data, proof=proof)
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
    address = f"/api/elections/{made.election.uuid}/shuffles/2"
    assert client.get(address).status_code == 404

    first, second = post(client, made, 2, data, proof), post(client, made, 2, data, proof)

    assert (first.status_code, second.status_code) == (202, 202)
    waiting = {
        "election": made.election.uuid,
        "owner": 2,
        "state": "being-checked",
        "parts_checked": 0,
        "parts": 1,
        "code": "",
        "detail": "",
    }
    assert first.json() == second.json() == client.get(address).json() == waiting
    assert shuffles() == []

    tasks.check_shuffles()

    assert shuffles() == [("Shuffle", 2)]
    taken = waiting | {"state": "accepted", "parts": 0}
    assert client.get(address).json() == taken
    again = post(client, made, 2, data, proof)
    assert (again.status_code, again.json()) == (200, taken)
    stale = post(client, made, 1, data, made.shuffle_statement(1, data))
    assert stale.status_code == 202
    tasks.check_shuffles()
    refused = client.get(f"/api/elections/{made.election.uuid}/shuffles/1").json()
    assert (refused["state"], refused["code"]) == ("refused", "bad_proof")


def test_the_interface_says_when_somebody_was_faster(client, made):
    data = shuffled(made)
    proof = made.shuffle_statement(2, data)
    made.shuffle(1)

    answer = post(client, made, 2, data, proof)

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_parent")


# --- The check in the background ---------------------------------------------------------


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of one ciphertext each, as if there were thousands."""
    monkeypatch.setattr("voting.services.shuffling.CIPHERTEXTS_PER_PART", 1)


def receive(made, owner, data):
    return receive_shuffle(
        election=made.election, owner=owner, data=data, proof=made.shuffle_statement(owner, data)
    )


def forged(made):
    value = json.loads(shuffled(made))
    lists = value["ciphertexts"][0]
    lists[0], lists[1] = lists[1], lists[0]
    return encode_json(value)


@pytest.mark.usefixtures("small_parts")
def test_a_check_stopped_after_any_part_goes_on_where_it_was(made):
    receive(made, 1, shuffled(made))
    for done in range(1, 4):
        turns = iter([True])
        check_shuffles(election=made.election, may_go_on=lambda turns=turns: next(turns, False))
        left = ShufflePart.objects.filter(products__isnull=True).count()
        assert left == (3 - done if done < 3 else 0)

    assert shuffles() == [("Shuffle", 1)]
    assert not ShufflePart.objects.exists()


@pytest.mark.usefixtures("small_parts")
def test_the_page_shows_how_far_the_check_is(client, made):
    receive(made, 1, shuffled(made))
    turns = iter([True, True])
    check_shuffles(election=made.election, may_go_on=lambda: next(turns, False))

    page = client.get(f"/elections/{made.election.uuid}/").content.decode()

    assert "A shuffle is being checked: Trustee 1." in page
    assert "2 of 3 parts of its proof are checked." in page
    assert "Has handed in a shuffle, which is being checked" in page


def test_a_slot_hands_in_no_second_shuffle_while_one_is_checked(made):
    receive(made, 1, shuffled(made))

    assert refusal(lambda: receive(made, 1, shuffled(made))).code == "being_checked"
    assert ShuffleUpload.objects.count() == 1


def test_a33_a_forged_shuffle_is_refused_and_says_so_to_its_trustee(client, made):
    data = forged(made)
    assert receive(made, 1, data).state == "CHECKING"
    check_shuffles(election=made.election)

    address = f"/api/elections/{made.election.uuid}/shuffles/1"
    answer = client.get(address).json()
    assert (answer["state"], answer["code"]) == ("refused", "bad_proof")
    assert "trustee 1 (Trustee 1) was refused: proofs[0]" in answer["detail"]
    assert shuffles() == []
    page = client.get(f"/elections/{made.election.uuid}/").content.decode()
    assert "trustee 1 (Trustee 1) was refused" in page
    again = post(client, made, 1, data, made.shuffle_statement(1, data))
    assert (again.status_code, again.json()["code"]) == (400, "bad_proof")
    # What was refused stays, signed by its trustee, until the same slot hands in another one.
    assert bytes(ShuffleUpload.objects.get().body) == data

    made.shuffle(1)

    assert shuffles() == [("Shuffle", 1)]
    refused, accepted = ShuffleUpload.objects.order_by("pk")
    assert (refused.state, bytes(refused.body)) == ("REFUSED", b"")
    assert (accepted.state, bytes(accepted.body)) == ("ACCEPTED", b"")
    assert client.get(address).json()["state"] == "accepted"


def test_of_two_shuffles_that_are_checked_at_once_the_later_is_told_to_shuffle_again(made):
    first, second = shuffled(made), shuffled(made)
    receive(made, 2, first)
    receive(made, 1, second)

    check_shuffles(election=made.election)
    check_shuffles(election=made.election)

    assert shuffles() == [("Shuffle", 2)]
    upload = ShuffleUpload.objects.get(owner=1)
    assert (upload.state, upload.code) == ("REFUSED", "stale_parent")
    made.shuffle(1)
    assert made.election.phase == Election.Phase.TALLIED


def test_the_trustees_page_shows_the_check_and_its_refusal(client, made):
    user = make_user(email="trustee1@example.org")
    client.force_login(user)
    address = f"/elections/{made.election.uuid}/trustee/"
    receive(made, 1, forged(made))

    assert "Your shuffle is being checked" in client.get(address).content.decode()

    check_shuffles(election=made.election)
    page = client.get(address).content.decode()
    assert "Your last shuffle is not in the record" in page
    assert "proofs[0]: the proof of the shuffle does not hold" in page


def test_a_trustee_whose_shuffle_was_refused_in_the_background_is_told_by_mail(made):
    call_waiting_trustees(election=made.election)
    receive(made, 1, forged(made))
    before = len(mail.outbox)
    assert call_waiting_trustees(election=made.election) == 0

    check_shuffles(election=made.election)

    assert call_waiting_trustees(election=made.election) == 1
    assert call_waiting_trustees(election=made.election) == 0
    (told,) = mail.outbox[before:]
    assert told.to == ["trustee1@example.org"]


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
