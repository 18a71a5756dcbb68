"""The reports on many targets, in the same forms as the report on one."""

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from wizard.report.entry import Entry, worst
from wizard.report.junit import junit_suite, skipped_suite, xml_text
from wizard.report.markdown import markdown_parts
from wizard.report.prometheus import exposition, samples
from wizard.report.result import Result, problems, unreached, unread
from wizard.report.structured import report_data
from wizard.report.table import markdown_table, text_table
from wizard.text import safe

SCHEMA = "ssewizard.reports/1"
NOT_ASKED = "not asked: the run was interrupted before"


def entry(format: str, name: str, result: Result) -> Entry:
    """One target's entry in a report of that format."""
    diagnosis = result.diagnosis
    first = next(iter(diagnosis.causes), None)
    return Entry(
        name=safe(name, 200),
        url=safe(result.case.target.url, 200),
        verdict=diagnosis.verdict,
        summary=safe(diagnosis.summary),
        cause=f"{first.id} ({first.confidence})" if first else "",
        first_event_s=_first_event(result),
        elapsed_s=result.elapsed_s,
        problems=tuple(dict.fromkeys((*problems(result.case), *unreached(result.case)))),
        unread=bool(unread(result.case)),
        part=_part(format, name, result),
    )


def unasked(format: str, name: str, url: str) -> Entry:
    """The entry of a target that an interrupted run did not come to."""
    called = safe(name, 200)
    parts = {
        "json": {"name": called, "report": None, "skipped": NOT_ASKED},
        "junit": skipped_suite(called, NOT_ASKED),
        "markdown": "",
        "prometheus": (),
    }
    where = safe(url, 200)
    return Entry(called, where, None, NOT_ASKED, "", None, 0.0, (), False, parts.get(format))


def _first_event(result: Result) -> float | None:
    cells = [cell for cell in result.case.proxy if cell.counts]
    times = [cell.timeline.first_event_s for cell in cells]
    known = [at for at in times if at is not None]
    return max(known) if known and len(known) == len(times) else None


def _part(format: str, name: str, result: Result) -> Any:
    if format == "json":
        return {"name": safe(name, 200), "report": report_data(result)}
    if format == "markdown":
        return "" if result.diagnosis.verdict == "healthy" else _section(name, result)
    if format == "junit":
        return junit_suite(result, safe(name, 200))
    if format == "prometheus":
        return tuple(samples(name, result))
    return None


def _section(name: str, result: Result) -> str:
    """The target's own report, each heading one step lower."""
    first, *rest = markdown_parts(result, safe(name, 200))
    lower = (f"#{part}" if part.startswith("#") else part for part in (first, *rest))
    return "\n\n".join(lower)


def render_several(
    format: str, entries: Sequence[Entry], *, elapsed_s: float, color: bool = False
) -> str:
    """The report on all of them, in their order, with a newline at its end.

    Args:
        elapsed_s: How long all of it took, in seconds.
        color: Whether the text form may use ANSI colours.
    """
    if format == "json":
        return _json(entries, elapsed_s)
    if format == "markdown":
        sections = [one.part for one in entries if one.part]
        return "\n\n".join((markdown_table(entries, elapsed_s), *sections)) + "\n"
    if format == "junit":
        return _junit(entries, elapsed_s)
    if format == "prometheus":
        return exposition(sample for one in entries for sample in one.part)
    return text_table(entries, elapsed_s, color=color)


def _json(entries: Sequence[Entry], elapsed_s: float) -> str:
    data = {
        "schema": SCHEMA,
        "targets": [one.part for one in entries],
        "verdict": worst(entries),
        "elapsed_s": round(elapsed_s, 3),
    }
    return json.dumps(data, indent=2) + "\n"


def _junit(entries: Sequence[Entry], elapsed_s: float) -> str:
    suites = Xml.Element("testsuites", name="ssewizard", time=f"{elapsed_s:.3f}")
    suites.extend([one.part for one in entries])
    for count in ("tests", "failures", "skipped"):
        suites.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    return xml_text(suites)
