"""Proofs as programs send them."""

from rest_framework import serializers


class ProofSerializer(serializers.Serializer[dict[str, object]]):
    """A proof: two scalars in canonical decimal."""

    challenge = serializers.CharField()
    response = serializers.CharField()
