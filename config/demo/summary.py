"""What the demo tells people at its end, and at every later start."""

import json
import os
import sys
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from config.progress import say


@dataclass(frozen=True, slots=True)
class Summary:
    """The facts that a later start needs. No address holds the port: it may move."""

    password: str
    sign_ins: list[tuple[str, str]]
    counted: str
    open: str
    draft: str
    credentials: list[tuple[str, str]]
    results: list[tuple[str, list[int], list[int]]]
    ranked: str


def summary_file() -> Path:
    """Return where the summary lies: with the demo's state, not with the server's data."""
    return settings.BASE_DIR / ".local" / "demo" / "summary.json"


def keep(summary: Summary) -> None:
    """Write the summary, whole or not at all. From then on the demo counts as loaded."""
    file = summary_file()
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(asdict(summary), stream, ensure_ascii=False)
    fresh.replace(file)


def kept() -> Summary | None:
    """Return the summary of an earlier start, if there was one."""
    file = summary_file()
    if not file.exists():
        return None
    return Summary(**json.loads(file.read_text(encoding="utf-8")))


class PageMissing(Exception):
    """A page that the demo points to does not come up."""


def look_at_pages(summary: Summary) -> None:
    """Fetch every kind of page that a visitor begins with.

    Raises:
        PageMissing: one of them is not there.

    """
    shown = (summary.counted, summary.open, summary.ranked)
    elections = [f"/elections/{uuid}/" for uuid in shown]
    record = f"/elections/{summary.counted}/{summary.counted}.bel"
    pages = [
        *("/", "/consultations/", "/consultations/consensus-on-brexit/", "/elections/"),
        *elections,
        *(f"/elections/{uuid}/result/" for uuid in (summary.counted, summary.ranked)),
        *(f"/elections/{summary.open}/booth/", record),
        *("/log/", "/log/checkpoint", "/log/policy", "/verify/", "/accounts/login/", "/api/schema"),
        *("/api/elections", "/api/consultations"),
    ]
    for page in pages:
        try:
            with urllib.request.urlopen(settings.BASE_URL + page, timeout=30) as answer:  # noqa: S310
                answer.read()
        except OSError as error:
            msg = f"{settings.BASE_URL}{page}: {error}"
            raise PageMissing(msg) from error
    say(f"Looked at {len(pages)} pages: all are there.")


def show(summary: Summary) -> None:
    """Print addresses, sign-ins and results."""
    site = settings.BASE_URL
    say("")
    say(f"Pnyx           {site}/")
    say(f"Counted        {site}/elections/{summary.counted}/result/")
    say(f"Ranked         {site}/elections/{summary.ranked}/result/   two of three trustees, STV")
    say(f"Open to vote   {site}/elections/{summary.open}/")
    say(f"Draft          {site}/elections/{summary.draft}/manage/")
    say(f"Board          {site}/log/")
    say(f"Policy         {site}/log/policy   any two of three witnesses, in .local/demo/witnesses")
    say(f"REST           {site}/api/schema")
    say(f"Mails          {settings.EMAIL_FILE_PATH}")
    say(f"evote          {sys.executable} -m evote.cli.main --help")
    say("")
    say(f"Sign in at {site}/accounts/login/ with the password {summary.password}")
    for who, address in summary.sign_ins:
        say(f"    {address:28}{who}")
    say("")
    say("Vote at once: these links of the open election hold a credential, as the mails do.")
    for address, credential in summary.credentials:
        link = f"{site}/elections/{summary.open}/booth/#credential={credential}"
        say(f"    {address:28}{link}")
    say("")
    say("The result of the counted election, beside the counts in participants-votes.csv:")
    say(f"    {'counted':>15}  {'expected':>15}   agree, disagree, pass")
    for text, counted, expected in summary.results:
        say(f"    {_numbers(counted):>15}  {_numbers(expected):>15}   {text}")


def _numbers(counts: list[int]) -> str:
    return " ".join(f"{count:4}" for count in counts)
