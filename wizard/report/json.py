"""The JSON of `check`, to the letter of `contract.md`; additions only."""

import json
from typing import Any

from wizard import __version__
from wizard.model.case import HELD_OUTCOMES, ProbeResult
from wizard.model.diagnosis import Finding, Recommendation
from wizard.model.handshake import Handshake
from wizard.report.hops import first_failing_hop_json, hops_json, vantages_json
from wizard.report.logs import logs_json
from wizard.report.result import Check, Result
from wizard.text.display import safe

SCHEMA = "ssewizard.report/2"


def json_report(result: Result) -> str:
    """The whole report as text."""
    # ASCII alone: the block and the diff are the config's own bytes, and no control character of
    # theirs may reach a terminal.
    return json.dumps(report_data(result), indent=2) + "\n"


def report_data(result: Result) -> dict[str, Any]:
    """The whole report. Added to the contract: `summary`, `risks`, `notes`, and `label`,
    `outcome`, `why`, `framing` of each run."""
    target = result.case.target
    diagnosis = result.diagnosis
    return {
        "schema": SCHEMA,
        "tool": {"name": "ssewizard", "version": __version__},
        "target": {
            "url": safe(target.url),
            "direct": [safe(str(place)) for place in target.direct],
            "conf": safe(str(target.conf)) if target.conf else None,
        },
        "verdict": diagnosis.verdict,
        "summary": safe(diagnosis.summary),
        "causes": [_finding(cause) for cause in diagnosis.causes],
        "risks": [_finding(risk) for risk in diagnosis.risks],
        "notes": [safe(note) for note in diagnosis.notes],
        "hops": hops_json(result.case),
        "first_failing_hop": first_failing_hop_json(result.case),
        "vantages": vantages_json(result.case),
        "checks": [_check(check) for check in result.checks],
        "logs": logs_json(result.case),
        "handshakes": [_handshake(one) for one in result.case.handshakes],
        "recommendation": _recommendation(result.recommendation),
        "elapsed_s": round(result.elapsed_s, 3),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "confidence": finding.confidence,
        "title": safe(finding.title),
        "evidence": [
            {"kind": one.kind, "where": safe(one.where), "text": safe(one.text)}
            for one in finding.evidence
        ],
        "distinguishes": safe(finding.distinguishes),
        "fix": {"summary": safe(finding.fix.summary), "where": finding.fix.where},
    }


def _check(check: Check) -> dict[str, Any]:
    runs = [_run(probe_result) for probe_result in check.results]
    return {"id": check.id, "status": check.status, "why": check.why, "runs": runs}


def _run(probe_result: ProbeResult) -> dict[str, Any]:
    line = probe_result.timeline
    return {
        "vantage": line.probe.vantage,
        "hop": line.probe.hop,
        "http": line.probe.http,
        "encoding": line.probe.encoding,
        "status": line.status,
        "connect_s": _rounded(line.connect_s),
        "headers_s": _rounded(line.headers_s),
        "first_event_s": _rounded(line.first_event_s),
        "events": line.events,
        "bytes": line.bytes,
        "held": probe_result.outcome in HELD_OUTCOMES,
        "ended": line.ended or "open",
        "label": line.probe.label,
        "url": safe(line.probe.url),
        "outcome": probe_result.outcome,
        "why": safe(probe_result.why),
        "framing": line.framing,
        "dns_s": _rounded(line.dns_s),
        "tls_s": _rounded(line.tls_s),
        "comments": line.comments,
        "waited_s": _rounded(line.waited_s),
    }


def _handshake(one: Handshake) -> dict[str, Any]:
    return {
        "side": one.side,
        "transport": one.transport,
        "stage": one.stage,
        "skipped": one.skipped,
        "why": safe(one.why),
        "post_url": safe(one.post_url),
        "version": safe(one.version),
        "server": safe(one.server),
        "sibling": _handshake(one.sibling) if one.sibling else None,
        "exchanges": [
            {
                "what": each.name,
                "url": safe(each.timeline.probe.url),
                "status": each.timeline.status,
            }
            for each in one.exchanges
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _recommendation(made: Recommendation | None) -> dict[str, Any] | None:
    if made is None:
        return None
    # Block, diff and paths are for machines, so they are as they are; `recommend` has masked
    # credentials in them.
    return {
        "block": made.block,
        "diff": made.diff,
        "insert_at": made.insert_at,
        "summary": safe(made.summary),
        "directory": made.directory,
        "reasons": [{"line": line.text, "reason": safe(line.reason)} for line in made.lines],
        "omitted": [{"line": safe(line), "reason": safe(reason)} for line, reason in made.omitted],
        "adapt": [safe(one) for one in made.adapt],
    }
