"""The logs in a report: what they say of the time before, and the lines that were kept."""

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from wizard.model.case import Case
from wizard.model.log_report import History, LogReport
from wizard.report import logs
from wizard.text.display import safe

WIDTH = 80


def logs_text(case: Case) -> str:
    """For each log what it says of the time before the probes; empty where none says anything."""
    known = [(one, one.history) for one in case.logs if one.history is not None]
    rows = "".join(f"{_row(report, history)}\n" for report, history in known)
    return f"Before the probes, by the logs\n{rows}" if rows else ""


def _row(report: LogReport, history: History) -> str:
    rows = [
        textwrap.fill(
            safe(text),
            WIDTH,
            initial_indent="    ",
            subsequent_indent="    ",
            break_long_words=False,
        )
        for text in logs.words(history)
    ]
    return "\n".join((f"  {safe(report.file, 120)}", *rows))


def logs_json(case: Case) -> list[dict[str, Any]]:
    """Each log: the lines that were kept, and its history or null."""
    return [
        {
            "file": safe(one.file),
            "read": one.read,
            "problem": safe(one.problem),
            "lines": [
                {
                    "kind": line.kind,
                    "ours": line.ours,
                    "tag": line.tag,
                    "client": safe(line.client),
                    "meaning": safe(line.meaning),
                    "text": safe(line.text),
                }
                for line in one.lines
                if line.ours or line.tag
            ],
            "history": _history_json(one.history) if one.history else None,
        }
        for one in case.logs
    ]


def _history_json(history: History) -> dict[str, Any]:
    """Times are seconds since the epoch, or null; the counts are the oldest first."""
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
    }


def logs_lines(case: Case) -> list[str]:
    """The headline of each log's history, for a ticket."""
    known = [(one.file, one.history) for one in case.logs if one.history is not None]
    return [f"{safe(file, 120)}: {logs.headline(history)}" for file, history in known]


_BARS = "▁▂▃▄▅▆▇█"
_UNITS = ((86_400, "day"), (3600, "h"), (60, "min"))


def spark(counts: Sequence[int]) -> str:
    """The counts as bars, one character each; anything above zero stands out from zero."""
    most, top = max(counts, default=0), len(_BARS) - 1
    return "".join(_BARS[max(1, round(top * one / most)) if one else 0] for one in counts)


def span(seconds: float) -> str:
    """A long duration for a reader: `41 min`, `3.5 h`, `12 days`."""
    size, unit = next(((s, u) for s, u in _UNITS if seconds >= s), (1, "s"))
    value = f"{seconds / size:.1f}".removesuffix(".0") if size > 60 else f"{seconds / size:.0f}"
    return f"{value} {unit}{'s' if unit == 'day' and value != '1' else ''}"


def headline(history: History) -> str:
    """How many were cut off before the probes, and since when that is known; one sentence."""
    window = f"{_window(history)} ({_lines(history)})"
    if not history.counted:
        return f"before you came: no line of a kind that shows who was cut off, {window}"
    parts = [
        f"{sum(history.left)} ended with 499" if any(history.left) else "",
        f"{sum(history.canceled)} canceled" if any(history.canceled) else "",
    ]
    said = " and ".join(part for part in parts if part)
    if not said:
        return f"before you came: nobody was cut off, {window}"
    return f"before you came, somebody was cut off: {said}, {window}"


def _lines(history: History) -> str:
    number = f"{history.lines} line{'s' if history.lines != 1 else ''}"
    return f"the last {number}" if history.older else number


def _window(history: History) -> str:
    if history.since is None or history.until is None:
        return "at times that no line names"
    at = datetime.fromtimestamp(history.since, UTC).strftime("%Y-%m-%d %H:%M")
    clock = "by its own clock" if history.own_clock else "UTC"
    return f"in the {span(max(0.0, history.until - history.since))} since {at} {clock}"


def chart(history: History) -> str:
    """The bars and how to read them; empty where nobody was cut off."""
    if not any(history.counts) or history.since is None:
        return ""
    return f"{spark(history.counts)}  each {span(history.bucket_s)}, at most {max(history.counts)}"


def numbers(history: History) -> str:
    """The same as numbers, for whoever sees no bars; empty where nobody was cut off."""
    if not chart(history):
        return ""
    return f"oldest first: {' '.join(map(str, history.counts))}"


def clients(history: History) -> str:
    """Who was cut off most; empty where nobody was, or nobody is named."""
    named = ", ".join(f"{name} ({number})" for name, number in history.clients)
    return f"most of them: {named}" if named else ""


def words(history: History) -> list[str]:
    """All of it, a row each."""
    rows = (headline(history), chart(history), numbers(history), clients(history), history.clock)
    return [row for row in rows if row]
