"""What booths send, and what they are answered."""

from rest_framework import serializers

from voting.serializers.proofs import ProofSerializer

# The schema calls this set of words by one name.
BALLOT_STATUSES = [("accepted", "accepted"), ("recorded", "recorded")]


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
