"""What programs ask of the log and what they get."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from audit.models import LogEntry
from audit.selectors import ENTRY_KINDS, Standing

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
    before = serializers.IntegerField(min_value=0, max_value=INDEX_LIMIT, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=ENTRIES_LIMIT, default=50)


@extend_schema_serializer(component_name="LogRefusal")
class RefusalSerializer(serializers.Serializer[object]):
    """Why there is no answer."""

    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="A sentence, for people.")
