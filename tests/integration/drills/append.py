"""Append entries to the log of an installation, in one transaction each. Run as a program."""

import os
import secrets
import sys

import django


def append(number: int) -> None:
    """Put this many events of a new election in the outbox."""
    from audit.services.log import append_entry
    from tests.factories.audit import ballot_event

    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    election = "".join(secrets.choice(alphabet) for _ in range(14))
    for height in range(1, number + 1):
        body = ballot_event(height=height, ballot=f"{election} {height}", election=election)
        append_entry(kind="election-event", body=body)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    append(int(sys.argv[1]))
