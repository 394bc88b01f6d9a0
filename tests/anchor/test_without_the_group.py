"""Absent, the anchor changes nothing; half set up, it says what is missing."""

import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from audit.services.anchor_marks import anchor_marks
from tests.architecture.tree import ROOT

ADDRESS = "0x" + "12" * 20
WITHOUT_WEB3 = """
import sys
sys.modules["web3"] = None
import django
django.setup()
from django.core.management import call_command, CommandError
try:
    call_command("anchor")
except CommandError as error:
    print(error)
print(sorted(name for name in sys.modules if name.startswith(("eth_", "web3."))))
"""


def test_nothing_is_asked_where_no_contract_is_set_up(settings):
    settings.ANCHOR_URL = settings.ANCHOR_CONTRACT = ""

    assert anchor_marks().seen == anchor_marks().doubts == ()


@pytest.mark.parametrize(
    ("url", "contract", "message"),
    [
        ("", ADDRESS, "PNYX_ANCHOR_URL is empty"),
        ("ftp://127.0.0.1", ADDRESS, "not an http or https address"),
    ],
)
def test_the_command_says_what_is_missing(settings, url, contract, message):
    settings.ANCHOR_URL, settings.ANCHOR_CONTRACT = url, contract

    with pytest.raises(CommandError, match=message):
        call_command("anchor")


def test_without_the_optional_packages_the_command_names_them():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WITHOUT_WEB3],
        cwd=ROOT,
        env={
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PNYX_DEBUG": "1",
            "DATABASE_URL": "postgres:///nowhere",
            "REDIS_URL": "redis://nowhere",
            "PNYX_ANCHOR_URL": "http://127.0.0.1:9",
            "PNYX_ANCHOR_CONTRACT": ADDRESS,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "The optional packages are missing. Run: python3 requirements/install.py anchor" in (
        done.stdout
    ), done
    assert done.stdout.splitlines()[-1] == "[]"
