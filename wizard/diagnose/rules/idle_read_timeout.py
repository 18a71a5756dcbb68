"""Nginx ends a stream that was silent for longer than proxy_read_timeout."""

from functools import partial

from wizard.diagnose.facts import directives, disconnects, logs, streams
from wizard.diagnose.facts.evidence import (
    log_evidence,
    result_evidence,
    setting_evidence,
    setting_evidences,
)
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, read_timeout
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import is_live
from wizard.text.display import safe, seconds
from wizard.text.messages import tr

SHORT_TIMEOUT_S = 60.0
"""A read timeout up to this many seconds (Nginx's default) is a risk if no ping was seen."""
_DISTINGUISHES = tr(
    "The stream ended after a silence. It was longer than any that a stream survived here, so "
    "the silence ended it."
)
_OTHERS = tr(
    "Nginx's error log shows this for other clients' streams. Ours was not silent for that long "
    "while it was watched."
)
_ELSEWHERE = tr(
    "Nginx's error log says that a read timeout ended the stream, but this config sets another "
    "timeout for this path. So it was a location further on, another Nginx that writes to this "
    "log, or the config was not loaded yet."
)
_UNSURE = tr(
    "The stream ended after a silence that was longer than any that a stream survived here, as "
    "a read timeout does. Nginx's config or error log would show whether it was Nginx's."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A cut by this timeout was observed; else it is a risk if the config leads to one."""
    cut = disconnects.cut_probes(case)
    findings = (_observed(rule, case, result) for result in cut)
    if cut:
        return next(filter(None, findings), None)
    return _of_others(rule, case) or _risk(rule, case)


def _of_others(rule: Rule, case: Case) -> Finding | None:
    """The streams of other clients that Nginx ended, as its error log says."""
    failures = logs.failures_of_others(case, "read-timeout")
    if not failures or streams.held_probes(case):
        return None
    first = failures[0]
    names = [directives.read_timeout_name(first.resolution)] if first.resolution else []
    evidence = (first.evidence, *setting_evidences(first.resolution, *names))
    return rule.finding("possible" if first.is_outdated else "likely", evidence, _OTHERS)


def _observed(rule: Rule, case: Case, result: ProbeResult) -> Finding | None:
    logged = streams.own_log_lines(case, "read-timeout")
    limit_s = directives.read_timeout_s(case.resolution)
    matches = limit_s is not None and disconnects.was_silent_for(case, result, limit_s)
    if not matches and not disconnects.was_silent_for(case, result, None):
        return None
    contradicted = case.resolution is not None and not matches
    if not logged and (disconnects.reload_lines(case) or contradicted):
        return None
    evidence = [result_evidence(result), disconnects.cut_evidence(case, result)]
    if case.resolution is not None and limit_s is not None:
        name = directives.read_timeout_name(case.resolution)
        evidence.append(setting_evidence(case.resolution, name))
    evidence += map(log_evidence, logged[:1])
    if contradicted:
        return rule.finding("confirmed", tuple(evidence), _ELSEWHERE)
    confidence = _confidence(case, result, matches, bool(logged))
    distinguishes = _UNSURE if confidence == "possible" else _DISTINGUISHES
    return rule.finding(confidence, tuple(evidence), distinguishes)


def _confidence(case: Case, result: ProbeResult, matches: bool, logged: bool) -> Confidence:
    """Without a direct stream that continued, the backend itself may have ended this one."""
    if logged or (matches and disconnects.is_outlived(case, result)):
        return "confirmed"
    return "likely" if matches else "possible"


def _risk(rule: Rule, case: Case) -> Finding | None:
    limit_s = directives.read_timeout_s(case.resolution)
    if case.resolution is None or limit_s is None:
        return None
    gap_s = streams.longest_ping_gap_s(case)
    if not (limit_s <= SHORT_TIMEOUT_S if gap_s is None else gap_s >= limit_s):
        return None
    name = directives.read_timeout_name(case.resolution)
    evidence = (setting_evidence(case.resolution, name), *_gap_evidence(case, gap_s, limit_s))
    distinguishes = tr(
        "Predicted from the config, not seen. Watch longer with --patience to see it."
    )
    confidence: Confidence = "possible" if gap_s is None else "likely"
    return rule.finding(confidence, evidence, distinguishes, latent=True)


def _gap_evidence(case: Case, gap_s: float | None, limit_s: float) -> tuple[Evidence, ...]:
    """The longest gap that was seen, or that there was none to see; empty without a stream."""
    if gap_s is not None:
        text = tr(
            "events came up to {gap_s} apart, and a silence of {limit_s} ends the stream",
            gap_s=seconds(gap_s),
            limit_s=seconds(limit_s),
        )
    elif any(is_live(result.timeline) for result in (*case.direct, *case.proxy)):
        text = tr(
            "no second event or ping was seen; a silence of {limit_s} ends the stream",
            limit_s=seconds(limit_s),
        )
    else:
        return ()
    return (Evidence("probe", "stream", text),)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The read timeout is short enough to cut a stream without pings."""
    limit_s = directives.read_timeout_s(resolution)
    if limit_s is None or limit_s > SHORT_TIMEOUT_S:
        return ()
    name = directives.read_timeout_name(resolution)
    value = safe(resolution.value(name), 20)
    text = tr(
        "{name} {value}: a silence of {limit_s} ends the stream",
        name=name,
        value=value,
        limit_s=seconds(limit_s),
    )
    return (rule.config_finding(directives.place_of(resolution, name), text, name),)


RULE = Rule(
    id="idle-read-timeout",
    stage=Stage.CUT,
    fix=Fix(
        tr(
            "set a longer {stream}_read_timeout in the location, and let the backend ping every "
            "15–30 s"
        ),
        "nginx",
    ),
    check=check,
    check_config=check_config,
    config_order=50,
    settings=NginxSettings(stream=partial(read_timeout, is_cause=True)),
)
