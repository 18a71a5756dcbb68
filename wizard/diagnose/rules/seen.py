"""Questions that rules ask of a case, each answered from what was measured or read."""

from collections.abc import Iterable

from wizard.model.case import HELD, Case, Cell, Loss
from wizard.model.diagnosis import Confidence, Evidence
from wizard.model.log_report import LogLine
from wizard.model.resolution import Delivery, Site
from wizard.model.timeline import Timeline, is_live
from wizard.text.text import safe, seconds

REACHED = frozenset({"live", "ended", "cut", "late"})
SILENT_ENDS = frozenset({"refused", "timeout", "dns"})


def cells(found: Iterable[Cell], encoding: str) -> tuple[Cell, ...]:
    """The cells of one encoding, those not offered by the server left out."""
    return tuple(cell for cell in found if cell.timeline.leg.encoding == encoding and cell.counts)


def held(case: Case, encoding: str = "identity") -> tuple[Cell, ...]:
    """The proxied cells of that encoding that are held."""
    return tuple(cell for cell in cells(case.proxy, encoding) if cell.outcome in HELD)


def live_direct(case: Case, encoding: str = "identity") -> tuple[Cell, ...]:
    """The direct cells of that encoding whose data came."""
    return tuple(cell for cell in cells(case.direct, encoding) if is_live(cell.timeline))


def ping_gap(case: Case) -> float | None:
    """The longest silence between two events or pings that was seen on any leg, in seconds."""
    gaps = [cell.timeline.ping_gap_s for cell in (*case.direct, *case.proxy)]
    return max((gap for gap in gaps if gap is not None), default=None)


def x_accel_buffering(case: Case) -> str | None:
    """What the backend says in X-Accel-Buffering, in lower case; None if not or not known."""
    for cell in case.direct:
        if (value := cell.timeline.header("x-accel-buffering")) is not None:
            return value.strip().lower()
    return None


def predicted(case: Case, cell: Cell) -> frozenset[str]:
    """What the config allows for this cell; empty where nothing can be said."""
    label = cell.timeline.leg.label
    return frozenset(p.delivery.result for p in case.predictions if p.label == label)


def could_hold(case: Case, cell: Cell) -> bool:
    """Whether the config predicts that this cell is held, for some framing of the backend."""
    return bool(predicted(case, cell) & {"held", "headers-held"})


def rows(case: Case, cell: Cell) -> tuple[Delivery, ...]:
    """The rows of the delivery model that apply to this cell."""
    label = cell.timeline.leg.label
    return tuple(p.delivery for p in case.predictions if p.label == label)


def proxied_by(site: Site | None) -> bool:
    """Whether the config says that this path goes to a backend."""
    return bool(site and site.upstream and site.upstream.kind != "static")


def buffering(site: Site) -> bool:
    """Whether the config has buffering on here; the backend's header is not considered."""
    return site.value(f"{buffer_prefix(site)}_buffering") != "off"


def buffer_prefix(site: Site) -> str:
    """The family of directives: `proxy`, or `fastcgi`, `uwsgi`, `scgi`, `grpc`."""
    return site.upstream.kind if site.upstream else "proxy"


def ignores_header(site: Site, name: str) -> bool:
    """Whether proxy_ignore_headers (or its like) names this header."""
    ignored = site.value(f"{buffer_prefix(site)}_ignore_headers")
    return name.lower() in ignored.lower().split()


def passes_here(case: Case) -> bool | None:
    """Whether the proxied requests are known to pass the Nginx of the config: it listens on the
    port that was asked, or its logs hold our own lines. False where logs were read that hold none,
    and None where nothing says so: a port may be mapped, or TLS ended in front of it."""
    lines = [line for report in case.logs for line in report.lines]
    if (case.site and case.site.listens) or any(line.ours and line.client for line in lines):
        return True
    return False if any(report.read for report in case.logs) else None


def root_answers(case: Case) -> bool:
    """Whether the root path was answered by something alive (no gateway error)."""
    return bool(case.root and case.root.status and case.root.status not in (502, 503, 504))


def behind_plain_nginx(case: Case) -> bool:
    """Whether the answer on / says Nginx and shows no other proxy in front of it."""
    if case.root is None or case.root.headers_s is None:
        return False
    server = (case.root.header("server") or "").lower()
    others = ("via", "cf-ray", "x-amz-cf-id", "x-served-by", "x-envoy-upstream-service-time")
    return server.startswith("nginx") and not any(case.root.header(name) for name in others)


def log_lines(case: Case, *tags: str) -> tuple[LogLine, ...]:
    """Our own log lines with one of these tags."""
    return tuple(
        line for report in case.logs for line in report.lines if line.ours and line.tag in tags
    )


def certainty(lost: Loss) -> Confidence:
    """How sure it is that a proxy between two places does it: where both are proxies that were
    asked themselves, it was measured; what stands outside of all of them has no name yet; and two
    direct places may have reached two backends."""
    sure: dict[str, Confidence] = {"hop": "confirmed", "outside": "likely"}
    return sure.get(lost.kind, "possible")


def between(lost: Loss) -> str:
    """What sets a loss between two places apart from all others."""
    where = "outside" if lost.kind == "outside" else f"at {lost.name}"
    return f"The same request is fine at {lost.inner}, one place further in, and not {where}."


def of_cell(cell: Cell) -> Evidence:
    """A cell as evidence."""
    return Evidence("probe", cell.timeline.leg.label, f"{cell.outcome}: {cell.why}")


def of_direct(cell: Cell) -> Evidence:
    """A live direct cell as evidence: when the first event came, which, and how it is framed."""
    line = cell.timeline
    first = next((item for item in line.tail if getattr(item, "type", "")), None)
    name = (
        f" (event: {safe(first.type, 40)})" if first is not None and hasattr(first, "type") else ""
    )
    framing = f", {_framing(line)}" if line.framing else ""
    return Evidence(
        "probe",
        line.leg.label,
        f"live: first data after {seconds(line.first_data_s)}{name}{framing}",
    )


def _framing(line: Timeline) -> str:
    words = {"close": "no length, not chunked", "length": "with a length", "h2": "HTTP/2"}
    return words.get(line.framing or "", line.framing or "")


def of_setting(site: Site, name: str) -> Evidence:
    """A setting in force as evidence, with where it comes from."""
    setting = site.effective.get(name)
    if setting is None:
        return Evidence("config", site.config.main, f"{name} is not set")
    if setting.where is None:
        place = str(site.location.directive.where) if site.location else site.config.main
        return Evidence(
            "config", place, f"{name} {safe(setting.value)}: Nginx's default, nothing sets it"
        )
    inherited = "" if setting.level == "location" else f", inherited from {setting.level}"
    return Evidence("config", setting.origin, f"{name} {safe(setting.value)}{inherited}")


def of_log(line: LogLine) -> Evidence:
    """A log line as evidence."""
    return Evidence("log", line.file, f"{line.meaning or line.tag}: {safe(line.text, 600)}")
