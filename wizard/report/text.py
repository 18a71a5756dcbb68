"""The report for a person: 80 columns, readable without colour."""

import shlex
import textwrap
from collections.abc import Callable, Iterable

from wizard.model import Cell, Finding, Recommendation
from wizard.report.result import Check, Result
from wizard.text import printable_block, safe, seconds

WIDTH = 80
_COLORS = {"pass": "32", "warn": "33", "fail": "31", "skip": "2"}
_VERDICTS = {"healthy": "pass", "fault": "fail", "inconclusive": "warn"}
_MARKS = {"pass": "ok  ", "warn": "warn", "fail": "FAIL", "skip": "skip"}


def text_report(result: Result, *, color: bool = False) -> str:
    """Verdict, causes with their evidence, checks, risks and notes, what to paste where."""
    paint = _paint if color else _plain
    diagnosis = result.diagnosis
    verdict = paint(diagnosis.verdict.upper(), _VERDICTS[diagnosis.verdict])
    parts = [
        _filled(f"{verdict}  {safe(diagnosis.summary)}", "", "  "),
        "".join(cause_text(cause) for cause in diagnosis.causes),
        _section("Checks", (_check(check, paint) for check in result.checks)),
        _section("Risks (nothing is broken by them now)", map(_risk, diagnosis.risks)),
        _section("Also", (_filled(f"- {safe(note)}", "", "  ") for note in diagnosis.notes)),
        recommendation_text(result.recommendation) if result.recommendation else "",
    ]
    body = "\n".join(part for part in parts if part)
    return f"{body}\n{safe(result.case.target.url, 200)}, {result.elapsed_s:.1f} s\n"


def _plain(text: str, status: str) -> str:
    return text


def _paint(text: str, status: str) -> str:
    return f"\x1b[{_COLORS[status]}m{text}\x1b[0m"


def _filled(text: str, first: str = "  ", then: str = "  ") -> str:
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False
    )
    return "\n".join(lines) + "\n"


def _section(title: str, rows: Iterable[str]) -> str:
    body = "".join(rows)
    return f"{title}\n{body}" if body else ""


def cause_text(cause: Finding) -> str:
    """One cause: what it is, its evidence, what sets it apart, what mends it."""
    head = f"{cause.id} ({cause.confidence}): {cause.title}"
    rows = [
        _filled(f"{one.kind:<6} {safe(one.where, 120)}: {safe(one.text)}", "  ", "         ")
        for one in cause.evidence
    ]
    apart = _filled(f"Apart: {safe(cause.apart)}")
    fix = _filled(f"Fix ({cause.fix.where}): {cause.fix.summary}")
    return f"{_filled(head, '', '  ')}{''.join(rows)}{apart}{fix}"


def _risk(risk: Finding) -> str:
    said = "; ".join(f"{safe(one.where, 80)}: {safe(one.text)}" for one in risk.evidence)
    return _filled(f"{risk.id} ({risk.confidence}): {said}. {risk.fix.summary}.", "- ", "  ")


def _check(check: Check, paint: Callable[[str, str], str]) -> str:
    mark = paint(_MARKS[check.status], check.status)
    row = _filled(f"{check.id:<10} {check.why}", "       ", "                  ")[7:]
    return f"  {mark} {row}" + "".join(cell_row(cell) for cell in check.cells)


def cell_row(cell: Cell) -> str:
    """One leg in one row: outcome and times."""
    line = cell.timeline
    name = f"h{line.leg.http[0]} {line.leg.encoding}"
    times = f"connect {seconds(line.connect_s)}, headers {seconds(line.headers_s)}, "
    times += f"first event {seconds(line.first_event_s)}"
    return f"         {name:<12} {cell.outcome:<12} {times}\n"


def recommendation_text(made: Recommendation) -> str:
    """What to paste where, and how to apply the diff."""
    where = f" at {made.insert_at}" if made.insert_at else ""
    parts = [
        _filled(f"Recommended{where}: {safe(made.summary)}", "", "  "),
        _indented(printable_block(made.block)),
        _section(
            "Why each line",
            (
                _filled(f"{safe(line.text.strip(), 60)}  # {line.reason}")
                for line in made.lines
                if not line.kept and line.text.strip() not in ("", "}")
            ),
        ),
        _section("To adapt", (_filled(f"- {safe(one)}", "", "  ") for one in made.adapt)),
        _section(
            "Left out on purpose", (_filled(f"{line}  # {why}") for line, why in made.omitted)
        ),
    ]
    if made.diff is not None:
        parts.append(
            f"The same as a diff\n{_indented(printable_block(made.diff))}{apply_text(made)}"
        )
    return "\n".join(parts)


def apply_text(made: Recommendation) -> str:
    """How to apply the saved diff, with the checks that belong to it."""
    into = shlex.quote(safe(made.directory or "."))
    return (
        "Apply it yourself (this tool never does):\n"
        f"  cd {into} && patch -p0 < ssewizard-fix.diff\n"
        "  nginx -t && nginx -s reload\n"
    )


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ", lambda line: bool(line.strip()))
