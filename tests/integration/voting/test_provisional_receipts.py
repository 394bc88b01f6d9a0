"""A ballot in a log whose witnesses are away (SECURITY D10)."""

import base64
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from audit.selectors.key import signing_key
from audit.services.cosigning import cosign
from evote.tlog.policy import verify_under_policy
from evote.tlog.receipt import decode_receipt
from tests.factories.voting import make_election, tracker_of
from tests.factories.witnesses import HonestScript, Reply, loopback, policy_of, witness_key
from voting.models import Election

pytestmark = pytest.mark.django_db
ALICE, YES, MILL = 0, [1, 0], [0, 1, 0, 0]


@pytest.fixture
def made(settings, tmp_path):
    """An open election in a log that two of two witnesses have to cosign."""
    log = signing_key().verifier
    with ExitStack() as stack:
        keys = [witness_key("first"), witness_key("second")]
        servers = [stack.enter_context(loopback(HonestScript(keys=[k], log=log))) for k in keys]
        policy = policy_of(
            log, [(k.name, k, s.url) for k, s in zip(keys, servers, strict=True)], threshold=2
        )
        path = tmp_path / "policy"
        path.write_bytes(policy.encode())
        settings.LOG_POLICY_FILE = str(path)
        made = make_election(phase=Election.Phase.OPEN)
        made.servers, made.policy = servers, policy
        yield made


def test_d10_a_ballot_is_accepted_and_its_receipt_provisional_until_witnesses_are_back(
    made, post_ballot, client
):
    honest = made.servers[1].script
    made.servers[1].script = lambda body: Reply(status=0)
    now = datetime.now(tz=UTC)
    cosign(now=now)
    ballot = made.ballot(ALICE, [YES, MILL])
    assert post_ballot(made, ballot).status_code == 201
    made.record()
    cosign(now=now + timedelta(minutes=2))

    body = post_ballot(made, ballot).json()
    assert (body["status"], body["is_cosigned"]) == ("recorded", False)
    page = client.get(f"/elections/{made.election.uuid}/ballots/{address(ballot)}/")
    text = page.content.decode()
    assert "Recorded, awaiting cosignatures" in text
    assert "Download the provisional receipt" in text

    made.servers[1].script = honest
    cosign(now=now + timedelta(minutes=5))

    body = post_ballot(made, ballot).json()
    assert (body["status"], body["is_cosigned"]) == ("recorded", True)
    verify_under_policy(decode_receipt(body["receipt"].encode()).checkpoint, made.policy)
    page = client.get(f"/elections/{made.election.uuid}/ballots/{address(ballot)}/")
    text = page.content.decode()
    assert "awaiting" not in text
    assert "Download the receipt" in text
    assert 'href="/log/policy"' in text


def address(ballot):
    return base64.urlsafe_b64encode(tracker_of(ballot)).decode().rstrip("=")
