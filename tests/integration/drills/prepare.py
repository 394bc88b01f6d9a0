"""Open an election in an empty installation and write down every input of the drill.

Run as a program, with the environment of the installation.
"""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

import django

VOTERS = 14
CHOICES = ([0, 0], [1, 0], [0, 1])
ORDERS = ([1, 2, 3], [3, 1, 2], [2, 3, 1])
PLACES = ([1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1])


def prepare() -> dict[str, object]:
    """Make election, ballots (two voters vote again) and the counts that must come out."""
    from django.core import mail
    from django.core.management import call_command
    from django.utils import timezone

    from evote.group import encode_secret_scalar
    from tests.factories.voting import PLACES as WHERE
    from tests.factories.voting import TREES, make_election, tracker_of
    from voting.models import Election
    from voting.models.ballot import NO_PREVIOUS_BALLOT
    from voting.services.elections import QuestionDraft

    mail.outbox = []
    call_command("make_log_key", verbosity=0)
    now = timezone.now()
    made = make_election(
        phase=Election.Phase.OPEN,
        voters=VOTERS,
        questions=[
            TREES,
            WHERE,
            QuestionDraft(
                text="In what order?",
                answers=["Bridge", "Square", "Harbour"],
                minimum=0,
                maximum=1,
                has_blank=False,
                kind="RANKED",
            ),
        ],
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )
    casts = []
    latest: dict[int, bytes] = {}
    counted: dict[int, tuple[list[int], ...]] = {}
    for number, voter in enumerate([*range(VOTERS), 0, 5]):
        answers = tuple(options[number % len(options)] for options in (CHOICES, PLACES, ORDERS))
        ballot = made.ballot(voter, answers)
        prev = latest.get(voter, NO_PREVIOUS_BALLOT)
        casts.append(made.envelope(voter, ballot, prev=prev))
        latest[voter] = tracker_of(ballot)
        counted[voter] = answers
    expected = [
        [
            sum(counts)
            for counts in zip(*[answers[question] for answers in counted.values()], strict=True)
        ]
        for question in range(2)
    ]
    return {
        "uuid": made.election.uuid,
        "casts": casts,
        "trustee_keys": [encode_secret_scalar(key) for key in made.secret_keys],
        "expected": expected,
        "rankings": sorted(answers[2] for answers in counted.values()),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    Path(sys.argv[1]).write_text(json.dumps(prepare()), encoding="utf-8")
