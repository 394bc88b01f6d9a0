"""An installation as `prepare` makes it: two roles, and everything works with the weak one."""

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from config.embedded.postgres import APPLICATION_ROLE
from config.front_end import build
from tests.integration.drills.installation import Installation

pytestmark = pytest.mark.slow


@pytest.fixture
def installation(tmp_path):
    """Servers without tables; their processes are told what those of production are told."""
    build()
    made = Installation(tmp_path / "run", is_production=True)
    made.start_servers()
    try:
        yield made
    finally:
        made.stop()


def test_prepare_makes_the_weak_role_and_the_self_test_accepts_it(installation):
    owner = {"PNYX_DATABASE_OWNER_URL": installation.postgres.url}

    for _ in range(2):
        installation.run("manage.py", "prepare", "--without-static", told=owner)
    installation.run("manage.py", "check", "--database", "default")

    assert installation.sql("SELECT count(*) FROM audit_pendingentry") == [(2,)]
    with psycopg.connect(installation.postgres.application_url, autocommit=True) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (APPLICATION_ROLE,)
        for statement in ("DELETE FROM audit_logentry", "TRUNCATE voting_ballot CASCADE"):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement)


def test_a_process_with_the_owners_role_does_not_start(installation):
    installation.migrate()

    refusal = installation.refusal(
        "manage.py",
        "check",
        "--database",
        "default",
        told={"DATABASE_URL": installation.postgres.url},
    )

    assert "may do this" in refusal
    assert "PNYX_DATABASE_OWNER_URL" in refusal
