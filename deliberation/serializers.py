"""The shape of what programs send and get. Every field is named; nothing follows a table."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from deliberation.models import Comment, Phase, Proposal, Rule


class StrictSerializer(serializers.Serializer[Any]):
    """Reads what is named and refuses everything else (A-71)."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Refuse members that nobody asked for."""
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            message = _("Unknown member.")
            raise serializers.ValidationError({name: [message] for name in unknown})
        return super().to_internal_value(data)


class PhaseSerializer(serializers.Serializer[Any]):
    """A phase."""

    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Phase.Kind.choices)
    features = serializers.ListField(child=serializers.ChoiceField(choices=Phase.Feature.choices))
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PromiseSerializer(serializers.Serializer[Any]):
    """What happens with what people say."""

    who_decides = serializers.CharField()
    what_is_bound = serializers.CharField()
    by_when = serializers.CharField()


class ConsultationSerializer(serializers.Serializer[Any]):
    """A consultation in a list."""

    slug = serializers.SlugField()
    title = serializers.CharField()
    summary = serializers.CharField()
    organisation = serializers.CharField()
    published_at = serializers.DateTimeField()
    address = serializers.URLField()


class WholeConsultationSerializer(ConsultationSerializer):
    """A consultation with its promise, phases and figures."""

    promise = PromiseSerializer()
    endorsement_threshold = serializers.IntegerField(allow_null=True)
    phases = PhaseSerializer(many=True)
    people = serializers.IntegerField()
    proposals = serializers.IntegerField()
    comments = serializers.IntegerField()
    endorsements = serializers.IntegerField()
    elections = serializers.ListField(child=serializers.CharField())


class ProposalSerializer(serializers.Serializer[Any]):
    """A proposal in a list."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()
    consultation = serializers.SlugField()
    status = serializers.ChoiceField(choices=Proposal.Status.choices)
    title = serializers.CharField()
    author = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    endorsements = serializers.IntegerField()
    comments = serializers.IntegerField()
    address = serializers.URLField()


class VersionSerializer(serializers.Serializer[Any]):
    """One text of a proposal, with what proves that it is the logged one."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    body = serializers.CharField()
    note = serializers.CharField()
    revised_at = serializers.DateTimeField()
    salt = serializers.CharField(help_text="Hexadecimal; hashed before title, line feed, body.")
    text = serializers.CharField(help_text="SHA-256 that the log has, hexadecimal.")
    entry = serializers.CharField(help_text="SHA-256 of the log's entry, hexadecimal.")


class RemovalSerializer(serializers.Serializer[Any]):
    """Why a contribution is not shown."""

    removed_at = serializers.DateTimeField()
    rule = serializers.ChoiceField(choices=Rule.choices)
    explanation = serializers.CharField()


class CommentSerializer(serializers.Serializer[Any]):
    """A comment. A removed one has no text and no author, and says why."""

    id = serializers.IntegerField()
    parent = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]  # DRF has one of its own
    author = serializers.CharField(allow_null=True)
    alignment = serializers.ChoiceField(choices=Comment.Alignment.choices)
    body = serializers.CharField(allow_null=True)
    posted_at = serializers.DateTimeField()
    removal = RemovalSerializer(allow_null=True)


class WholeProposalSerializer(ProposalSerializer):
    """A proposal with its texts and its debate. A removed one has no texts and says why."""

    versions = VersionSerializer(many=True)
    debate = CommentSerializer(many=True)
    removal = RemovalSerializer(allow_null=True)


class NewProposalSerializer(StrictSerializer):
    """What makes a proposal."""

    title = serializers.CharField()
    body = serializers.CharField()


class NewCommentSerializer(StrictSerializer):
    """What makes a comment."""

    body = serializers.CharField()
    alignment = serializers.ChoiceField(choices=Comment.Alignment.choices)
    parent = serializers.IntegerField(  # type: ignore[assignment]  # DRF has one of its own
        required=False, allow_null=True, default=None, min_value=1
    )


class NothingSerializer(StrictSerializer):
    """An empty object."""


class EndorsementSerializer(serializers.Serializer[Any]):
    """How many endorse a proposal, and whether you do."""

    endorsements = serializers.IntegerField()
    is_endorsed = serializers.BooleanField()


class RefusalSerializer(serializers.Serializer[Any]):
    """Why something was refused."""

    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="A sentence, for people.")
