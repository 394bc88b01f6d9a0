"""What programs ask of the log and what they get."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from audit.models import Evidence, LogEntry
from audit.models.evidence import LABEL_CHARACTERS
from audit.selectors import ENTRY_KINDS, Standing
from audit.selectors.evidence import EvidenceState, Progress
from audit.selectors.schemas import ELECTION_PATTERN
from audit.services.evidence import EMPTY_FILE, Filing

INDEX_LIMIT = 2**63 - 1
ENTRIES_LIMIT = 256


class WitnessSerializer(serializers.Serializer[object]):
    """A witness of the policy: one key."""

    name = serializers.CharField(help_text="Its name in the policy.")
    url = serializers.CharField(help_text="Where it is asked; empty: it is not asked.")
    key = serializers.CharField(help_text="Its key: name+id+base64.")
    last_size = serializers.IntegerField(
        allow_null=True, help_text="Entries under the checkpoint that it cosigned last."
    )
    last_cosigned_at = serializers.DateTimeField(
        allow_null=True, help_text="When, by its own clock."
    )
    state = serializers.ChoiceField(choices=Standing.values, help_text="How it fares.")


class LogSerializer(serializers.Serializer[object]):
    """The state of the log."""

    origin = serializers.CharField(help_text="The log's name, the first line of each checkpoint.")
    key = serializers.CharField(help_text="The verifier key: name+id+base64.")
    size = serializers.IntegerField(help_text="Entries with an index.")
    signed_size = serializers.IntegerField(
        help_text="Entries under the newest checkpoint that the log signed."
    )
    published_size = serializers.IntegerField(
        help_text="Entries under the newest public checkpoint: enough witnesses cosigned it."
    )
    waiting = serializers.IntegerField(help_text="Entries that wait for their index.")
    checkpoint = serializers.CharField(
        allow_null=True, help_text="The newest public checkpoint: a signed note."
    )
    policy = serializers.CharField(
        allow_null=True,
        help_text="The policy to check receipts under (c2sp.org/tlog-policy); null: unusable.",
    )
    witnesses = WitnessSerializer(many=True)


class EntrySerializer(serializers.ModelSerializer[LogEntry]):
    """One entry."""

    identity = serializers.SerializerMethodField(help_text="SHA-256 of the entry, hexadecimal.")
    leaf_hash = serializers.SerializerMethodField(
        help_text="SHA-256 of a zero byte and the entry, hexadecimal."
    )
    entry = serializers.SerializerMethodField(
        help_text="The entry, byte for byte: canonical JSON, as a string."
    )

    class Meta:
        model = LogEntry
        fields = ("index", "kind", "identity", "leaf_hash", "entry")

    def get_identity(self, entry: LogEntry) -> str:
        """Write the hash."""
        return bytes(entry.identity).hex()

    def get_leaf_hash(self, entry: LogEntry) -> str:
        """Write the hash."""
        return bytes(entry.leaf_hash).hex()

    def get_entry(self, entry: LogEntry) -> str:
        """Write the text."""
        return entry.text


class EntriesSerializer(serializers.Serializer[object]):
    """Entries, newest first."""

    entries = EntrySerializer(many=True)
    older_before = serializers.IntegerField(
        allow_null=True, help_text="Ask with before=… for the older ones; null at the end."
    )


class EntriesQuerySerializer(serializers.Serializer[object]):
    """Which entries."""

    kind = serializers.ChoiceField(choices=sorted(ENTRY_KINDS), required=False)
    election = serializers.RegexField(
        rf"^{ELECTION_PATTERN}\Z", required=False, help_text="About this election only."
    )
    consultation = serializers.SlugField(
        max_length=100, required=False, help_text="About this consultation only."
    )
    before = serializers.IntegerField(min_value=0, max_value=INDEX_LIMIT, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=ENTRIES_LIMIT, default=50)


@extend_schema_serializer(component_name="LogRefusal")
class RefusalSerializer(serializers.Serializer[object]):
    """Why there is no answer."""

    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="A sentence, for people.")


# --- Evidence -----------------------------------------------------------------------------------


class HashField(serializers.RegexField):
    """32 bytes in lower-case hexadecimal."""

    def __init__(self, *, help_text: str, required: bool) -> None:
        super().__init__(
            r"\A[0-9a-f]{64}\Z",
            required=required,
            help_text=help_text,
            trim_whitespace=False,
            error_messages={"invalid": _("Write 64 characters of lower-case hexadecimal.")},
        )


class NewEvidenceSerializer(serializers.Serializer[object]):
    """A document to be registered: its hash, or a commitment to it."""

    document = HashField(
        required=False,
        help_text="SHA-256 of the document. Whoever has the document finds the entry.",
    )
    commitment = HashField(
        required=False,
        help_text="SHA-256 of a salt of 32 random bytes followed by the 32 bytes of the "
        "document's SHA-256. Nobody finds the entry without the salt.",
    )
    salt = HashField(
        required=False,
        help_text="The commitment's salt, if the receipt shall carry it. Kept until deleted.",
    )
    label = serializers.CharField(  # type: ignore[assignment] # a field named as an argument
        required=False,
        allow_blank=True,
        max_length=LABEL_CHARACTERS,
        help_text="What the key's owner calls it. Never in the log.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """See that there is one document, a salt only beside its commitment, and nothing else."""
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            msg = _("There is no such member.")
            raise serializers.ValidationError({name: [msg] for name in sorted(unknown)})
        if ("document" in attrs) == ("commitment" in attrs):
            msg = _("Give either document or commitment.")
            raise serializers.ValidationError({"document": [msg]})
        if attrs.get("document") == EMPTY_FILE:
            msg = _("This is the hash of an empty file.")
            raise serializers.ValidationError({"document": [msg]})
        if "salt" in attrs and "commitment" not in attrs:
            msg = _("A salt belongs to a commitment.")
            raise serializers.ValidationError({"salt": [msg]})
        return attrs

    def filing(self) -> Filing:
        """Return what is to be registered."""
        data = self.validated_data
        form = Evidence.Form.DOCUMENT if "document" in data else Evidence.Form.COMMITMENT
        return Filing(
            form=form,
            digest=bytes.fromhex(data[form.value]),
            salt=bytes.fromhex(data["salt"]) if "salt" in data else None,
            label=data.get("label", ""),
        )


class EvidenceSerializer(serializers.Serializer[EvidenceState]):
    """A registered document: how far it has come, and what proves it by now."""

    id = serializers.UUIDField(source="evidence.pk")
    form = serializers.ChoiceField(source="evidence.form", choices=Evidence.Form.choices)
    digest = serializers.SerializerMethodField(
        help_text="What the entry holds: the document's SHA-256, or the commitment."
    )
    entry = serializers.SerializerMethodField(help_text="SHA-256 of the log's entry.")
    status = serializers.ChoiceField(
        source="progress.value",
        choices=[progress.value for progress in Progress],
        help_text="waiting: promised. recorded: in the log, awaiting cosignatures. "
        "proven: the receipt is there.",
    )
    promise = serializers.CharField(
        source="evidence.promise", help_text="A signed note, with the moment until which it holds."
    )
    log_index = serializers.SerializerMethodField(help_text="The entry's place; null: none yet.")
    receipt = serializers.CharField(
        source="complete_receipt_text",
        allow_null=True,
        help_text="The content of a .tlog-proof file; null: not yet.",
    )
    timestamp = serializers.SerializerMethodField(
        help_text="The token's address (RFC 3161); null: not yet, or no authority is configured."
    )

    def get_digest(self, state: EvidenceState) -> str:
        """Write the hash."""
        return bytes(state.evidence.digest).hex()

    def get_entry(self, state: EvidenceState) -> str:
        """Write the hash."""
        return bytes(state.evidence.entry).hex()

    def get_log_index(self, state: EvidenceState) -> int | None:
        """Say where the entry stands."""
        return None if state.entry is None else state.entry.index

    def get_timestamp(self, state: EvidenceState) -> str | None:
        """Write the address."""
        if state.timestamp is None:
            return None
        return f"{settings.BASE_URL}/log/checkpoints/{state.timestamp.pk}.tsr"
