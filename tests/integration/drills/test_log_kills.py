"""`kill -9` between each two steps of sequencing, and two sequencers at once."""

import json
import signal

import pytest

from tests.integration.drills.installation import Installation
from tests.integration.drills.log_kills import STEPS, TWO_AT_ONCE, UNDISTURBED

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Play all scenarios once. Only sequencers are killed here, so the disk need not be awaited."""
    folder = tmp_path_factory.mktemp("kills")
    installation = Installation(folder / "run")
    installation.postgres.start(settings={"fsync": "off"})
    try:
        installation.migrate()
        installation.run("manage.py", "make_log_key")
        installation.run(
            "-m",
            "tests.integration.drills.log_kills",
            str(folder / "outcomes.json"),
            str(folder / "work"),
            installation.postgres.url,
        )
    finally:
        installation.stop()
    return json.loads((folder / "outcomes.json").read_text())


@pytest.mark.parametrize("step", STEPS)
def test_a_sequencer_that_is_killed_leaves_nothing_that_the_next_does_not_finish(outcomes, step):
    killed, undisturbed = outcomes[step], outcomes[UNDISTURBED]

    assert killed["status"] == signal.SIGKILL, "it was not killed at this step"
    assert killed["again"] == 0
    assert killed["is_one_log"]
    assert killed["waiting"] == 0
    assert killed["checkpoints"] == undisturbed["checkpoints"]
    unfinished = {name for name in killed["files"] if "/." in name}
    superseded = {name for name in killed["files"] if name.endswith(".p/250")}
    assert len(unfinished) <= 1
    assert superseded == set() or "publication" in step or "clearing" in step
    whole = {n: h for n, h in killed["files"].items() if n not in unfinished | superseded}
    assert whole == undisturbed["files"]


def test_the_undisturbed_log_has_a_full_tile_and_both_checkpoints(outcomes):
    undisturbed = outcomes[UNDISTURBED]

    assert list(undisturbed["checkpoints"]) == ["250", "270"]
    assert "log/tile/0/000" in undisturbed["files"]
    assert "log/tile/0/000.p/250" not in undisturbed["files"]


def test_two_sequencers_at_once_make_one_log(outcomes):
    outcome = outcomes[TWO_AT_ONCE]

    assert (outcome["status"], outcome["again"], outcome["waiting"]) == (0, 0, 0)
    assert outcome["is_one_log"]
    assert max(map(int, outcome["checkpoints"])) == 270 + 20 * 7
    assert len(outcome["checkpoints"]) > 2
