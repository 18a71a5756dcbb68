"""How a stream was cut: how long after its last byte and its start, beside the timeouts known."""

from collections.abc import Iterator

from wizard.diagnose.rules import seen
from wizard.model.case import Case, Cell
from wizard.model.diagnosis import Evidence
from wizard.model.log_report import LogLine
from wizard.model.resolution import Setting, Site
from wizard.nginx.settings import duration_s
from wizard.text.text import seconds

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


def cut(case: Case) -> tuple[Cell, ...]:
    """The proxied cells that were broken off after data; where a direct stream was watched, only
    those that it outlived: not the backend's own end."""
    return tuple(
        cell
        for cell in seen.cells(case.proxy, "identity")
        if cell.outcome == "cut" and cell.timeline.first_data_s is not None
        if not seen.live_direct(case) or outlived(case, cell)
    )


def outlived(case: Case, cell: Cell) -> bool:
    """Whether a direct stream of that age was still open when this one ended."""
    return any(outlives(other, cell) for other in seen.live_direct(case))


def outlives(other: Cell, cell: Cell) -> bool:
    """Whether the one stream was still open at the age at which the other had ended."""
    return other.timeline.ended == "open" and (other.timeline.waited_s or 0.0) >= age_s(cell)


def age_s(cell: Cell) -> float:
    """Seconds from the start of the request to its end."""
    return cell.timeline.waited_s or 0.0


def silence_s(cell: Cell) -> float:
    """Seconds from the last byte to the end."""
    return cell.timeline.silence_s or 0.0


def near(value: float, low: float, high: float | None = None) -> bool:
    """Whether a time that was measured belongs to this limit."""
    high = low if high is None else high
    return low - max(NEAR, SHARE * low) <= value <= high + max(NEAR, SHARE * high)


def telling(cell: Cell) -> tuple[str, str] | None:
    """The limit of another layer that the cut points to: what was measured, and whose it is."""
    for low, high, whose in LAYERS:
        for value, said in ((silence_s(cell), "its last byte"), (age_s(cell), "its start")):
            if near(value, low, high):
                return f"{seconds(value)} after {said}", whose
    return None


def read_timeout(site: Site | None) -> float | None:
    """The effective read timeout in seconds, None where the path is not proxied."""
    if site is None or not seen.proxied_by(site):
        return None
    return duration_s(site.value(read_timeout_name(site)))


def read_timeout_name(site: Site) -> str:
    """`proxy_read_timeout`, or its like."""
    return f"{seen.buffer_prefix(site)}_read_timeout"


def shutdown_timeout(site: Site | None) -> Setting | None:
    """`worker_shutdown_timeout`, which stands outside of http; None where it is not set."""
    root = site.config.root if site else ()
    line = next((line for line in root if line.name == "worker_shutdown_timeout"), None)
    return Setting(line.name, " ".join(line.args), "http", line.where) if line else None


def reloaded(case: Case) -> tuple[LogLine, ...]:
    """The lines by which Nginx says that it was reloaded since the probes began."""
    found = (line for report in case.logs for line in report.lines)
    return tuple(line for line in found if line.tag == "reload")


def beside(case: Case, cell: Cell) -> Evidence:
    """The end beside every timeout of this Nginx, so that a reader sees which it was."""
    whole = f"ended {seconds(silence_s(cell))} after its last byte, {seconds(age_s(cell))} after "
    whole += "its start"
    if outlived(case, cell):
        whole += "; the direct stream of that age was open"
    limits = ", ".join(_limits(case.site)) if case.site else ""
    return Evidence("probe", cell.timeline.leg.label, f"{whole} ({limits})" if limits else whole)


def _limits(site: Site) -> Iterator[str]:
    for name in (read_timeout_name(site), "send_timeout"):
        if value := site.value(name):
            yield f"{name} {value}"
    stop = shutdown_timeout(site)
    yield f"worker_shutdown_timeout {stop.value if stop else 'not set'}"
