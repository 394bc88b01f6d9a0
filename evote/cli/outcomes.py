"""Writes an outcome so that a reader can follow it, number by number."""

from collections.abc import Sequence
from fractions import Fraction

from evote.cli.text import printable
from evote.counting import (
    Act,
    BallotTally,
    BeatPath,
    BordaOutcome,
    Duels,
    MajorityJudgmentOutcome,
    Order,
    Outcome,
    PluralityOutcome,
    RankedPairsOutcome,
    Round,
    SchulzeOutcome,
    StvOutcome,
    split_for_reading,
)

_TITLES = {
    "plurality": "Plurality",
    "approval": "Approval",
    "schulze": "Schulze",
    "ranked-pairs": "Ranked pairs",
    "borda": "Borda",
    "stv": "Single transferable vote",
    "majority-judgment": "Majority judgment",
}


def outcome_lines(outcome: Outcome, *, answers: Sequence[str]) -> list[str]:
    """Give the lines of one outcome: the rule, the ballots, each step, and who is elected."""
    names = [printable(answer) for answer in answers]
    if isinstance(outcome, PluralityOutcome):
        method = "approval" if outcome.rule.is_approval else "plurality"
        lines = _plurality_lines(outcome, names)
    else:
        method = outcome.method
        lines = [_ballots_line(outcome.ballots)]
        if isinstance(outcome, SchulzeOutcome):
            lines += [*_duel_lines(outcome.duels, names), *_path_lines(outcome, names)]
        elif isinstance(outcome, RankedPairsOutcome):
            lines += [*_duel_lines(outcome.duels, names), *_pair_lines(outcome, names)]
        elif isinstance(outcome, BordaOutcome):
            lines += _borda_lines(outcome, names)
        elif isinstance(outcome, StvOutcome):
            lines += _stv_lines(outcome, names)
        else:
            lines += _judgment_lines(outcome, names)
    order = [] if isinstance(outcome, StvOutcome) else _order_lines(outcome.order, names)
    return [f"Rule: {_TITLES[method]}", *lines, *order, *_seat_lines(outcome, names)]


def _ballots_line(ballots: BallotTally) -> str:
    return f"Ballots: {ballots.valid} valid, {ballots.blank} blank, {len(ballots.invalid)} invalid"


def _order_lines(order: Order, names: Sequence[str]) -> list[str]:
    lines, number = ["Order:"], 1
    for place in order:
        equal = " (equal)" if len(place) > 1 else ""
        lines.append(f"  {number}. {_listed(place, names)}{equal}")
        number += len(place)
    return lines


def _seat_lines(outcome: Outcome, names: Sequence[str]) -> list[str]:
    seats = outcome.seats
    lines = [f"Elected: {_listed(seats.elected, names) or 'nobody'}"]
    if seats.tied:
        left = "1 seat" if seats.open_seats == 1 else f"{seats.open_seats} seats"
        lines.append(f"Tied, with {left} left open: {_listed(seats.tied, names)}")
    return lines


def _plurality_lines(outcome: PluralityOutcome, names: Sequence[str]) -> list[str]:
    turnout = outcome.turnout
    lines = [f"Ballots: {turnout.ballots} of {turnout.roll} on the roll"]
    lines += [f"  {votes}  {name}" for votes, name in zip(outcome.votes, names, strict=True)]
    if outcome.blank is not None:
        lines.append(f"  {outcome.blank}  (blank)")
    if outcome.quorum is not None:
        word = "reached" if outcome.is_quorate else "missed"
        needed = outcome.quorum
        lines.append(
            f"Quorum: at least {needed.votes} of {needed.whole} on the roll; "
            f"{turnout.ballots} voted: {word}"
        )
    if outcome.majority is not None:
        needed, base = outcome.majority, outcome.rule.majority
        assert base is not None
        lines.append(f"Majority: at least {needed.votes} of {needed.whole} ({base.base})")
    return lines


def _duel_lines(duels: Duels, names: Sequence[str]) -> list[str]:
    lines = ["Duels:"]
    for one, row in enumerate(duels.matrix):
        for other in range(one + 1, len(row)):
            ahead, behind = row[other], duels.matrix[other][one]
            lines.append(f"  {names[one]} {ahead} : {behind} {names[other]}")
    winner = duels.condorcet_winner()
    if winner is None:
        lines.append("Nobody wins all their duels.")
    else:
        lines.append(f"{names[winner]} wins all its duels.")
    return lines


def _path_lines(outcome: SchulzeOutcome, names: Sequence[str]) -> list[str]:
    lines = ["Strongest paths, there and back:"]
    for one, row in enumerate(outcome.paths):
        for other in range(one + 1, len(row)):
            there, back = row[other], outcome.paths[other][one]
            lines.append(f"  {_path(there, one, other, names)}; {_path(back, other, one, names)}")
    return lines


def _path(path: BeatPath | None, start: int, end: int, names: Sequence[str]) -> str:
    if path is None:
        return f"{names[start]} > {names[end]}: none"
    way = " > ".join(names[answer] for answer in path.answers)
    return f"{way}: {path.votes_for} to {path.votes_against}"


def _pair_lines(outcome: RankedPairsOutcome, names: Sequence[str]) -> list[str]:
    lines = ["Won duels, the strongest first:"]
    for number, pair in enumerate(outcome.pairs, start=1):
        duel = pair.duel
        what = f"{names[duel.winner]} {duel.votes_for} : {duel.votes_against} {names[duel.loser]}"
        if pair.is_locked:
            lines.append(f"  {number}. {what}: locked in")
        else:
            circle = " > ".join(names[answer] for answer in pair.circle)
            lines.append(f"  {number}. {what}: left out, it would go against {circle}")
    return lines


def _borda_lines(outcome: BordaOutcome, names: Sequence[str]) -> list[str]:
    return [
        f"Points, of {outcome.most_points} that an answer could have:",
        *(
            f"  {_number(points)}  {name}"
            for points, name in zip(outcome.points, names, strict=True)
        ),
    ]


def _stv_lines(outcome: StvOutcome, names: Sequence[str]) -> list[str]:
    ballots = outcome.ballots.valid + outcome.ballots.blank
    seats = "1 seat" if outcome.seat_count == 1 else f"{outcome.seat_count} seats"
    lines = [f"Quota: {outcome.quota}, for {ballots} ballots and {seats}"]
    if outcome.absent:
        lines.append(f"On no valid ballot: {_listed(outcome.absent, names)}")
    for number, held in enumerate(outcome.rounds, start=1):
        lines += [f"Round {number}:", *_round_lines(held, outcome.quota, names)]
    return lines


def _round_lines(held: Round, quota: int, names: Sequence[str]) -> list[str]:
    lines = [
        f"  {_number(votes)}  {name}"
        for votes, name in zip(held.votes, names, strict=True)
        if votes is not None
    ]
    if held.exhausted:
        lines.append(f"  {_number(held.exhausted)}  (exhausted)")
    chosen = _listed(held.answers, names)
    if held.act == Act.ELECT_REMAINING:
        return [*lines, f"  Elected, because no more are left than seats: {chosen}"]
    if held.tied:
        lines.append(f"  Equal: {_listed(held.tied, names)}. The order on the ballot decides.")
    if held.act == Act.ELECT:
        votes = held.votes[held.answers[0]]
        assert votes is not None
        line = f"  Elected: {chosen}, {_number(votes - quota)} over the quota"
        if held.factor:
            line += f"; each ballot goes on with {_number(held.factor)} of its weight"
        lines.append(line)
    else:
        lines.append(f"  Eliminated: {chosen}; the ballots go on")
    lines += [
        f"    + {_number(votes)} to {name}"
        for votes, name in zip(held.transfers, names, strict=True)
        if votes
    ]
    if held.exhausting:
        lines.append(f"    + {_number(held.exhausting)} exhausted")
    return lines


def _judgment_lines(outcome: MajorityJudgmentOutcome, names: Sequence[str]) -> list[str]:
    words = [printable(grade) for grade in outcome.grades]
    lines = ["Grades:"]
    for name, judgment in zip(names, outcome.judgments, strict=True):
        counts = ", ".join(
            f"{count} {word}" for count, word in zip(judgment.counts, words, strict=True)
        )
        line = f"  {name}: {counts}"
        if judgment.majority_grade is not None:
            line += f"; in the middle: {words[judgment.majority_grade - 1]}"
        if judgment.next_grade is not None:
            line += f"; without {len(judgment.removed)} of the middle: "
            line += words[judgment.next_grade - 1]
        lines.append(line)
    return lines


def _listed(answers: Sequence[int], names: Sequence[str]) -> str:
    return ", ".join(names[answer] for answer in answers)


def _number(value: Fraction) -> str:
    """Write a number as a whole and an exact rest: 7, 1/3, 2 1/3; or 0.333333… if that is long."""
    whole, rest = split_for_reading(value)
    if rest.startswith("."):
        return f"{whole}{rest}"
    return f"{whole} {rest}".rstrip() if whole or not rest else rest
