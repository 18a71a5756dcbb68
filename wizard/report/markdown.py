"""The report for a ticket."""

import re
from textwrap import dedent

from wizard.model.diagnosis import Finding, Recommendation
from wizard.report.hops import hops_markdown
from wizard.report.logs import logs_lines
from wizard.report.result import Check, Result
from wizard.report.text import apply_text
from wizard.text.display import safe, seconds, visible_block


def markdown_report(result: Result) -> str:
    """Verdict, causes, checks as a table, the block and the diff."""
    return "\n\n".join(markdown_parts(result)) + "\n"


def markdown_parts(result: Result, name: str = "") -> list[str]:
    """The same in pieces: a heading is always the beginning of one.

    Args:
        name: What the target is called, where it is one of several.
    """
    diagnosis = result.diagnosis
    called = f"{inert(name)}: " if name else ""
    parts = [
        f"# {called}{diagnosis.verdict}: {inert(diagnosis.summary)}",
        f"`{_code(result.case.target.url)}`, {result.elapsed_s:.1f} s",
        *(_cause(cause) for cause in diagnosis.causes),
        hops_markdown(result.case),
        _checks(result.checks),
        _list("Before the probes, by the logs", [inert(row) for row in logs_lines(result.case)]),
        _list(
            "Risks",
            [f"`{r.id}` ({r.confidence}): {inert(r.evidence[0].text)}" for r in diagnosis.risks],
        ),
        _list("Also", [inert(note) for note in diagnosis.notes]),
        *(_recommendation(result.recommendation) if result.recommendation else ()),
    ]
    return [part for part in parts if part]


def _cause(cause: Finding) -> str:
    evidence = "\n".join(
        f"- {one.kind}, `{_code(one.where)}`: {inert(one.text)}" for one in cause.evidence
    )
    return (
        f"## {cause.id} ({cause.confidence})\n\n{inert(cause.title)}.\n\n{evidence}\n\n"
        f"Apart: {inert(cause.distinguishes)}\n\n"
        f"Fix ({cause.fix.where}): {inert(cause.fix.summary)}."
    )


def _checks(checks: tuple[Check, ...]) -> str:
    rows = ["| check | status | why |", "|---|---|---|"]
    rows += [f"| {check.id} | {check.status} | {inert(check.why)} |" for check in checks]
    results = ["| probe | outcome | connect | headers | first event |", "|---|---|---|---|---|"]
    for check in checks:
        for probe_result in check.results:
            line = probe_result.timeline
            times = (line.connect_s, line.headers_s, line.first_event_s)
            results.append(
                f"| {inert(line.probe.label)} | {probe_result.outcome} | "
                f"{' | '.join(map(seconds, times))} |"
            )
    return (
        "## Checks\n\n"
        + "\n".join(rows)
        + ("\n\n" + "\n".join(results) if len(results) > 2 else "")
    )


def _recommendation(made: Recommendation) -> list[str]:
    where = f" at `{_code(made.insert_at)}`" if made.insert_at else ""
    parts = [
        f"## What to paste{where}\n\n{inert(made.summary)}",
        _fenced("nginx", dedent(made.block)),
    ]
    parts.append(_list("To adapt", [inert(one) for one in made.adapt]))
    if made.diff is not None:
        parts += [_fenced("diff", made.diff), _fenced("", apply_text(made))]
    parts.append(
        _list(
            "Left out on purpose",
            [f"`{_code(line)}`: {inert(why)}" for line, why in made.omitted],
        )
    )
    return parts


def _fenced(kind: str, text: str) -> str:
    """A block whose fence is longer than any in the text."""
    shown = visible_block(text, tabs=True)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence}{kind}\n{shown.rstrip()}\n{fence}"


def _list(title: str, rows: list[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {row}" for row in rows) if rows else ""


_ACTIVE = re.compile(r"[\\*\[|<]")


def inert(text: str) -> str:
    """Text that ends no table's cell, opens no code, no link and no image, and is no HTML."""
    return _ACTIVE.sub(r"\\\g<0>", safe(text).replace("`", "'"))


def _code(text: str) -> str:
    """The inside of a code span, outside tables."""
    return safe(text, 300).replace("`", "'")
