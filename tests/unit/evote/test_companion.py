import hashlib
import json
from dataclasses import replace

import pytest

from evote.election import encode_trustees
from evote.encoding import encode_json
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.proofs.statements import verify_cast
from evote.record import (
    ShuffleStatement,
    WrongCompanion,
    decode_cast,
    decode_companion,
    encode_companion,
    encode_element,
    verify_ceremony,
)
from evote.tally import decrypt_partially
from tests.factories.companion import (
    make_ceremony,
    make_companion,
    make_strong_decryption,
)
from tests.factories.evote import ONE_OF_TWO, count_ballots, make_world

WORLD = make_world(questions=[ONE_OF_TWO], trustees=1, thresholds=[(2, 3), (1, 2)])
FIRST, SECOND, AGAIN = (
    WORLD.ballot(0, [[1, 0]]),
    WORLD.ballot(1, [[0, 1]]),
    WORLD.ballot(0, [[0, 1]]),
)
VOTES = [(0, FIRST), (1, SECOND), (0, AGAIN)]
TALLY = count_ballots(WORLD, [FIRST, SECOND, AGAIN]).tally
DECRYPTION = decrypt_partially(
    secret_key=WORLD.secret_keys[0], election=WORLD.election, tally=TALLY
)
STRONG = make_strong_decryption(WORLD, owner=1, data=DECRYPTION, tally=TALLY, closing="0" * 64)
WHOLE = replace(
    make_companion(WORLD, votes=VOTES, decryptions=[STRONG]),
    shuffles=(
        ShuffleStatement(owner=2, payload="1" * 64, proof=make_ceremony(WORLD).signatures[0]),
    ),
)
DATA = encode_companion(WHOLE)


def check(ceremony, *, world=WORLD):
    verify_ceremony(
        ceremony=ceremony,
        election=world.election,
        trustees=world.trustee_list,
        archived_trustees=encode_trustees(world.trustee_list.items),
    )


class TestTheFile:
    def test_goes_to_bytes_and_back(self):
        assert decode_companion(DATA, election=WORLD.election) == WHOLE
        assert encode_json(json.loads(DATA)) == DATA

    def test_an_unfinished_one_has_empty_lists(self):
        unfinished = make_companion(WORLD)
        data = encode_companion(unfinished)
        assert data.endswith(b',"casts":[],"shuffles":[],"decryptions":[]}')
        assert decode_companion(data, election=WORLD.election) == unfinished

    def test_every_element_is_written_by_itself_as_it_stands_in_the_file(self):
        for element in (WHOLE.ceremony, *WHOLE.casts, *WHOLE.shuffles, *WHOLE.decryptions):
            assert encode_element(element) in DATA
        assert hashlib.sha256(encode_element(WHOLE.casts[0])).hexdigest()
        assert decode_cast(encode_element(WHOLE.casts[0])) == WHOLE.casts[0]

    def test_of_another_election_it_is_refused(self):
        with pytest.raises(WrongCompanion, match="is the companion of"):
            decode_companion(DATA, election=make_world().election)

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 2},
            {"version": True},
            {"casts": None},
            {"casts": [{}]},
            {"more": []},
            {"ceremony": {}},
            {"ceremony": [], "casts": []},
        ],
        ids=str,
    )
    def test_a_malformed_one_is_refused(self, change):
        with pytest.raises(DecodeError):
            decode_companion(encode_json(json.loads(DATA) | change), election=WORLD.election)

    def test_only_one_spelling_is_taken(self):
        value = json.loads(DATA)
        reordered = {name: value[name] for name in reversed(value)}
        for data in (
            DATA + b" ",
            DATA.replace(b":", b": ", 1),
            encode_json(reordered),
            DATA.replace(b'"challenge":"', b'"challenge":"0', 1),
        ):
            with pytest.raises(DecodeError):
                decode_companion(data, election=WORLD.election)

    @pytest.mark.parametrize("name", list(json.loads(DATA)))
    def test_no_part_may_be_absent(self, name):
        value = json.loads(DATA)
        del value[name]
        with pytest.raises(DecodeError):
            decode_companion(encode_json(value), election=WORLD.election)

    def test_casts_follow_one_another(self):
        first, second, again = WHOLE.casts
        assert again.prev == first.tracker
        assert first.prev == second.prev == "A" * 43
        for cast, voter in ((first, 0), (second, 1), (again, 0)):
            verify_cast(
                proof=cast.proof,
                fingerprint=WORLD.election.fingerprint,
                credential=WORLD.public(voter),
                tracker=cast.tracker,
                prev=cast.prev,
            )


class TestTheCeremony:
    def test_of_this_election_it_is_accepted(self):
        check(WHOLE.ceremony)
        alone = make_world(trustees=2)
        ceremony = make_ceremony(alone)
        assert ceremony.commits == ()
        check(ceremony, world=alone)

    @pytest.mark.parametrize(
        "change",
        [
            lambda it: replace(it, commits=it.commits[:1]),
            lambda it: replace(it, commits=(*it.commits, ())),
            lambda it: replace(it, commits=it.commits[::-1]),
            lambda it: replace(it, commits=(it.commits[0][:2], it.commits[1])),
            lambda it: replace(it, commits=(it.commits[0][::-1], it.commits[1])),
            lambda it: replace(it, commits=((it.commits[0][0],) * 3, it.commits[1])),
            lambda it: replace(it, commits=(("0" * 64, *it.commits[0][1:]), it.commits[1])),
            lambda it: replace(it, transcript="0" * 64),
            lambda it: replace(it, signatures=it.signatures[:-1]),
            lambda it: replace(it, signatures=(*it.signatures, it.signatures[0])),
            lambda it: replace(it, signatures=it.signatures[::-1]),
        ],
    )
    def test_every_changed_part_is_refused(self, change):
        with pytest.raises(InvalidProof):
            check(change(WHOLE.ceremony))

    def test_whoever_did_not_sign_is_named(self):
        signatures = (*WHOLE.ceremony.signatures[:3], WHOLE.ceremony.signatures[0])
        forged = replace(WHOLE.ceremony, signatures=(*signatures, *WHOLE.ceremony.signatures[4:]))
        with pytest.raises(InvalidProof, match=r"^trustee 4:"):
            check(forged)

    def test_a_ceremony_of_another_election_is_refused(self):
        other = make_world(trustees=1, thresholds=[(2, 3), (1, 2)])
        with pytest.raises(EvoteError):
            check(make_ceremony(other))

    def test_the_transcript_of_another_list_of_trustees_is_refused(self):
        archived = encode_trustees(WORLD.trustee_list.items) + b" "
        with pytest.raises(InvalidProof, match="transcript"):
            verify_ceremony(
                ceremony=WHOLE.ceremony,
                election=WORLD.election,
                trustees=WORLD.trustee_list,
                archived_trustees=archived,
            )
