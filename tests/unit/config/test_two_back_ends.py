from types import SimpleNamespace

import pytest

from tests.backends import Reader, Watched


def test_whatever_is_taken_from_the_extension_counts_as_use():
    extension = Watched(SimpleNamespace(products=lambda: b"encodings"))
    assert not extension.is_used

    assert extension.products() == b"encodings"
    assert extension.is_used


@pytest.mark.parametrize(
    ("event", "program", "is_use"),
    [
        ("subprocess.Popen", "/usr/bin/python3", True),
        ("subprocess.Popen", "bash", True),
        ("subprocess.Popen", "/usr/lib/python3/playwright/node", False),
        ("open", "/usr/bin/python3", False),
        ("os.fork", None, True),
    ],
)
def test_a_program_that_may_run_evote_counts_as_use(event, program, is_use):
    extension = Watched(None)
    extension.hear(event, () if program is None else (program, [program], None, None))

    assert extension.is_used == is_use


def test_what_used_the_extension_runs_again_and_so_does_every_vector(tmp_path):
    path = tmp_path / "calls"
    path.write_text("tests/browser/test_booth.py\ntests/integration/voting/test_life.py\n")
    items = [
        SimpleNamespace(nodeid=f"{file}::test_it")
        for file in (
            "tests/browser/test_booth.py",
            "tests/browser/test_colours.py",
            "tests/integration/voting/test_life.py",
            "tests/unit/evote/test_encoding.py",
        )
    ]
    deselected = []
    hook = SimpleNamespace(pytest_deselected=lambda items: deselected.extend(items))
    reader, kept = Reader(path), [*items]
    reader.pytest_collection_modifyitems(config=SimpleNamespace(hook=hook), items=kept)

    assert kept == [items[0], items[2], items[3]]
    assert deselected == [items[1]]
    assert reader.left_out == 1
