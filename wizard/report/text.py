"""The report for a person: 80 columns, readable without colour."""

import shlex
import textwrap
from collections.abc import Callable, Iterable, Sequence

from wizard.model.case import ProbeResult
from wizard.model.diagnosis import BlockLine, Finding, Recommendation
from wizard.report.hops import hops_text
from wizard.report.logs import logs_text
from wizard.report.result import Check, Result
from wizard.text.display import safe, seconds, visible_block

WIDTH = 80
_COLORS = {"pass": "32", "warn": "33", "fail": "31", "skip": "2"}
_VERDICTS = {"healthy": "pass", "fault": "fail", "inconclusive": "warn"}
_MARKS = {"pass": "ok  ", "warn": "warn", "fail": "FAIL", "skip": "skip"}


def text_report(result: Result, *, color: bool = False) -> str:
    """Verdict, causes with their evidence, checks, risks and notes, what to paste where."""
    paint = painter(color)
    diagnosis = result.diagnosis
    verdict = diagnosis.verdict.upper()
    head = filled(f"{verdict}  {safe(diagnosis.summary)}", "", "  ")
    parts = [
        head.replace(verdict, paint(verdict, diagnosis.verdict), 1),
        *(cause_text(cause) for cause in diagnosis.causes),
        hops_text(result.case),
        _checks(result.checks, paint),
        logs_text(result.case),
        section("Risks (not seen to break anything now)", map(_risk, diagnosis.risks)),
        section("Also", map(_item, diagnosis.notes)),
        recommendation_text(result.recommendation) if result.recommendation else "",
        f"{safe(result.case.target.url, 200)}, {result.elapsed_s:.1f} s\n",
    ]
    return parted(parts)


def parted(parts: Iterable[str]) -> str:
    """The parts that say something, an empty line between them."""
    return "\n".join(part for part in parts if part)


def painter(color: bool) -> Callable[[str, str], str]:
    """What colours a text as a status or a verdict, if at all."""
    return _paint if color else _plain


def _plain(text: str, status: str) -> str:
    return text


def _paint(text: str, status: str) -> str:
    return f"\x1b[{_COLORS[_VERDICTS.get(status, status)]}m{text}\x1b[0m"


def filled(text: str, first: str = "  ", then: str = "  ") -> str:
    """Wrapped; a path or URL longer than a line stays whole, to be copied."""
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return "\n".join(lines) + "\n"


def section(title: str, rows: Iterable[str]) -> str:
    body = "".join(rows)
    return f"{title}\n{body}" if body else ""


def _item(text: str) -> str:
    return filled(safe(text), "  - ", "    ")


def cause_text(cause: Finding) -> str:
    """One cause: what it is, its evidence, what sets it apart, what mends it."""
    head = f"{cause.id} ({cause.confidence}): {safe(cause.title)}"
    rows = [
        filled(f"{one.kind:<6} {safe(one.where, 120)}: {safe(one.text)}", "  ", "         ")
        for one in cause.evidence
    ]
    distinguishes = filled(f"Apart: {safe(cause.distinguishes)}") if cause.distinguishes else ""
    fix = filled(f"Fix ({cause.fix.where}): {safe(cause.fix.summary)}.")
    return f"{filled(head, '', '  ')}{''.join(rows)}{distinguishes}{fix}"


def _risk(risk: Finding) -> str:
    said = "; ".join(f"{safe(one.where, 80)}: {safe(one.text)}" for one in risk.evidence)
    return _item(f"{risk.id} ({risk.confidence}): {said}. {risk.fix.summary}.")


def _checks(checks: Sequence[Check], paint: Callable[[str, str], str]) -> str:
    """Each check in a row, its probes below it; the times stand in columns."""
    names = [len(_probe_name(probe_result)) for check in checks for probe_result in check.results]
    wide = min(_WIDEST, max([*names, _NARROWEST - 1]) + 2)
    return section(
        f"{'Checks':<{wide + 23}}{'connect':>10}{'headers':>10}{'first event':>13}",
        (_check(check, paint, wide) for check in checks),
    )


_NARROWEST, _WIDEST = 13, 24
"""How wide a probe's name is at the least and at the most: with its times it fills 80 columns."""


def _check(check: Check, paint: Callable[[str, str], str], wide: int) -> str:
    mark = paint(_MARKS[check.status], check.status)
    row = filled(f"{check.id:<10}  {check.why}", "        ", " " * 20)[8:]
    return f"  {mark}  {row}" + "".join(
        _cell_row(probe_result, wide) for probe_result in check.results
    )


def _probe_name(probe_result: ProbeResult) -> str:
    """How it was asked, and at which hop or from which vantage: `edge h1 gzip`. A long one goes
    without what is usual, not without its end."""
    whole = probe_result.timeline.probe.label.partition(" ")[2]
    return whole if len(whole) < _WIDEST else whole.replace(" identity", "", 1)


def _cell_row(probe_result: ProbeResult, wide: int) -> str:
    """One probe in one row: outcome and times, in the columns of `Checks`."""
    line = probe_result.timeline
    times = [seconds(at) for at in (line.connect_s, line.headers_s, line.first_event_s)]
    name = safe(_probe_name(probe_result))
    shown = name if len(name) < wide else f"{name[: wide - 2]}…"
    row = f"{'':10}{shown:<{wide}}{probe_result.outcome:<13}"
    return f"{row}{times[0]:>10}{times[1]:>10}{times[2]:>13}\n"


def recommendation_text(made: Recommendation) -> str:
    """What to paste where, and how to apply the diff."""
    where = f" at {safe(made.insert_at)}" if made.insert_at else ""
    changed = [(safe(line.text.strip(), 200), line.reason) for line in made.lines if _is_new(line)]
    parts = [
        filled(f"Recommended{where}: {safe(made.summary)}.", "", "  "),
        _indented(visible_block(textwrap.dedent(made.block))),
        section("Why each line", (_reason(text, why) for text, why in changed)),
        section("To adapt", map(_item, made.adapt)),
        section("Left out on purpose", (_reason(safe(text), why) for text, why in made.omitted)),
    ]
    if made.diff is not None:
        diff = _indented(visible_block(made.diff, tabs=True))
        parts += [
            section("The same as a diff (save it as ssewizard-fix.diff)", [diff]),
            apply_text(made),
        ]
    return parted(parts)


def _is_new(line: BlockLine) -> bool:
    return not line.kept and line.text.strip() not in ("", "}")


def _reason(line: str, why: str) -> str:
    """A line of config as it is, and below it why."""
    return f"  {line}\n{filled(safe(why), '      ', '      ')}"


def apply_text(made: Recommendation) -> str:
    """How to apply the saved diff, with the checks that belong to it."""
    return (
        "Apply it yourself (this tool never does):\n"
        f"  {patch_words(made)}\n"
        "  nginx -t && nginx -s reload\n"
    )


def patch_words(made: Recommendation) -> str:
    """The command that applies the diff, saved where the shell stands."""
    into = shlex.quote(safe(made.directory or "."))
    return f"(cd {into} && patch -p0) < ssewizard-fix.diff"


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ", lambda line: bool(line.strip()))
