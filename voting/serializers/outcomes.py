"""What the counting rules make of results."""

from rest_framework import serializers


class OutcomeSerializer(serializers.Serializer[dict[str, object]]):
    """What the counting rule of a question makes of its result (docs/counting.md).

    Answers are named by their places on the ballot, from 0. Votes that may be parts of one are
    strings with exact fractions. Which of the fields after `order` there are depends on the rule.
    """

    rule = serializers.JSONField(help_text="The rule as the election sealed it; `method` names it.")
    elected = serializers.ListField(
        child=serializers.IntegerField(), help_text="Who has a seat; of STV in that order."
    )
    tied = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Who shares the last place with more answers than there are seats left.",
    )
    open_seats = serializers.IntegerField(help_text="Seats that nobody has, for a tie or a quorum.")
    order = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        required=False,
        help_text="The places from first to last, each with the answers that share it; not of STV.",
    )
    ballots = serializers.JSONField(
        required=False,
        help_text="Of counts: how many were counted. Of rankings: `total`, `valid`, `blank`, and"
        " the `invalid` ones.",
    )
    votes = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="Plurality, approval: by answer.",
    )
    blank = serializers.IntegerField(
        required=False, allow_null=True, help_text="Plurality, approval: blank votes, if offered."
    )
    roll = serializers.IntegerField(required=False, help_text="Plurality, approval: all votes.")
    quorum = serializers.JSONField(
        required=False,
        allow_null=True,
        help_text="Plurality, approval: `needed` votes `of` so many; null without one.",
    )
    majority = serializers.JSONField(
        required=False, allow_null=True, help_text="The same for the majority that is asked for."
    )
    duels = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        required=False,
        help_text="Schulze, ranked pairs: ballots that prefer the row's answer to the column's.",
    )
    paths = serializers.JSONField(
        required=False, help_text="Schulze: the strongest path from row to column, or null."
    )
    pairs = serializers.JSONField(
        required=False, help_text="Ranked pairs: the duels, strongest first, and which are locked."
    )
    points = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Borda: by answer."
    )
    most_points = serializers.IntegerField(
        required=False, help_text="Borda: the most there can be."
    )
    seats = serializers.IntegerField(required=False, help_text="STV: how many were to be filled.")
    quota = serializers.IntegerField(required=False, help_text="STV: votes that win a seat.")
    absent = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="STV: answers that no valid ballot ranks.",
    )
    rounds = serializers.JSONField(required=False, help_text="STV: what happened, round by round.")
    grades = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Majority judgment: best first."
    )
    judgments = serializers.JSONField(
        required=False, help_text="Majority judgment: counts and majority grade of each answer."
    )
