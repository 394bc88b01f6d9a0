"""The goals of a benchmark, held against what was measured: the last lines that it prints."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

CORES = 2
# More than this at work for each core, before a benchmark begins, and the clock tells little.
IDLE_LOAD = 0.5
WATCHED_SECONDS = 2.0

say = partial(print, flush=True)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted, what was measured, and whether that will do; None where nothing was."""

    wanted: str
    found: str
    is_met: bool | None


def at_most(limit: float, found: float, *, unit: str, what: str) -> Goal:
    """Want a figure that is not larger than `limit`."""
    return Goal(f"{what}: at most {limit:g} {unit}", f"{found:.4g} {unit}", found <= limit)


def at_least(limit: float, found: float, *, unit: str, what: str) -> Goal:
    """Want a figure that is not smaller than `limit`."""
    wanted = f"{what}: at least {limit:,g} {unit}"
    return Goal(wanted, f"{found:,.4g} {unit}", found >= limit)


def not_measured(wanted: str, *, why: str) -> Goal:
    """Name a goal of which this run says nothing."""
    return Goal(wanted, why, None)


def load_before() -> float:
    """Give how many cores others keep busy; ask before the benchmark begins.

    Watched for two seconds: the system's own average still remembers the benchmark before.
    """
    before = _busy_seconds()
    time.sleep(WATCHED_SECONDS)
    return (_busy_seconds() - before) / WATCHED_SECONDS


def _busy_seconds() -> float:
    """Give the processor time of all processes since the machine began, as Linux counts it."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq = map(int, fields[:7])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def conclude(goals: Sequence[Goal], *, load: float) -> None:
    """Print each goal with what was found; end the program with an error where one is missed."""
    say("Goals:")
    for goal in goals:
        if goal.is_met is None:
            say(f"  not measured  {goal.wanted}: {goal.found}")
        else:
            say(f"  {'met' if goal.is_met else 'MISSED':<12}  {goal.wanted}; found {goal.found}")
    if load > IDLE_LOAD * CORES:
        say(f"Others kept {load:.1f} cores busy before it began. Trust core time.")
    if any(goal.is_met is False for goal in goals):
        sys.exit("A goal was missed.")
