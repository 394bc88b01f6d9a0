"""The shape of what organisers and trustees type."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Roll
from evote.counting import is_part
from evote.encoding import decode_json, read_object, read_text
from evote.errors import DecodeError
from voting.models import Election, Question
from voting.selectors.outcomes.methods import METHODS_SHOWN
from voting.services.credential_lists import LIST_LIMIT_BYTES
from voting.services.elections import QuestionDraft

if TYPE_CHECKING:
    from django.http import QueryDict
    from django.utils.datastructures import MultiValueDict
    from django.utils.functional import _StrPromise

PUBLIC_KEY_LIMIT_BYTES = 4_096
REPLACEMENT_LIMIT_BYTES = 1_000


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
    """One question with its answers, and the rule that makes an outcome of its result.

    What only some rules ask for is optional here and ignored where the rule does not ask.
    """

    template_name = "voting/partials/question_form.html"

    text = forms.CharField(label=_("Question"), max_length=500)
    answers = forms.CharField(
        label=_("Answers"),
        help_text=_("One on each line, in the order of the ballot."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    method = forms.ChoiceField(
        label=_("Counting rule"),
        help_text=_(
            "Voters choose answers with the first three, rank them with the next four, and give"
            " each a grade with the last."
        ),
        choices=[
            ("counts", _("None: the counts are published, and no rule decides")),
            *((method.name, method.title) for method in METHODS_SHOWN),
        ],
        initial="counts",
    )
    minimum = forms.IntegerField(
        label=_("At least"),
        help_text=_("How many answers must be chosen; 0 lets people choose none."),
        min_value=0,
        initial=0,
    )
    maximum = forms.IntegerField(
        label=_("At most"),
        help_text=_("How many answers may be chosen. With approval it is all of them."),
        min_value=1,
        initial=1,
    )
    has_blank = forms.BooleanField(
        label=_("Offer a blank vote"),
        help_text=_("It is counted, and shown in the result. Rankings can always be left blank."),
        required=False,
    )
    seats = forms.IntegerField(
        label=_("Seats"),
        help_text=_(
            "How many answers can be elected by plurality, approval or the single transferable"
            " vote."
        ),
        min_value=1,
        initial=1,
        required=False,
    )
    quorum = forms.CharField(
        label=_("Quorum"),
        help_text=_("The part of the roll that has to vote, as in 1/4. Empty for none."),
        max_length=11,
        required=False,
    )
    majority_kind = forms.ChoiceField(
        label=_("What an answer needs to be elected"),
        choices=[
            ("", _("The most votes")),
            ("majority", _("The most votes, and more than a part of the whole")),
            ("supermajority", _("The most votes, and at least a part of the whole")),
        ],
        required=False,
    )
    majority = forms.CharField(
        label=_("That part"), help_text=_("As in 1/2 or 2/3."), max_length=11, required=False
    )
    majority_of = forms.ChoiceField(
        label=_("And that whole"),
        choices=[
            ("ballots", _("All ballots counted, blank ones too")),
            ("votes", _("The votes for answers, where each ballot chooses one")),
            ("roll", _("Everybody on the roll")),
        ],
        required=False,
    )
    grades = forms.CharField(
        label=_("Grades"),
        help_text=_("One on each line, the best first."),
        widget=forms.Textarea(attrs={"rows": 5}),
        initial=_("Excellent\nGood\nFair\nPoor\nTo reject"),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Say at its field what is no part of a whole."""
        values = super().clean() or {}
        for name in ("quorum", "majority"):
            text = values.get(name, "")
            if text and not is_part(text):
                self.add_error(name, _("Write a part of the whole, as in 1/2."))
        if values.get("majority_kind") and not values.get("majority"):
            self.add_error("majority", _("Write which part is needed, as in 1/2."))
        return values

    def draft(self) -> QuestionDraft:
        """Return the question as the service takes it."""
        values = self.cleaned_data
        answers = lines_of(values["answers"])
        method = values["method"]
        is_ranked = method not in ("counts", "plurality", "approval")
        return QuestionDraft(
            text=values["text"],
            answers=answers,
            minimum=0 if is_ranked else values["minimum"],
            maximum=1
            if is_ranked
            else max(1, len(answers))
            if method == "approval"
            else values["maximum"],
            has_blank=values["has_blank"] and not is_ranked,
            kind=Question.Kind.RANKED if is_ranked else Question.Kind.HOMOMORPHIC,
            rule=None if method == "counts" else self._rule(),
        )

    def _rule(self) -> dict[str, object]:
        """Return the rule as the election's context holds it, with only what it asks for."""
        values = self.cleaned_data
        method = values["method"]
        rule: dict[str, object] = {"method": method}
        if method in ("plurality", "approval", "stv"):
            rule["seats"] = values["seats"] or 1
        if method in ("plurality", "approval"):
            if values["quorum"]:
                rule["quorum"] = values["quorum"]
            if values["majority_kind"]:
                rule[values["majority_kind"]] = values["majority"]
                rule["majority_of"] = values["majority_of"] or "ballots"
        if method == "majority-judgment":
            rule["grades"] = lines_of(values["grades"])
        return rule

    @classmethod
    def of(cls, question: Question) -> "QuestionForm":
        """Return the form filled with a question as it stands."""
        initial: dict[str, object] = {
            "text": question.text,
            "answers": "\n".join(question.answers),
            "minimum": question.minimum,
            "maximum": question.maximum,
            "has_blank": question.has_blank,
        }
        rule = question.rule or {"method": "counts"}
        initial |= {
            name: rule[name]
            for name in ("method", "seats", "quorum", "majority_of")
            if name in rule
        }
        for kind in ("majority", "supermajority"):
            if kind in rule:
                initial |= {"majority_kind": kind, "majority": rule[kind]}
        if "grades" in rule:
            initial["grades"] = "\n".join(rule["grades"])
        return cls(initial=initial)


def lines_of(text: str) -> list[str]:
    """Return the lines that hold something, without the spaces around it."""
    return [line.strip() for line in text.splitlines() if line.strip()]


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
    """A lost credential and the one that takes its place: as a file, or both public parts."""

    file = forms.FileField(
        label=_("File of the replacement"),
        required=False,
        help_text=_("The file that evote registrar replace wrote. It holds no secret."),
    )
    lost = forms.CharField(
        label=_("Or: public part of the lost credential"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"class": "pnyx-mono", "spellcheck": "false"}),
    )
    new = forms.CharField(
        label=_("And: public part of the new credential"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"class": "pnyx-mono", "spellcheck": "false"}),
    )

    def __init__(
        self,
        data: "QueryDict | None" = None,
        files: "MultiValueDict[str, UploadedFile[bytes]] | None" = None,
        *,
        uuid: str,
    ) -> None:
        super().__init__(data, files)
        self.uuid = uuid

    def clean(self) -> dict[str, Any]:
        """Take the two public parts from the file, or as they were typed."""
        values = super().clean() or {}
        upload = values.get("file")
        typed = [name for name in ("lost", "new") if values.get(name)]
        if upload is not None and typed:
            raise forms.ValidationError(_("Choose the file or type both parts, not both."))
        if upload is not None:
            return values | _read_replacement(upload, uuid=self.uuid)
        for name in {"lost", "new"} - {*typed}:
            self.add_error(name, _("Choose the file, or type both parts."))
        return values


def _read_replacement(upload: "UploadedFile[bytes]", *, uuid: str) -> dict[str, str]:
    """Read what `evote registrar replace` wrote."""
    try:
        data = upload.read(REPLACEMENT_LIMIT_BYTES + 1)
        value = decode_json(data, source="replacement", limit_bytes=REPLACEMENT_LIMIT_BYTES)
        item = read_object(value, place="", fields=("election", "lost", "new"))
        parts = {name: read_text(item[name], place=name) for name in ("election", "lost", "new")}
    except DecodeError as error:
        message = _("This is not a file of evote registrar replace.")
        raise forms.ValidationError(message) from error
    if parts.pop("election") != uuid:
        raise forms.ValidationError(_("This file is for another election."))
    return parts


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


class ThresholdForm(forms.Form):
    """How many members of a group suffice."""

    threshold = forms.IntegerField(
        label=_("How many of them suffice"),
        help_text=_("Fewer can open nothing. The others may lose their keys or stay away."),
        max_value=50,
        initial=2,
    )


class MinimumsForm(forms.Form):
    """What keeps votes secret where few vote, or where they are ranked."""

    minimum_ballots = forms.IntegerField(
        label=_("Fewest ballots that are counted"),
        help_text=_(
            "With fewer, nothing is opened and the election ends without a count. Below 10,"
            " a count can tell how single people voted."
        ),
        min_value=1,
    )
    minimum_shuffles = forms.IntegerField(
        label=_("Fewest shuffles of ranked ballots"),
        help_text=_(
            "By different trustees. One of them who keeps the order secret is enough."
            " With a single trustee there is one shuffle."
        ),
        min_value=1,
        max_value=50,
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
            values["encoded"] = upload.read().strip()
        elif values.get("public_key"):
            values["encoded"] = values["public_key"].strip().encode("utf-8")
        else:
            raise forms.ValidationError(_("Paste the public key, or choose the file with it."))
        return values


class CertificateForm(PublicKeyForm):
    """The certificate of a member who uses the program evote: pasted, or a file."""

    public_key = forms.CharField(
        label=_("Certificate"),
        help_text=_('The line that begins with {"message": from the program evote.'),
        max_length=PUBLIC_KEY_LIMIT_BYTES,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "pnyx-mono"}),
    )
