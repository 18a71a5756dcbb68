"""The proof of a fix in reports: what was broken, what was changed, before and now."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from wizard.model.arrivals import SAME_MOMENT_S
from wizard.model.attempt import Attempt, ConfigChange, ProofOutcome
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Finding
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Probe, Timeline
from wizard.report.labels import probe_name
from wizard.text.display import capitalize, safe, seconds
from wizard.text.messages import plural

OUTCOME_WORDS: dict[ProofOutcome, str] = {
    "fixed": "FIXED", "live": "LIVE", "not-proven": "NOT PROVEN", "not-fixed": "NOT FIXED",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BeforeNow:
    """One row of the comparison: the same request before the change and now."""

    name: str
    before: str
    now: str


def current_diagnosis(case: Case, diagnosis: Diagnosis) -> Diagnosis:
    """The conclusion on what works now: after a proven fix it has no cause, and says what was one.

    `diagnosis` is what was concluded before the fix; without a proof it is returned.
    """
    proof = case.proof
    if proof is None or not case.is_fixed:
        return diagnosis
    summary = f"fixed {fixed_sentence(case, proof.at)}"
    return replace(diagnosis, verdict="healthy", summary=summary, causes=())


def fixed_sentence(case: Case, at: float) -> str:
    """When it was fixed, what was broken, and what was changed."""
    changes = describe_changes(case)
    changed = f" {capitalize(changes)}." if changes else ""
    return f"{utc(at)}. What was broken: {broken_title(case)}.{changed}"


def causes_of(case: Case, diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """The causes that a report explains: after a proven fix, those of before."""
    before = case.baseline.diagnosis if case.baseline else None
    return before.causes if case.is_fixed and before else diagnosis.causes


def broken_title(case: Case) -> str:
    """What was broken before, in a few words."""
    before = case.baseline.diagnosis if case.baseline else None
    if before is None:
        return "the fault that was measured before"
    return safe(before.causes[0].title if before.causes else before.summary, 200)


def describe_changes(case: Case) -> str:
    """What was changed in the config, in a few words; empty if that is not known."""
    if case.config_changed is None:
        return ""
    if not case.config_changes:
        return "the config that was read is " + ("changed" if case.config_changed else "unchanged")
    first = _telling_change(case)
    more = len(case.config_changes) - 1
    rest = f" and {plural(more, 'more line')}" if more else ""
    return f"changed: {change_text(first)}{rest}"


def _telling_change(case: Case) -> ConfigChange:
    """The first added line that sets what the config is blamed for, else the first added line."""
    before = case.baseline.diagnosis if case.baseline else None
    evidence = (item for cause in (before.causes if before else ()) for item in cause.evidence)
    blamed = {item.text.split(" ")[0] for item in evidence if item.kind == "config"}
    added = [each for each in case.config_changes if each.sign == "+"] or case.config_changes[:1]
    return next((each for each in added if each.text.split(" ")[0] in blamed), added[0])


def change_text(change: ConfigChange) -> str:
    """A changed line of the config: `nginx.conf:20 + proxy_buffering off;`."""
    return f"{safe(change.where, 120)} {change.sign} {safe(change.text, 200)}"


def utc(at: float) -> str:
    """A time in seconds since the epoch: `2026-11-23 16:00:05 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def before_and_now(case: Case) -> Iterator[BeforeNow]:
    """Yield a row for each request that was made before and again: its outcome and arrivals."""
    before, now = (
        {_key(each.timeline.probe): each for each in results if each.was_made}
        for results in (case.before, case.proxy)
    )
    for key in dict.fromkeys((*before, *now)):
        left, right = before.get(key), now.get(key)
        probe = (left or right).timeline.probe  # type: ignore[union-attr]
        yield BeforeNow(probe_name(probe), _describe(left), _describe(right))
    if row := _handshake_row(case):
        yield row


def _key(probe: Probe) -> tuple[str, ...]:
    return probe.http, probe.encoding, probe.vantage, probe.hop


def _describe(result: ProbeResult | None) -> str:
    if result is None:
        return "not requested"
    return f"{result.outcome_label}: {delivery(result.timeline)}"


def delivery(timeline: Timeline) -> str:
    """How the data came: `20 events: first after 2.03 s, 19 of 19 gaps under 5 ms`."""
    if timeline.first_data_s is None:
        waited = f" in {seconds(timeline.waited_s)}" if timeline.waited_s is not None else ""
        return f"nothing{waited}" if timeline.headers_s is None else f"headers, no data{waited}"
    count = plural(timeline.events, "event") if timeline.events else f"{timeline.bytes} bytes"
    gaps = [later.at - earlier.at for earlier, later in pairwise(timeline.arrivals)]
    at_once = sum(gap < SAME_MOMENT_S for gap in gaps)
    spread = f", {at_once} of {len(gaps)} gaps under 5 ms" if gaps else ""
    return f"{count}: first after {seconds(timeline.first_data_s)}{spread}"


def _handshake_row(case: Case) -> BeforeNow | None:
    handshakes = case.baseline.handshakes if case.baseline else ()
    before = next((item for item in handshakes if item.side == "proxy"), None)
    now = case.handshake("proxy")
    if before is None or now is None or before.transport == now.transport == "unknown":
        return None
    left, right = (
        "complete" if item.is_complete else safe(item.why or item.stage, 120)
        for item in (before, now)
    )
    return BeforeNow("MCP", left, right)


def proof_json(case: Case) -> dict[str, Any] | None:
    """The proof as JSON values; None if the fix was not verified."""
    proof, before = case.proof, case.baseline
    if proof is None:
        return None
    return {
        "outcome": proof.outcome,
        "why": safe(proof.why),
        "at": round(proof.at, 3),
        "config_changed": proof.config_changed,
        "changes": [
            {"sign": each.sign, "where": safe(each.where), "text": safe(each.text)}
            for each in proof.changes
        ],
        "before": None if before is None else _attempt_json(before),
        "rows": [
            {"request": row.name, "before": row.before, "now": row.now}
            for row in before_and_now(case)
        ],
    }


def _attempt_json(attempt: Attempt) -> dict[str, Any]:
    diagnosis = attempt.diagnosis
    causes = diagnosis.causes if diagnosis else ()
    return {
        "started": round(attempt.started, 3),
        "ended": round(attempt.ended, 3),
        "verdict": diagnosis.verdict if diagnosis else None,
        "summary": safe(diagnosis.summary) if diagnosis else "",
        "causes": [
            {"id": each.id, "confidence": each.confidence, "title": safe(each.title)}
            for each in causes
        ],
        "log_faults": attempt.log_faults,
    }
