"""Kinds of entries: one schema each, one function that makes each, and nobody in any of them."""

import ast
import hashlib
import importlib
import json
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import get_origin

import pytest
from django.apps import apps
from django.db import models

from audit.models import Evidence, LogEntry, PendingEntry
from audit.selectors import ENTRY_KINDS, entry_schema
from audit.services import entries
from audit.services.evidence import Filing, file_evidence
from audit.services.log import append_entry, encode_entry
from config.announcement import announce_software
from config.demo.conversation import read_conversation
from config.demo.debate import hold_debate, open_consultation, open_next_debate
from config.demo.installation import make_people
from deliberation.models import Comment, Rule
from deliberation.services.moderation import hide_content, restore_content
from tests.architecture.tree import files_ending, text_of
from tests.factories.audit import BODIES, digest
from tests.factories.voting import (
    built_booth,
    make_election,
)

NOW = datetime(2026, 11, 21, 9, 30, 15, 123456, tzinfo=UTC)
HASH = digest("something")

# kind -> the one function that makes its body, as module:name
MAKERS = {
    "election-event": "voting.services.recording:event_body",
    "election-outcome": "voting.services.outcome:outcome_body",
    "booth": "audit.services.entries:booth_body",
    "roll-sealed": "voting.services.sealing:roll_sealed_body",
    "credentials-listed": "voting.services.credential_lists:credentials_listed_body",
    "credential-replaced": "voting.services.credential_lists:credential_replaced_body",
    "consultation-phase": "deliberation.models.phase:PhaseChange.log_body",
    "rule-fired": "audit.services.entries:rule_fired_body",
    "proposal": "deliberation.models.proposal:ProposalVersion.log_body",
    "moderation": "deliberation.models.moderation:ModerationAct.log_body",
    "appeal": "audit.services.entries:appeal_body",
    "certificate-issued": "audit.services.entries:certificate_issued_body",
    "certificate-revoked": "audit.services.entries:certificate_revoked_body",
    "evidence": "audit.services.evidence:evidence_body",
    "data-shared": "audit.services.entries:data_shared_body",
    "software": "config.announcement:software_body",
    "key-rotation": "evote.tlog.rotation:KeyRotation.body",
    "log-succession": "evote.tlog.succession:Succession.body",
}

# Texts that an entry may hold: addresses of public pages, and words that the program chose.
PUBLIC_FIELDS = {
    ("accounts", "organisation", "slug"),
    ("deliberation", "consultation", "slug"),
    ("voting", "election", "uuid"),
    ("voting", "recordobject", "name"),
}
SHORTEST_TELLING_TEXT = 6
LABEL = "Contract with Zenobia Quartermaine"
# What no member of an entry may hold, whatever it is called.
FREE_TEXTS = (
    "Ada Lovelace",
    "ada@example.org",
    "张伟",
    "José",
    "+44 20 7946 0018",
    "12 High Street",
    "An insult, removed.",
    "<b>bold</b>",
    "a" * 1000,
    "a\nb",
    "",
)


def appends():
    """Every call of append_entry and append_entries outside the tests."""
    for path in files_ending(".py"):
        if path.parts[0] in {"tests", "bench"} or path.name == "log.py":
            continue
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in {"append_entry", "append_entries"}:
                    yield path, node


def test_the_log_knows_the_kinds_of_its_description():
    described = re.search(r"Kinds: (.*?)\. Each kind", text_of_document("docs/log.md"), re.DOTALL)

    assert set(re.findall(r"`([a-z-]+)`", described[1])) == ENTRY_KINDS.keys() == MAKERS.keys()


def text_of_document(path):
    return " ".join(text_of(path).split())


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_every_kind_has_one_function_that_makes_it(kind):
    module, _, name = MAKERS[kind].partition(":")
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)

    assert get_origin(found.__annotations__["return"]) is dict


def test_nothing_is_appended_that_is_not_made_by_its_function():
    calls = list(appends())

    assert len(calls) >= 9
    for path, call in calls:
        arguments = {keyword.arg: keyword.value for keyword in call.keywords}
        written_out = [node for node in ast.walk(call) if isinstance(node, ast.Dict)]
        assert not written_out, f"{path}:{call.lineno} writes an entry on the spot"
        kind = arguments["kind"]
        if isinstance(kind, ast.Constant):
            assert kind.value in MAKERS, f"{path}:{call.lineno}"


class TestMakers:
    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            (
                "rule-fired",
                lambda: entries.rule_fired_body(
                    consultation="town-trees",
                    rule=3,
                    text=b"{}",
                    inputs=b"[]",
                    effect="start-phase",
                    now=NOW,
                ),
            ),
            (
                "appeal",
                lambda: entries.appeal_body(
                    number=uuid.uuid4(),
                    act=uuid.uuid4(),
                    step="overturned",
                    consultation="town-trees",
                    commitment=entries.commitment_to(b"I was quoted.", salt=bytes(16)),
                    now=NOW,
                ),
            ),
            (
                "certificate-issued",
                lambda: entries.certificate_issued_body(
                    certificate=HASH,
                    type_="residence",
                    issuer_key=bytes(32),
                    issued_date=NOW.date(),
                    expires_date=None,
                ),
            ),
            (
                "certificate-issued",
                lambda: entries.certificate_issued_body(
                    certificate=HASH,
                    type_="residence",
                    issuer_key=bytes(32),
                    issued_date=NOW.date(),
                    expires_date=date(2027, 11, 21),
                ),
            ),
            (
                "certificate-revoked",
                lambda: entries.certificate_revoked_body(
                    certificate=HASH,
                    issuer_key=bytes(32),
                    reason="key-lost",
                    revoked_date=NOW.date(),
                ),
            ),
            (
                "data-shared",
                lambda: entries.data_shared_body(
                    set_="pupils-by-district",
                    version=1,
                    giver="northfield",
                    reader="northfield-schools",
                    act="taken-back",
                    commitment=HASH,
                    basis="school-places",
                    now=NOW,
                ),
            ),
            ("booth", lambda: entries.booth_body(sha256=HASH, name="booth.js")),
        ],
    )
    def test_make_what_the_schema_takes(self, kind, body):
        entry = json.loads(encode_entry(kind=kind, body=body()))

        assert entry["kind"] == kind
        assert entry.get("at", "2026-11-21T09:30:15Z") == "2026-11-21T09:30:15Z"

    def test_a_commitment_needs_a_salt_that_nobody_can_guess(self):
        with pytest.raises(AssertionError):
            entries.commitment_to(b"yes", salt=b"short")

        assert entries.commitment_to(b"yes", salt=bytes(16)) != entries.commitment_to(
            b"yes", salt=bytes(15) + b"\1"
        )


def string_members(schema, place=""):
    if schema.get("type") == "string":
        yield place, schema
    for name, part in schema.get("properties", {}).items():
        if isinstance(part, dict):
            yield from string_members(part, f"{place}.{name}")
    for part in schema.get("anyOf", ()):
        yield from string_members(part, place)
    if "items" in schema:
        yield from string_members(schema["items"], place)


def untyped_members(schema):
    for name, part in schema.get("properties", {}).items():
        closed = isinstance(part, dict) and (
            {"type", "enum", "const"} & part.keys() or "anyOf" in part
        )
        if not closed:
            yield name


@pytest.mark.parametrize("kind", sorted(ENTRY_KINDS))
class TestSchemas:
    def test_are_closed_and_say_of_every_member_what_it_is(self, kind):
        schema = json.loads(entry_schema(kind))

        assert schema["additionalProperties"] is False
        assert schema["properties"]["kind"] == {"const": kind}
        assert not list(untyped_members(schema))
        assert all(
            part.get("description") for name, part in schema["properties"].items() if name != "kind"
        )

    def test_have_no_member_that_takes_free_text(self, kind):
        for place, member in string_members(json.loads(entry_schema(kind))):
            pattern = member["pattern"]
            assert pattern.startswith("^"), place
            assert pattern.endswith("$"), place
            limit = member.get("maxLength", 10**9)
            taken = [
                text
                for text in FREE_TEXTS
                if re.fullmatch(pattern, text, re.ASCII) and len(text) <= limit
            ]
            assert not taken, f"{kind}{place} takes {taken}"

    def test_bound_the_length_of_every_text(self, kind):
        for place, member in string_members(json.loads(entry_schema(kind))):
            unbounded = re.search(r"(?<!\\)[*+](?![^\[]*\])|\{\d*,\}", member["pattern"])
            assert not unbounded or member.get("maxLength", 10**9) <= 255, f"{kind}{place}"


def texts_of_people():
    """Everything in the database that people wrote or are called, but for public addresses."""
    for model in apps.get_models():
        of_people = {"accounts", "deliberation", "voting", "account"}
        if model._meta.app_label not in of_people and model is not Evidence:
            continue
        fields = [
            field
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField | models.JSONField)
            and not field.choices
            and (model._meta.app_label, model._meta.model_name, field.name) not in PUBLIC_FIELDS
        ]
        for row in model._default_manager.all():
            for field in fields:
                value = getattr(row, field.attname)
                for text in value if isinstance(value, list) else [value]:
                    if isinstance(text, str) and not re.fullmatch("[0-9a-f]{64}", text):
                        yield f"{model._meta.label}.{field.name}", text


def entries_of_the_log():
    for table in (PendingEntry, LogEntry):
        for row in table.objects.all():
            yield bytes(row.body).decode(), row.kind


def leaks(private, *, entries):
    everything = "\n".join(entries).lower()
    return sorted(place for text, place in private.items() if text.lower() in everything)


@pytest.mark.django_db
def test_no_entry_that_the_demo_and_an_election_write_holds_anything_of_a_person(
    django_capture_on_commit_callbacks,
):
    conversation = read_conversation()
    now = datetime.now(UTC)
    people = make_people(conversation=conversation)
    consultation = open_consultation(people=people, now=now)
    hold_debate(consultation=consultation, conversation=conversation, people=people, now=now)
    open_next_debate(conversation=conversation, people=people, now=now)
    comment = Comment.objects.order_by("pk").first()
    for act, words in ((hide_content, "Names a neighbour."), (restore_content, "It was not one.")):
        act(
            content=comment,
            moderator=people.moderator,
            rule=Rule.PRIVACY,
            explanation=words,
            now=now + timedelta(minutes=1),
        )
    with built_booth():
        announce_software()
        made = make_election(
            phase="PUBLISHED",
            emails=["zenobia.quartermaine@example.org", "li.wei@example.org", "o@example.org"],
            trustees=["trustee.hawthorne@example.org", "t2@example.org", "t3@example.org"],
            votes=[(0, [[1, 0], [0, 0, 1, 0]])],
            profile=1,
        )
    for form in Evidence.Form:
        filing = Filing(form=form, digest=hashlib.sha256(form.encode()).digest(), label=LABEL)
        file_evidence(owner="owner-0042", filing=filing, now=now)
    written = dict(entries_of_the_log())
    assert made.election.uuid in "".join(written)
    assert len(set(written.values())) >= 9
    for kind in ENTRY_KINDS.keys() - set(written.values()):
        append_entry(kind=kind, body=BODIES[kind])
    written = dict(entries_of_the_log())
    assert set(written.values()) == ENTRY_KINDS.keys()

    private = {
        text: place for place, text in texts_of_people() if len(text) >= SHORTEST_TELLING_TEXT
    }
    assert len(private) > 100
    assert private.keys() >= {
        "zenobia.quartermaine@example.org",
        "Rosa Administrator",
        "Names a neighbour.",
        LABEL,
        "owner-0042",
    }
    assert leaks(private, entries=written) == []
    assert leaks(private, entries=['{"by":"rosa administrator"}']) == ["accounts.User.display_name"]
