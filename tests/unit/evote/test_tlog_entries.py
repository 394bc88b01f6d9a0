import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from evote.encoding import canonical_json
from evote.errors import DecodeError, NotSupported, ShapeError
from evote.tlog.entries import ElectionProgress, RuleBroken, check_entry, follow_election
from evote.tlog.schema import compile_schema
from tests.factories.audit import BODIES
from tests.factories.logs import event

SCHEMAS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path("docs/log").glob("*.json"))
}
CHECKS = {kind: compile_schema(schema) for kind, schema in SCHEMAS.items()}


def example(kind):
    return {"kind": kind, **BODIES[kind]}


def holds(kind, value):
    try:
        CHECKS[kind](value, "")
    except ShapeError:
        return False
    return True


class TestSchemas:
    @pytest.mark.parametrize("kind", sorted(BODIES))
    def test_the_example_of_every_kind_fits(self, kind):
        CHECKS[kind](example(kind), "")

    @pytest.mark.parametrize("kind", sorted(BODIES))
    def test_both_checkers_agree_on_every_change_of_one_member(self, kind):
        judge = Draft202012Validator(SCHEMAS[kind])
        odd = [None, True, 0, -1, 1, 2**53, "", "x", "A" * 43, "0" * 64, "0" * 65, [], ["x"], {}]
        changed = []
        for name in [*SCHEMAS[kind]["properties"], "unknown"]:
            for value in odd:
                changed.append(example(kind) | {name: value})
            without = example(kind)
            without.pop(name, None)
            changed.append(without)
        differing = [value for value in changed if holds(kind, value) != judge.is_valid(value)]
        assert differing == []
        assert any(not holds(kind, value) for value in changed)

    @pytest.mark.parametrize("type_", ["Setup", "EndBallots", "Result", "Nothing"])
    @pytest.mark.parametrize("members", [{}, {"payload": "0" * 64}, {"companion": "0" * 64}])
    def test_both_checkers_agree_on_what_depends_on_another_member(self, type_, members):
        value = example("election-event") | {"type": type_}
        del value["payload"]
        value |= members
        judge = Draft202012Validator(SCHEMAS["election-event"])
        assert holds("election-event", value) == judge.is_valid(value)

    @settings(max_examples=200)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["kind", "features", "x"]), inner, max_size=3)
            ),
            max_leaves=8,
        )
    )
    def test_both_checkers_agree_on_anything(self, value):
        for kind, schema in SCHEMAS.items():
            assert holds(kind, value) == Draft202012Validator(schema).is_valid(value)

    def test_a_last_line_feed_is_not_let_through(self):
        value = example("booth") | {"name": "booth.js\n"}
        assert not holds("booth", value)

    @pytest.mark.parametrize(
        "schema",
        [
            {"format": "date"},
            {"type": "number"},
            {"type": ["string", "null"]},
            {"pattern": "abc"},
            {"pattern": "^(abc$"},
            {"additionalProperties": True},
            {"uniqueItems": False},
            {"maxLength": "5"},
            {"required": "kind"},
            {"properties": []},
            {"anyOf": []},
            {"enum": "abc"},
            {"properties": {"a": {"$ref": "#"}}},
            {"if": {"contains": True}},
            "text",
        ],
    )
    def test_what_the_checker_does_not_know_it_does_not_pass_over(self, schema):
        with pytest.raises(NotSupported):
            compile_schema(schema)


class TestOneEntry:
    @pytest.mark.parametrize("kind", sorted(BODIES))
    def test_an_example_of_every_kind_is_accepted(self, kind):
        assert check_entry(canonical_json(example(kind)), schemas=CHECKS) == example(kind)

    @pytest.mark.parametrize(
        ("data", "complaint"),
        [
            (b"", "not JSON"),
            (b"\xff", "not JSON"),
            (b"[]", "not an object"),
            (b'{"kind": "booth"}', "canonical"),
            (b'{"name":"a","kind":"booth"}', "canonical"),
            (b'{"kind":"booth","kind":"booth"}', "twice"),
            (b'{"kind":1}', "of what kind"),
            (b"{}", "of what kind"),
            (b'{"kind":"booth","name":"a"}', "'sha256' is missing"),
            (b'{"kind":"booth","x":"' + b"x" * 60_000 + b'"}', "at most 60000"),
        ],
    )
    def test_what_is_no_entry_is_refused(self, data, complaint):
        with pytest.raises(DecodeError, match=complaint):
            check_entry(data, schemas=CHECKS)

    def test_an_unknown_kind_is_named(self):
        with pytest.raises(NotSupported, match="kind 'lottery'"):
            check_entry(b'{"kind":"lottery"}', schemas=CHECKS)

    def test_a_control_character_is_refused_wherever_it_hides(self):
        schemas = {"free": compile_schema({})}
        data = canonical_json({"kind": "free", "list": [{"x": "a\x7fb"}]})
        with pytest.raises(DecodeError, match="control character"):
            check_entry(data, schemas=schemas)


def follow(*entries):
    progress = ElectionProgress()
    for index, entry in enumerate(entries):
        progress = follow_election(progress, entry=json.loads(entry), index=index)
    return progress


OUTCOME = canonical_json(example("election-outcome"))
WHOLE = [
    "Setup", "Ballot", "Ballot", "EndBallots", "EncryptedTally", "Shuffle", "EndShuffles",
    "PartialDecryption", "Result",
]  # fmt: skip


class TestElections:
    def test_a_whole_election_is_accepted(self):
        events = [event(height, type=type_) for height, type_ in enumerate(WHOLE)]
        progress = follow(*events, OUTCOME)
        assert (progress.next_height, progress.last_type) == (9, "Result")
        assert (progress.last_index, progress.outcome_index) == (8, 9)

    @pytest.mark.parametrize(
        ("entries", "complaint", "earlier"),
        [
            ([event(1)], "height 1; the next of its election is 0", None),
            ([event(0)], "Ballot cannot stand at the beginning", None),
            ([event(0, type="Setup"), event(2)], "height 2; .* is 1", 0),
            ([event(0, type="Setup"), event(0, type="Setup")], "height 0; .* is 1", 0),
            ([event(0, type="Setup"), event(1, type="Setup")], "Setup cannot stand after", 0),
            ([event(0, type="Setup"), event(1, type="Result")], "Result cannot stand after", 0),
            ([OUTCOME, OUTCOME], "outcome already", 0),
        ],
    )
    def test_what_contradicts_the_entries_before_is_refused(self, entries, complaint, earlier):
        *before, last = entries
        progress = follow(*before)
        with pytest.raises(RuleBroken, match=complaint) as refusal:
            follow_election(progress, entry=json.loads(last), index=len(before))
        assert refusal.value.earlier == earlier

    def test_progress_is_not_changed_in_place(self):
        progress = follow(event(0, type="Setup"))
        kept = copy.deepcopy(progress)
        follow_election(progress, entry=json.loads(event(1)), index=1)
        assert progress == kept
