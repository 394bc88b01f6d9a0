from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from audit.selectors.key import signing_key
from tests.factories.witnesses import HonestScript, loopback, policy_of, witness_key


@pytest.fixture
def use_policy(settings, tmp_path):
    """Make a policy the installation's."""

    def use(policy):
        path = tmp_path / "policy"
        data = policy if isinstance(policy, bytes) else policy.encode()
        path.write_bytes(data)
        settings.LOG_POLICY_FILE = str(path)

    return use


@pytest.fixture
def three(use_policy):
    """Three honest witnesses on loopback, of which any two have to agree."""
    log = signing_key().verifier
    with ExitStack() as stack:
        witnesses = []
        for name in ("council", "court", "league"):
            key = witness_key(name)
            script = HonestScript(keys=[key], log=log)
            server = stack.enter_context(loopback(script))
            witnesses.append(SimpleNamespace(name=name, key=key, script=script, server=server))
        policy = policy_of(log, [(w.name, w.key, w.server.url) for w in witnesses], threshold=2)
        use_policy(policy)
        yield SimpleNamespace(witnesses=witnesses, policy=policy, log=log)
