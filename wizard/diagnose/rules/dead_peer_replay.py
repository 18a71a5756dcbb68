"""One of several peers is gone: who is sent there waits for a timeout, the next does not."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import (
    follow_up_evidence,
    log_evidence,
    result_evidence,
    setting_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.settings import NginxSettings
from wizard.model.case import HELD_OUTCOMES, Case, ProbeResult
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.nginx.settings import duration_s
from wizard.nginx.upstream import balancing_of
from wizard.text.display import safe, seconds

LITTLE = 1024
"""Fewer bytes than any buffer that Nginx lets go of."""
NEAR = 0.5
"""What is late by more than this, in seconds, had to wait for something."""
AFTER = 0.25
"""How long after the timeout, in seconds, the next peer may answer."""
DISTINGUISHES = (
    "The same request through the same location is late one time and live at once another, so it "
    "is no setting that holds it, but the peer that it was sent to."
)
_CONNECT_TIMEOUT_S = 3
_WHY_CONNECT_TIMEOUT = (
    "how long to wait for a dead peer before the next is tried; a live one answers in "
    "milliseconds. It has nothing to do with how long a stream may last"
)
_REMOVE_PEER = (
    "proxy_connect_timeout only shortens the wait: remove the dead peer from the upstream, or mark "
    "it down"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Late or held once, live at once another time; and several peers among whom chance decides."""
    peers = balancing_of(case.resolution).peers if case.resolution else ()
    served = any(result.outcome in streams.REACHED for result in case.proxy)
    if not served or (case.resolution is not None and len(peers) < 2):
        return None
    logged = _logged(case)
    sure = _confidence(case, logged)
    if sure is None:
        return None
    again = streams.follow_ups(case, "again")
    evidence = (
        *_late(case),
        *(result_evidence(result) for result in case.proxy if _is_lucky(case, result)),
        *map(follow_up_evidence, again),
        *_config(case, peers),
        *(log_evidence(line) for line in logged[:2]),
    )
    return rule.finding(sure, evidence, DISTINGUISHES)


def _logged(case: Case) -> tuple[LogLine, ...]:
    """The lines about a peer that did not answer before another did."""
    lines = [line for report in case.logs for line in report.lines if _is_ours(case, line)]
    gone = (line for line in lines if line.tag == "connect-failed" and "timed out" in line.text)
    return (*gone, *streams.own_log_lines(case, "tried-again"))


def _is_ours(case: Case, line: LogLine) -> bool:
    """Our own, or anybody's about the same peers: the root path's line does not name the stream."""
    peers = balancing_of(case.resolution).peers if case.resolution else ()
    return line.ours or any(f"//{peer}/" in line.text for peer in peers)


def _confidence(case: Case, logged: tuple[LogLine, ...]) -> Confidence | None:
    unlucky, lucky = _unlucky(case), any(result.outcome == "live" for result in case.proxy)
    root = _root_is_late(case)
    if logged and (unlucky or root or _behind(case)):
        return "confirmed"
    if not lucky or not (unlucky or root):
        return None
    again = [one.timeline.first_data_s for one in streams.follow_ups(case, "again")]
    if root or any(map(_at_once, again)):
        return "possible" if case.resolution is None else "likely"
    return "possible" if not again and any(map(_only_waited, unlucky)) else None


def _unlucky(case: Case) -> tuple[ProbeResult, ...]:
    return tuple(result for result in case.proxy if result.outcome in HELD_OUTCOMES)


def _behind(case: Case) -> tuple[ProbeResult, ...]:
    """Those that came long after another: late, though no direct probe says so."""
    came = [result.timeline.first_data_s for result in case.proxy]
    first = min((at for at in came if at is not None), default=0.0)
    return tuple(
        result for result, at in zip(case.proxy, came, strict=True) if at and at - first > NEAR
    )


def _is_lucky(case: Case, result: ProbeResult) -> bool:
    return result.outcome == "live" and result not in _behind(case)


def _only_waited(result: ProbeResult) -> bool:
    """Late, then live with little: a buffer lets go when it is full, or when the stream ends."""
    line = result.timeline
    return result.outcome == "late" and line.ended == "open" and line.bytes < LITTLE


def _at_once(first: float | None) -> bool:
    return first is not None and first < NEAR


def _late(case: Case) -> tuple[Evidence, ...]:
    results = tuple(map(result_evidence, _unlucky(case) or _behind(case)))
    if results or case.root is None or not _root_is_late(case):
        return results
    text = f"answered only after {seconds(case.root.headers_s)}"
    return (Evidence("probe", case.root.probe.label, text),)


def _root_is_late(case: Case) -> bool:
    """Whether the root path, which was asked first, had to wait for the same peers' timeout."""
    root, limit = case.root, _connect_timeout(case)
    waited = root.headers_s if root else None
    if waited is None or limit is None or limit < NEAR or case.resolution is None:
        return False
    same = case.root_resolution is not None and balancing_of(case.root_resolution) == balancing_of(
        case.resolution
    )
    return same and 0 <= waited - limit < AFTER


def _connect_timeout(case: Case) -> float | None:
    if case.resolution is None:
        return None
    return duration_s(case.resolution.value(f"{case.resolution.prefix}_connect_timeout"))


def _config(case: Case, peers: tuple[str, ...]) -> tuple[Evidence, ...]:
    resolution = case.resolution
    if resolution is None:
        return ()
    where = str(balancing_of(resolution).where or resolution.config.main)
    shared = Evidence("config", where, f"{len(peers)} servers: {safe(', '.join(peers), 200)}")
    return shared, setting_evidence(resolution, f"{resolution.prefix}_connect_timeout")


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """A short wait for a peer, if there are several and it is not short already."""
    if resolution and resolution.upstream and len(resolution.upstream.peers) == 1:
        return ()
    now = duration_s(resolution.value("proxy_connect_timeout") or "60") if resolution else None
    if now is not None and now <= _CONNECT_TIMEOUT_S:
        return ()
    return (Change("proxy_connect_timeout", f"{_CONNECT_TIMEOUT_S}s", _WHY_CONNECT_TIMEOUT),)


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """What the setting alone does not do."""
    return (_REMOVE_PEER,) if style == "nginx" else ()


RULE = Rule(
    id="dead-peer-replay",
    stage=Stage.REACH,
    fix=Fix("the dead server leaves the upstream; proxy_connect_timeout of a few seconds", "nginx"),
    explains=frozenset(
        {
            "gzip-plus-buffering",
            "outer-proxy-buffers",
            "proxy-buffering-hold",
            "xab-ignored",
        }
    ),
    check=check,
    settings=NginxSettings(both=settings, notes=notes),
)
