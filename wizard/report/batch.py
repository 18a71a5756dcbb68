"""The reports on many targets, in the same forms as the report on one."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as Xml

from wizard.model.diagnosis import Verdict
from wizard.report.json import report_data
from wizard.report.junit import junit_suite, skipped_suite, xml_text
from wizard.report.markdown import escape_markup, markdown_parts
from wizard.report.prometheus import exposition, samples
from wizard.report.result import Result, input_problems, unread_inputs, vantage_problems
from wizard.report.text import WIDTH, colorizer, join_sections, section, wrap
from wizard.text.columns import pad, pad_left, width
from wizard.text.display import clauses, comma_list, labelled, safe, seconds
from wizard.text.messages import tr

SEVERITY: tuple[Verdict, ...] = ("healthy", "inconclusive", "fault")
"""The verdicts, the worst last."""
SCHEMA = "ssewizard.reports/2"
NOT_ASKED = tr("not asked: the run was interrupted before")


@dataclass(frozen=True, slots=True)
class Entry:
    """The summary of one target, and its part of the report in the requested format.

    The case itself is not kept: five hundred configs and timelines would not fit in memory.

    Attributes:
        name: The target's name, escaped for display.
        verdict: None for a target that an interrupted run did not reach.
        cause: The primary cause with its confidence; empty without one.
        first_event_s: Seconds until the slowest proxied probe had its first event; None if a probe
            had no event.
        problems: What was wrong with the inputs and the vantages, one sentence each.
        unread: True if an input could not be read at all.
        part: The type depends on the format.
    """

    name: str
    url: str
    verdict: Verdict | None
    summary: str
    cause: str
    first_event_s: float | None
    elapsed_s: float
    problems: tuple[str, ...]
    unread: bool
    part: Any


def make_entry(format: str, name: str, result: Result) -> Entry:
    """Return the entry of one target for a report of that format."""
    case, diagnosis = result.case, result.diagnosis
    primary = next(iter(diagnosis.causes), None)
    return Entry(
        name=safe(name, 200),
        url=safe(case.target.url, 200),
        verdict=diagnosis.verdict,
        summary=safe(diagnosis.summary),
        cause=f"{primary.id} ({primary.confidence})" if primary else "",
        first_event_s=_first_event(result),
        elapsed_s=result.elapsed_s,
        problems=tuple(dict.fromkeys((*input_problems(case), *vantage_problems(case)))),
        unread=bool(unread_inputs(case)),
        part=_part(format, name, result),
    )


def skipped_entry(format: str, name: str, url: str) -> Entry:
    """Return the entry of a target that an interrupted run did not reach."""
    name, url = safe(name, 200), safe(url, 200)
    parts = {
        "json": {"name": name, "report": None, "skipped": NOT_ASKED},
        "junit": skipped_suite(name, NOT_ASKED),
        "markdown": "",
        "prometheus": (),
    }
    return Entry(name, url, None, NOT_ASKED, "", None, 0.0, (), False, parts.get(format))


def _first_event(result: Result) -> float | None:
    times = [item.timeline.first_event_s for item in result.case.proxy if item.was_made]
    with_event = [at for at in times if at is not None]
    return max(with_event) if with_event and len(with_event) == len(times) else None


def _part(format: str, name: str, result: Result) -> Any:
    if format == "json":
        return {"name": safe(name, 200), "report": report_data(result)}
    if format == "markdown":
        # The target's own report, each heading one level lower.
        is_healthy = result.diagnosis.verdict == "healthy"
        parts = [] if is_healthy else markdown_parts(result, safe(name, 200))
        return "\n\n".join(f"#{part}" if part.startswith("#") else part for part in parts)
    if format == "junit":
        return junit_suite(result, safe(name, 200))
    if format == "prometheus":
        return tuple(samples(name, result))
    return None


def worst_verdict(entries: Sequence[Entry]) -> Verdict:
    """Return the worst verdict of all; a target that was not reached counts as inconclusive."""
    return max((item.verdict or "inconclusive" for item in entries), key=SEVERITY.index)


def verdict_counts(entries: Sequence[Entry]) -> str:
    """Return how many targets have each verdict, the worst first, and how many were skipped."""
    counts, total = Counter(item.verdict for item in entries), len(entries)
    numbers = [_count(counts[verdict], verdict) for verdict in SEVERITY[::-1] if counts[verdict]]
    if not counts[None]:
        return tr("{numbers} of {total}", numbers=comma_list(numbers), total=total)
    parts = (
        comma_list(numbers),
        tr("interrupted: {counts} of {total} not asked", counts=counts[None], total=total),
    )
    return clauses(part for part in parts if part)


def _count(count: int, verdict: Verdict) -> str:
    match verdict:
        case "healthy":
            return tr("{count} healthy", count=count)
        case "inconclusive":
            return tr("{count} inconclusive", count=count)
        case "fault":
            return tr("{count} fault", count=count)


def render_batch(
    format: str, entries: Sequence[Entry], *, elapsed_s: float, color: bool = False
) -> str:
    """Return the report on all targets, in their order, with a newline at its end.

    `color` allows ANSI colours in the text form.
    """
    if format == "json":
        return _json(entries, elapsed_s)
    if format == "markdown":
        sections = [item.part for item in entries if item.part]
        return "\n\n".join((_markdown_table(entries, elapsed_s), *sections)) + "\n"
    if format == "junit":
        return _junit(entries, elapsed_s)
    if format == "prometheus":
        return exposition(sample for item in entries for sample in item.part)
    return _text(entries, elapsed_s, color=color)


_VERDICT_WORDS = {
    "healthy": tr("healthy"),
    "fault": tr("FAULT"),
    "inconclusive": tr("inconclusive"),
    None: tr("not asked"),
}
_HEADINGS = (tr("target"), tr("verdict"), tr("cause"), tr("event"), tr("took"))
_GAP = "  "
_ELLIPSIS = ".."
"""ASCII: not every terminal draws `…` in one column."""
_MIN_NAME_WIDTH = 8


def _text(entries: Sequence[Entry], elapsed_s: float, *, color: bool) -> str:
    """Return the worst verdict and the counts, the table, and what is not healthy or not read."""
    colorize = colorizer(color)
    verdict = worst_verdict(entries)
    head = wrap(f"{verdict.upper()}  {verdict_counts(entries)}, {elapsed_s:.1f} s", "", "  ")
    unhealthy = (_summary(item) for item in entries if item.verdict in SEVERITY[1:])
    problems = (_problems(item) for item in entries if item.problems)
    parts = (
        head.replace(verdict.upper(), colorize(verdict.upper(), verdict), 1),
        _table(entries),
        section(tr("Not healthy"), unhealthy),
        section(tr("Not read or not reached"), problems),
    )
    return join_sections(parts)


def _table(entries: Sequence[Entry]) -> str:
    """Return the table: columns as wide as they must be, names cut to the rest of the line."""
    rows = [_HEADINGS, *(_row(item) for item in entries)]
    widths = [max(width(row[column]) for row in rows) for column in range(1, len(_HEADINGS))]
    free = max(_MIN_NAME_WIDTH, WIDTH - sum(widths) - len(_GAP) * len(widths))
    name_width = min(free, max(width(row[0]) for row in rows))
    return "".join(_line(row, name_width, widths) for row in rows)


def _row(entry: Entry) -> tuple[str, ...]:
    # Targets do not differ in the scheme, and its columns are needed.
    name = entry.name.removeprefix("https://").removeprefix("http://")
    event = seconds(entry.first_event_s)
    took = f"{entry.elapsed_s:.1f} s" if entry.verdict else "–"
    return name, _VERDICT_WORDS[entry.verdict], entry.cause or "–", event, took


def _line(row: Sequence[str], name_width: int, widths: Sequence[int]) -> str:
    name, verdict, cause, event, took = row
    columns = [pad(shorten(name, name_width), name_width), pad(verdict, widths[0])]
    columns += [pad(cause, widths[1]), pad_left(event, widths[2]), pad_left(took, widths[3])]
    return _GAP.join(columns).rstrip() + "\n"


def shorten(name: str, width: int) -> str:
    """Shorten a name in the middle: names and URLs differ at their beginning and their end."""
    if len(name) <= width:
        return name
    tail = (width - len(_ELLIPSIS)) // 2
    return f"{name[: width - len(_ELLIPSIS) - tail]}{_ELLIPSIS}{name[-tail:]}"


def _summary(entry: Entry) -> str:
    name = entry.name if entry.name == entry.url else f"{entry.name} ({entry.url})"
    return wrap(labelled(name, entry.summary), "  - ", "    ")


def _problems(entry: Entry) -> str:
    problems = clauses(safe(problem, 300) for problem in entry.problems)
    return wrap(labelled(entry.name, problems), "  - ", "    ")


def _markdown_table(entries: Sequence[Entry], elapsed_s: float) -> str:
    rows = [tr("| target | verdict | cause | first event | took |"), "|---|---|---|---|---|"]
    for item in entries:
        name, _, cause, event, took = _row(item)
        verdict = _VERDICT_WORDS[item.verdict].lower()
        rows.append(f"| {escape_markup(name)} | {verdict} | {cause} | {event} | {took} |")
    title = f"# {labelled(_VERDICT_WORDS[worst_verdict(entries)].lower(), verdict_counts(entries))}"
    return f"{title}\n\n{elapsed_s:.1f} s\n\n" + "\n".join(rows)


def _json(entries: Sequence[Entry], elapsed_s: float) -> str:
    data = {
        "schema": SCHEMA,
        "targets": [item.part for item in entries],
        "verdict": worst_verdict(entries),
        "elapsed_s": round(elapsed_s, 3),
    }
    return json.dumps(data, indent=2) + "\n"


def _junit(entries: Sequence[Entry], elapsed_s: float) -> str:
    suites = Xml.Element("testsuites", name="ssewizard", time=f"{elapsed_s:.3f}")
    suites.extend([item.part for item in entries])
    for count in ("tests", "failures", "skipped"):
        suites.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    return xml_text(suites)
