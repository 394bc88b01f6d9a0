import pytest

from evote.ballot import CastBallot, casts, decode_ballot, refused_ballots, verify_ballot
from evote.credential import derive_secret_key
from evote.encoding import b64_digest
from evote.errors import DecodeError, InvalidBallot, InvalidProof
from evote.proofs import Proof
from evote.proofs.statements import NO_PREVIOUS_TRACKER, sign_cast, verify_cast
from tests.factories.evote import PLAIN, RANKED, make_world
from tests.factories.forgery import forgeries

WORLD = make_world(questions=[PLAIN, RANKED], voters=3, trustees=1)
ANSWERS = [[1, 0, 1], [1, 3, 2]]
OTHER_TRACKER = b64_digest(b"another")


def cast_of(body, *, voter=0, prev=NO_PREVIOUS_TRACKER, said=None, world=WORLD):
    """Give a ballot with the statement that it replaces `said`, sent as replacing `prev`."""
    election = world.election
    proof = sign_cast(
        secret_key=derive_secret_key(uuid=election.uuid, credential=world.credentials[voter]),
        fingerprint=election.fingerprint,
        tracker=b64_digest(body),
        prev=prev if said is None else said,
    )
    return CastBallot(ballot=decode_ballot(body, election=election), prev=prev, proof=proof)


def alone(cast, world=WORLD):
    """Give what the checks of one ballot say, one after the other."""
    election = world.election
    try:
        verify_ballot(ballot=cast.ballot, election=election)
        if cast.proof is not None:
            verify_cast(
                proof=cast.proof,
                fingerprint=election.fingerprint,
                credential=cast.ballot.credential,
                tracker=cast.ballot.tracker,
                prev=cast.prev,
            )
    except (InvalidBallot, InvalidProof, DecodeError) as error:
        return error
    return None


def words(error):
    return None if error is None else (type(error), getattr(error, "place", None), str(error))


@pytest.fixture(params=["as it is", "one by one"])
def way(request, monkeypatch):
    if request.param == "one by one":
        monkeypatch.setattr(casts, "computes_together", lambda: False)


def test_ballots_of_one_turn_get_the_verdicts_that_they_get_alone(way):
    bodies = [WORLD.ballot(voter, ANSWERS) for voter in range(3)]
    good = [cast_of(body, voter=voter) for voter, body in enumerate(bodies)]
    one = good[0]
    wrong = [
        cast_of(bodies[1], voter=0),
        cast_of(bodies[0], prev=OTHER_TRACKER, said=NO_PREVIOUS_TRACKER),
        CastBallot(ballot=one.ballot, prev="no tracker", proof=one.proof),
        CastBallot(ballot=one.ballot, prev=one.prev, proof=Proof(1, 2)),
    ]
    unsigned = CastBallot(ballot=one.ballot, prev=one.prev, proof=None)
    mixed = [good[0], wrong[0], good[1], wrong[1], wrong[2], good[2], wrong[3], unsigned, good[0]]

    found = refused_ballots(mixed, election=WORLD.election)

    assert [words(error) for error in found] == [words(alone(cast)) for cast in mixed]
    assert [error is None for error in found] == [
        True, False, True, False, False, True, False, True, True,
    ]  # fmt: skip


def test_each_forgery_among_good_ballots_is_refused_in_the_words_that_it_gets_alone(way):
    world = make_world(trustees=1)
    body = world.ballot(0, [[1, 0, 1]])
    mixed = []
    for _, forged, _ in forgeries(world, body, voter=0):
        try:
            cast = cast_of(forged, world=world)
        except (DecodeError, InvalidBallot):
            continue
        mixed += [cast, cast_of(body, world=world)]

    found = refused_ballots(mixed, election=world.election)

    assert len(mixed) > 20
    assert [words(error) for error in found] == [words(alone(cast, world)) for cast in mixed]
    assert all(found[::2])
    assert not any(found[1::2])


def test_no_ballots_are_none_refused(way):
    assert refused_ballots([], election=WORLD.election) == []
