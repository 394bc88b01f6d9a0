import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.tlog.checkpoint import sign_checkpoint
from evote.tlog.merkle import EMPTY_ROOT
from evote.tlog.note import SigningKey
from evote.tlog.refused import (
    RefusedCheckpoint,
    decode_refused,
    encode_refused,
    verify_refused,
)
from evote.tlog.witness import Finding
from tests.factories.witnessing import KEY, ORIGIN, SmallLog

KEYS = [KEY.verifier]
LOG = SmallLog()
FORK = LOG.fork(3)
SAME_SIZE = RefusedCheckpoint(
    finding=Finding.FORK,
    status=422,
    refused_at=1_700_000_000,
    recorded=LOG.checkpoint(5),
    checkpoint=FORK.checkpoint(5),
    proof=(),
)
LONGER = replace(SAME_SIZE, checkpoint=FORK.checkpoint(9), proof=FORK.proof(5, 9))
FALSE_EMPTY = replace(
    SAME_SIZE,
    finding=Finding.FALSE_EMPTY_ROOT,
    recorded=None,
    checkpoint=sign_checkpoint(size=0, root=bytes(32), key=KEY),
)
UNPROVEN = replace(LONGER, finding=Finding.UNPROVEN, proof=())


@pytest.mark.parametrize("refused", [SAME_SIZE, LONGER, FALSE_EMPTY])
def test_a_43_a_refused_checkpoint_convicts_its_log_offline(refused):
    assert verify_refused(refused, keys=KEYS).origin == ORIGIN


def test_a_proof_that_came_with_a_fork_of_the_same_size_does_not_save_it():
    noisy = replace(SAME_SIZE, proof=(bytes(32),))

    assert verify_refused(noisy, keys=KEYS).size == 5


@pytest.mark.parametrize(
    "refused",
    [
        UNPROVEN,
        replace(UNPROVEN, finding=Finding.FORK),
        replace(SAME_SIZE, recorded=None),
        replace(SAME_SIZE, checkpoint=LOG.checkpoint(5)),
        replace(SAME_SIZE, checkpoint=LOG.checkpoint(4)),
        replace(LONGER, checkpoint=LOG.checkpoint(9), proof=LOG.proof(5, 9)),
        replace(LONGER, proof=LONGER.proof[::-1]),
        replace(LONGER, proof=(*LONGER.proof, bytes(32))),
        replace(SAME_SIZE, finding=Finding.FALSE_EMPTY_ROOT),
        replace(FALSE_EMPTY, finding=Finding.FORK),
        replace(FALSE_EMPTY, checkpoint=sign_checkpoint(size=0, root=EMPTY_ROOT, key=KEY)),
        replace(SAME_SIZE, checkpoint=SmallLog(key=SigningKey.generate(name=ORIGIN)).checkpoint(5)),
        replace(
            SAME_SIZE,
            checkpoint=sign_checkpoint(
                size=5, root=bytes(32), key=SigningKey(name="log.example/other", seed=bytes(32))
            ),
        ),
    ],
)
def test_what_does_not_show_a_lie_convicts_nobody(refused):
    with pytest.raises(InvalidProof):
        verify_refused(refused, keys=KEYS)


def test_checkpoints_by_the_older_and_by_the_newer_key_of_a_log_convict_it():
    new = SigningKey.generate(name=ORIGIN)
    forked = replace(SAME_SIZE, checkpoint=SmallLog(FORK.leaves, key=new).checkpoint(5))

    assert verify_refused(forked, keys=[*KEYS, new.verifier]).size == 5


def test_the_file_comes_back_as_it_was():
    refused = (SAME_SIZE, LONGER, FALSE_EMPTY, UNPROVEN)

    assert decode_refused(encode_refused(ORIGIN, refused)) == refused
    assert decode_refused(encode_refused(ORIGIN, ())) == ()


GOOD = json.loads(encode_refused(ORIGIN, [LONGER]))


def changed(**fields):
    return {"origin": ORIGIN, "refused": [GOOD["refused"][0] | fields]}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"refused": {}},
        {"refused": [7]},
        {"refused": [{}]},
        changed(more=1),
        changed(finding="lie"),
        changed(finding=[]),
        changed(status="422"),
        changed(status=True),
        changed(refused_at=7),
        changed(refused_at="07"),
        changed(checkpoint=None),
        changed(recorded=7),
        changed(proof=None),
        changed(proof=["AAAA"]),
        changed(proof=[None]),
        changed(proof=GOOD["refused"][0]["proof"] * 20),
    ],
)
def test_a_damaged_file_is_refused(value):
    with pytest.raises(DecodeError):
        decode_refused(json.dumps(value).encode())


@given(st.binary(max_size=100))
def test_no_bytes_crash_the_reader(data):
    with pytest.raises(EvoteError):
        decode_refused(data)
