import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.errors import DecodeError, NotSupported
from evote.group import (
    BELENIOS_2048,
    ED25519,
    RFC_3526_2048,
    FieldElement,
    InvalidVector,
    field,
    group_named,
)

FOLDER = Path(__file__).parents[2] / "vectors"
VECTORS = json.loads((FOLDER / "embedding.json").read_text())
CONSTANTS = json.loads((FOLDER / "groups.json").read_text())
FIELDS = [BELENIOS_2048, RFC_3526_2048]
GROUPS = [ED25519, *FIELDS]


def named(group):
    return group.name


@pytest.fixture(params=["gmpy2", "pow"])
def powers(request, monkeypatch):
    if request.param == "pow":
        monkeypatch.setattr(field, "powmod", pow)
    else:
        monkeypatch.setattr(field, "powmod", pytest.importorskip("gmpy2").powmod)


class TestEmbedding:
    @pytest.mark.parametrize("case", VECTORS["embedded"], ids=lambda case: str(case["vector"])[:20])
    def test_is_that_of_the_vectors(self, case):
        element = ED25519.embed(case["vector"])
        assert element.encode() == case["element"]
        assert list(ED25519.extract(element, len(case["vector"]))) == case["vector"]

    @given(st.lists(st.integers(0, 255), max_size=30))
    def test_whatever_is_embedded_is_read_back(self, numbers):
        element = ED25519.embed(numbers)
        assert ED25519.decode(element.encode()) == element
        assert ED25519.extract(element, len(numbers)) == tuple(numbers)

    @settings(max_examples=10, deadline=None)
    @given(st.lists(st.integers(0, 255), max_size=254))
    def test_a_safe_prime_takes_longer_ones(self, numbers):
        element = RFC_3526_2048.embed(numbers)
        assert RFC_3526_2048.decode(element.encode()) == element
        assert RFC_3526_2048.extract(element, len(numbers)) == tuple(numbers)

    @pytest.mark.parametrize("numbers", VECTORS["invalid"])
    def test_of_anything_else_is_refused(self, numbers):
        with pytest.raises(InvalidVector):
            ED25519.embed(numbers)

    def test_in_a_sparse_group_is_refused(self):
        with pytest.raises(InvalidVector):
            BELENIOS_2048.embed([1, 2, 3])

    @given(st.integers(1, 2**250))
    def test_higher_bits_are_ignored(self, exponent):
        element = ED25519.generator**exponent
        numbers = ED25519.extract(element, 3)
        assert ED25519.extract(element, 5)[2:] == numbers


class TestGenerators:
    @pytest.mark.parametrize("case", VECTORS["generators"], ids=lambda case: str(case["index"]))
    def test_are_those_of_the_vectors(self, case):
        assert ED25519.shuffle_generator(case["index"]).encode() == case["element"]

    @pytest.mark.parametrize("group", GROUPS, ids=named)
    def test_are_members_other_than_g(self, group):
        for index in range(-1, 3):
            generator = group.shuffle_generator(index)
            assert group.decode(generator.encode()) == generator
            assert generator != group.generator


def test_elements_are_sorted_as_in_the_vectors():
    elements = [ED25519.decode(text) for text in VECTORS["order"]["unsorted"]]
    ordered = sorted(elements, key=ED25519.sort_key)
    assert [element.encode() for element in ordered] == VECTORS["order"]["sorted"]


@given(st.lists(st.integers(1, 300), min_size=2, max_size=6))
def test_integers_are_sorted_by_number(exponents):
    elements = [RFC_3526_2048.generator**exponent for exponent in exponents]
    ordered = sorted(elements, key=RFC_3526_2048.sort_key)
    assert ordered == sorted(elements, key=lambda element: element.value)


class TestFieldGroups:
    @pytest.mark.parametrize("group", FIELDS, ids=named)
    def test_have_the_published_parameters(self, group):
        constants = CONSTANTS[group.name]
        assert (group.modulus, group.order, group.generator_value) == tuple(
            int(constants[name]) for name in ("p", "q", "g")
        )

    @pytest.mark.usefixtures("powers")
    @pytest.mark.parametrize("group", FIELDS, ids=named)
    def test_obey_the_laws_of_a_group(self, group):
        g, q = group.generator, group.order
        assert (g**q).is_identity
        assert g**5 * g**7 == g**12
        assert (g**5) ** -1 * g**5 == group.identity
        assert g**12 / g**5 == g**7
        assert group.power_product([g, g**2], [3, -1]) == g
        assert group.power_product([], []) == group.identity
        assert g.group is group

    @pytest.mark.usefixtures("powers")
    @pytest.mark.parametrize("group", FIELDS, ids=named)
    def test_a09_decode_takes_exactly_the_members(self, group):
        p = group.modulus
        member = group.generator**12345
        assert group.decode(member.encode()) == member
        assert group.decode("1").is_identity
        outside = next(value for value in range(2, 100) if pow(value, group.order, p) != 1)
        for text in (
            "0",
            str(p - 1),
            str(p),
            str(p + 1),
            str(member.value + p),
            str(outside),
            "0" + member.encode(),
            "-1",
            " 1",
            "+1",
            "1_0",
            "１",
            "",
            "f" * 64,
            "9" * 618,
        ):
            with pytest.raises(DecodeError) as error:
                group.decode(text, place="here")
            assert error.value.place == "here"

    def test_an_element_cannot_be_constructed_outside_the_group(self):
        with pytest.raises(DecodeError):
            FieldElement(0, RFC_3526_2048)

    @pytest.mark.parametrize("group", GROUPS, ids=named)
    def test_a11_scalars_are_below_the_order(self, group):
        assert group.decode_scalar(str(group.order - 1)) == group.order - 1
        for text in (str(group.order), "01", "", "-1", "9" * 100_000):
            with pytest.raises(DecodeError):
                group.decode_scalar(text)

    @pytest.mark.parametrize("group", FIELDS, ids=named)
    def test_elements_travel_between_processes(self, group):
        element = group.generator**3
        assert pickle.loads(pickle.dumps(element)) == element  # noqa: S301 — our own

    def test_work_where_gmpy2_is_not_installed(self):
        program = (
            "import sys; sys.modules['gmpy2'] = None\n"
            "from evote.group import BELENIOS_2048 as group, field\n"
            "assert field.powmod is pow\n"
            "assert (group.generator**group.order).is_identity\n"
        )
        subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("group", GROUPS, ids=named)
def test_groups_are_found_by_name(group):
    assert group_named(group.name) is group


@pytest.mark.parametrize("name", ["", "ed25519", "P-256", "BELENIOS-2048 "])
def test_other_groups_are_not_supported(name):
    with pytest.raises(NotSupported, match="is not supported"):
        group_named(name)


def test_elements_of_two_groups_do_not_mix():
    with pytest.raises(AssertionError):
        ED25519.sort_key(RFC_3526_2048.generator)
    with pytest.raises(AssertionError):
        BELENIOS_2048.power_product([RFC_3526_2048.generator], [1])
