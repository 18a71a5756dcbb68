"""The logs in a report: what they say of the time before, and the lines that were kept."""

import textwrap
from typing import Any

from wizard import past
from wizard.log_report import History, LogReport
from wizard.model import Case
from wizard.text import safe

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
        for text in past.words(history)
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
    return [f"{safe(file, 120)}: {past.headline(history)}" for file, history in known]
