"""The log of a running installation gets a new key: the commands of the run-book."""

import pytest

from tests.integration.drills.installation import Installation
from tests.integration.drills.test_log_restore import append

pytestmark = pytest.mark.slow


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path / "run")
    made.start_servers()
    try:
        made.migrate()
        made.run("manage.py", "make_log_key")
        for name in ("web", "worker", "beat"):
            made.start(name)
        made.wait_for("the site", made.is_answering)
        yield made
    finally:
        made.stop()


def receipt(installation, tmp_path, *, index):
    path = tmp_path / f"receipt-{index}-{len(list(tmp_path.glob('receipt-*')))}"
    path.write_bytes(installation.get(f"/log/entries/{index}.tlog-proof"))
    return str(path)


def test_receipts_of_both_times_verify_under_the_key_of_their_day(installation, tmp_path):
    append(installation, 3)
    old = installation.get("/log/key").decode().strip()
    before = receipt(installation, tmp_path, index=2)

    said = installation.run("manage.py", "rotate_log_key")
    installation.wait_for(
        "the new key", lambda: installation.get("/log/key").decode().strip() != old
    )
    append(installation, 3)

    new = installation.get("/log/key").decode().strip()
    assert new in said
    assert installation.get("/log/keys").decode().split() == [new, old]
    after = receipt(installation, tmp_path, index=2)
    check = ("-m", "evote.cli.main", "receipt", "check")
    installation.run(*check, before, "--key", old)
    installation.run(*check, after, "--key", new)
    assert "not signed" in installation.refusal(*check, before, "--key", new)
    assert "not signed" in installation.refusal(*check, after, "--key", old)
    assert not (installation.folder / "data" / "log.key.next").exists()
