"""Facts about streams that were cut: when, and which timeouts that time matches."""

from collections.abc import Iterator

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.directives import read_timeout_name, shutdown_timeout
from wizard.diagnose.session_outcome import standing_stream
from wizard.model.arrivals import allowance_s
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence
from wizard.model.log_report import LogLine
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.text.display import clauses, comma_list, noted, seconds
from wizard.text.messages import tr

TOLERANCE_S = 0.35
"""How far from a timeout, in seconds, an end still counts as caused by it: Nginx keeps a timer that
is to be moved by less than 300 ms (NGX_TIMER_LAZY_DELAY) …"""
TOLERANCE_SHARE = 0.02
"""… or, for long timeouts, which share of it."""
SHORTEST_S = 1.0
"""The shortest timeout, in seconds, that is suspected where no config says how long it is."""
KNOWN_TIMEOUTS: tuple[tuple[float, float, str], ...] = (
    (15, 15, tr("an Envoy or Istio route's timeout")),
    (30, 30, "Pomerium"),
    (60, 60, tr("an AWS load balancer, or another Nginx's proxy_read_timeout")),
    (90, 90, tr("Nginx Proxy Manager")),
    (120, 125, "Cloudflare"),
    (240, 240, tr("ingress-nginx after a reload")),
    (300, 300, tr("a client (undici, the Python SDK)")),
)
"""Timeouts of other layers: from and to in seconds, and whose it usually is."""


def cut_probes(case: Case) -> tuple[ProbeResult, ...]:
    """The proxied streams that were cut: probes after data had arrived, and that of an MCP session.

    If a direct stream was watched, only those that it outlived: the others may have been ended by
    the backend. It also closed a WebSocket that ended by a close frame: a proxy sends none.
    """
    probes = [
        result
        for result in streams.counted_probes(case.proxy)
        if result.timeline.first_data_s is not None
        if not (result.timeline.is_websocket and result.timeline.ended == "eof")
    ]
    standing = standing_stream(case, "proxy")
    if standing and standing.timeline.is_event_stream:
        probes.append(standing)  # it may be silent for as long as it lives
    return tuple(
        result
        for result in probes
        if result.outcome == "cut"
        if not _direct_streams(case, result) or is_outlived(case, result)
    )


def is_outlived(case: Case, result: ProbeResult) -> bool:
    """True if a direct stream was still open at the age at which this probe ended."""
    return any(outlives(direct, result) for direct in _direct_streams(case, result))


def _direct_streams(case: Case, result: ProbeResult) -> tuple[ProbeResult, ...]:
    """The direct streams of the same kind: probes, or that of an MCP session."""
    standing = standing_stream(case, "proxy")
    if standing is None or result.timeline is not standing.timeline:
        return streams.live_direct_probes(case)
    direct = standing_stream(case, "direct")
    return (direct,) if direct and direct.timeline.is_event_stream else ()


def outlives(result: ProbeResult, ended: ProbeResult) -> bool:
    """True if a stream was still open at the age at which the other had ended."""
    return result.timeline.ended == "open" and age_s(result) >= age_s(ended)


def age_s(result: ProbeResult) -> float:
    """Seconds from the start of the request to its end."""
    return result.timeline.waited_s or 0.0


def silence_s(result: ProbeResult) -> float:
    """Seconds from the last byte to the end."""
    return result.timeline.silence_s or 0.0


def is_after(result: ProbeResult, limit_s: float) -> bool:
    """True if the stream ended after this silence."""
    return abs(silence_s(result) - limit_s) <= max(TOLERANCE_S, TOLERANCE_SHARE * limit_s)


def survived_s(case: Case) -> float:
    """The longest silence, in seconds, that a proxied stream survived; no timeout is shorter."""
    gaps = (
        max(result.timeline.longest_gap_s, silence_s(result) if _is_open(result) else 0.0)
        for result in streams.counted_probes(case.proxy)
    )
    return max(gaps, default=0.0)


def _is_open(result: ProbeResult) -> bool:
    return result.timeline.ended == "open"


def was_silent_for(case: Case, result: ProbeResult, limit_s: float | None) -> bool:
    """True if this cut may come from a timeout that counts from the last byte.

    The silence before the cut must be as long as the timeout, and longer than every silence that a
    stream survived, by more than the network may add. Without a known limit (None) it must be as
    long as a timeout usually is.
    """
    silence, slack = silence_s(result), allowance_s(result.timeline)
    if silence <= survived_s(case) + slack:
        return False
    if limit_s is None:
        return silence >= SHORTEST_S - TOLERANCE_S
    return is_near(silence, limit_s, slack=slack)


def is_near(value: float, low: float, high: float | None = None, *, slack: float = 0.0) -> bool:
    """True if a measured time matches a timeout, or a range of timeouts, all in seconds.

    `slack` is how much the network may have added or taken away.
    """
    high = low if high is None else high
    below = max(TOLERANCE_S, TOLERANCE_SHARE * low) + slack
    above = max(TOLERANCE_S, TOLERANCE_SHARE * high) + slack
    return low - below <= value <= high + above


def known_timeout(case: Case, result: ProbeResult) -> tuple[str, str] | None:
    """The timeout of another layer that a cut matches: the measured time, and its usual owner."""
    was_silent = was_silent_for(case, result, None)
    for low, high, owner in KNOWN_TIMEOUTS:
        if was_silent and is_near(silence_s(result), low, high):
            return tr(
                "{silence_s} after its last byte", silence_s=seconds(silence_s(result))
            ), owner
        if is_near(age_s(result), low, high):
            return tr("{age_s} after its start", age_s=seconds(age_s(result))), owner
    return None


def reload_lines(case: Case) -> tuple[LogLine, ...]:
    """The log lines of a reload of Nginx since the probes began."""
    return streams.log_lines(case, "reload")


def cut_evidence(case: Case, result: ProbeResult) -> Evidence:
    """When a stream ended, together with the timeouts of this Nginx."""
    ended = tr(
        "ended {silence_s} after its last byte, {age_s} after its start",
        silence_s=seconds(silence_s(result)),
        age_s=seconds(age_s(result)),
    )
    parts = [ended]
    if survived := survived_s(case):
        longest = seconds(survived)
        parts.append(tr("the longest silence that a stream survived is {longest}", longest=longest))
    if is_outlived(case, result):
        parts.append(tr("the direct stream was still open at that age"))
    limits = comma_list(_timeouts(case.resolution)) if case.resolution else ""
    return Evidence("probe", result.timeline.probe.label, noted(clauses(parts), limits))


def _timeouts(resolution: RequestResolution) -> Iterator[str]:
    for name in (read_timeout_name(resolution), "send_timeout"):
        if value := resolution.value(name):
            yield f"{name} {value}"
    shutdown = shutdown_timeout(resolution)
    yield f"worker_shutdown_timeout {(shutdown.value if shutdown else tr('not set'))}"
