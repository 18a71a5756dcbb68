"""How a stream was cut: how long after its last byte and its start, beside the timeouts known."""

from collections.abc import Iterator

from wizard.diagnose.rules import facts
from wizard.model.case import Case, ProbeResult
from wizard.model.diagnosis import Evidence
from wizard.model.log_report import LogLine
from wizard.model.resolution import RequestResolution, Setting
from wizard.nginx.settings import duration_s
from wizard.text.display import seconds

NEAR = 0.5
"""How far from a timeout, in seconds, an end still belongs to it …"""
SHARE = 0.02
"""… or, for long timeouts, which share of it."""
LAYERS: tuple[tuple[float, float, str], ...] = (
    (15, 15, "an Envoy or Istio route's timeout"),
    (30, 30, "Pomerium"),
    (60, 60, "an AWS load balancer, or another Nginx's proxy_read_timeout"),
    (90, 90, "Nginx Proxy Manager"),
    (120, 125, "Cloudflare"),
    (240, 240, "ingress-nginx after a reload"),
    (300, 300, "a client (undici, the Python SDK)"),
)
"""From, to, and whose limit it usually is, in seconds."""


def cut(case: Case) -> tuple[ProbeResult, ...]:
    """The proxied probes that were broken off after data; where a direct stream was watched, only
    those that it outlived: not the backend's own end."""
    return tuple(
        result
        for result in facts.results(case.proxy, "identity")
        if result.outcome == "cut" and result.timeline.first_data_s is not None
        if not facts.live_direct(case) or outlived(case, result)
    )


def outlived(case: Case, result: ProbeResult) -> bool:
    """Whether a direct stream of that age was still open when this one ended."""
    return any(outlives(other, result) for other in facts.live_direct(case))


def outlives(other: ProbeResult, result: ProbeResult) -> bool:
    """Whether the one stream was still open at the age at which the other had ended."""
    return other.timeline.ended == "open" and (other.timeline.waited_s or 0.0) >= age_s(result)


def age_s(result: ProbeResult) -> float:
    """Seconds from the start of the request to its end."""
    return result.timeline.waited_s or 0.0


def silence_s(result: ProbeResult) -> float:
    """Seconds from the last byte to the end."""
    return result.timeline.silence_s or 0.0


def near(value: float, low: float, high: float | None = None) -> bool:
    """Whether a time that was measured belongs to this limit."""
    high = low if high is None else high
    return low - max(NEAR, SHARE * low) <= value <= high + max(NEAR, SHARE * high)


def telling(result: ProbeResult) -> tuple[str, str] | None:
    """The limit of another layer that the cut points to: what was measured, and whose it is."""
    for low, high, whose in LAYERS:
        for value, said in ((silence_s(result), "its last byte"), (age_s(result), "its start")):
            if near(value, low, high):
                return f"{seconds(value)} after {said}", whose
    return None


def read_timeout(resolution: RequestResolution | None) -> float | None:
    """The effective read timeout in seconds, None where the path is not proxied."""
    if resolution is None or not facts.proxied_by(resolution):
        return None
    return duration_s(resolution.value(read_timeout_name(resolution)))


def read_timeout_name(resolution: RequestResolution) -> str:
    """`proxy_read_timeout`, or its like."""
    return f"{resolution.prefix}_read_timeout"


def shutdown_timeout(resolution: RequestResolution | None) -> Setting | None:
    """`worker_shutdown_timeout`, which stands outside of http; None where it is not set."""
    root = resolution.config.root if resolution else ()
    line = next((line for line in root if line.name == "worker_shutdown_timeout"), None)
    return Setting(line.name, " ".join(line.args), "http", line.where) if line else None


def reloaded(case: Case) -> tuple[LogLine, ...]:
    """The lines by which Nginx says that it was reloaded since the probes began."""
    found = (line for report in case.logs for line in report.lines)
    return tuple(line for line in found if line.tag == "reload")


def beside(case: Case, result: ProbeResult) -> Evidence:
    """The end beside every timeout of this Nginx, so that a reader sees which it was."""
    whole = (
        f"ended {seconds(silence_s(result))} after its last byte, {seconds(age_s(result))} after "
    )
    whole += "its start"
    if outlived(case, result):
        whole += "; the direct stream of that age was open"
    limits = ", ".join(_limits(case.resolution)) if case.resolution else ""
    return Evidence(
        "probe", result.timeline.probe.label, f"{whole} ({limits})" if limits else whole
    )


def _limits(resolution: RequestResolution) -> Iterator[str]:
    for name in (read_timeout_name(resolution), "send_timeout"):
        if value := resolution.value(name):
            yield f"{name} {value}"
    stop = shutdown_timeout(resolution)
    yield f"worker_shutdown_timeout {stop.value if stop else 'not set'}"
