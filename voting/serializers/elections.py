"""What everybody may read of elections."""

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.models import LogEntry
from evote.encoding import b64_of_hash
from voting.models import Election, Question, RecordEvent, Trustee
from voting.selectors.elections import (
    QuestionResult,
    TrusteeState,
    Turnout,
    result_of,
    trustee_states,
    turnout_of,
)
from voting.selectors.outcomes import outcomes_for_programs
from voting.serializers.outcomes import OutcomeSerializer


def encode_hash(digest: bytes | memoryview) -> str:
    """Write 32 bytes as the protocol writes trackers and fingerprints."""
    return b64_of_hash(bytes(digest).hex())


class QuestionSerializer(serializers.ModelSerializer[Question]):
    """A question of the ballot."""

    answers = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Question
        fields = ["text", "answers", "minimum", "maximum", "has_blank", "kind", "rule"]
        read_only_fields = fields


class ElectionSerializer(serializers.ModelSerializer[Election]):
    """An election in the list."""

    organisation = serializers.CharField(source="organisation.name")
    fingerprint = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField()
    record = serializers.SerializerMethodField()

    class Meta:
        model = Election
        fields = [
            "uuid",
            "title",
            "organisation",
            "phase",
            "opens_at",
            "closes_at",
            "fingerprint",
            "address",
            "record",
        ]
        read_only_fields = fields

    def get_fingerprint(self, election: Election) -> str:
        """SHA-256 of the sealed description, base64 without padding."""
        assert election.fingerprint is not None, "drafts are not listed"
        return encode_hash(election.fingerprint)

    def get_address(self, election: Election) -> str:
        """Return the election's page."""
        return f"{settings.BASE_URL}/elections/{election.uuid}/"

    def get_record(self, election: Election) -> str:
        """Where all public data of the election can be downloaded."""
        return f"{settings.BASE_URL}/elections/{election.uuid}/{election.uuid}.bel"


class TrusteeSerializer(serializers.ModelSerializer[Trustee]):
    """A trustee, as in the record."""

    number = serializers.IntegerField(source="position")

    class Meta:
        model = Trustee
        fields = ["number", "name", "public_key"]
        read_only_fields = fields


class TrusteeStateSerializer(serializers.Serializer[TrusteeState]):
    """A trustee and whether they have decrypted."""

    trustee = TrusteeSerializer()
    has_decrypted = serializers.BooleanField()


class TurnoutSerializer(serializers.Serializer[Turnout]):
    """Figures that anybody can count in the record."""

    people = serializers.IntegerField(help_text="How many may vote.")
    voters = serializers.IntegerField(help_text="How many of them have a ballot in the record.")
    ballots = serializers.IntegerField(help_text="Recorded ballots, replaced ones included.")
    votes_of_all = serializers.IntegerField(
        help_text="The votes of all who may vote: more than people where votes differ in weight."
    )
    votes_cast = serializers.IntegerField(help_text="The votes of those who voted.")


class AnswerCountSerializer(serializers.Serializer[object]):
    """How many chose an answer."""

    text = serializers.CharField()
    count = serializers.IntegerField()
    is_blank = serializers.BooleanField(help_text="Whether this is the blank vote.")


class QuestionResultSerializer(serializers.Serializer[QuestionResult]):
    """What the trustees decrypted for one question."""

    text = serializers.CharField()
    answers = AnswerCountSerializer(many=True)
    rankings = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        allow_null=True,
        help_text="Of a ranked question: the numbers on each ballot, one for each answer.",
    )


class WholeElectionSerializer(ElectionSerializer):
    """Everything public about one election but the record itself."""

    questions = serializers.SerializerMethodField()
    trustees = serializers.SerializerMethodField()
    turnout = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()
    outcomes = serializers.SerializerMethodField()

    class Meta(ElectionSerializer.Meta):
        fields = [
            *ElectionSerializer.Meta.fields,
            "description",
            "consultation_url",
            "booth_sha256",
            "access",
            "credentials_by",
            "questions",
            "trustees",
            "turnout",
            "result",
            "outcomes",
        ]
        read_only_fields = fields

    @extend_schema_field(QuestionSerializer(many=True))
    def get_questions(self, election: Election) -> object:
        """Return the questions in the order of the ballot."""
        return QuestionSerializer(election.questions.order_by("position"), many=True).data

    @extend_schema_field(TrusteeStateSerializer(many=True))
    def get_trustees(self, election: Election) -> object:
        """Return the trustees in the order of the record."""
        return [TrusteeStateSerializer(state).data for state in trustee_states(election=election)]

    @extend_schema_field(TurnoutSerializer)
    def get_turnout(self, election: Election) -> object:
        """How many take part."""
        return TurnoutSerializer(turnout_of(election=election)).data

    @extend_schema_field(QuestionResultSerializer(many=True, allow_null=True))
    def get_result(self, election: Election) -> object:
        """Return the result once it is published; null before."""
        found = result_of(election=election)
        return None if found is None else [QuestionResultSerializer(one).data for one in found]

    @extend_schema_field(
        serializers.ListField(child=OutcomeSerializer(allow_null=True), allow_null=True)
    )
    def get_outcomes(self, election: Election) -> object:
        """Return what the rules make of the result, question by question; null before it.

        Null in place of a question for which the election binds no rule.
        """
        return outcomes_for_programs(election=election)


class EventSerializer(serializers.ModelSerializer[RecordEvent]):
    """One event of the record. `event` and `payload` are SHA-256 in hexadecimal."""

    event = serializers.SerializerMethodField()
    payload = serializers.SerializerMethodField()
    log_index = serializers.SerializerMethodField()

    class Meta:
        model = RecordEvent
        fields = ["height", "type", "event", "payload", "owner", "log_index"]
        read_only_fields = fields

    def get_event(self, event: RecordEvent) -> str:
        """Return the hash of the event."""
        return bytes(event.hash).hex()

    def get_payload(self, event: RecordEvent) -> str | None:
        """Return the hash of what the event carries: for a ballot, the tracker."""
        return None if event.payload is None else bytes(event.payload).hex()

    def get_log_index(self, event: RecordEvent) -> int | None:
        """Return the index of its entry in the log; null until it has one."""
        places: dict[bytes, LogEntry] = self.context["places"]
        entry = places.get(bytes(event.entry))
        return None if entry is None else entry.index
