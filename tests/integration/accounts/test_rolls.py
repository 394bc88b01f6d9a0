import time

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Roll, RollEntry, RollUpload
from accounts.selectors import (
    is_on_roll,
    roll_csv,
    roll_emails,
    roll_votes,
    roll_weights,
    rolls_of,
)
from accounts.services import roll_files
from accounts.services.rolls import (
    UPLOAD_KEPT,
    RollRefused,
    RollUnchangeable,
    check_roll,
    confirm_upload,
    discard_old_uploads,
    discard_roll,
    import_roll,
    keep_upload,
    seal_roll,
)
from tests.factories.accounts import MOMENT, make_organisation, make_roll, make_user

pytestmark = pytest.mark.django_db

GOOD = b"email,name\nada@example.org,Ada\ngrace@example.org,Grace\n"


def problems(data):
    return [(line.line, line.reason) for line in check_roll(data).problems]


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b",", b";"),
        GOOD.replace(b",", b"\t"),
        b"Name,EMAIL\n Ada , ADA@Example.org \nGrace,grace@example.org\n\n\n",
        b'"email","name"\n"ada@example.org","Ada"\n"grace@example.org","Grace"',
    ],
)
def test_a_roll_is_imported_with_addresses_in_lower_case(data):
    roll = import_roll(organisation=make_organisation(), name="Residents", data=data, now=MOMENT)

    assert list(roll.entries.order_by("email").values_list("email", "name")) == [
        ("ada@example.org", "Ada"),
        ("grace@example.org", "Grace"),
    ]
    assert list(roll_emails(roll)) == ["ada@example.org", "grace@example.org"]
    assert roll.imported_at == MOMENT


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"ada@example.org", "The column “name” is missing."),
        (b"ada@example.org,Ada,1815", "The line has 3 cells, the first line has 2."),
        (b"", "The line is empty."),
        (b"   ", "The line is empty."),
        (b",Ada", "There is no e-mail address."),
        (b"ada.example.org,Ada", "“ada.example.org” is not an e-mail address."),
        (b"ada@@example.org,Ada", "“ada@@example.org” is not an e-mail address."),
        (b"a" * 250 + b"@example.org,Ada", "The e-mail address is longer than 254 characters."),
        (b"ada@example.org," + b"A" * 201, "The name is longer than 200 characters."),
        (b"ada@example.org,A\0da", "The line holds a zero byte. Is this a text file?"),
        (b"ada@example.org,A\x07da", "The name holds a control character."),
        (
            b"ada@example.org,Ad\xe9",
            "Byte 19 of the line is not UTF-8 text. Save the file as “CSV UTF-8”.",
        ),
        (b'ada@example.org,"Ada', "A quotation mark is not closed, or stands inside a word."),
        (b'ada@example.org,"A"da', "A quotation mark is not closed, or stands inside a word."),
        (b"Grace@EXAMPLE.org,Ada", "The same address as on line 2."),
        (b"ada@example.org," + b"A" * 3000, "The line is longer than 2,000 bytes."),
    ],
)
def test_each_bad_line_is_named_and_nothing_changes(line, reason):
    data = b"email,name\ngrace@example.org,Grace\n" + line + b"\nlast@example.org,Last\n"

    assert problems(data) == [(3, reason)]
    with pytest.raises(RollRefused, match="Line 3") as refused:
        import_roll(organisation=make_organisation(), name="Residents", data=data, now=MOMENT)
    assert refused.value.check == check_roll(data)
    assert not Roll.objects.exists()
    assert not RollEntry.objects.exists()


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", 0, "The file is empty."),
        (b"\n\n", 0, "The file is empty."),
        (b"email,name\n", 0, "The file names nobody."),
        (GOOD.decode().encode("utf-16"), 0, "The file is UTF-16 text. Save it as “CSV UTF-8”."),
        (b"name\nAda\n", 1, "The column “email” is missing. The first line must read: email,name"),
        (
            b"ada@example.org,Ada\n",
            1,
            "The column “email” is missing. The first line must read: email,name",
        ),
        (
            b"email,name,born\na@example.org,A,1815\n",
            1,
            "Remove the column “born”: a roll keeps no more than it needs.",
        ),
        (b"email,name,email\n", 1, "A column is named twice."),
    ],
)
def test_a_file_that_is_no_roll_is_refused_by_name(data, line, reason):
    assert problems(data) == [(line, reason)]


WEIGHTED = b"email,name,weight\nada@example.org,Ada,2\ngrace@example.org,Grace,1000000\n"


@pytest.mark.parametrize(
    "data", [WEIGHTED, b"Weight;Email;Name\n2;ada@example.org;Ada\n1000000;grace@example.org;Grace"]
)
def test_a_column_says_how_many_votes_each_has(data):
    check = check_roll(data)
    roll = import_roll(organisation=make_organisation(), name="Shareholders", data=data, now=MOMENT)

    assert (check.people, check.votes, check.is_weighted) == (2, 1_000_002, True)
    assert list(roll_weights(roll)) == [("ada@example.org", 2), ("grace@example.org", 1_000_000)]
    assert roll_votes(roll) == 1_000_002
    assert list(roll_csv(roll))[1] == '"email","name","weight"\r\n'


def test_without_the_column_everybody_has_one_vote():
    roll = import_roll(organisation=make_organisation(), name="Residents", data=GOOD, now=MOMENT)

    assert {weight for _email, weight in roll_weights(roll)} == {1}
    assert not check_roll(GOOD).is_weighted
    assert list(roll_csv(roll))[1] == '"email","name"\r\n'


@pytest.mark.parametrize(
    "weight", ["0", "-1", "1.5", "01", "1e3", "", "１", "1_0", "1000001", "9" * 20, "two"]
)
def test_a_weight_that_is_no_number_of_votes_is_named(weight):
    data = f"email,name,weight\nada@example.org,Ada,{weight}\n".encode()

    assert problems(data) == [(2, "A weight is a whole number from 1 to 1,000,000.")]


def test_all_bad_lines_are_counted_and_the_first_are_kept():
    check = check_roll(b"email,name\n" + b"wrong,\n" * 500 + b"ada@example.org,\n")

    assert check.problem_count == 500
    assert [problem.line for problem in check.problems] == list(range(2, 202))
    assert check.people == 1
    assert not check.is_clean


def test_reading_stops_at_the_ten_thousandth_bad_line():
    check = check_roll(b"email,name\n" + b"wrong,\n" * 10_500)

    assert check.problem_count == 10_000
    assert not check.was_read_to_the_end


def test_formulas_are_kept_as_they_are():
    data = b"email,name\n=ada@example.org,=1+1\n"
    roll = import_roll(organisation=make_organisation(), name="Residents", data=data, now=MOMENT)

    assert list(roll.entries.values_list("email", "name")) == [("=ada@example.org", "=1+1")]


def test_a62_a_file_over_the_limit_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(roll_files, "LARGEST_FILE_BYTES", len(GOOD) - 1)

    assert problems(GOOD) == [(0, "The file is larger than 64 MB. Split it into several rolls.")]


def test_a62_a_roll_over_the_limit_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(roll_files, "MOST_PEOPLE", 1)

    assert problems(GOOD) == [(3, "A roll holds 1,000,000 people at most.")]


@pytest.mark.parametrize(
    "data",
    [
        b'email,name\n"' + b"a" * 20_000_000,
        b'email,name\n"' + b"a@example.org,b\n" * 1_000_000,
        b"email,name\n" + b'"' * 20_000_000,
        b"email,name\n" + b"," * 20_000_000,
        b"," * 20_000_000,
        b"PK\x03\x04" + bytes(20_000_000),
    ],
    ids=["one quote", "a quote before lines", "quotes", "commas", "header of commas", "archive"],
)
def test_a62_a_bomb_is_refused_quickly(data):
    start = time.monotonic()
    check = check_roll(data)

    assert not check.is_clean
    assert len(check.problems) <= 200
    assert time.monotonic() - start < 5


def test_a_sealed_roll_refuses_every_change():
    roll = make_roll(emails=["ada@example.org"])
    other = make_roll()
    seal_roll(roll=roll, now=MOMENT)
    entry = roll.entries.get()

    def changes():
        yield lambda: RollEntry.objects.create(roll=roll, email="new@example.org")
        yield lambda: RollEntry.objects.filter(pk=entry.pk).update(name="Other")
        yield lambda: RollEntry.objects.filter(pk=entry.pk).update(roll=other)
        yield lambda: RollEntry.objects.filter(roll=other).update(roll=roll)
        yield lambda: RollEntry.objects.filter(pk=entry.pk).delete()
        yield lambda: Roll.objects.filter(pk=roll.pk).update(name="Other")
        yield lambda: Roll.objects.filter(pk=roll.pk).update(sealed_at=None)

    for change in changes():
        with pytest.raises(DatabaseError, match="sealed"), transaction.atomic():
            change()
    assert list(roll_emails(roll)) == ["ada@example.org"]


def test_a_roll_is_sealed_once_and_not_when_empty():
    roll = make_roll()
    seal_roll(roll=roll, now=MOMENT)
    assert roll.is_sealed

    with pytest.raises(RollUnchangeable, match="sealed already"):
        seal_roll(roll=roll, now=MOMENT)
    empty = Roll.objects.create(organisation=make_organisation(), name="Empty", imported_at=MOMENT)
    with pytest.raises(RollUnchangeable, match="names nobody"):
        seal_roll(roll=empty, now=MOMENT)


def test_a_roll_is_discarded_until_it_is_sealed():
    roll = make_roll()
    discard_roll(roll=roll)
    assert not Roll.objects.exists()
    assert not RollEntry.objects.exists()

    sealed = make_roll(sealed_at=MOMENT)
    with pytest.raises(RollUnchangeable, match="it stays"):
        discard_roll(roll=sealed)


def test_an_upload_becomes_a_roll_once():
    upload = keep_upload(organisation=make_organisation(), name="New", data=GOOD, now=MOMENT)
    roll = confirm_upload(upload=upload, now=MOMENT)

    assert roll.entries.count() == 2
    with pytest.raises(RollUpload.DoesNotExist):
        confirm_upload(upload=upload, now=MOMENT)


def test_uploads_are_forgotten_after_an_hour():
    upload = keep_upload(organisation=make_organisation(), name="New", data=GOOD, now=MOMENT)

    assert discard_old_uploads(now=MOMENT + UPLOAD_KEPT) == 0
    assert discard_old_uploads(now=MOMENT + UPLOAD_KEPT * 2) == 1
    assert not RollUpload.objects.filter(pk=upload.pk).exists()


def test_people_are_on_a_roll_by_a_verified_address():
    roll = make_roll(emails=["ada@example.org"])

    assert is_on_roll(make_user(email="ADA@example.org", password=None), roll)
    assert not is_on_roll(make_user(password=None), roll)


def test_rolls_are_listed_with_their_number_of_people():
    organisation = make_organisation()
    roll = make_roll(organisation=organisation)
    make_roll()

    assert [(found.pk, found.people) for found in rolls_of(organisation)] == [(roll.pk, 3)]
