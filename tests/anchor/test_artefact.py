"""What lies beside the contract's source: the same, whoever compiles it."""

import hashlib
import json
import subprocess

import pytest

from config.front_end import node_folder
from tests.architecture.tree import ROOT

FOLDER = ROOT / "contracts"


def test_the_compiled_contract_is_of_this_source(artefact):
    source = (FOLDER / "PnyxAnchor.sol").read_bytes()

    assert artefact["source"] == hashlib.sha256(source).hexdigest()
    assert artefact["settings"]["evmVersion"] == "cancun"
    assert artefact["settings"]["bytecodeHash"] == "none"
    assert artefact["deployed"][2:][:40] in artefact["bytecode"]


def test_the_compiled_contract_is_under_the_limit_of_the_chain(artefact):
    assert len(artefact["deployed"]) // 2 < 24_576


def test_the_lock_file_names_no_host():
    lock = json.loads((FOLDER / "package-lock.json").read_text())

    assert "://" not in json.dumps(
        {name: package.get("resolved", "") for name, package in lock["packages"].items()}
    )


def test_the_compiler_gives_the_same_bytes():
    if not (FOLDER / "node_modules" / "solc").exists():
        pytest.skip("the contract's compiler is not installed: make anchor-test")
    done = subprocess.run(
        [str(node_folder() / "node"), "compile.mjs", "--check"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
