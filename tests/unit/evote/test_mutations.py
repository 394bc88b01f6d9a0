"""A whole record, with one value of one object changed and every hash made right again.

So it is never the hash that refuses the forgery, but the meaning.
"""

import json
from copy import deepcopy

import pytest

from evote.encoding import encode_json, sha256_hex
from evote.errors import NotSupported
from evote.record import read_record
from evote.verify import StepStatus, Verdict, verify_record
from tests.factories.evote import ONE_OF_TWO, RecordWriter, make_world, write_complete_record

WORLD = make_world(questions=[ONE_OF_TWO], voters=2, weights=[2, 1])
EVENTS = read_record(
    write_complete_record(WORLD, [WORLD.ballot(0, [[0, 1]]), WORLD.ballot(1, [[1, 0]])]).data()
).events

# Where each object is: event and index; and what may change without making the record wrong.
OBJECTS = {
    "election": (0, 0, ()),
    "trustees": (0, 1, ("name",)),
    "credentials": (0, 2, ()),
    "setup": (0, 3, ()),
    "encrypted tally": (4, 0, ()),
    "sized tally": (4, 1, ()),
    "partial decryption": (5, 0, ()),
    "owned": (5, 1, ()),
    "result": (7, 0, ()),
}


def leaves(value, path=()):
    """Give the path of everything in a value, the value itself included."""
    yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))


def put(value, path, item):
    if not path:
        return item
    changed = deepcopy(value)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = item
    return changed


def remove(value, path):
    changed = deepcopy(value)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed


def at(value, path):
    for step in path:
        value = value[step]
    return value


def mutants(value, harmless):
    for path in leaves(value):
        if path and path[-1] in harmless:
            continue
        old = at(value, path)
        others = [None, True, 0, 1, -1, 2**53 - 1, "", "0", [], {}, [old], {"a": old}]
        if isinstance(old, str):
            others += [old + "0", "0" + old, old[:-1], old[::-1], " " + old]
        if isinstance(old, int) and not isinstance(old, bool):
            others += [old + 1, old - 1, str(old)]
        if isinstance(old, list) and old:
            others += [old[:-1], [*old, old[0]], old[::-1] if len(old) > 1 else []]
        if isinstance(old, dict):
            others += [old | {"more": 1}]
        for other in others:
            if type(other) is not type(old) or other != old:
                yield path, put(value, path, other)
        if path:
            yield path, remove(value, path)


def rebuilt(event_index, object_index, body):
    """Write the record with one object exchanged, and the payloads that name it made right."""
    writer = RecordWriter()
    for index, recorded in enumerate(EVENTS):
        objects = list(recorded.objects)
        if index == event_index:
            objects[object_index] = body
            payload = json.loads(recorded.objects[-1])
            if object_index < len(objects) - 1:
                old = sha256_hex(recorded.objects[object_index])
                new = {
                    name: sha256_hex(body) if item == old else item
                    for name, item in payload.items()
                }
                objects[-1] = encode_json(new)
        writer.add(recorded.event.type, *objects)
    return writer.data()


def is_reordering(name, original, mutant):
    """Say whether only the order of the credentials changed, which no rule forbids."""
    return name == "credentials" and (
        isinstance(mutant, list)
        and all(isinstance(item, str) for item in mutant)
        and sorted(mutant) == sorted(original)
    )


@pytest.mark.parametrize("name", OBJECTS)
def test_d11_no_value_of_any_object_can_change(name):
    event_index, object_index, harmless = OBJECTS[name]
    original = json.loads(EVENTS[event_index].objects[object_index])
    survivors, unforeseen, count = [], [], 0
    for path, mutant in mutants(original, harmless):
        if is_reordering(name, original, mutant):
            continue
        count += 1
        data = rebuilt(event_index, object_index, encode_json(mutant))
        try:
            report = verify_record(data, progress=lambda *_: None)
        except NotSupported:
            continue
        if report.verdict != Verdict.INVALID:
            survivors.append((path, mutant))
        red = [step for step in report.steps if step.status == StepStatus.FAILED]
        unforeseen += [step for step in red if "unforeseen" in str(step.problems)]
    assert count > 20
    assert survivors == []
    assert unforeseen == []


def test_the_record_itself_is_valid_when_nothing_is_exchanged():
    for event_index, object_index, _ in OBJECTS.values():
        body = EVENTS[event_index].objects[object_index]
        report = verify_record(rebuilt(event_index, object_index, body), progress=lambda *_: None)
        assert report.verdict == Verdict.COMPLETE
