"""docs/api.md names the codes that the ballot box answers, and addresses that exist."""

import re

import pytest
from django.urls import resolve

from tests.architecture.tree import files_ending, text_of
from voting.services.refusals import SENTENCES

# Of the request, not of the ballot: voting/api/ballots.py, voting/api/bodies.py, the throttle.
OF_THE_REQUEST = {
    "unknown_election",
    "unknown_ballot",
    "length_required",
    "unsupported_media_type",
    "throttled",
}
EXAMPLES = {
    "<uuid>": "hfd19JUwUteUwr",
    "<tracker>": "A" * 43,
    "<index>": "7",
    "<size>": "7",
    "<item>": "1",
    "<owner>": "1",
    "<L>": "0",
    "<N>[.p/<W>]": "x001/234.p/7",
    "<kind>": "booth",
    "<slug>": "bridge",
    "<number>": "7",
    "<evidence>": "32d7cf4b-4ab5-4f68-8415-2d705a8e3083",
}
FILES = ("election", "trustees", "credentials", "encrypted-tally", "result")


def page():
    [path] = [path for path in files_ending("api.md") if path.parts[0] == "docs"]
    return text_of(path)


def addresses():
    section = page().split("## Addresses that stay")[1].split("\n## ")[0]
    first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    written = [item for cell in first_cells for item in re.findall(r"`(?:POST )?(/[^`]*)`", cell)]
    written += [f"/elections/<uuid>/{name}.json" for name in FILES]
    return sorted(set(written))


def test_every_code_of_the_ballot_box_is_explained_and_no_other():
    explained = set(re.findall(r"^\| 4\d\d \| `(\w+)`", page(), re.MULTILINE))

    assert explained == set(SENTENCES) | OF_THE_REQUEST


@pytest.mark.parametrize("address", addresses())
def test_a_stable_address_exists(address):
    for placeholder, example in EXAMPLES.items():
        address = address.replace(placeholder, example)

    assert resolve(address)
