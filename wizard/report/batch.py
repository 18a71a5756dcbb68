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
from wizard.report.markdown import inert, markdown_parts
from wizard.report.prometheus import exposition, samples
from wizard.report.result import Result, problems, unreached, unread
from wizard.report.text import WIDTH, filled, painter, parted, section
from wizard.text.display import safe, seconds

WORST: tuple[Verdict, ...] = ("healthy", "inconclusive", "fault")
"""The verdicts, the worst last: what is broken weighs more than what cannot be told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What every form shows of one target, and its part of the form that is asked for.

    The case itself is let go: five hundred configs and traces must not be kept.

    Attributes:
        name: What the target is called, made safe.
        verdict: None where it was not asked: what nobody looked at is neither well nor unclear.
        cause: The primary cause with its confidence; empty where there is none.
        first_event_s: When the slowest probe through the proxy had its first event, in seconds from
            its start; None where one of them had none.
        elapsed_s: How long this target took, in seconds.
        problems: What was wrong with its inputs and its vantages, one sentence each.
        unread: Whether an input could not be read at all.
        part: Its part of the report; what that is depends on the format.
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


def worst(entries: Sequence[Entry]) -> Verdict:
    """The worst verdict of all; where some were not asked, it cannot be told that all is well."""
    return max((one.verdict or "inconclusive" for one in entries), key=WORST.index)


_SHOWN = {
    "healthy": "healthy",
    "fault": "FAULT",
    "inconclusive": "inconclusive",
    None: "not asked",
}
_HEADS = ("target", "verdict", "cause", "event", "took")
_GAP = "  "
_CUT = ".."
_LEAST = 8
"""How many columns a name has at the least."""


def text_table(entries: Sequence[Entry], elapsed_s: float, *, color: bool = False) -> str:
    """The worst verdict and the counts, the table, and what was seen where it is not healthy."""
    paint = painter(color)
    verdict = worst(entries)
    head = f"{verdict.upper()}  {counted(entries)}, {elapsed_s:.1f} s"
    return parted(
        (
            filled(head, "", "  ").replace(verdict.upper(), paint(verdict.upper(), verdict), 1),
            _rows(entries),
            section("Not healthy", (_seen(one) for one in entries if one.verdict in WORST[1:])),
            section("Not read or not reached", (_unread(one) for one in entries if one.problems)),
        )
    )


def counted(entries: Sequence[Entry]) -> str:
    """How many there are of each verdict, the worst first, and how many were not asked."""
    counts, all = Counter(one.verdict for one in entries), len(entries)
    said = [f"{counts[verdict]} {verdict}" for verdict in reversed(WORST) if counts[verdict]]
    if not counts[None]:
        return f"{', '.join(said)} of {all}"
    parts = (", ".join(said), f"interrupted: {counts[None]} of {all} not asked")
    return "; ".join(part for part in parts if part)


def _rows(entries: Sequence[Entry]) -> str:
    """The columns are as wide as they must be; names have what is left."""
    rows = [_HEADS, *(_row(one) for one in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(1, len(_HEADS))]
    room = max(_LEAST, WIDTH - sum(widths) - len(_GAP) * len(widths))
    names = min(room, max(len(row[0]) for row in rows))
    return "".join(_line(row, names, widths) for row in rows)


def _row(one: Entry) -> tuple[str, ...]:
    # The scheme of a URL is the same everywhere, and its room is needed.
    name = one.name.removeprefix("https://").removeprefix("http://")
    event, took = (
        seconds(one.first_event_s),
        f"{one.elapsed_s:.1f} s" if one.verdict else "–",
    )
    return name, _SHOWN[one.verdict], one.cause or "–", event, took


def _line(row: Sequence[str], names: int, widths: Sequence[int]) -> str:
    name, verdict, cause, event, took = row
    results = (f"{cut(name, names):<{names}}", f"{verdict:<{widths[0]}}", f"{cause:<{widths[1]}}",
             f"{event:>{widths[2]}}", f"{took:>{widths[3]}}")  # fmt: skip
    return _GAP.join(results).rstrip() + "\n"


def cut(name: str, size: int) -> str:
    """The name in that many columns: of a long one its beginning and its end, which is where names
    and URLs differ. Between them no `…`: not every terminal has one that is as wide."""
    if len(name) <= size:
        return name
    tail = (size - len(_CUT)) // 2
    return f"{name[: size - len(_CUT) - tail]}{_CUT}{name[-tail:]}"


def _seen(one: Entry) -> str:
    return filled(f"{_called(one)}: {one.summary}", "  - ", "    ")


def _unread(one: Entry) -> str:
    said = "; ".join(safe(problem, 300) for problem in one.problems)
    return filled(f"{one.name}: {said}", "  - ", "    ")


def _called(one: Entry) -> str:
    """The whole name, and the URL where that is another."""
    return one.name if one.name == one.url else f"{one.name} ({one.url})"


def markdown_table(entries: Sequence[Entry], elapsed_s: float) -> str:
    """The same for a ticket."""
    rows = ["| target | verdict | cause | first event | took |", "|---|---|---|---|---|"]
    for one in entries:
        name, _, cause, event, took = _row(one)
        verdict = one.verdict or "not asked"
        rows.append(f"| {inert(name)} | {verdict} | {cause} | {event} | {took} |")
    title = f"# {worst(entries)}: {counted(entries)}"
    return f"{title}\n\n{elapsed_s:.1f} s\n\n" + "\n".join(rows)


SCHEMA = "ssewizard.reports/2"
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
    results = [probe_result for probe_result in result.case.proxy if probe_result.was_made]
    times = [probe_result.timeline.first_event_s for probe_result in results]
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
