import re
from dataclasses import dataclass

import pytest

from tests.fuzz.building import FAMILIES, FOLDER, SEEDS, SOURCE, build, build_around, fuzz, missing
from tests.fuzz.make_seeds import DICTIONARY, dictionary, seeds

# The same inputs each time, a few seconds of each family; `make fuzz` goes on from there.
RUNS = {
    "field": 60_000,
    "membership": 4_000,
    "commitments": 4_000,
    "eighths": 3_000,
    "sums": 2_000,
    "products": 6_000,
    "torsion": 2_500,
    "generators": 10_000,
}
SEED = "-seed=5"


@dataclass(frozen=True)
class Spoilt:
    """A line of native.c, a wrong one in its place, and the family that has to notice."""

    family: str
    line: str
    wrong: str


SPOILT = {
    "a carry is dropped": Spoilt(
        "field", "out->v[1] = ((u64)r1 & MASK51) + (low >> 51);", "out->v[1] = (u64)r1 & MASK51;"
    ),
    "differences may turn negative": Spoilt(
        "field", "out->v[i] = a->v[i] + 0x1ffffffffffffcULL - b->v[i];",
        "out->v[i] = a->v[i] + 0xffffffffffffeULL - b->v[i];",
    ),
    "a window's digit has no bucket": Spoilt(
        "field", "carry = digit > 1 << (width - 1);", "carry = digit > 1 << width;"
    ),
    "y may be p or more": Spoilt(
        "membership", "if (memcmp(canonical, in, 32) != 0)", "if (0 && canonical[0])"
    ),
    "the sign of x = 0 is ignored": Spoilt(
        "membership", "if (fe_is_zero(&x))\n            return 0;", ""
    ),
    "the check of the subgroup forgets y": Spoilt(
        "membership", "return point_is_identity(&multiple);", "return fe_is_zero(&multiple.X);"
    ),
    "torsion is not looked at among commitments": Spoilt(
        "commitments",
        "if (!point_is_identity(&s->multiples[count]))\n            job->verdicts[base] = OUTSIDE;"
        "\n        else if",
        "if",
    ),
    "a bucket is missing": Spoilt(
        "commitments", "for (int k = BUCKETS - 1; k >= 1; k--) {",
        "for (int k = BUCKETS - 2; k >= 1; k--) {",
    ),
    "the order counts as a scalar": Spoilt(
        "field", "return s[i] < ORDER[i];\n    return 0;",
        "return s[i] < ORDER[i];\n    return 1;",
    ),
    "a base beyond the last one is read": Spoilt(
        "commitments", "one->base >= job->base_count", "one->base > job->base_count"
    ),
    "a table lacks its last window": Spoilt(
        "commitments", "#define COMB_WINDOWS 43", "#define COMB_WINDOWS 42"
    ),
    "an eighth may be off the curve": Spoilt("eighths", "|| !is_on_curve(&a)", ""),
    "an eighth may be spelt twice": Spoilt(
        "eighths", "if (memcmp(canonical, in, 64) != 0", "if (memcmp(canonical, in, 32) != 0"
    ),
    "an empty bucket ends the sum": Spoilt(
        "sums", "has_running |= is_used[k];", "has_running = is_used[k];"
    ),
    "memory is not asked after": Spoilt(
        "products", "int outcome = totals && inverses ? 1 : -1;", "int outcome = 1;"
    ),
    "an object is left over": Spoilt(
        "products", "return encodings;\n    Py_DECREF(encodings);", "return encodings;"
    ),
    "one bit of the buckets is not tested": Spoilt(
        "torsion", "outcome == 1 && half >= 1; half /= 2", "outcome == 1 && half >= 2; half /= 2"
    ),
    "counting does not carry": Spoilt(
        "generators", "for (int i = 0; i < 32 && !++bytes[i]; i++)",
        "for (int i = 0; i < 1 && !++bytes[i]; i++)",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def around(tmp_path_factory):
    if lack := missing():
        pytest.skip(lack)
    folder = tmp_path_factory.mktemp("around")
    build_around(folder)
    return folder


@pytest.fixture(scope="module")
def program(tmp_path_factory, around):
    return build(tmp_path_factory.mktemp("program"), around)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_extension_agrees_with_libsodium_under_the_sanitizers(program, family):
    run = fuzz(program, family, SEED, f"-runs={RUNS[family]}")

    assert (run.status, run.finding) == (0, ""), run.text[-4000:]
    assert f"#{RUNS[family]}\tDONE" in run.text


@pytest.mark.parametrize("fault", SPOILT)
def test_a09_a_fuzzer_notices_that(tmp_path, around, fault):
    spoilt = SPOILT[fault]
    source = SOURCE.read_text(encoding="utf-8")
    assert source.count(spoilt.line) == 1, "native.c has changed: spoil another line"
    (tmp_path / SOURCE.name).write_text(source.replace(spoilt.line, spoilt.wrong), encoding="utf-8")
    run = fuzz(
        build(tmp_path, around, source=tmp_path / SOURCE.name),
        spoilt.family,
        SEED,
        f"-runs={RUNS[spoilt.family]}",
    )

    assert run.status != 0
    assert run.finding, run.text[-4000:]


def test_every_function_of_the_extension_is_called_by_a_family():
    methods = re.findall(
        r'^    \{"(\w+)", native_', SOURCE.read_text(encoding="utf-8"), re.MULTILINE
    )
    harnesses = "".join((FOLDER / f"{name}.c").read_text(encoding="utf-8") for name in FAMILIES[1:])
    assert len(methods) > 8
    assert [name for name in methods if f'"{name}"' not in harnesses] == []


def test_the_seeds_and_the_dictionary_are_those_of_their_script():
    committed = {
        path.relative_to(SEEDS): path.read_bytes() for path in SEEDS.rglob("*") if path.is_file()
    }

    assert committed == seeds()
    assert DICTIONARY.read_text(encoding="ascii") == dictionary()
