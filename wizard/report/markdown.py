"""The report in Markdown, for a ticket."""

import re
from collections.abc import Mapping

from wizard.model.case import Case
from wizard.model.diagnosis import CONFIDENCE_WORDS, Finding, Recommendation
from wizard.model.probe_result import ProbeResult
from wizard.model.steps import STATE_WORDS
from wizard.report.hops import hops_markdown
from wizard.report.labels import EVIDENCE_WORDS, FIX_PLACES, check_name, not_the_cause, spell_out
from wizard.report.logs import history_headlines
from wizard.report.proof import before_and_now, remarks, utc
from wizard.report.result import Check, Result
from wizard.report.text import apply_text
from wizard.text.display import comma_list, labelled, safe, seconds, sentences, visible_block
from wizard.text.messages import tr


def markdown_report(result: Result) -> str:
    """Return the verdict, the causes, the checks as a table, the block and the diff."""
    return "\n\n".join(markdown_parts(result)) + "\n"


def markdown_parts(result: Result, name: str = "") -> list[str]:
    """Return the report in parts; a heading is always at the beginning of a part.

    `name` is the target's, if the report is on several.
    """
    case, (word, sentence) = result.case, result.headline
    prefix = tr("{label}: {text}", label=escape_markup(name), text="") if name else ""
    history = [escape_markup(line) for line in history_headlines(case)]
    evidence = [
        *(_cause(cause) for cause in result.causes),
        hops_markdown(case),
        _checks(result.checks, result.sides),
        _list(tr("Before the probes, according to the logs"), history),
    ]
    parts = [
        f"# {prefix}{labelled(word.lower(), escape_markup(sentence))}",
        f"`{_code(case.target.request_line)}`, {result.elapsed_s:.1f} s",
        *_proof(case),
        *(_fix(cause) for cause in result.causes[:1] if not case.is_fixed),
        *_folded(tr("Evidence"), evidence),
        _list(tr("Risks"), [_risk(risk) for risk in result.risks]),
        _list(tr("Also"), [escape_markup(note) for note in result.notes]),
        *(_recommendation(result.recommendation) if result.recommendation else ()),
    ]
    return [part for part in parts if part]


def _fix(cause: Finding) -> str:
    return tr(
        "**Fix ({where}):** {summary}.",
        where=FIX_PLACES[cause.fix.where],
        summary=escape_markup(cause.fix.summary),
    )


def _proof(case: Case) -> list[str]:
    """The verification: its result, the requests before and now, and the changed lines."""
    if case.proof is None:
        return []
    rows = [
        labelled(row.name, f"{escape_markup(row.before)} → {escape_markup(row.now)}")
        for row in before_and_now(case)
    ]
    changes = [
        f"`{_code(each.where)}`: `{each.sign} {_code(each.text)}`" for each in case.proof.changes
    ]
    return [
        tr(
            "**Verified {utc}:** {why}.",
            utc=utc(case.proof.at),
            why=escape_markup(case.proof.why),
        ),
        _list(tr("Before and now"), rows),
        *map(escape_markup, remarks(case)),
        _list(tr("Changed in the config"), changes),
    ]


def _folded(title: str, parts: list[str]) -> list[str]:
    """The parts inside an element that GitHub and GitLab fold."""
    shown = [part for part in parts if part]
    return [f"<details><summary>{title}</summary>", *shown, "</details>"] if shown else []


def _cause(cause: Finding) -> str:
    evidence = "\n".join(
        "- "
        + labelled(
            comma_list((EVIDENCE_WORDS[item.kind], f"`{_code(item.where)}`")),
            escape_markup(item.text),
        )
        for item in cause.evidence
    )
    return tr(
        "## {id} ({confidence})\n\n"
        "{title}.\n\n"
        "{evidence}\n\n"
        "Why this cause: {distinguishes}\n\n"
        "Fix ({where}): {fix}.",
        id=safe(cause.id, 80),
        confidence=CONFIDENCE_WORDS[cause.confidence],
        title=escape_markup(cause.title),
        evidence=evidence,
        distinguishes=escape_markup(sentences((cause.distinguishes, not_the_cause(cause)))),
        where=FIX_PLACES[cause.fix.where],
        fix=escape_markup(cause.fix.summary),
    )


def _risk(risk: Finding) -> str:
    confidence = CONFIDENCE_WORDS[risk.confidence]
    head = tr("{text} ({note})", text=f"`{safe(risk.id, 80)}`", note=confidence)
    return labelled(head, escape_markup(risk.evidence[0].text))


def _checks(checks: tuple[Check, ...], sides: Mapping[str, str]) -> str:
    rows = [tr("| check | state | why |"), "|---|---|---|"]
    rows += [
        f"| {check_name(each.id, sides)} | {STATE_WORDS[each.status]} | {escape_markup(each.why)} |"
        for each in checks
    ]
    tables = [tr("## Checks"), "\n".join(rows)]
    probes = [_probe_row(result, sides) for check in checks for result in check.results]
    if probes:
        head = [
            tr("| probe | outcome | connect | headers | first event |"),
            "|---|---|---|---|---|",
        ]
        tables.append("\n".join((*head, *probes)))
    return "\n\n".join(tables)


def _probe_row(result: ProbeResult, sides: Mapping[str, str]) -> str:
    timeline = result.timeline
    times = map(seconds, (timeline.connect_s, timeline.headers_s, timeline.first_event_s))
    name = escape_markup(spell_out(timeline.probe.label, sides))
    return f"| {name} | {result.outcome_word} | {' | '.join(times)} |"


def _recommendation(recommendation: Recommendation) -> list[str]:
    parts = [
        tr(
            "## What to paste\n\n{summary}",
            summary=escape_markup(recommendation.summary),
        ),
        _fenced("nginx", recommendation.dedented.block),
        _list(tr("To adapt"), [escape_markup(hint) for hint in recommendation.adapt]),
    ]
    if recommendation.diff is not None:
        parts += [_fenced("diff", recommendation.diff), _fenced("", apply_text(recommendation))]
    omitted = [
        labelled(f"`{_code(line)}`", escape_markup(why)) for line, why in recommendation.omitted
    ]
    return [*parts, _list(tr("Left out on purpose"), omitted)]


def _fenced(kind: str, text: str) -> str:
    """Return a fenced block; its fence is longer than any in the text."""
    shown = visible_block(text, tabs=True)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence}{kind}\n{shown.rstrip()}\n{fence}"


def _list(title: str, rows: list[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {row}" for row in rows) if rows else ""


_ACTIVE = re.compile(r"[\\*\[|<]")


def escape_markup(text: str) -> str:
    """Escape what would end a table cell or begin code, a link, an image or HTML."""
    return _ACTIVE.sub(r"\\\g<0>", safe(text).replace("`", "'"))


def _code(text: str) -> str:
    """Return text for the inside of a code span outside tables."""
    return safe(text, 300).replace("`", "'")
