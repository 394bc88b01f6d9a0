"""The shape of what programs send and get. docs: /api/schema."""

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


def encode_hash(digest: bytes | memoryview) -> str:
    """Write 32 bytes as the protocol writes trackers and fingerprints."""
    return b64_of_hash(bytes(digest).hex())


# The schema calls this set of words by one name.
BALLOT_STATUSES = [("accepted", "accepted"), ("recorded", "recorded")]


class ProofSerializer(serializers.Serializer[dict[str, object]]):
    """A proof: two scalars in canonical decimal."""

    challenge = serializers.CharField()
    response = serializers.CharField()


class CastSerializer(serializers.Serializer[dict[str, object]]):
    """A ballot to put in the box."""

    ballot = serializers.CharField(
        help_text="The exact ballot, as a JSON string: its bytes are what the tracker is a hash of."
    )
    prev = serializers.CharField(
        min_length=43,
        max_length=43,
        help_text="Tracker of the ballot that this one replaces, or 43 times A for none.",
    )
    proof = ProofSerializer(
        required=False,
        help_text="The cast statement, signed with the credential. Asked for where the election"
        " has profile 1, and refused in others.",
    )
    permit = serializers.CharField(
        required=False,
        help_text="From the page “Take a permit”. Asked for where the election’s access is"
        " account-and-credential, and refused in others.",
    )


class ChallengeSerializer(serializers.Serializer[dict[str, object]]):
    """A ballot that was opened. No randomness and no choices: the server needs neither."""

    tracker = serializers.CharField(min_length=43, max_length=43)
    alphas = serializers.ListField(
        child=serializers.RegexField(r"^[0-9a-f]{64}$"),
        help_text="The α of each ciphertext of the ballot, in any order.",
    )


# The schema calls this set of words by one name.
CHALLENGE_STATUSES = [("challenged", "challenged")]


class TakenChallengeSerializer(serializers.Serializer[dict[str, object]]):
    """What can never be cast from now on."""

    tracker = serializers.CharField()
    status = serializers.ChoiceField(choices=CHALLENGE_STATUSES)


class RefusedChallengeSerializer(serializers.Serializer[dict[str, object]]):
    """Why a challenge was not taken."""

    code = serializers.CharField(help_text="Stable; for programs.")
    detail = serializers.CharField(help_text="A sentence for people.")


class BallotStatusSerializer(serializers.Serializer[dict[str, object]]):
    """What can be proven of an accepted ballot by now."""

    tracker = serializers.CharField(help_text="SHA-256 of the ballot, base64 without padding.")
    election = serializers.CharField(help_text="The election's uuid.")
    promise = serializers.CharField(
        help_text="A signed note: the server promises that this ballot comes into the record."
    )
    status = serializers.ChoiceField(
        choices=BALLOT_STATUSES,
        help_text="recorded: the ballot is in the record and its entry in the signed log.",
    )
    log_index = serializers.IntegerField(required=False, help_text="Once recorded.")
    receipt = serializers.CharField(required=False, help_text="A .tlog-proof file, once recorded.")
    is_cosigned = serializers.BooleanField(
        required=False,
        help_text="False: too few witnesses cosigned yet, and the receipt is provisional.",
    )


class RefusedCastSerializer(serializers.Serializer[dict[str, object]]):
    """Why a ballot is not in the box."""

    code = serializers.CharField(help_text="Stable; for programs.")
    detail = serializers.CharField(help_text="A sentence for people.")
    current = serializers.CharField(
        required=False,
        help_text="With stale_prev: the tracker of the credential's current ballot,"
        " or 43 times A for none.",
    )


class RefusedDecryptionSerializer(serializers.Serializer[dict[str, object]]):
    """Why a partial decryption was not taken. The sentence names the trustee."""

    code = serializers.CharField(help_text="Stable; for programs.")
    detail = serializers.CharField(help_text="A sentence for people.")


class SignatureSerializer(serializers.Serializer[dict[str, object]]):
    """One slot's signature of the transcript."""

    slot = serializers.IntegerField(min_value=1, help_text="The trustee's number, from 1.")
    proof = ProofSerializer()


class TranscriptCeremonySerializer(serializers.Serializer[object]):
    """The member `ceremony` of the companion file, as far as it is."""

    commits = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    transcript = serializers.CharField()
    signatures = serializers.ListField(child=ProofSerializer(allow_null=True))


class SlotSerializer(serializers.Serializer[object]):
    """A trustee and whether they have signed."""

    owner = serializers.IntegerField()
    name = serializers.CharField(allow_null=True)
    has_signed = serializers.BooleanField()


class TranscriptSerializer(serializers.Serializer[object]):
    """What every trustee signs, and who has signed it."""

    election = serializers.CharField()
    transcript = serializers.CharField(help_text="T of docs/protocol.md, 2.4, in hexadecimal.")
    ceremony = TranscriptCeremonySerializer()
    slots = SlotSerializer(many=True)


class ShuffleSerializer(serializers.Serializer[dict[str, object]]):
    """One trustee's shuffle of the ranked ballots."""

    owner = serializers.IntegerField(min_value=1, help_text="The trustee's number, from 1.")
    shuffle = serializers.CharField(
        help_text="The exact object as a JSON string, as `evote trustee shuffle` makes it."
    )
    proof = ProofSerializer(
        help_text="The trustee's statement that they shuffled after the record's last event."
    )


class ShuffleStateSerializer(serializers.Serializer[dict[str, object]]):
    """What became of a shuffle."""

    election = serializers.CharField()
    owner = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["being-checked", "accepted", "refused"])
    parts_checked = serializers.IntegerField(help_text="How much of it is checked so far.")
    parts = serializers.IntegerField(help_text="How many parts the check has; 0 when it is over.")
    code = serializers.CharField(help_text="Why it was refused: stable, for programs; or empty.")
    detail = serializers.CharField(help_text="The same as a sentence for people.")


class PartialDecryptionSerializer(serializers.Serializer[dict[str, object]]):
    """One trustee's partial decryption."""

    owner = serializers.IntegerField(min_value=1, help_text="The trustee's number, from 1.")
    partial_decryption = serializers.CharField(
        help_text="The exact object as a JSON string, as `evote trustee decrypt` makes it."
    )
    proofs = serializers.ListField(
        required=False,
        help_text="The strong proofs, nested as the factors are. Asked for where the election"
        " has profile 1, and refused in others.",
    )


class TakenDecryptionSerializer(serializers.Serializer[dict[str, object]]):
    """What was taken."""

    election = serializers.CharField()
    owner = serializers.IntegerField()


class CeremonyMemberSerializer(serializers.Serializer[object]):
    """A member of a group and the last step taken."""

    index = serializers.IntegerField(help_text="Number in the group, from 1.")
    name = serializers.CharField()
    step = serializers.CharField(
        help_text="certificate, commit, polynomial or share; empty before the first."
    )


class ComplaintSerializer(serializers.Serializer[object]):
    """A proof that a member sent a share which does not fit."""

    by = serializers.IntegerField(help_text="The member who complains.")
    about = serializers.IntegerField(help_text="The member at fault.")
    name = serializers.CharField(help_text="The name of the member at fault.")
    evidence = serializers.CharField(help_text="A file to check offline, as a JSON string.")


class CeremonySerializer(serializers.Serializer[object]):
    """What the members of a group have sent; null where a member has not come yet."""

    election = serializers.CharField()
    item = serializers.IntegerField(help_text="Place in the record's list of trustees, from 1.")
    attempt = serializers.IntegerField(help_text="Counts how often the ceremony has begun.")
    threshold = serializers.IntegerField(help_text="How many members suffice to decrypt.")
    step = serializers.ChoiceField(
        choices=["certificates", "commits", "polynomials", "shares", "complete", "failed"]
    )
    members = CeremonyMemberSerializer(many=True)
    certs = serializers.ListField(child=serializers.JSONField(allow_null=True))
    commits = serializers.ListField(child=serializers.JSONField(allow_null=True))
    polynomials = serializers.ListField(child=serializers.JSONField(allow_null=True))
    shares = serializers.ListField(child=serializers.JSONField(allow_null=True))
    complaints = ComplaintSerializer(many=True)


class CeremonyMessageSerializer(serializers.Serializer[object]):
    """One member's message of one step."""

    member = serializers.IntegerField(min_value=1)
    step = serializers.ChoiceField(
        choices=["certificate", "commit", "polynomial", "share", "complaint"]
    )
    message = serializers.CharField(
        help_text="The object {message, signature} as a JSON string, signed by the member."
    )


class TakenMessageSerializer(serializers.Serializer[object]):
    """What was taken."""

    election = serializers.CharField()
    item = serializers.IntegerField()
    member = serializers.IntegerField()
    step = serializers.CharField()


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
