"""The report as one HTML page that needs nothing else: no script, font or image of any server."""

from collections.abc import Iterable, Iterator, Mapping

from wizard.model.case import Case
from wizard.model.diagnosis import CONFIDENCE_WORDS, Finding, Recommendation
from wizard.model.probe_result import ProbeResult
from wizard.model.steps import STATE_WORDS
from wizard.report.hops import hops_text
from wizard.report.html_style import STYLE
from wizard.report.html_text import escape, escape_block
from wizard.report.html_timeline import Row, timelines_svg
from wizard.report.labels import EVIDENCE_WORDS, FIX_PLACES, check_name, not_the_cause
from wizard.report.logs import history_headlines
from wizard.report.proof import before_and_now, remarks, utc
from wizard.report.result import Check, Result
from wizard.report.text import apply_text
from wizard.text.display import labelled, seconds
from wizard.text.messages import language, tr

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LANGUAGE = language().replace("_", "-")
_NO_CONCLUSION = tr("no conclusion")
_CLASSES = {"pass": "ok", "warn": "look", "fail": "fault", "skip": "quiet"}
_KINDS = {"healthy": "ok", "fault": "fault", "inconclusive": "look"}


def html_report(result: Result) -> str:
    """Return the page: the answer, its proof, the timelines, the evidence and the fix."""
    word, sentence = result.headline
    kind = _KINDS[result.diagnosis.verdict]
    started = f"{utc(result.case.started)}, " if result.case.started else ""
    parts = [
        f'<header><span class="chip {kind}">{escape(word)}</span>',
        f"<h1>{escape(sentence)}</h1>",
        f'<p class="quiet"><code>{escape(result.case.target.request_line, 300)}</code>, '
        f"{started}{result.elapsed_s:.1f} s</p></header>",
        _proof(result.case),
        _section(
            tr("When the bytes came"),
            timelines_svg(list(_timeline_rows(result.case, result.sides))),
        ),
        *(_cause(cause, result.case.is_fixed) for cause in result.causes),
        _recommendation(result.recommendation) if result.recommendation else "",
        _evidence(result),
        _section(tr("Risks (not seen to break anything now)"), _items(map(_risk, result.risks))),
        _section(tr("Also"), _items(map(escape, result.notes))),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        f'<!doctype html>\n<html lang="{_LANGUAGE}"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(word)}: {escape(result.case.target.request_line, 120)}</title>\n"
        f"<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>\n{body}\n</section>" if body else ""


def _items(rows: Iterable[str]) -> str:
    body = "\n".join(f"<li>{row}</li>" for row in rows)
    return f"<ul>\n{body}\n</ul>" if body else ""


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table; the cells are HTML already."""
    head = "".join(f"<th>{text}</th>" for text in heads)
    lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _proof(case: Case) -> str:
    """Return the verification: its result, the requests before and now, and the changed lines."""
    if case.proof is None:
        return ""
    rows = (map(escape, (row.name, row.before, row.now)) for row in before_and_now(case))
    changes = "\n".join(
        f'<span class="{"added" if each.sign == "+" else "removed"}">{each.sign} '
        f'{escape(each.text)}</span>  <span class="quiet">{escape(each.where)}</span>'
        for each in case.proof.changes
    )
    changed = f"<h3>{tr('Changed in the config')}</h3>\n<pre>{changes}</pre>" if changes else ""
    body = (
        f"<p>{escape(case.proof.why)} "
        f'<span class="quiet">({utc(case.proof.at)})</span></p>\n'
        f"{_table((tr('request'), tr('before'), tr('now')), rows)}\n"
        f"{_items(map(escape, remarks(case)))}{changed}"
    )
    return _section(tr("Verified"), body)


def _timeline_rows(case: Case, sides: Mapping[str, str]) -> Iterator[Row]:
    """Yield the requests to draw: those before a change, those to the URL, the direct."""
    before, public = case.before if case.proof else (), sides["proxy"]
    now = tr("{side}, now", side=public) if before else public
    then = tr("{side}, before", side=public)
    for name, results in ((then, before), (now, case.proxy), *_inner(case, sides)):
        yield from (Row(name, result) for result in results if result.was_made)


def _inner(case: Case, sides: Mapping[str, str]) -> Iterator[tuple[str, tuple[ProbeResult, ...]]]:
    yield from ((f"{sides['hop']} {each.timeline.probe.hop}", (each,)) for each in case.hops)
    yield sides["direct"], case.direct


def _cause(cause: Finding, is_fixed: bool) -> str:
    rows = (
        (EVIDENCE_WORDS[item.kind], f"<code>{escape(item.where, 120)}</code>", escape(item.text))
        for item in cause.evidence
    )
    why = tr("Why this cause: {distinguishes}", distinguishes=escape(cause.distinguishes))
    why = f"<p>{why}</p>" if cause.distinguishes else ""
    if others := not_the_cause(cause):
        why += f"\n<p>{escape(others)}</p>"
    place = tr("Fix ({where}):", where=FIX_PLACES[cause.fix.where])
    confidence = CONFIDENCE_WORDS[cause.confidence]
    fix = tr("{sentence}.", sentence=escape(cause.fix.summary))
    body = (
        f'<p class="quiet"><code>{escape(cause.id)}</code>, {confidence}</p>\n'
        f"{_table((tr('kind'), tr('where'), tr('what')), rows)}\n{why}\n"
        f"<p><strong>{place}</strong> {fix}</p>"
    )
    return _section(f"{(tr('It was: ') if is_fixed else '')}{escape(cause.title)}", body)


def _risk(risk: Finding) -> str:
    evidence = "".join(item.text for item in risk.evidence[:1])
    id, sureness = f"<code>{escape(risk.id)}</code>", CONFIDENCE_WORDS[risk.confidence]
    return labelled(tr("{text} ({note})", text=id, note=sureness), escape(evidence))


def _recommendation(recommendation: Recommendation) -> str:
    diff = ""
    if recommendation.diff is not None:
        shown = escape_block(recommendation.diff + "\n" + apply_text(recommendation))
        diff = f"<details><summary>{tr('As a diff')}</summary><pre>{shown}</pre></details>"
    reasons = (
        labelled(f"<code>{escape(line.text.strip(), 200)}</code>", escape(line.reason))
        for line in recommendation.lines
        if not line.kept and line.reason and line.text.strip() != "}"
    )
    body = (
        f"<p>{escape(recommendation.summary)}</p>\n"
        f"<pre>{escape_block(recommendation.dedented.block)}</pre>\n{diff}\n"
        f"<details><summary>{tr('Why each line')}</summary>{_items(reasons)}</details>\n"
        f"{_items(map(escape, recommendation.adapt))}"
    )
    return _section(tr("What to paste"), body)


def _evidence(result: Result) -> str:
    """Return the checks, the hops and the history of the logs, folded."""
    rows = (
        (
            escape(check_name(check.id, result.sides)),
            _status(check),
            escape(check.why),
            _first_data(check),
        )
        for check in result.checks
    )
    history = _items(map(escape, history_headlines(result.case)))
    hops = escape_block(hops_text(result.case))
    earlier = _items(
        labelled(
            utc(run.started), escape(run.diagnosis.summary if run.diagnosis else _NO_CONCLUSION)
        )
        for run in result.case.attempts
    )
    table = _table((tr("check"), tr("state"), tr("why"), tr("first data")), rows)
    parts = (
        table,
        f"<pre>{hops}</pre>" if hops.strip() else "",
        history,
        f"<h3>{tr('Earlier runs')}</h3>{earlier}" if earlier else "",
    )
    summary = tr("All checks")
    return f"<details><summary>{summary}</summary>\n{parts[0]}\n{''.join(parts[1:])}</details>"


def _status(check: Check) -> str:
    return f'<span class="{_CLASSES[check.status]}">{STATE_WORDS[check.status]}</span>'


def _first_data(check: Check) -> str:
    times = [at for each in check.results if (at := each.timeline.first_data_s) is not None]
    return seconds(min(times)) if times else ""
