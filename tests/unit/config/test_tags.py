import pytest
from django import forms
from django.utils import translation

from config.templatetags.fields import error_links
from config.templatetags.pnyx import grouped, html_lang, icon, share, side

TRACKER = "cqJLsAZtdfZI9GN4sejYQ90NwTs7nMCATtAc7ADv1Vc"


class TwoFields(forms.Form):
    title = forms.CharField(max_length=8)
    address = forms.CharField()

    def clean_address(self):
        raise forms.ValidationError("Nobody lives there.", code="nobody")

    def clean(self):
        raise forms.ValidationError("The two do not belong together.")


@pytest.mark.parametrize(
    ("count", "total", "shown"),
    [(604, 874, "69.1"), (0, 0, "0.0"), (1, 3, "33.3"), (2, 3, "66.7"), (5, 5, "100.0")],
)
def test_a_share_has_one_decimal(count, total, shown):
    assert share(count, total) == shown


def test_a_tracker_stands_in_eleven_groups():
    groups = grouped(TRACKER)

    assert groups.count("<span>") == 11
    assert groups.endswith("<span>1Vc</span>")


def test_a_group_that_holds_markup_is_harmless():
    assert grouped("<b>x") == "<span>&lt;b&gt;x</span>"


def test_languages_are_named_as_html_wants_them():
    assert html_lang("zh-hans") == "zh-Hans"
    with translation.override("en"):
        assert html_lang() == "en"


def test_an_icon_is_silent_unless_it_has_a_label():
    assert 'aria-hidden="true"' in icon("lock")
    assert 'role="img" aria-label="Locked"' in icon("lock", label="Locked")


def test_a_side_has_a_word_and_a_mark():
    assert "pnyx-side--neutral" in side("NEUTRAL")
    assert side("NEUTRAL").endswith("</svg>Question</span>")


def test_the_summary_names_the_field_where_the_words_do_not():
    links = error_links(TwoFields({"title": "", "address": "x"}))

    assert ("id_title", "Title: This is still empty. Fill it in.") in links
    assert ("id_address", "Nobody lives there.") in links
    assert links[0] == ("id_title", "The two do not belong together.")
