import json
from dataclasses import replace

import pytest

from evote.credential import BASE58
from evote.election import (
    InvalidElection,
    MissingDecryption,
    Trustees,
    combine_public_keys,
    decode_election,
    decode_trustee,
    decode_trustees,
    encode_election,
    encode_trustee,
    encode_trustees,
    generate_uuid,
    make_trustee,
    verify_trustee,
    verify_trustees,
)
from evote.encoding import b64_digest, encode_json
from evote.errors import DecodeError, InvalidProof, NotSupported
from evote.group import GENERATOR, IDENTITY, random_scalar
from tests.factories.clock import quickest_seconds
from tests.factories.evote import BLANK, PLAIN, make_world
from tests.factories.forgery import with_torsion

CONTEXT = {"profile": 0, "consultation": "https://example.org/c/1", "access": "credential"}


def election(**changes):
    value = json.loads(make_world(questions=[PLAIN, BLANK]).election.archived)
    value |= {name: item for name, item in changes.items() if item is not ...}
    return encode_json({n: i for n, i in value.items() if changes.get(n) is not ...})


def question(**changes):
    value = PLAIN.to_json() | changes
    return election(questions=[{n: i for n, i in value.items() if i is not ...}])


class TestElection:
    def test_goes_to_bytes_and_back(self):
        world = make_world(questions=[PLAIN, BLANK], context=CONTEXT)
        decoded = decode_election(world.election.archived)
        assert decoded == world.election
        assert decoded.questions == (PLAIN, BLANK)
        assert decoded.context == CONTEXT
        assert decoded.fingerprint == b64_digest(decoded.archived)

    def test_optional_fields_are_written_only_when_given(self):
        archived = encode_election(
            uuid="1" * 14,
            name="N",
            description="D",
            public_key=GENERATOR,
            questions=[PLAIN],
            context=None,
            administrator="Ada",
            credential_authority="Bob",
            language=("en", "ltr"),
        )
        assert list(json.loads(archived)) == [
            "version",
            "description",
            "name",
            "group",
            "public_key",
            "questions",
            "uuid",
            "administrator",
            "credential_authority",
            "language",
        ]
        assert decode_election(archived).context == {}
        assert "null" not in archived.decode()

    def test_a06_every_byte_changes_the_fingerprint(self):
        archived = election()
        other = archived.replace(b"Alpha", b"Alphb")
        assert decode_election(archived).fingerprint != decode_election(other).fingerprint

    def test_unknown_fields_are_allowed_and_covered_by_the_fingerprint(self):
        extended = election(note={"anything": [1]})
        assert decode_election(extended).fingerprint == b64_digest(extended)

    def test_a58_many_unknown_fields_cost_next_to_nothing(self):
        data = election(**{f"{number:x}": 0 for number in range(100_000)})
        assert quickest_seconds(lambda: decode_election(data)) < 1

    def test_white_space_and_other_orders_are_allowed_because_the_bytes_are_hashed(self):
        value = json.loads(election())
        spaced = json.dumps(dict(reversed(value.items())), indent=2).encode()
        assert decode_election(spaced).fingerprint == b64_digest(spaced)

    def test_profile_1_says_that_there_is_a_companion_and_what_is_the_least(self):
        context = {"profile": 1, "minimum_ballots": 10, "minimum_shuffles": 2}
        read = decode_election(election(pnyx=context))
        assert read.has_companion
        assert (read.minimum_ballots, read.minimum_shuffles) == (10, 2)
        assert not decode_election(election(pnyx={"profile": 0})).has_companion
        assert decode_election(election()).minimum_ballots == 0

    def test_a_later_profile_is_not_supported(self):
        with pytest.raises(NotSupported, match="profile 2 is not supported"):
            decode_election(election(pnyx={"profile": 2}))

    @pytest.mark.parametrize("name", ["profile", "minimum_ballots", "minimum_shuffles"])
    @pytest.mark.parametrize("value", [-1, "1", True, None])
    def test_a_malformed_bound_is_refused(self, name, value):
        with pytest.raises(DecodeError, match=f"pnyx.{name}"):
            decode_election(election(pnyx={name: value}))

    @pytest.mark.parametrize(
        ("data", "what"),
        [
            (election(version=2), "version 2"),
            (election(group="P-256"), "P-256"),
            (election(questions=[{"type": "Essay", "value": {}}]), "Essay"),
        ],
    )
    def test_what_this_version_cannot_check_is_not_supported(self, data, what):
        with pytest.raises(NotSupported, match=what):
            decode_election(data)

    @pytest.mark.parametrize(
        ("data", "place"),
        [
            (election(version="1"), "version"),
            (election(version=True), "version"),
            (election(uuid="short"), "uuid"),
            (election(uuid="0" * 14), "uuid"),
            (election(uuid="1" * 65), "uuid"),
            (election(name=1), "name"),
            (election(description=None), "description"),
            (election(administrator=None), "administrator"),
            (election(language="en"), "language"),
            (election(language=["en"]), "language"),
            (election(language=["en", "up"]), "language[1]"),
            (election(language=[1, "ltr"]), "language[0]"),
            (election(public_key=IDENTITY.encode()), "public_key"),
            (election(public_key=with_torsion(GENERATOR.encode())), "public_key"),
            (election(public_key=GENERATOR.encode().upper() + "A"), "public_key"),
            (election(questions=[]), "questions"),
            (election(questions={}), "questions"),
            (election(pnyx=[]), "pnyx"),
            (election(pnyx={"profile": True}), "pnyx.profile"),
            (election(uuid=...), ""),
            (election(questions=...), ""),
            (question(min=-1), "questions[0].min"),
            (question(min=3), "questions[0]"),
            (question(max=4), "questions[0]"),
            (question(max=10**9), "questions[0]"),
            (question(max=True), "questions[0].max"),
            (question(answers=[], min=0, max=0), "questions[0]"),
            (question(answers=[1]), "questions[0]"),
            (question(answers="ABC"), "questions[0].answers"),
            (question(blank=0), "questions[0].blank"),
            (question(blank=None), "questions[0].blank"),
            (question(question=...), "questions[0]"),
            (question(extra=1), "questions[0]"),
            (b"[]", ""),
            (b"{}", ""),
        ],
    )
    def test_a_malformed_election_is_refused_with_its_place(self, data, place):
        with pytest.raises(DecodeError) as error:
            decode_election(data)
        assert error.value.place == place

    def test_blank_false_and_absent_are_the_same(self):
        assert decode_election(question(blank=False)).questions == (PLAIN,)
        assert decode_election(question(blank=...)).questions == (PLAIN,)

    @pytest.mark.parametrize(
        "change",
        [
            {"questions": []},
            {"questions": [replace(PLAIN, maximum=9)]},
            {"uuid": "no"},
            {"name": "\ud800"},
            {"name": "\0"},
            {"public_key": IDENTITY},
        ],
    )
    def test_what_could_not_be_read_back_is_not_written(self, change):
        fields = {
            "uuid": generate_uuid(),
            "name": "N",
            "description": "D",
            "public_key": GENERATOR,
            "questions": [PLAIN],
            "context": None,
        }
        with pytest.raises(InvalidElection):
            encode_election(**fields | change)

    def test_uuids_are_14_characters_of_base58_and_differ(self):
        uuids = {generate_uuid() for _ in range(100)}
        assert len(uuids) == 100
        assert all(len(uuid) == 14 and set(uuid) <= set(BASE58) for uuid in uuids)


class TestTrustees:
    def test_go_to_bytes_and_back(self):
        world = make_world(trustees=3)
        assert decode_trustees(encode_trustees(world.trustees)) == world.trustee_list
        for trustee in world.trustees:
            assert decode_trustee(encode_trustee(trustee)) == trustee
            verify_trustee(trustee)
        assert combine_public_keys(world.trustees) == world.election.public_key

    def test_a_name_is_optional_and_never_null(self):
        trustee = make_trustee(secret_key=random_scalar(), name=None)
        assert b"name" not in encode_trustee(trustee)
        assert decode_trustee(encode_trustee(trustee)) == trustee

    def test_a24_a_rogue_key_without_its_secret_is_refused(self):
        honest = make_trustee(secret_key=random_scalar(), name=None)
        target = GENERATOR ** random_scalar()
        rogue = replace(honest, public_key=target / honest.public_key)
        assert combine_public_keys([honest, rogue]) == target
        with pytest.raises(InvalidProof):
            verify_trustee(rogue)

    def test_a25_another_trustees_key_and_proof_cannot_be_handed_in_again(self):
        trustee = make_trustee(secret_key=random_scalar(), name="Ada")
        copy = replace(trustee, name="Eve")
        with pytest.raises(DecodeError, match="twice"):
            decode_trustees(encode_trustees([trustee, copy]))

    def test_a58_a_long_list_costs_little_more_than_its_keys(self):
        keys = [(GENERATOR**number).encode() for number in range(1, 4_001)]
        pok = {"challenge": "1", "response": "1"}
        data = encode_json([["Single", {"pok": pok, "public_key": key}] for key in keys])
        assert len(decode_trustees(data).slots) == 4_000
        assert quickest_seconds(lambda: decode_trustees(data)) < 2

    def test_groups_and_trustees_alone_go_to_bytes_and_back(self):
        world = make_world(trustees=1, thresholds=[(2, 3), (1, 1)])
        trustees = decode_trustees(encode_trustees(world.trustee_list.items))
        assert trustees == world.trustee_list
        assert len(trustees.slots) == 5
        assert trustees.public_key == world.election.public_key
        assert len(trustees.ceremonies) == 2
        verify_trustees(trustees)

    def test_a_member_cannot_be_a_trustee_alone_as_well(self):
        world = make_world(trustees=1, thresholds=[(2, 3)])
        member = replace(world.trustees[1], signature=None)
        with pytest.raises(DecodeError, match="twice"):
            decode_trustees(encode_trustees([member, *world.trustee_list.items]))

    @pytest.mark.parametrize("item", [0, 1])
    def test_a_wrong_proof_is_named_with_its_item(self, item):
        world = make_world(trustees=1, thresholds=[(2, 3)])
        items = list(world.trustee_list.items)
        if item == 0:
            items[0] = replace(items[0], proof=world.trustees[1].proof)
        else:
            keys = items[1].verification_keys
            items[1] = replace(items[1], verification_keys=(keys[1], keys[0], keys[2]))
        with pytest.raises(InvalidProof, match=rf"^\[{item}\]"):
            verify_trustees(Trustees(tuple(items)))

    @pytest.mark.parametrize(
        ("owners", "is_met"),
        [
            ([], False),
            ([1], False),
            ([2, 3, 5], False),
            ([1, 2, 5], False),
            ([1, 2, 3], False),
            ([1, 2, 4, 5], True),
            ([1, 3, 4, 5, 9], True),
            ([1, 2, 3, 4, 5], True),
        ],
    )
    def test_one_alone_and_enough_of_each_group_are_needed(self, owners, is_met):
        trustees = make_world(trustees=1, thresholds=[(2, 3), (1, 1)]).trustee_list
        assert trustees.threshold_met(owners) == is_met
        if is_met:
            assert set(trustees.exponents(owners)) <= set(owners)
            assert len(trustees.exponents(owners)) == 4
        else:
            with pytest.raises(MissingDecryption):
                trustees.exponents(owners)

    def test_those_who_are_missing_are_named(self):
        trustees = make_world(trustees=1, thresholds=[(2, 3)]).trustee_list
        with pytest.raises(MissingDecryption) as caught:
            trustees.exponents([3])
        assert str(caught.value) == (
            "the partial decryption of trustee 1 is missing; "
            "only 1 of the trustees 2 to 4 have decrypted, 2 are needed"
        )

    def test_whoever_suffices_gives_the_same_factor(self):
        world = make_world(trustees=1, thresholds=[(2, 3)])
        alpha = GENERATOR ** random_scalar()
        factors = {owner: alpha**secret for owner, secret in enumerate(world.secret_keys, start=1)}
        combined = {
            world.trustee_list.combine({owner: factors[owner] for owner in owners})
            for owners in ([1, 2, 3], [1, 2, 4], [1, 3, 4], [1, 2, 3, 4])
        }
        assert len(combined) == 1

    @pytest.mark.parametrize(
        ("change", "place"),
        [
            ({"public_key": IDENTITY.encode()}, "[0][1].public_key"),
            ({"public_key": with_torsion(GENERATOR.encode())}, "[0][1].public_key"),
            ({"public_key": "5"}, "[0][1].public_key"),
            ({"pok": {"challenge": "1"}}, "[0][1].pok"),
            ({"pok": {"challenge": "1", "response": "01"}}, "[0][1].pok.response"),
            ({"name": None}, "[0][1].name"),
            ({"signature": {}}, "[0][1]"),
        ],
    )
    def test_a_malformed_trustee_is_refused_with_its_place(self, change, place):
        trustee = make_trustee(secret_key=random_scalar(), name="Ada")
        data = encode_json([["Single", trustee.to_json() | change]])
        with pytest.raises(DecodeError) as error:
            decode_trustees(data)
        assert error.value.place == place

    @pytest.mark.parametrize("data", [b"[]", b"{}", b'[["Single"]]', b'[["Double",{}]]', b"[1]"])
    def test_a_malformed_list_is_refused(self, data):
        with pytest.raises(DecodeError):
            decode_trustees(data)
