"""The shape of what people type. Services have the last word on what is fit to be kept."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from deliberation.models import Comment, Phase, Proposal, Rule
from deliberation.models.comment import COMMENT_MAX_CHARACTERS
from deliberation.models.proposal import (
    BODY_MAX_CHARACTERS,
    NOTE_MAX_CHARACTERS,
    TITLE_MAX_CHARACTERS,
    TITLE_MIN_CHARACTERS,
)
from deliberation.models.report import EXPLANATION_MAX_CHARACTERS
from deliberation.services.elections import Form as ElectionForm
from deliberation.services.texts import UnfitText, clean_line, clean_text

SAY_WHAT = {"required": _("Write something here.")}
CHOOSE = {"required": _("Choose one."), "invalid_choice": _("Choose one of these.")}
SORT_WORDS = {
    "random": _("Random order"),
    "newest": _("Newest"),
    "endorsed": _("Most endorsed"),
    "discussed": _("Most discussed"),
}


class MomentField(forms.DateTimeField):
    """A day and a time in the installation's time zone."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - a form field's options
        options["widget"] = forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        )
        options["error_messages"] = {
            "required": _("Give a day and a time."),
            "invalid": _("Give a day and a time, for example 2026-11-23 18:00."),
        }
        super().__init__(**options)


def _lines(rows: int, **attributes: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attributes})


class FilterForm(forms.Form):
    """What a reader asks of the list of proposals."""

    status = forms.MultipleChoiceField(
        label=_("Status"),
        choices=Proposal.Status.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    text = forms.CharField(label=_("Search the texts"), max_length=80, required=False)
    sort = forms.ChoiceField(
        label=_("Sort by"), choices=list(SORT_WORDS.items()), widget=forms.RadioSelect
    )
    seed = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)


class TitleForm(forms.Form):
    """The first step of a proposal."""

    title = forms.CharField(
        label=_("What should be done?"),
        help_text=format_lazy(
            _(
                "One sentence of {minimum} to {maximum} characters that begins with a verb:"
                " “Plant trees on Market Square”."
            ),
            minimum=TITLE_MIN_CHARACTERS,
            maximum=TITLE_MAX_CHARACTERS,
        ),
        error_messages=SAY_WHAT,
    )

    def clean_title(self) -> str:
        """Say at this step what would be refused at the last."""
        try:
            return clean_line(
                self.cleaned_data["title"],
                field="title",
                minimum=TITLE_MIN_CHARACTERS,
                maximum=TITLE_MAX_CHARACTERS,
            )
        except UnfitText as error:
            raise ValidationError(str(error)) from error


class TextForm(forms.Form):
    """The second step: the reasons."""

    body = forms.CharField(
        label=_("Say what exactly, and why"),
        help_text=format_lazy(
            _(
                "At most {maximum} characters. A blank line begins a paragraph, **two stars** make"
                " words strong, a line that begins with a hyphen is part of a list."
            ),
            maximum=f"{BODY_MAX_CHARACTERS:,}",
        ),
        widget=_lines(12),
        error_messages=SAY_WHAT,
    )

    def clean_body(self) -> str:
        """Say at this step what would be refused at the last."""
        try:
            return clean_text(
                self.cleaned_data["body"], field="body", minimum=1, maximum=BODY_MAX_CHARACTERS
            )
        except UnfitText as error:
            raise ValidationError(str(error)) from error


class RevisionForm(TitleForm, TextForm):
    """A new version of a proposal."""

    note = forms.CharField(
        label=_("What changed, in one line"),
        help_text=format_lazy(
            _("At most {maximum} characters. It stands in the list of versions."),
            maximum=NOTE_MAX_CHARACTERS,
        ),
        error_messages=SAY_WHAT,
    )
    field_order = ["title", "body", "note"]


class CommentForm(forms.Form):
    """A contribution to a debate."""

    body = forms.CharField(
        label=_("Add a reason that is missing"),
        help_text=format_lazy(
            _(
                "Speak about the proposal, not about the people. {maximum} characters at most."
                " Your draft is kept if you have to sign in."
            ),
            maximum=f"{COMMENT_MAX_CHARACTERS:,}",
        ),
        widget=_lines(4),
        error_messages=SAY_WHAT,
    )
    alignment = forms.ChoiceField(
        label=_("This is"),
        choices=[
            (Comment.Alignment.FOR, _("For the proposal")),
            (Comment.Alignment.AGAINST, _("Against the proposal")),
            (Comment.Alignment.NEUTRAL, _("A question, or neither")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether this is for, against or a question.")},
    )


class ReplyForm(CommentForm):
    """An answer to somebody's comment."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as Form
        super().__init__(*arguments, **options)
        self.fields["body"].label = _("Your reply")


class ReportForm(forms.Form):
    """What somebody finds wrong."""

    rule = forms.ChoiceField(
        label=_("Which rule does it break?"),
        choices=Rule.choices,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    text = forms.CharField(
        label=_("What is wrong"),
        help_text=format_lazy(
            _("Moderators read this; it is not published. At most {maximum} characters."),
            maximum=EXPLANATION_MAX_CHARACTERS,
        ),
        required=False,
        widget=_lines(3),
    )


class ActForm(forms.Form):
    """A moderator's decision. The button says which."""

    rule = forms.ChoiceField(
        label=_("Which rule is it about?"), choices=Rule.choices, error_messages=CHOOSE
    )
    explanation = forms.CharField(
        label=_("What the author and the public will read"),
        help_text=_("One or two sentences. They go into the public log."),
        widget=_lines(2),
        error_messages={"required": _("Give the reason. Every act has one.")},
    )


class QueueFilterForm(forms.Form):
    """What a moderator asks of the queue."""

    s = forms.CharField(label=_("Search the queue"), max_length=80, required=False)
    kind = forms.MultipleChoiceField(
        label=_("Kind"),
        choices=[("comment", _("Comments")), ("proposal", _("Proposals"))],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class NewConsultationForm(forms.Form):
    """The beginning of a consultation."""

    organisation = forms.ChoiceField(
        label=_("Who asks?"), widget=forms.RadioSelect, error_messages=CHOOSE
    )
    title = forms.CharField(
        label=_("Title"),
        help_text=_("A question, of 8 to 120 characters."),
        error_messages=SAY_WHAT,
    )
    slug = forms.CharField(
        label=_("Short name in the address"),
        help_text=_("Small letters, digits and hyphens, for example quiet-streets. It stays."),
        error_messages=SAY_WHAT,
    )

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 - as Form
        organisations: list[tuple[str, str]],
        **options: Any,  # noqa: ANN401 - as Form
    ) -> None:
        super().__init__(*arguments, **options)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = organisations


class DescriptionForm(forms.Form):
    """What the consultation is about."""

    title = forms.CharField(
        label=_("Title"),
        help_text=_("A question, of 8 to 120 characters."),
        error_messages=SAY_WHAT,
    )
    summary = forms.CharField(
        label=_("Summary"),
        help_text=_("What it is about, in one to three sentences. At most 600 characters."),
        widget=_lines(4),
        error_messages=SAY_WHAT,
    )


class PromiseForm(forms.Form):
    """What happens with what people say."""

    who_decides = forms.CharField(
        label=_("Who decides"),
        help_text=_("“The city council, by an open vote in its January session.”"),
        widget=_lines(2),
        error_messages=SAY_WHAT,
    )
    what_is_bound = forms.CharField(
        label=_("What is bound"),
        help_text=_("What the outcome decides, and what is advice only."),
        widget=_lines(2),
        error_messages=SAY_WHAT,
    )
    by_when = forms.CharField(
        label=_("By when"),
        help_text=_("When people get an answer, as a date."),
        widget=_lines(2),
        error_messages=SAY_WHAT,
    )
    contact_name = forms.CharField(
        label=_("Contact"),
        help_text=_("The person or office that answers questions."),
        error_messages=SAY_WHAT,
    )
    contact_email = forms.EmailField(
        label=_("E-mail address of the contact"),
        required=False,
        error_messages={"invalid": _("Write an address like mayor@example.org.")},
    )
    endorsement_threshold = forms.IntegerField(
        label=_("Endorsements that shortlist a proposal"),
        help_text=_("Without a number nothing is shortlisted by itself."),
        min_value=1,
        max_value=10_000_000,
        required=False,
    )


class PhaseForm(forms.Form):
    """A phase with its dates."""

    kind = forms.ChoiceField(
        label=_("Phase"),
        choices=Phase.Kind.choices,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    features = forms.MultipleChoiceField(
        label=_("What people may do"),
        choices=Phase.Feature.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    starts_at = MomentField(label=_("Starts"))
    ends_at = MomentField(label=_("Ends"))


class ShortlistForm(forms.Form):
    """Why a proposal goes on the shortlist."""

    reason = forms.CharField(
        label=_("Why it is shortlisted"),
        help_text=_("One sentence that everybody reads, at most 300 characters."),
        error_messages=SAY_WHAT,
    )


class DraftElectionForm(forms.Form):
    """An election from shortlisted proposals."""

    proposals = forms.MultipleChoiceField(
        label=_("Proposals to be put to the vote"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one proposal.")},
    )
    form = forms.ChoiceField(
        label=_("How people vote on them"),
        choices=[
            (ElectionForm.EACH_A_QUESTION, _("Each on its own: agree, disagree or pass")),
            (ElectionForm.ONE_QUESTION, _("One question, with the proposals as answers")),
        ],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    question = forms.CharField(
        label=_("The question"),
        help_text=_("Only for one question: “Which of these should be done first?”"),
        max_length=500,
        required=False,
    )
    minimum = forms.IntegerField(
        label=_("Least number of answers"), min_value=0, max_value=200, required=False
    )
    maximum = forms.IntegerField(
        label=_("Greatest number of answers"), min_value=1, max_value=200, required=False
    )
    title = forms.CharField(
        label=_("Title of the election"),
        max_length=200,
        error_messages=SAY_WHAT,
    )
    opens_at = MomentField(label=_("Voting opens"))
    closes_at = MomentField(label=_("Voting closes"))
    field_order = [
        "title",
        "proposals",
        "form",
        "question",
        "minimum",
        "maximum",
        "opens_at",
        "closes_at",
    ]

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 - as Form
        proposals: list[tuple[str, str]],
        **options: Any,  # noqa: ANN401 - as Form
    ) -> None:
        super().__init__(*arguments, **options)
        field = self.fields["proposals"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = proposals
