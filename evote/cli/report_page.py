"""The report of a verification as one HTML page that a journalist can read and keep.

Self-contained: no script, no font, no picture from elsewhere. Everything that comes from the
record is escaped, and the page forbids itself to load or run anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from evote.cli.results import result_lines
from evote.cli.text import printable
from evote.election import AnyQuestion, Question
from evote.group.backend import BACKEND, BACKEND_SENTENCES
from evote.tally import QuestionResult
from evote.verify import Report, Step, StepStatus, Verdict

_STYLE = """
:root{color-scheme:light dark;--ink:#1a2233;--soft:#55607a;--paper:#fff;--line:#d5dae5;
--good:#00622f;--bad:#a51b0b;--wait:#7a4b00;--bar:#2b5fb3}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf4;--soft:#aab4c8;--paper:#12161f;--line:#39435a;
--good:#6fd39b;--bad:#ff9c8d;--wait:#f0c067;--bar:#7fa9ee}}
body{font:17px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;
max-width:46rem;padding:1.5rem}
h1{font-size:1.7rem;line-height:1.2}h2{margin-top:2.5rem;font-size:1.3rem}h3{margin-bottom:.3rem}
.verdict{border-inline-start:.5rem solid;padding:.3rem 1rem;font-weight:700}
.complete,.passed{color:var(--good)}.invalid,.failed{color:var(--bad)}
.unfinished,.waiting{color:var(--wait)}.not-reached,.not-asked-for{color:var(--soft)}
table{border-collapse:collapse;width:100%}th,td{text-align:start;padding:.35rem .5rem;
border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
caption{text-align:start;font-weight:700;padding:.5rem;border-bottom:2px solid var(--line)}
td.count{text-align:end;white-space:nowrap}td.bar{width:35%}
svg{display:block;width:100%;height:1rem}rect{fill:var(--bar)}
code{overflow-wrap:anywhere}ul{padding-inline-start:1.2rem}.small{color:var(--soft);font-size:.9rem}
"""
_CAUTION = (
    "This page is only as good as whoever made it: to be sure, run the check yourself."
    " It needs nothing but the record."
)
_VERDICTS = {
    Verdict.COMPLETE: "Valid and complete. Every step of the check passed.",
    Verdict.UNFINISHED: "Valid so far. Nothing is wrong, but the election is not finished.",
    Verdict.INVALID: "Invalid. Something in this record is wrong: do not believe it.",
}
_STATUSES = {
    StepStatus.PASSED: "passed",
    StepStatus.FAILED: "failed",
    StepStatus.WAITING: "not yet in the record",
    StepStatus.NOT_REACHED: "not reached, because of an earlier failure",
    StepStatus.NOT_ASKED_FOR: "this election has none",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A record that was verified: where it came from, its bytes' SHA-256, what was found."""

    source: str
    sha256: str
    report: Report


def make_page(records: Sequence[Verified], *, program: str) -> bytes:
    """Write the page. `program` names the verifier and its version."""
    title = "Verification report"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        (
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "style-src 'unsafe-inline'\">"
        ),
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{title}</h1>",
        f'<p class="small">Made by {_text(program)}. {_CAUTION}</p>',
        *(_record(item) for item in records),
        "</main></body></html>",
    ]
    return ("\n".join(parts) + "\n").encode()


def _record(item: Verified) -> str:
    report = item.report
    election = report.election
    name = election.name if election is not None else item.source
    facts = [("Record", item.source), ("SHA-256 of the record", item.sha256)]
    if election is not None:
        facts += [("Election", election.uuid), ("Fingerprint", election.fingerprint)]
    if report.sized_tally is not None:
        facts.append(("Ballots counted", str(report.sized_tally.num_tallied)))
        facts.append(("Their total weight", str(report.sized_tally.total_weight)))
    facts.append(("Arithmetic", f"{BACKEND}: {BACKEND_SENTENCES[BACKEND]}"))
    if report.hints is not None:
        facts.append(("Hints", report.hints.sentence))
    rows = "".join(
        f'<tr><th scope="row">{_text(label)}</th><td><code>{_text(value)}</code></td></tr>'
        for label, value in facts
    )
    return "\n".join(
        [
            f"<section><h2>{_text(name)}</h2>",
            f'<p class="verdict {report.verdict}">{_VERDICTS[report.verdict]}</p>',
            f"<table>{rows}</table>",
            _result(report),
            "<h3>What was checked</h3>",
            "<table><thead><tr><th>Step</th><th>Outcome</th></tr></thead><tbody>",
            *(_step(step) for step in report.steps),
            "</tbody></table>",
            "<h3>Check it yourself</h3>",
            f"<p><code>evote verify {_text(item.source)}</code></p></section>",
        ]
    )


def _result(report: Report) -> str:
    """Show the counts, but only where every step passed: a wrong number is not shown at all."""
    if report.verdict != Verdict.COMPLETE or report.election is None or report.result is None:
        return ""
    parts = ["<h3>Result</h3>"]
    for question, answer in zip(report.election.questions, report.result.answers, strict=True):
        parts.append(_question(question, answer))
    return "\n".join(parts)


def _question(question: AnyQuestion, answer: QuestionResult) -> str:
    if isinstance(question, Question):
        return _counts(question, [count for count in answer if isinstance(count, int)])
    lines = "\n".join(_text(line) for line in result_lines(question, answer))
    return f"<h4>{_text(question.text)}</h4><pre>{lines}</pre>"


def _counts(question: Question, counts: Sequence[int]) -> str:
    answers = ("(blank)",) * question.has_blank + question.answers
    most = max(counts)
    rows = []
    for answer, count in zip(answers, counts, strict=True):
        width = 100 * count // most if most else 0
        rows.append(
            f'<tr><th scope="row">{_text(answer)}</th><td class="count">{count}</td>'
            '<td class="bar"><svg aria-hidden="true" viewBox="0 0 100 10" '
            f'preserveAspectRatio="none"><rect width="{width}" height="10"/></svg></td></tr>'
        )
    return f"<table><caption>{_text(question.text)}</caption><tbody>{''.join(rows)}</tbody></table>"


def _step(step: Step) -> str:
    lines = [f"<li>{_text(line)}</li>" for line in step.comparisons]
    lines += [f"<li><strong>{_text(str(problem))}</strong></li>" for problem in step.problems]
    style = str(step.status).replace(" ", "-")
    return (
        f'<tr><th scope="row">{step.number}. {_text(step.title)}</th>'
        f'<td><span class="{style}">{_STATUSES[step.status]}</span>'
        f"{'<ul>' + ''.join(lines) + '</ul>' if lines else ''}</td></tr>"
    )


def _text(text: str) -> str:
    return escape(printable(text))
