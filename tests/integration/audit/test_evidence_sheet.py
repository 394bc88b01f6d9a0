"""The sheet for a court: what stands on it, and that it is always one page."""

import hashlib
import re
import shutil
import subprocess
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.urls import reverse

from audit.analysis.evidence_sheet import ROWS_LIMIT, STEPS_LIMIT, Row, Sheet, Step, draw_sheet
from audit.models import Evidence
from audit.selectors import verifier_key
from audit.selectors.evidence import state_of
from audit.services.cosigning import cosign
from audit.services.evidence import Filing, file_evidence, private_filing
from audit.services.sequencing import sequence
from tests.factories.accounts import make_user

CONTRACT = hashlib.sha256(b"a contract").digest()
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="needs pdftotext (poppler-utils)"
)


def read(pdf, folder):
    """The PDF's text, and its number of pages."""
    (folder / "sheet.pdf").write_bytes(pdf)
    run = {"cwd": folder, "check": True, "capture_output": True, "text": True, "timeout": 30}
    text = subprocess.run(["pdftotext", "-layout", "sheet.pdf", "-"], **run).stdout
    pages = subprocess.run(["pdfinfo", "sheet.pdf"], **run).stdout
    return SimpleNamespace(
        text=re.sub(r"\s+", " ", text), pages=int(re.search(r"Pages:\s+(\d+)", pages)[1])
    )


@pytest.fixture
def person(client):
    user = make_user(password=None)
    client.force_login(user)
    return user


def filed(person, filing):
    evidence = file_evidence(owner=str(person.pk), filing=filing, now=NOW).evidence
    sequence(today=date(2026, 11, 21))
    return evidence


def sheet_of(client, evidence, *, language="en"):
    address = reverse("audit:evidence-sheet", kwargs={"evidence_id": evidence.pk})
    return client.get(address, headers={"Accept-Language": language})


@pytest.mark.django_db
class TestContent:
    def test_names_hashes_place_and_the_steps(self, client, person, tmp_path):
        filing = Filing(form=Evidence.Form.DOCUMENT, digest=CONTRACT, label="Lease <1>.pdf")
        evidence = filed(person, filing)
        response = sheet_of(client, evidence)

        assert response["Content-Type"] == "application/pdf"
        page = read(response.content, tmp_path)
        proof = state_of(evidence).proof
        for text in (
            "Lease <1>.pdf",
            CONTRACT.hex(),
            proof.root.hex(),
            proof.entry_hash,
            "2026-11-21 09:30:00 UTC",
            "sha256sum FILE",
            "/log/entries/0.tlog-proof",
            "no witness",
        ):
            assert text in page.text, text
        assert verifier_key().replace("+", "") in page.text.replace(" ", "").replace("+", "")
        assert page.pages == 1

    def test_a_private_ones_commands_lead_from_the_document_to_the_commitment(
        self, client, person, tmp_path
    ):
        evidence = filed(person, private_filing(document=CONTRACT, label=""))
        page = read(sheet_of(client, evidence).content, tmp_path)
        (tmp_path / "FILE").write_bytes(b"a contract")

        command = re.search(r"printf '%s%s' .*?\| sha256sum", page.text)[0]
        printed = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=20
        )
        assert printed.stdout.split()[0] == bytes(evidence.digest).hex()
        assert bytes(evidence.digest).hex() in page.text

    def test_names_the_witnesses_with_their_times(self, client, person, three, tmp_path):
        filing = Filing(form=Evidence.Form.DOCUMENT, digest=CONTRACT)
        evidence = filed(person, filing)
        assert sheet_of(client, evidence).status_code == 404
        cosign(now=datetime.now(tz=UTC))

        page = read(sheet_of(client, evidence).content, tmp_path)
        assert "council.example/witness" in page.text
        assert page.text.count(" UTC)") == 3

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_is_one_page_in_each_language_whatever_the_document_is_called(
        self, client, person, tmp_path, language
    ):
        label = ("租赁合同 Ω\U0001f600 <b>&amp;" * 20)[:200]
        evidence = filed(person, private_filing(document=CONTRACT, label=label))
        response = sheet_of(client, evidence, language=language)

        page = read(response.content, tmp_path)
        assert page.pages == 1
        assert "租赁合同" in page.text
        assert "<b>&amp;" in page.text

    def test_is_nobody_elses(self, client, person):
        filing = Filing(form=Evidence.Form.DOCUMENT, digest=CONTRACT)
        evidence = filed(make_user(password=None), filing)

        assert sheet_of(client, evidence).status_code == 404


LONG = "W" * 5_000


@pytest.mark.parametrize("text", [LONG, "文" * 5_000, "a b " * 2_000, "", "\n\t\0" * 100])
def test_the_longest_sheet_is_one_page(tmp_path, text):
    sheet = Sheet(
        title=text,
        subtitle=text,
        statement=text,
        rows=[Row(name=text, value=text) for _ in range(ROWS_LIMIT)],
        steps_title=text,
        steps=[Step(text=text, command=text) for _ in range(STEPS_LIMIT)],
        limits=text,
        address="https://vote.example.org/log/entries/9007199254740991.tlog-proof",
        address_name=text,
    )
    pdf = draw_sheet(sheet)

    assert read(pdf, tmp_path).pages == 1
    assert draw_sheet(sheet) == pdf
