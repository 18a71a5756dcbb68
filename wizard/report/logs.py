"""The logs in a report: the history before the probes, and the lines of the probes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from wizard.model.case import Case
from wizard.model.log_report import History, LoggedFailure
from wizard.text.columns import wrap
from wizard.text.display import clauses, comma_list, labelled, noted, safe
from wizard.text.messages import plural, tr

WIDTH = 80
MAX_FAILURES = 5
"""How many kinds of failures are shown of one log."""


def logs_text(case: Case) -> str:
    """Return the history of each log that has one, at most 80 columns wide."""
    rows: list[str] = []
    for file, history in _histories(case):
        lines = history_lines(history)
        texts = (wrap(safe(line), WIDTH, "    ", "    ") for line in lines)
        rows += (f"  {file}", *(row for text in texts for row in text))
    return "\n".join((tr("Before the probes, according to the logs"), *rows, "")) if rows else ""


def _histories(case: Case) -> list[tuple[str, History]]:
    """Return the file name, safe to show, and the history of each log that has one."""
    return [(safe(log.file, 120), log.history) for log in case.logs if log.history is not None]


def logs_json(case: Case) -> list[dict[str, Any]]:
    """Return each log with the lines that are ours or have a tag, and its history or null."""
    return [
        {
            "file": safe(report.file),
            "read": report.read,
            "problem": safe(report.problem),
            "lines": [
                {
                    "kind": line.kind,
                    "ours": line.ours,
                    "tag": line.tag,
                    "client": safe(line.client),
                    "meaning": safe(line.meaning),
                    "text": safe(line.text),
                }
                for line in report.lines
                if line.ours or line.tag
            ],
            "history": _history_json(report.history) if report.history else None,
        }
        for report in case.logs
    ]


def _history_json(history: History) -> dict[str, Any]:
    """Return the history; times are seconds since the epoch or null, counts the oldest first."""
    return {
        "lines": history.lines,
        "counted": history.counted,
        "older": history.older,
        "since": history.since,
        "until": history.until,
        "own_clock": history.own_clock,
        "clock": safe(history.clock),
        "bucket_s": history.bucket_s,
        "left_499": list(history.left),
        "canceled": list(history.canceled),
        "clients": [{"client": safe(name), "cut_off": count} for name, count in history.clients],
        "failures": [_failure_json(failure) for failure in history.failures],
    }


def _failure_json(failure: LoggedFailure) -> dict[str, Any]:
    """Return requests that failed alike; `last` is seconds since the epoch or null."""
    return {
        "kind": failure.kind,
        "tag": failure.tag,
        "meaning": safe(failure.meaning),
        "request": safe(failure.request),
        "count": failure.count,
        "last": failure.last,
        "text": safe(failure.text),
    }


def history_headlines(case: Case) -> list[str]:
    """Return one line for each log with a history, for a ticket."""
    return [labelled(file, headline(history)) for file, history in _histories(case)]


def history_lines(history: History) -> list[str]:
    """Return the headline, the failures, the chart as bars and numbers, the clients and the clock,
    as far as they are known."""
    cut_off = (chart(history), counts(history), clients(history), safe(history.clock))
    return [line for line in (headline(history), *failures(history), *cut_off) if line]


def headline(history: History) -> str:
    """Return one sentence: how many requests were cut off or failed before the probes, and when."""
    number = plural(history.lines, "line")
    lines = tr("the last {number}", number=number) if history.older else number
    period = noted(_period(history), lines)
    failed = sum(failure.count for failure in history.failures)
    parts = [
        tr("clients were cut off: {cut_off}", cut_off=_cut_off(history))
        if any(history.counts)
        else "",
        tr("failures of requests: {count}", count=plural(failed, "line")) if failed else "",
    ]
    if any(parts):
        return tr(
            "before the probes, {counts}, {period}",
            counts=clauses(filter(None, parts)),
            period=period,
        )
    if not history.counted:
        return tr(
            "before the probes: no line that shows who was cut off, {period}",
            period=period,
        )
    return tr(
        "before the probes: no line of a request that was cut off or failed, {period}",
        period=period,
    )


def _cut_off(history: History) -> str:
    left, canceled = sum(history.left) - history.left_200, sum(history.canceled)
    parts = [
        tr("{left} ended with 499", left=left) if left else "",
        tr("{count} with 200 and 0 bytes over HTTP/2", count=history.left_200)
        if history.left_200
        else "",
        tr("{canceled} canceled", canceled=canceled) if canceled else "",
    ]
    return tr(" and ").join(filter(None, parts))


def failures(history: History) -> list[str]:
    """Return a line for each of the failures that were seen last."""
    clock = tr("by its own clock") if history.own_clock else "UTC"
    shown = [safe(failure.describe(clock)) for failure in history.failures[:MAX_FAILURES]]
    hidden = sum(failure.count for failure in history.failures[MAX_FAILURES:])
    return (
        [*shown, tr("{count} of other failures", count=plural(hidden, "line"))] if hidden else shown
    )


def _period(history: History) -> str:
    if history.since is None or history.until is None:
        return tr("at unknown times")
    at = datetime.fromtimestamp(history.since, UTC).strftime("%Y-%m-%d %H:%M")
    clock = tr("by its own clock") if history.own_clock else "UTC"
    length = duration(max(0.0, history.until - history.since))
    return tr("in the {length} since {at} {clock}", length=length, at=at, clock=clock)


def chart(history: History) -> str:
    """Return the bars and their scale; empty if nobody was cut off."""
    if not any(history.counts) or history.since is None:
        return ""
    bucket, most = duration(history.bucket_s), max(history.counts)
    return tr(
        "{sparkline}  each {bucket}, at most {most}",
        sparkline=sparkline(history.counts),
        bucket=bucket,
        most=most,
    )


def counts(history: History) -> str:
    """Return the chart as numbers, for a terminal without bars; empty without a chart."""
    if not chart(history):
        return ""
    return tr("oldest first: {counts}", counts=" ".join(map(str, history.counts)))


def clients(history: History) -> str:
    """Return the clients that were cut off most; empty if no line names one."""
    names = comma_list(noted(safe(name, 100), str(number)) for name, number in history.clients)
    return tr("most from: {names}", names=names) if names else ""


_BARS = "▁▂▃▄▅▆▇█"
_UNITS = ((86_400, "day"), (3600, "h"), (60, "min"))


def sparkline(values: Sequence[int]) -> str:
    """Return the values as bars, one character each; anything above zero is taller than zero."""
    most, top = max(values, default=0), len(_BARS) - 1
    return "".join(_BARS[max(1, round(top * value / most)) if value else 0] for value in values)


def duration(seconds: float) -> str:
    """Return a long duration in a fitting unit: `41 min`, `3.5 h`, `12 days`."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, "s"))
    value = f"{seconds / size:.1f}".removesuffix(".0") if size > 60 else f"{seconds / size:.0f}"
    if unit == "day":
        return tr("1 day") if value == "1" else tr("{value} days", value=value)
    return f"{value} {unit}"
