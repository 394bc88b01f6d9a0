from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from audit.selectors.key import signing_key
from audit.services import witness_marks
from evote.tlog.note import SigningKey
from tests.factories.closing import OLD, lose_the_last, put_key
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


@pytest.fixture
def own_log(settings, tmp_path):
    """A log with a key of its own: other tests share one, and none is to see another log."""
    witness_marks._silent_until.clear()
    witness_marks._asked_at.clear()
    settings.LOG_KEY_FILE = tmp_path / "keys" / "log.key"
    settings.LOG_KEY_FILE.parent.mkdir()
    put_key(settings, SigningKey.generate(name=OLD))


@pytest.fixture
def lost(db, own_log, tmp_path):
    """A log of which the last hundred entries are gone: the last checkpoint, and a receipt."""
    return lose_the_last(tmp_path=tmp_path)
