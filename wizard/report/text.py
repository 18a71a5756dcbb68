"""The report for a reader at a terminal: 80 columns, complete without colour."""

import shlex
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from wizard.diagnose.next_step import next_step
from wizard.model.case import Case
from wizard.model.diagnosis import CONFIDENCE_WORDS, BlockLine, Evidence, Finding, Recommendation
from wizard.model.probe_result import ProbeResult
from wizard.model.steps import STATE_WORDS
from wizard.report.hops import hops_text
from wizard.report.labels import EVIDENCE_WORDS, FIX_PLACES, check_name, not_the_cause, probe_name
from wizard.report.logs import logs_text
from wizard.report.proof import before_and_now, change_text, remarks, utc
from wizard.report.result import Check, Result
from wizard.text import columns
from wizard.text.columns import pad, pad_left
from wizard.text.display import clauses, labelled, safe, seconds, visible_block
from wizard.text.messages import plural, tr

WIDTH = 80
MAX_LOG_LINES = 2
"""How many log lines are shown as evidence of one cause."""
_COLORS = {"pass": "32", "warn": "33", "fail": "31", "skip": "2"}
_STATUS_OF_VERDICT = {"healthy": "pass", "fault": "fail", "inconclusive": "warn"}


def text_report(result: Result, *, color: bool = False) -> str:
    """Return the answer, the evidence, the fix and its proof, then what else is to be known."""
    colorize = colorizer(color)
    diagnosis, (word, sentence) = result.diagnosis, result.headline
    head = wrap(f"{word}  {sentence}", "", "  ")
    parts = [
        head.replace(word, colorize(word, diagnosis.verdict), 1) + _next(result),
        *(cause_text(cause) for cause in result.causes),
        hops_text(result.case),
        _checks(result.checks, result.sides, colorize),
        logs_text(result.case),
        recommendation_text(result.recommendation) if result.recommendation else "",
        proof_text(result.case),
        section(tr("Risks (not seen to break anything now)"), map(_risk, result.risks)),
        section(tr("Also"), map(_item, result.notes)),
        tr(
            "{request}, {elapsed_s:.1f} s",
            request=safe(result.case.target.request_line, 200),
            elapsed_s=result.elapsed_s,
        )
        + "\n",
    ]
    return join_sections(parts)


def _next(result: Result) -> str:
    """Return what to do next after an inconclusive run; empty if that is not known."""
    step = next_step(result.case) if result.diagnosis.verdict == "inconclusive" else ""
    return wrap(tr("Next: {step}", step=step), "", "  ") if step else ""


def proof_text(case: Case) -> str:
    """Return the result of the verification: what was changed, and each request before and now."""
    if case.proof is None:
        return ""
    head = wrap(
        tr("Verify: {why} ({utc}).", why=safe(case.proof.why), utc=utc(case.proof.at)), "", "  "
    )
    before, now = pad(tr("before"), 8), pad(tr("now"), 8)
    rows = (
        f"  {row.name}\n{wrap(f'{before}{row.before}', '    ', ' ' * 12)}"
        f"{wrap(f'{now}{row.now}', '    ', ' ' * 12)}"
        for row in before_and_now(case)
    )
    changes = [wrap(change_text(each), "  ", "      ") for each in case.proof.changes]
    changed = section(tr("Changed in the config"), changes)
    more = "".join(map(_item, remarks(case)))
    return join_sections([f"{head}{''.join(rows)}{more}", changed])


def join_sections(parts: Iterable[str]) -> str:
    """Join the parts that are not empty, with an empty line between them."""
    return "\n".join(part for part in parts if part)


Colorize = Callable[[str, str], str]
"""Takes a text and a status or verdict; returns the text, coloured or not."""


def colorizer(color: bool) -> Colorize:
    """Return the function that colours a text by a status or a verdict, or leaves it as it is."""
    return _colorize if color else lambda text, status: text


def _colorize(text: str, status: str) -> str:
    return f"\x1b[{_COLORS[_STATUS_OF_VERDICT.get(status, status)]}m{text}\x1b[0m"


def wrap(text: str, first: str = "  ", then: str = "  ") -> str:
    """Wrap to 80 columns, the first line indented by `first` and the further ones by `then`.

    A path or URL longer than a line stays whole, so that it can be copied.
    """
    return "\n".join(columns.wrap(text, WIDTH, first, then)) + "\n"


def section(title: str, rows: Iterable[str]) -> str:
    """Return the title and its rows; an empty string without rows."""
    body = "".join(rows)
    return f"{title}\n{body}" if body else ""


def _item(text: str) -> str:
    return wrap(safe(text), "  - ", "    ")


def cause_text(cause: Finding) -> str:
    """Return one cause: its title, its evidence, what distinguishes it, and the fix."""
    sureness = CONFIDENCE_WORDS[cause.confidence]
    head = labelled(
        tr("{text} ({note})", text=safe(cause.id, 80), note=sureness), safe(cause.title)
    )
    evidence = ""
    for item in _folded(cause.evidence):
        kind = pad(EVIDENCE_WORDS[item.kind], 6)
        line = f"{kind} {labelled(safe(item.where, 120), safe(item.text))}"
        evidence += wrap(line, "  ", " " * 9)
    why = (
        wrap(tr("Why this cause: {distinguishes}", distinguishes=safe(cause.distinguishes)))
        if cause.distinguishes
        else ""
    )
    if others := not_the_cause(cause):
        why += wrap(safe(others))
    fix = wrap(
        tr(
            "Fix ({where}): {summary}.",
            where=FIX_PLACES[cause.fix.where],
            summary=safe(cause.fix.summary),
        )
    )
    return f"{wrap(head, '', '  ')}{evidence}{why}{fix}"


def _folded(evidence: Sequence[Evidence]) -> Iterator[Evidence]:
    """The evidence with the first lines of logs, and the number of the others."""
    logged = [item for item in evidence if item.kind == "log"]
    hidden = logged[MAX_LOG_LINES:]
    for item in evidence:
        if item not in hidden:
            yield item
        elif item is hidden[0]:
            more = plural(len(hidden), "more line")
            yield Evidence(
                "log", item.where, tr("… {more} of the logs; --format json has all", more=more)
            )


def _risk(risk: Finding) -> str:
    evidence = clauses(labelled(safe(item.where, 80), safe(item.text)) for item in risk.evidence)
    confidence = CONFIDENCE_WORDS[risk.confidence]
    head = tr("{text} ({note})", text=safe(risk.id, 80), note=confidence)
    fix = risk.fix.summary
    return _item(tr("{head}: {evidence}. {fix}.", head=head, evidence=evidence, fix=fix))


def _checks(checks: Sequence[Check], sides: Mapping[str, str], colorize: Colorize) -> str:
    """Return a row for each check, and below it a row for each of its probes."""
    lengths = [
        columns.width(probe_name(result.timeline.probe))
        for check in checks
        for result in check.results
    ]
    width = min(_MAX_NAME_WIDTH, max([*lengths, _MIN_NAME_WIDTH - 1]) + 2)
    return section(
        pad(tr("Checks"), width + 17)
        + pad_left(tr("connect"), 10)
        + pad_left(tr("headers"), 10)
        + pad_left(tr("first event"), 13),
        (_check(check, check_name(check.id, sides), colorize, width) for check in checks),
    )


_MIN_NAME_WIDTH, _MAX_NAME_WIDTH = 19, 30
"""Columns of a probe's name; with the widest name and all times, a row fills 80 columns."""


def _check(check: Check, name: str, colorize: Colorize, width: int) -> str:
    mark = colorize(pad(STATE_WORDS[check.status], 7), check.status)
    indent = " " * 23
    row = f"{pad(name, 10)}  {wrap(check.why, indent, indent)[len(indent) :]}"
    return f"  {mark}  {row}" + "".join(_probe_row(result, width) for result in check.results)


def _probe_row(result: ProbeResult, width: int) -> str:
    """Return one probe's outcome and times, in the columns of `Checks`."""
    timeline = result.timeline
    instants = (timeline.connect_s, timeline.headers_s, timeline.first_event_s)
    connect, headers, first_event = map(seconds, instants)
    name = probe_name(timeline.probe)
    row = f"{'':4}{pad(columns.cut(name, width - 1), width)}{pad(result.outcome_word, 13)}"
    return f"{row}{connect:>10}{headers:>10}{first_event:>13}\n"


def recommendation_text(recommendation: Recommendation) -> str:
    """Return the block with a reason for each new line, and the diff with how to apply it."""
    new = [line for line in recommendation.lines if _is_new(line)]
    reasons = (_reason(safe(line.text.strip(), 200), line.reason) for line in new)
    omitted = (_reason(safe(text), why) for text, why in recommendation.omitted)
    parts = [
        wrap(tr("Recommended: {summary}.", summary=safe(recommendation.summary)), "", "  "),
        _indented(visible_block(recommendation.dedented.block)),
        section(tr("Why each line"), reasons),
        section(tr("To adapt"), map(_item, recommendation.adapt)),
        section(tr("Left out on purpose"), omitted),
    ]
    if recommendation.diff is not None:
        diff = _indented(visible_block(recommendation.diff, tabs=True))
        parts += [
            section(tr("As a diff (save it as ssewizard-fix.diff)"), [diff]),
            apply_text(recommendation),
        ]
    return join_sections(parts)


def _is_new(line: BlockLine) -> bool:
    return not line.kept and line.text.strip() not in ("", "}")


def _reason(line: str, why: str) -> str:
    """Return a line of config, and its reason below it."""
    return f"  {line}\n{wrap(safe(why), '      ', '      ')}"


def apply_text(recommendation: Recommendation) -> str:
    """Return the commands that apply the saved diff, check the config and reload Nginx."""
    return tr(
        "Apply it yourself (this tool never does):\n  {patch_command}\n  nginx -t && nginx -s "
        "reload\n",
        patch_command=patch_command(recommendation),
    )


def patch_command(recommendation: Recommendation) -> str:
    """Return the command that applies the diff, which is saved in the current directory."""
    folder = shlex.quote(safe(recommendation.directory or "."))
    return f"(cd {folder} && patch -p0) < ssewizard-fix.diff"


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ", lambda line: bool(line.strip()))
