"""One of several peers does not answer: requests sent to it wait for a timeout."""

from wizard.diagnose.facts import logs, streams
from wizard.diagnose.facts.evidence import (
    follow_up_evidence,
    log_evidence,
    result_evidence,
    setting_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, prefix_of
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine
from wizard.model.probe_result import DELAYED_OUTCOMES, ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.nginx.settings import duration_s
from wizard.nginx.upstream import balancing_of
from wizard.text.display import comma_list, safe, seconds
from wizard.text.messages import tr

SMALL_BYTES = 1024
"""Fewer bytes than fill any buffer of Nginx."""
MARGIN_S = 0.5
"""A request that is later than this, in seconds, had to wait for something."""
NEXT_PEER_S = 0.25
"""How long after the timeout, in seconds, the next peer may answer."""
_DISTINGUISHES = tr(
    "One request is late and another is live at once. So no setting holds them: each was sent "
    "to a different server of the upstream."
)
_LOGGED = tr(
    "Nginx's error log shows this for other clients' requests some minutes ago. Ours were not "
    "sent to that server: Nginx skips it for fail_timeout, and then tries it again."
)
STILL_DEAD_S = 900.0
"""How long ago a peer that did not answer is taken to be dead still, in seconds."""
_CONNECT_TIMEOUT_S = 3
_WHY_CONNECT_TIMEOUT = tr(
    "how long Nginx waits for a dead server before it tries the next one; a live server answers "
    "in milliseconds. It does not limit how long a stream may last"
)
_REMOVE_PEER = tr(
    "a connect timeout only shortens the wait: remove the dead server from the upstream, or "
    "mark it `down`"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """One request is late or held and another is live at once, and there are several peers."""
    peers = balancing_of(case.resolution).peers if case.resolution else ()
    served = any(result.outcome in streams.REACHED for result in case.proxy)
    if not served or (case.resolution is not None and len(peers) < 2):
        return None
    logged, others = _peer_log_lines(case), _lines_of_others(case, peers)
    confidence, later = _confidence(case, logged), _later_probes(case)
    if confidence is None and others:
        evidence = (*(each.evidence for each in others[:2]), *_config_evidence(case, peers))
        return rule.finding("likely", evidence, _LOGGED)
    prompt = (r for r in case.proxy if r.outcome == "live" and r not in later)
    evidence = (
        *_late_evidence(case),
        *map(result_evidence, prompt),
        *map(follow_up_evidence, streams.follow_ups(case, "again")),
        *_config_evidence(case, peers),
        *map(log_evidence, logged[:2]),
    )
    return rule.finding(confidence, evidence, _DISTINGUISHES) if confidence else None


def _peer_log_lines(case: Case) -> tuple[LogLine, ...]:
    """The log lines about a peer that did not answer, after which another did."""
    peers = balancing_of(case.resolution).peers if case.resolution else ()
    lines = [line for line in streams.log_lines(case, "connect-failed") if "timed out" in line.text]
    # Requests of others to the same peers count as well.
    failed = (line for line in lines if line.ours or any(f"//{p}/" in line.text for p in peers))
    return (*failed, *streams.own_log_lines(case, "tried-again"))


def _lines_of_others(case: Case, peers: tuple[str, ...]) -> tuple[logs.PathFailure, ...]:
    """What other clients' requests met minutes ago: one of these peers did not answer at all."""
    now = case.started
    return tuple(
        each
        for each in logs.failures_of_others(case, "connect-failed")
        if "timed out" in each.failure.text and any(f"//{p}/" in each.failure.text for p in peers)
        if each.failure.last is not None and now - each.failure.last <= STILL_DEAD_S
    )


def _confidence(case: Case, logged: tuple[LogLine, ...]) -> Confidence | None:
    late, live = _late_probes(case), any(result.outcome == "live" for result in case.proxy)
    root = _root_is_late(case)
    if logged and (late or root or _later_probes(case)):
        return "confirmed"
    if not live or not (late or root):
        return None
    repeats = [repeat.timeline.first_data_s for repeat in streams.follow_ups(case, "again")]
    if root or any(arrival is not None and arrival < MARGIN_S for arrival in repeats):
        return "possible" if case.resolution is None else "likely"
    return "possible" if not repeats and any(map(_only_waited, late)) else None


def _late_probes(case: Case) -> tuple[ProbeResult, ...]:
    return tuple(result for result in case.proxy if result.outcome in DELAYED_OUTCOMES)


def _later_probes(case: Case) -> tuple[ProbeResult, ...]:
    """The probes whose data arrived long after another's: late even without a direct probe."""
    arrivals = [result.timeline.first_data_s for result in case.proxy]
    first = min((arrival for arrival in arrivals if arrival is not None), default=0.0)
    timed = zip(case.proxy, arrivals, strict=True)
    return tuple(result for result, arrival in timed if arrival and arrival - first > MARGIN_S)


def _only_waited(result: ProbeResult) -> bool:
    """True if little data arrived late: a buffer would wait until it is full or the stream ends."""
    timeline = result.timeline
    return result.outcome == "late" and timeline.ended == "open" and timeline.bytes < SMALL_BYTES


def _late_evidence(case: Case) -> tuple[Evidence, ...]:
    results = tuple(map(result_evidence, _late_probes(case) or _later_probes(case)))
    if results or case.root is None or not _root_is_late(case):
        return results
    text = tr("answered only after {headers_s}", headers_s=seconds(case.root.headers_s))
    return (Evidence("probe", case.root.probe.label, text),)


def _root_is_late(case: Case) -> bool:
    """True if the root path, which is requested first, waited for the timeout of the same peers."""
    root, limit = case.root, _connect_timeout(case)
    waited = root.headers_s if root else None
    if waited is None or limit is None or limit < MARGIN_S or case.resolution is None:
        return False
    root_balancing = balancing_of(case.root_resolution) if case.root_resolution else None
    same_peers = root_balancing == balancing_of(case.resolution)
    return same_peers and 0 <= waited - limit < NEXT_PEER_S


def _connect_timeout(case: Case) -> float | None:
    if case.resolution is None:
        return None
    return duration_s(case.resolution.value(f"{case.resolution.prefix}_connect_timeout"))


def _config_evidence(case: Case, peers: tuple[str, ...]) -> tuple[Evidence, ...]:
    resolution = case.resolution
    if resolution is None:
        return ()
    where = str(balancing_of(resolution).where or resolution.config.main)
    shared = Evidence(
        "config",
        where,
        tr("{count} servers: {peers}", count=len(peers), peers=safe(comma_list(peers), 200)),
    )
    return shared, setting_evidence(resolution, f"{resolution.prefix}_connect_timeout")


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """A short connect timeout, if there are several peers and it is not short already."""
    if resolution and resolution.upstream and len(resolution.upstream.peers) == 1:
        return ()
    name = f"{prefix_of(resolution)}_connect_timeout"
    now = duration_s(resolution.value(name) or "60") if resolution else None
    if now is not None and now <= _CONNECT_TIMEOUT_S:
        return ()
    return (Change(name, f"{_CONNECT_TIMEOUT_S}s", _WHY_CONNECT_TIMEOUT),)


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """What the setting alone does not do."""
    return (_REMOVE_PEER,) if style == "nginx" else ()


RULE = Rule(
    id="dead-peer-replay",
    stage=Stage.REACH,
    fix=Fix(
        tr(
            "remove the dead server from the upstream, and set {stream}_connect_timeout to a "
            "few seconds"
        ),
        "nginx",
    ),
    explains=frozenset(
        {"gzip-plus-buffering", "outer-proxy-buffers", "proxy-buffering-hold", "xab-ignored"}
    ),
    by_chance=True,
    check=check,
    settings=NginxSettings(both=settings, notes=notes),
)
