"""What trustees' programs send, and what they are answered."""

from rest_framework import serializers

from voting.serializers.proofs import ProofSerializer


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
