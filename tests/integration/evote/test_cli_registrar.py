import csv
import json
import re
import stat

import pytest

from evote.cli.letters import Letter, Letterhead, make_letters
from evote.credential import decode_credentials, derive_public_credential

UUID = "hfd19JUwUteUwr"
PAGE = f"https://vote.example.org/elections/{UUID}/"
HEAD = Letterhead(title="Budget", organisation="City", page=PAGE, language="en")
LETTER = Letter(
    pseudonym="0042",
    credential="VFZ3v-gvS7My-VnJkG-Mg4KyA",
    link=f"{PAGE}booth/#credential=VFZ3v-gvS7My-VnJkG-Mg4KyA",
)


@pytest.fixture
def pseudonyms(tmp_path):
    def write(text):
        path = tmp_path / "pseudonyms.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def made(run, tmp_path, pseudonyms):
    folder = tmp_path / "registrar"
    voters = pseudonyms("voter\n0041\n0042\n0043\n")
    assert run("registrar", "make", str(folder), "--voters", voters, "--election", PAGE)[0] == 0
    return folder


def rows(folder):
    with (folder / "voters.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def publics(folder):
    return decode_credentials((folder / "public.json").read_bytes())


class TestMake:
    def test_every_voter_gets_a_credential_whose_public_part_is_in_the_list(self, made):
        voters = rows(made)
        assert [voter["voter"] for voter in voters] == ["0041", "0042", "0043"]
        assert len({voter["credential"] for voter in voters}) == 3
        assert publics(made) == {
            derive_public_credential(uuid=UUID, credential=voter["credential"]): 1
            for voter in voters
        }

    def test_the_public_list_is_in_the_order_of_the_group_and_holds_nothing_else(self, made):
        listed = json.loads((made / "public.json").read_bytes())
        assert listed == sorted(listed, key=lambda text: bytes.fromhex(text)[::-1])
        assert all(re.fullmatch("[0-9a-f]{64}", item) for item in listed)

    def test_the_link_opens_the_booth_and_keeps_the_credential_in_the_fragment(self, made):
        for voter in rows(made):
            assert voter["link"] == f"{PAGE}booth/#credential={voter['credential']}"

    def test_only_the_owner_can_read_the_secret_file(self, made):
        assert stat.S_IMODE((made / "voters.csv").stat().st_mode) == 0o600
        assert stat.S_IMODE(made.stat().st_mode) == 0o700

    def test_weights_stand_in_both_lists(self, run, tmp_path, pseudonyms):
        voters = pseudonyms("voter,weight\na,3\nb,20\n")
        folder = tmp_path / "weighted"
        assert run("registrar", "make", str(folder), "--voters", voters, "--election", PAGE)[0] == 0
        assert sorted(publics(folder).values()) == [3, 20]
        assert [voter["weight"] for voter in rows(folder)] == ["3", "20"]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "is empty"),
            ("0041\n", 'the first line must be "voter" or "voter,weight"'),
            ("voter\n", "there is no voter"),
            ("voter\na\na\n", "line 3: 'a' stands twice"),
            ("voter\na,b\n", "line 2: 2 columns instead of 1"),
            ("voter,weight\na\n", "line 2: 1 columns instead of 2"),
            ("voter,weight\na,0\n", "line 2: a weight is a whole number"),
            ("voter,weight\na,01\n", "line 2: a weight is a whole number"),
            ("voter,weight\na,1.5\n", "line 2: a weight is a whole number"),
            ("voter,weight\na,\n", "line 2: a weight is a whole number"),
            ("voter\n=HYPERLINK(1)\n", "line 2: '=HYPERLINK(1)' begins like a formula"),
            ("voter\n" + "a" * 101 + "\n", "line 2: a pseudonym has 1 to 100"),
        ],
    )
    def test_a_bad_list_is_refused_with_its_line_and_nothing_is_written(
        self, run, tmp_path, pseudonyms, text, reason
    ):
        folder = tmp_path / "registrar"
        voters = pseudonyms(text)
        status, _, errors = run(
            "registrar", "make", str(folder), "--voters", voters, "--election", PAGE
        )
        assert status == 2
        assert reason in errors
        assert not folder.exists()

    @pytest.mark.parametrize("address", [UUID, "https://vote.example.org/", "file:///etc/passwd"])
    def test_asks_for_the_address_of_an_election(self, run, tmp_path, pseudonyms, address):
        voters = pseudonyms("voter\na\n")
        status, _, errors = run(
            "registrar", "make", str(tmp_path / "x"), "--voters", voters, "--election", address
        )
        assert status == 2
        assert "--election" in errors

    def test_never_overwrites_a_folder(self, run, made, pseudonyms):
        before = (made / "voters.csv").read_bytes()
        voters = pseudonyms("voter\na\n")
        assert run("registrar", "make", str(made), "--voters", voters, "--election", PAGE)[0] == 2
        assert (made / "voters.csv").read_bytes() == before


class TestReplace:
    def test_the_old_credential_leaves_the_list_and_the_others_stay(self, run, made, tmp_path):
        before, listed = rows(made), publics(made)
        out = tmp_path / "replacement.json"
        status, *_ = run("registrar", "replace", str(made), "--voter", "0042", "--out", str(out))
        assert status == 0
        after = rows(made)
        assert before[0] == after[0]
        assert before[2] == after[2]
        assert before[1]["credential"] != after[1]["credential"]
        old, new = (
            derive_public_credential(uuid=UUID, credential=voters[1]["credential"])
            for voters in (before, after)
        )
        assert json.loads(out.read_bytes()) == {"election": UUID, "lost": old, "new": new}
        assert set(publics(made)) == set(listed) - {old} | {new}
        assert stat.S_IMODE((made / "voters.csv").stat().st_mode) == 0o600

    def test_an_unknown_voter_changes_nothing(self, run, made, tmp_path):
        before = (made / "voters.csv").read_bytes()
        out = tmp_path / "replacement.json"
        status, _, errors = run(
            "registrar", "replace", str(made), "--voter", "0099", "--out", str(out)
        )
        assert status == 2
        assert "there is no '0099'" in errors
        assert (made / "voters.csv").read_bytes() == before
        assert not out.exists()

    def test_where_the_answer_cannot_be_written_the_folder_stays_as_it_is(self, run, made):
        before = (made / "voters.csv").read_bytes()
        taken = str(made / "public.json")
        assert run("registrar", "replace", str(made), "--voter", "0042", "--out", taken)[0] == 2
        assert (made / "voters.csv").read_bytes() == before

    def test_a_draft_left_by_a_crash_is_in_nobodys_way(self, run, made, tmp_path):
        (made / "voters.new").write_text("half")
        out = tmp_path / "replacement.json"
        assert run("registrar", "replace", str(made), "--voter", "0042", "--out", str(out))[0] == 0
        assert len(rows(made)) == 3


class TestLetters:
    def test_there_is_one_page_for_each_voter(self, run, made, tmp_path):
        out = tmp_path / "letters.pdf"
        status, output, _ = run(
            *("registrar", "letters", str(made), "--title", "Budget"),
            *("--organisation", "City", "--out", str(out)),
        )
        assert status == 0
        assert "3 letters" in output
        assert len(re.findall(rb"/Type /Page\b", out.read_bytes())) == 3
        assert stat.S_IMODE(out.stat().st_mode) == 0o600

    def test_the_same_letters_are_the_same_bytes(self):
        first, second = (make_letters(head=HEAD, letters=[LETTER], font=None) for _ in range(2))
        assert first == second

    def test_a_title_that_the_font_cannot_show_is_refused(self, run, made, tmp_path):
        status, _, errors = run(
            *("registrar", "letters", str(made), "--title", "ميزانية"),
            *("--organisation", "City", "--out", str(tmp_path / "letters.pdf")),
        )
        assert status == 2
        assert "--font" in errors

    def test_a_file_that_is_no_font_is_refused(self, run, made, tmp_path):
        status, _, errors = run(
            *("registrar", "letters", str(made), "--title", "Budget", "--organisation", "City"),
            *("--font", str(made / "public.json"), "--out", str(tmp_path / "letters.pdf")),
        )
        assert status == 2
        assert "--font" in errors

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_a_long_title_and_name_stay_on_one_page(self, language):
        head = Letterhead(
            title="预算 " * 60 if language == "zh-hans" else "Budget of the library " * 9,
            organisation="市" * 100 if language == "zh-hans" else "City " * 20,
            page=PAGE,
            language=language,
        )
        pdf = make_letters(head=head, letters=[LETTER], font=None)
        assert len(re.findall(rb"/Type /Page\b", pdf)) == 1
