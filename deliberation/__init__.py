"""Consultations, proposals, debate, moderation."""
