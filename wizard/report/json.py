"""The JSON of `check`. docs/json.md documents its keys: keys may be added, never renamed."""

import json
from typing import Any

from wizard import __version__
from wizard.model.comparison import Comparison
from wizard.model.diagnosis import Finding, Part, Recommendation
from wizard.model.handshake import Exchange, Handshake
from wizard.model.probe_result import HELD_OUTCOMES, ProbeResult
from wizard.model.timeline import Timeline
from wizard.model.wire import show_bytes
from wizard.report.hops import first_failing_hop_json, hops_json, vantages_json
from wizard.report.logs import logs_json
from wizard.report.proof import proof_json
from wizard.report.result import Check, Result
from wizard.text.display import safe

SCHEMA = "ssewizard.report/2"


def json_report(result: Result) -> str:
    """Return the report as JSON text."""
    # ASCII only: the block and the diff contain the config's own bytes, and none of their control
    # characters may reach a terminal.
    return json.dumps(report_data(result), indent=2) + "\n"


def report_data(result: Result) -> dict[str, Any]:
    """Return the report as values that JSON can hold."""
    case, diagnosis, target = result.case, result.diagnosis, result.case.target
    return {
        "schema": SCHEMA,
        "tool": {"name": "ssewizard", "version": __version__},
        "target": {
            "url": safe(target.url),
            "method": safe(target.method),
            "direct": [safe(str(source)) for source in target.direct],
            "conf": safe(str(target.conf)) if target.conf else None,
        },
        "verdict": diagnosis.verdict,
        "summary": safe(diagnosis.summary),
        "causes": [_finding(cause) for cause in diagnosis.causes],
        "risks": [_finding(risk) for risk in diagnosis.risks],
        "notes": [safe(note) for note in diagnosis.notes],
        "hops": hops_json(case),
        "first_failing_hop": first_failing_hop_json(case),
        "vantages": vantages_json(case),
        "checks": [_check(check) for check in result.checks],
        "logs": logs_json(case),
        "handshakes": [_handshake(handshake) for handshake in case.handshakes],
        "recommendation": _recommendation(result.recommendation),
        "proof": proof_json(case),
        "elapsed_s": round(result.elapsed_s, 3),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    evidence = [(item.kind, safe(item.where), safe(item.text)) for item in finding.evidence]
    return {
        "id": safe(finding.id, 80),
        "confidence": finding.confidence,
        "title": safe(finding.title),
        "evidence": [{"kind": kind, "where": at, "text": text} for kind, at, text in evidence],
        "distinguishes": safe(finding.distinguishes),
        "ruled_out": [safe(text) for text in finding.ruled_out],
        "fix": {"summary": safe(finding.fix.summary), "where": finding.fix.where},
    }


def _check(check: Check) -> dict[str, Any]:
    runs = [_run(result) for result in check.results]
    return {"id": check.id, "status": check.status, "why": check.why, "runs": runs}


def _run(result: ProbeResult) -> dict[str, Any]:
    timeline, probe = result.timeline, result.timeline.probe
    return {
        "vantage": probe.vantage,
        "hop": probe.hop,
        "http": probe.http,
        "encoding": probe.encoding,
        "status": timeline.status,
        "connect_s": _rounded(timeline.connect_s),
        "headers_s": _rounded(timeline.headers_s),
        "first_event_s": _rounded(timeline.first_event_s),
        "events": timeline.events,
        "bytes": timeline.bytes,
        "held": result.outcome in HELD_OUTCOMES,
        "arrivals": _arrivals(result.arrivals),
        "ended": timeline.ended or "open",
        "label": probe.label,
        "url": safe(probe.url),
        "outcome": result.outcome,
        "why": safe(result.why),
        "framing": timeline.framing,
        "dns_s": _rounded(timeline.dns_s),
        "tls_s": _rounded(timeline.tls_s),
        "comments": timeline.comments,
        "waited_s": _rounded(timeline.waited_s),
        "sent_s": _rounded(timeline.wire.sent_s),
        "before_headers": _before_headers(timeline),
    }


def _before_headers(timeline: Timeline) -> dict[str, Any] | None:
    received = timeline.wire.received
    if received is None or timeline.headers_s is not None:
        return None
    return {
        "bytes": received.size,
        "interim": received.interim,
        "start": show_bytes(received.start),
        "first_s": _rounded(received.first_s),
        "last_s": _rounded(received.last_s),
    }


def _arrivals(compared: Comparison | None) -> dict[str, Any] | None:
    if compared is None:
        return None
    return {
        "missing_bytes": compared.missing_bytes,
        "behind_s": _rounded(compared.behind_s),
        "gaps_under_5ms": compared.gaps_under_5ms,
        "gaps": compared.gaps,
    }


def _handshake(handshake: Handshake) -> dict[str, Any]:
    return {
        "side": handshake.side,
        "transport": handshake.transport,
        "stage": handshake.stage,
        "skipped": handshake.skipped,
        "why": safe(handshake.why),
        "post_url": safe(handshake.post_url),
        "version": safe(handshake.version),
        "server": safe(handshake.server),
        "sibling": _handshake(handshake.sibling) if handshake.sibling else None,
        "exchanges": list(map(_exchange, handshake.exchanges)),
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    timeline = exchange.timeline
    return {
        "what": exchange.name,
        "url": safe(timeline.probe.url),
        "status": timeline.status,
        "headers_s": _rounded(timeline.headers_s),
        "ended": timeline.ended,
        "waited_s": _rounded(timeline.waited_s),
        "reply_bytes": exchange.reply_bytes,
        "replied_s": _rounded(exchange.replied_s),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _recommendation(recommendation: Recommendation | None) -> dict[str, Any] | None:
    if recommendation is None:
        return None
    # Block, diff and paths are for programs, so they are not escaped here; `recommend` has masked
    # the credentials in them.
    omitted = recommendation.omitted
    lines = [line for part in recommendation.parts for line in part.lines]
    return {
        "block": recommendation.block,
        "diff": recommendation.diff,
        "insert_at": recommendation.insert_at,
        "places": list(map(_place, recommendation.parts)),
        "summary": safe(recommendation.summary),
        "directory": recommendation.directory,
        "reasons": [{"line": line.text, "reason": safe(line.reason)} for line in lines],
        "omitted": [{"line": safe(text), "reason": safe(why)} for text, why in omitted],
        "adapt": [safe(hint) for hint in recommendation.adapt],
    }


def _place(part: Part) -> dict[str, Any]:
    """Where a part of the block goes, and what to do with it there."""
    return {"action": part.action, "at": part.at, "text": safe(part.where), "block": part.block}
