"""What processes took of the machine: processor time and memory, read from /proc."""

import os
from pathlib import Path


def family(ancestor: int) -> dict[int, int]:
    """Return this process and every one below it, each with the clock ticks it used so far."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(entry.parent.name)
        parents[pid] = int(fields[1])
        ticks[pid] = sum(map(int, fields[11:15]))  # its own, and of children that are gone
    members = {ancestor}
    while grown := {pid for pid, parent in parents.items() if parent in members} - members:
        members |= grown
    return {pid: ticks[pid] for pid in members if pid in ticks}


def processor_seconds(ancestor: int) -> float:
    """Return the processor time of a process and of every process below it so far."""
    return sum(family(ancestor).values()) / int(os.sysconf("SC_CLK_TCK"))


def megabytes(ancestor: int) -> int:
    """Return the memory of the largest process of a family, in MB."""
    sizes = [0]
    for pid in family(ancestor):
        try:
            lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        sizes += [int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:")]
    return max(sizes)


def megabytes_together(ancestor: int) -> int:
    """Return the memory of a family in MB, with what its processes share counted once."""
    kilobytes = 0
    for pid in family(ancestor):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes // 1024
