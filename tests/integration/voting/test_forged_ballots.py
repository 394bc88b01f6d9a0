import json
from datetime import timedelta

import pytest
from django.utils import timezone

from evote.encoding import b64_digest, encode_json
from evote.group import GENERATOR, Element, random_scalar
from tests.factories.forgeries import (
    IDENTITY,
    ORDER,
    UNUSABLE_POINTS,
    parsed,
    unsigned,
)
from tests.factories.voting import PLACES, TREES, make_election
from tests.integration.voting.conftest import resign, traces, tracker_in
from voting.models import BallotAlpha

pytestmark = pytest.mark.django_db

YES, NO, NEITHER = [1, 0], [0, 1], [0, 0]
MILL, SQUARE, BLANK = [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]
ALICE, BOB = 0, 1


# --- Copies ------------------------------------------------------------------------------


class TestA01Copies:
    def test_a01_a_ballot_copied_verbatim_adds_nothing(self, made, post_ballot):
        ballot = made.ballot(ALICE, [YES, MILL])
        post_ballot(made, ballot)
        before = traces()

        assert post_ballot(made, ballot).status_code == 200
        assert traces() == before

    def test_a01_a_copy_under_another_credential_is_refused(self, made, post_ballot, refused):
        ballot = made.ballot(ALICE, [YES, MILL])
        post_ballot(made, ballot)
        copy = parsed(ballot) | {"credential": made.public(BOB)}

        refused(resign(made, BOB, copy), "duplicate_ciphertext", status=409)

    def test_a01_rerandomised_ciphertexts_with_the_old_proofs_are_refused(self, made, refused):
        ballot = parsed(made.ballot(ALICE, [YES, MILL]))
        choice = ballot["answers"][0]["choices"][0]
        shift = random_scalar()
        choice["alpha"] = (Element.decode(choice["alpha"]) * GENERATOR**shift).encode()
        choice["beta"] = (
            Element.decode(choice["beta"]) * made.description.public_key**shift
        ).encode()

        refused(resign(made, ALICE, ballot), "bad_proof")

    def test_a01_proofs_in_another_order_are_refused(self, made, refused):
        ballot = parsed(made.ballot(ALICE, [YES, MILL]))
        ballot["answers"][0]["individual_proofs"].reverse()

        refused(resign(made, ALICE, ballot), "bad_proof")

    def test_a01_one_copied_answer_among_fresh_ones_is_refused(self, made, post_ballot, refused):
        alices = made.ballot(ALICE, [YES, MILL])
        post_ballot(made, alices)
        bobs = parsed(made.ballot(BOB, [NO, SQUARE]))
        bobs["answers"][0] = parsed(alices)["answers"][0]

        refused(resign(made, BOB, bobs), "duplicate_ciphertext", status=409)

    def test_a18_a_voter_cannot_reuse_a_ciphertext_of_their_own(self, made, post_ballot, refused):
        ballot = made.ballot(ALICE, [YES, MILL])
        first = tracker_in(post_ballot(made, ballot))
        signed_anew = resign(made, ALICE, parsed(ballot))

        assert signed_anew != ballot
        refused(signed_anew, "duplicate_ciphertext", status=409, prev=first)

    def test_a18_one_ballot_with_the_same_alpha_twice_is_refused(self, made, refused):
        ballot = parsed(made.ballot(ALICE, [YES, MILL]))
        choices = ballot["answers"][0]["choices"]
        choices[1]["alpha"] = choices[0]["alpha"]

        refused(resign(made, ALICE, ballot), "duplicate_ciphertext", status=409)

    def test_a01_a_ciphertext_used_in_another_election_is_no_copy(self, made, post_ballot):
        now = timezone.now()
        other = make_election(
            voters=1,
            trustees=1,
            opens_at=now - timedelta(hours=1),
            closes_at=now + timedelta(days=1),
        )
        ballot = made.ballot(ALICE, [YES, MILL])
        BallotAlpha.objects.create(
            election=other.election,
            alpha=bytes.fromhex(parsed(ballot)["answers"][0]["choices"][0]["alpha"]),
        )

        assert post_ballot(made, ballot).status_code == 201


class TestA02Replay:
    def test_a02_a_ballot_of_another_election_is_refused(self, made, refused):
        now = timezone.now()
        other = make_election(
            voters=1,
            trustees=1,
            opens_at=now - timedelta(hours=1),
            closes_at=now + timedelta(days=1),
        )

        refused(other.ballot(0, [YES, MILL]), "wrong_election")

    def test_a02_a_ballot_relabelled_for_this_election_is_refused(self, made, refused):
        now = timezone.now()
        other = make_election(
            voters=1,
            trustees=1,
            opens_at=now - timedelta(hours=1),
            closes_at=now + timedelta(days=1),
        )
        ballot = parsed(other.ballot(0, [YES, MILL])) | {
            "election_uuid": made.election.uuid,
            "election_hash": made.description.fingerprint,
            "credential": made.public(ALICE),
        }

        refused(resign(made, ALICE, ballot), "bad_proof")

    def test_a02_answers_moved_to_other_questions_break_the_signature(self, post_ballot, refused):
        now = timezone.now()
        twice = make_election(
            voters=1,
            trustees=1,
            questions=[TREES, TREES],
            opens_at=now - timedelta(hours=1),
            closes_at=now + timedelta(days=1),
        )
        ballot = parsed(twice.ballot(0, [YES, NO]))
        ballot["answers"].reverse()

        refused(encode_json(ballot), "bad_signature", election=twice)


# --- Group elements and scalars ----------------------------------------------------------


@pytest.mark.parametrize("part", ["alpha", "beta"])
@pytest.mark.parametrize("point", UNUSABLE_POINTS.values(), ids=UNUSABLE_POINTS)
def test_a09_points_outside_the_group_are_refused_as_ciphertexts(made, refused, part, point):
    ballot = parsed(made.ballot(ALICE, [YES, MILL]))
    ballot["answers"][0]["choices"][0][part] = point

    refused(resign(made, ALICE, ballot), "non_canonical")


@pytest.mark.parametrize("point", UNUSABLE_POINTS.values(), ids=UNUSABLE_POINTS)
def test_a09_points_outside_the_group_are_no_credentials(made, refused, point):
    ballot = parsed(made.ballot(ALICE, [YES, MILL])) | {"credential": point}

    refused(resign(made, ALICE, ballot), "unknown_credential")


@pytest.mark.parametrize("part", ["alpha", "beta"])
def test_a12_the_identity_is_refused_as_a_ciphertext(made, refused, part):
    ballot = parsed(made.ballot(ALICE, [YES, MILL]))
    ballot["answers"][0]["choices"][0][part] = IDENTITY

    refused(resign(made, ALICE, ballot), "identity_element")


def test_a12_the_identity_is_refused_as_a_credential(made, refused):
    ballot = parsed(made.ballot(ALICE, [YES, MILL])) | {"credential": IDENTITY}

    refused(resign(made, ALICE, ballot), "identity_element")


SPELLINGS = {
    "plus the order": lambda text: str(int(text) + ORDER),
    "plus twice the order": lambda text: str(int(text) + 2 * ORDER),
    "all ones": lambda _text: str(2**255 - 1),
    "33 bytes": lambda _text: str(2**264 - 1),
    "leading zero": lambda text: "0" + text,
    "leading space": lambda text: " " + text,
    "plus sign": lambda text: "+" + text,
    "hexadecimal": lambda text: hex(int(text)),
    "underscore": lambda text: text[0] + "_" + text[1:],
    "full width": lambda text: text.translate({48 + digit: 0xFF10 + digit for digit in range(10)}),
    "negative": lambda text: "-" + text,
    "empty": lambda _text: "",
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("field", ["challenge", "response"])
def test_a11_a_second_spelling_of_a_scalar_is_refused(made, refused, field, spell):
    ballot = parsed(made.ballot(ALICE, [YES, MILL]))
    in_proof = parsed(json.dumps(ballot).encode())
    proof = in_proof["answers"][0]["individual_proofs"][0][0]
    proof[field] = spell(proof[field])
    in_signature = parsed(json.dumps(ballot).encode())
    proof = in_signature["signature"]["proof"]
    proof[field] = spell(proof[field])

    refused(resign(made, ALICE, in_proof), "non_canonical")
    refused(encode_json(in_signature), "non_canonical")


def test_a11_upper_case_and_white_space_do_not_give_a_ballot_a_second_tracker(made, refused):
    ballot = made.ballot(ALICE, [YES, MILL])
    upper = parsed(ballot)
    upper["answers"][0]["choices"][0]["alpha"] = upper["answers"][0]["choices"][0]["alpha"].upper()

    refused(encode_json(upper), "non_canonical")
    refused(ballot.replace(b",", b", ", 1), "non_canonical")
    refused(ballot + b"\n", "non_canonical")
    refused(
        json.dumps(dict(reversed(parsed(ballot).items())), separators=(",", ":")).encode(),
        "non_canonical",
    )


# --- Range and shape ---------------------------------------------------------------------


class TestA15Shape:
    @pytest.mark.parametrize(
        "change",
        [
            lambda answer: answer["choices"].pop(),
            lambda answer: answer["choices"].append(answer["choices"][0]),
            lambda answer: answer["individual_proofs"].pop(),
            lambda answer: answer["individual_proofs"].append(answer["individual_proofs"][0]),
            lambda answer: answer["individual_proofs"].clear(),
            lambda answer: answer["individual_proofs"][0].pop(),
            lambda answer: answer["overall_proof"].pop(),
            lambda answer: answer["overall_proof"].clear(),
            lambda answer: answer["overall_proof"].append(answer["overall_proof"][0]),
            lambda answer: answer.update(blank_proof=answer["overall_proof"]),
            lambda answer: answer.update(extra=1),
            lambda answer: answer.pop("overall_proof"),
        ],
    )
    def test_a15_lists_of_the_wrong_length_are_refused(self, made, refused, change):
        ballot = parsed(made.ballot(ALICE, [YES, MILL]))
        change(ballot["answers"][0])

        refused(resign(made, ALICE, ballot), "wrong_shape")

    def test_a15_a_missing_and_a_surplus_answer_are_refused(self, made, refused):
        ballot = parsed(made.ballot(ALICE, [YES, MILL]))
        missing = ballot | {"answers": ballot["answers"][:1]}
        surplus = ballot | {"answers": [*ballot["answers"], ballot["answers"][0]]}

        refused(resign(made, ALICE, missing), "wrong_shape")
        refused(resign(made, ALICE, surplus), "wrong_shape")

    def test_a15_a_blank_vote_that_also_chooses_is_refused(self, made, refused):
        blank = parsed(made.ballot(ALICE, [YES, BLANK]))
        chosen = parsed(made.ballot(ALICE, [YES, MILL]))
        for part in ("choices", "individual_proofs"):
            blank["answers"][1][part][1] = chosen["answers"][1][part][1]

        refused(resign(made, ALICE, blank), "bad_proof")

    def test_a16_two_choices_where_one_is_allowed_are_refused(self, made, refused):
        both = parsed(made.ballot(ALICE, [YES, MILL]))
        no = parsed(made.ballot(ALICE, [NO, MILL]))
        for part in ("choices", "individual_proofs"):
            both["answers"][0][part][1] = no["answers"][0][part][1]

        refused(resign(made, ALICE, both), "bad_proof")

    def test_a16_an_overall_proof_of_another_ballot_is_refused(self, made, refused):
        ballot = parsed(made.ballot(ALICE, [YES, MILL]))
        other = parsed(made.ballot(ALICE, [NEITHER, MILL]))
        ballot["answers"][0]["overall_proof"] = other["answers"][0]["overall_proof"]

        refused(resign(made, ALICE, ballot), "bad_proof")

    def test_a15_a_ballot_for_other_limits_is_refused(self, made, refused):
        now = timezone.now()
        wider = make_election(
            voters=1,
            trustees=1,
            questions=[TREES, PLACES],
            opens_at=now - timedelta(hours=1),
            closes_at=now + timedelta(days=1),
        )
        ballot = parsed(wider.ballot(0, [YES, [0, 1, 1, 0]])) | {
            "election_uuid": made.election.uuid,
            "election_hash": made.description.fingerprint,
            "credential": made.public(ALICE),
        }

        refused(resign(made, ALICE, ballot), "bad_proof")


# --- Credentials -------------------------------------------------------------------------


class TestA20Signatures:
    def test_a20_a_credential_that_is_not_on_the_list_is_refused(self, made, refused):
        stranger = "11111-111111-11111-111111"
        made.credentials.append(stranger)

        refused(made.ballot(3, [YES, MILL]), "unknown_credential")

    def test_a20_a_signature_by_another_credential_is_refused(self, made, refused):
        ballot = parsed(made.ballot(ALICE, [YES, MILL]))

        refused(resign(made, BOB, ballot), "bad_signature")

    def test_a20_a_ballot_without_a_signature_is_refused(self, made, refused):
        ballot = unsigned(parsed(made.ballot(ALICE, [YES, MILL])))

        refused(encode_json(ballot), "wrong_shape")

    def test_a20_a_signature_over_another_spelling_is_refused(self, made, refused):
        ballot = parsed(made.ballot(ALICE, [YES, MILL]))
        ballot["signature"]["hash"] = b64_digest(
            json.dumps(unsigned(ballot), separators=(", ", ": ")).encode()
        )

        refused(encode_json(ballot), "bad_signature")

    def test_a21_a_signature_does_not_move_to_another_key(self, made, refused):
        ballot = parsed(made.ballot(ALICE, [YES, MILL])) | {"credential": made.public(BOB)}

        refused(encode_json(ballot), "bad_signature")

    @pytest.mark.parametrize("field", ["challenge", "response"])
    def test_a20_a_changed_signature_is_refused(self, made, refused, field):
        ballot = parsed(made.ballot(ALICE, [YES, MILL]))
        proof = ballot["signature"]["proof"]
        proof[field] = str((int(proof[field]) + 1) % ORDER)

        refused(encode_json(ballot), "bad_signature")
