"""The shape of what organisers and trustees type."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Roll
from voting.models import Election, Question
from voting.services.credential_lists import LIST_LIMIT_BYTES
from voting.services.elections import QuestionDraft

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PUBLIC_KEY_LIMIT_BYTES = 4_096


class MomentField(forms.DateTimeField):
    """A day and a time of day, in the installation's time zone."""

    def __init__(self, *, label: "str | _StrPromise") -> None:
        super().__init__(
            label=label,
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            help_text=format_lazy(_("Time zone: {zone}"), zone=settings.TIME_ZONE),
        )


class DetailsForm(forms.Form):
    """What an election says about itself."""

    title = forms.CharField(label=_("Title"), max_length=200)
    description = forms.CharField(
        label=_("Description"),
        help_text=_("What the vote is about and what follows from it. Plain text."),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    consultation_url = forms.URLField(
        label=_("Address of the debate"),
        help_text=_("Where people can read what led to this vote."),
        required=False,
        assume_scheme="https",
    )
    opens_at = MomentField(label=_("Voting opens"))
    closes_at = MomentField(label=_("Voting closes"))


class NewElectionForm(DetailsForm):
    """The same, and whose election it is."""

    organisation = forms.ModelChoiceField(
        label=_("Organisation"), queryset=Organisation.objects.none(), empty_label=None
    )

    field_order = ["organisation"]

    def __init__(self, *args: Any, organisations: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = organisations


class QuestionForm(forms.Form):
    """One question with its answers."""

    text = forms.CharField(label=_("Question"), max_length=500)
    answers = forms.CharField(
        label=_("Answers"),
        help_text=_("One on each line, in the order of the ballot."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    minimum = forms.IntegerField(
        label=_("At least"),
        help_text=_("How many answers must be chosen; 0 lets people choose none."),
        min_value=0,
        initial=0,
    )
    maximum = forms.IntegerField(
        label=_("At most"), help_text=_("How many answers may be chosen."), min_value=1, initial=1
    )
    has_blank = forms.BooleanField(
        label=_("Offer a blank vote"),
        help_text=_("It is counted, and shown in the result."),
        required=False,
    )

    def draft(self) -> QuestionDraft:
        """Return the question as the service takes it."""
        values = self.cleaned_data
        lines = [line.strip() for line in values["answers"].splitlines()]
        return QuestionDraft(
            text=values["text"],
            answers=[line for line in lines if line],
            minimum=values["minimum"],
            maximum=values["maximum"],
            has_blank=values["has_blank"],
        )

    @classmethod
    def of(cls, question: Question) -> "QuestionForm":
        """Return the form filled with a question as it stands."""
        return cls(
            initial={
                "text": question.text,
                "answers": "\n".join(question.answers),
                "minimum": question.minimum,
                "maximum": question.maximum,
                "has_blank": question.has_blank,
            }
        )


class RollForm(forms.Form):
    """Which of the organisation's rolls says who may vote."""

    roll = forms.ModelChoiceField(
        label=_("Roll"), queryset=Roll.objects.none(), empty_label=None, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, election: Election, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self.rolls = Roll.objects.filter(organisation=election.organisation).order_by("-pk")
        field = self.fields["roll"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = self.rolls


class AccessForm(forms.Form):
    """What casting asks for, and who makes the credentials."""

    access = forms.ChoiceField(
        label=_("What does casting ask for?"),
        help_text=_(
            "For a binding vote ask for both: then neither this server nor the registrar can vote"
            " for anybody alone."
        ),
        choices=Election.Access.choices,
        widget=forms.RadioSelect,
    )
    credentials_by = forms.ChoiceField(
        label=_("Who makes the credentials?"),
        help_text=_(
            "A registrar makes them offline with the program evote and hands them out. This server"
            " then never sees one."
        ),
        choices=Election.CredentialsBy.choices,
        widget=forms.RadioSelect,
    )


class CredentialListForm(forms.Form):
    """The public list that a registrar made."""

    file = forms.FileField(
        label=_("Public list of credentials"),
        help_text=_("The file that evote registrar made for this server. It holds no secret."),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse what is too large before it is read."""
        values = super().clean() or {}
        upload = values.get("file")
        if upload is not None:
            if upload.size > LIST_LIMIT_BYTES:
                raise forms.ValidationError(_("The list is larger than 80 MB."))
            values["encoded"] = upload.read()
        return values


class ReplacementForm(forms.Form):
    """A lost credential and the one that takes its place: public parts, 64 hexadecimal digits."""

    lost = forms.CharField(
        label=_("Public part of the lost credential"),
        max_length=64,
        widget=forms.TextInput(attrs={"class": "pnyx-mono", "spellcheck": "false"}),
    )
    new = forms.CharField(
        label=_("Public part of the new credential"),
        max_length=64,
        widget=forms.TextInput(attrs={"class": "pnyx-mono", "spellcheck": "false"}),
    )


class TrusteeForm(forms.Form):
    """Who shall hold a part of the key."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("Shown on the election's page and in its record."),
    )
    email = forms.EmailField(
        label=_("E-mail address"), help_text=_("The trustee signs in with this address.")
    )


class PublicKeyForm(forms.Form):
    """The public part of a trustee's key: typed by the browser's program, or a file."""

    public_key = forms.CharField(
        label=_("Public key"),
        help_text=_('The line that begins with {"pok": from the program that made the key.'),
        max_length=PUBLIC_KEY_LIMIT_BYTES,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "pnyx-mono"}),
    )
    file = forms.FileField(label=_("Or the file with it"), required=False)

    def clean(self) -> dict[str, Any]:
        """Take the file where one was given, else the text; one of the two is needed."""
        values = super().clean() or {}
        upload = values.get("file")
        if upload is not None:
            if upload.size > PUBLIC_KEY_LIMIT_BYTES:
                raise forms.ValidationError(
                    _("A public key has a few hundred characters. This file is something else.")
                )
            values["encoded"] = upload.read()
        elif values.get("public_key"):
            values["encoded"] = values["public_key"].strip().encode("utf-8")
        else:
            raise forms.ValidationError(_("Paste the public key, or choose the file with it."))
        return values
