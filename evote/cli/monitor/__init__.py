"""`evote monitor`: watch a log for weeks, and keep evidence if it ever lies."""

import argparse
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.findings import Finding, keep_finding
from evote.cli.log_source import LogSource, LogUnreachable, WebLog, open_log
from evote.cli.log_trust import add_trust_arguments, origin_of, read_trust
from evote.cli.monitor.promises import watch_promise
from evote.cli.monitor.state import MonitorState
from evote.cli.monitor.watch import Watch
from evote.cli.schemas import load_schemas
from evote.cli.seconds import seconds
from evote.cli.text import printable
from evote.tlog.policy import Policy
from evote.tlog.witness import origin_hash

_DESCRIPTION = """\
Watch a log: that it only grows, that it never shows two histories, that every
new entry is the signed one, of a known kind, and may stand where it stands.
With a policy also: that enough witnesses cosigned, lately, and that they were
shown the same log. Nothing is taken from the log's server but the log itself.

It runs until something is wrong; memory does not grow with the log. A server
that cannot be reached is said and asked again: that alone proves nothing.
"""
_EPILOG = """\
A finding that the log's own signature proves (two histories, an entry against
the rules) ends the watch at once. Anything else may pass, so it is looked at
again, and ends the watch if it still stands after --patience seconds. Either
way the evidence is a folder that others check offline:
  evote finding FOLDER --key KEY

examples:
  evote monitor https://vote.example.org/log --key log.vkey --state watch.db
  evote monitor https://vote.example.org/log --policy policy.txt --state watch.db \\
      --also https://mirror.example.net/0a1b…/

exit status:
  0  with --once: nothing is wrong
  1  something is wrong; the evidence is kept
  2  unreadable or wrong usage; with --once also: the log cannot be reached
"""
_SECOND_LOOK_SECONDS = 5


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "monitor",
        help="watch a log, and keep evidence if it ever lies",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "log", metavar="URL", help="where the log is, https://…/log; or a folder with it"
    )
    add_trust_arguments(parser)
    parser.add_argument(
        "--state", required=True, metavar="FILE", help="what the monitor remembers; made if absent"
    )
    parser.add_argument("--once", action="store_true", help="look once instead of for ever")
    parser.add_argument(
        "--every", type=seconds, default=60, metavar="SECONDS", help="how often; default: 60"
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="URL",
        help="another address that shows the same log: a mirror, or another way to it; repeatable",
    )
    parser.add_argument(
        "--evidence", default=".", metavar="FOLDER", help="where evidence is kept; default: here"
    )
    parser.add_argument(
        "--promise",
        action="append",
        default=[],
        metavar="FILE",
        help="a signed promise whose entry must appear in the log; repeatable",
    )
    parser.add_argument(
        "--schemas", metavar="FOLDER", help="schemas of further kinds, which you have read"
    )
    limits = parser.add_argument_group("limits, in seconds")
    for option, default, meaning in (
        ("--fresh", 3600, "how old the cosignatures of the quorum may be; 0: any age"),
        ("--lag", 3600, "for how long another address may be shown more than this one"),
        ("--patience", 60, "how long a fault that may pass is looked at again"),
        ("--promised", 3600, "how long a promise without a date has time, from the first look"),
    ):
        limits.add_argument(
            option,
            type=seconds,
            default=default,
            metavar="SECONDS",
            help=f"{meaning}; default: {default}",
        )
    parser.set_defaults(handler=_monitor)


def _monitor(arguments: argparse.Namespace) -> int:
    policy = read_trust(key=arguments.key, policy=arguments.policy)
    state = MonitorState(Path(arguments.state), origin=origin_of(policy))
    try:
        watch = Watch(
            log=open_log(arguments.log),
            others=_others(arguments, policy=policy),
            policy=policy,
            schemas=load_schemas(arguments.schemas),
            state=state,
            age_limit_seconds=arguments.fresh,
            lag_limit_seconds=arguments.lag,
            promise_limit_seconds=arguments.promised,
            say=_say,
        )
        for source in arguments.promise:
            watch_promise(source, keys=watch.chain.promising, state=state, now=int(time.time()))
        return _watch(watch, arguments)
    finally:
        state.close()


def _others(arguments: argparse.Namespace, *, policy: Policy) -> list[LogSource]:
    """Give the other addresses: those named, and the copies that the policy's witnesses publish."""
    others = [open_log(address) for address in arguments.also]
    folder = origin_hash(origin_of(policy))
    urls = {witness.url.rstrip("/") for witness in policy.witnesses if witness.url is not None}
    return [*others, *(WebLog(f"{url}/{folder}") for url in sorted(urls))]


def _watch(watch: Watch, arguments: argparse.Namespace) -> int:
    trouble_since: float | None = None
    while True:
        pause = arguments.every
        try:
            watch.look(now=int(time.time()))
            trouble_since = None
        except LogUnreachable as error:
            _say(f"not reached, will ask again: {error}")
            if arguments.once:
                return 2
        except (sqlite3.Error, OSError) as error:
            _say(f"{arguments.state}: {error}; will try again")
            if arguments.once:
                return 2
        except Finding as finding:
            now = time.monotonic()
            trouble_since = now if trouble_since is None else trouble_since
            if finding.is_conclusive or now - trouble_since >= arguments.patience:
                return _complain(finding, watch=watch, folder=Path(arguments.evidence))
            _say(f"something is wrong, will look again: {finding}")
            pause = min(pause, _SECOND_LOOK_SECONDS)
        if arguments.once and trouble_since is None:
            return 0
        time.sleep(pause)


def _complain(finding: Finding, *, watch: Watch, folder: Path) -> int:
    _say(f"THE LOG IS WRONG ({finding.kind}): {finding}")
    try:
        place = keep_finding(finding, keys=watch.chain.known, folder=folder, at=datetime.now(UTC))
    except CommandFailed as error:
        _say(f"the evidence is not kept; make room and look again: {error}")
    else:
        _say(f"Keep this folder, it is the evidence: {place}")
    return 1


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {printable(text)}", flush=True)
