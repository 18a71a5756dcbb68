"""Questions that rules ask of a case, each answered from what was measured or read."""

from collections.abc import Iterable

from wizard.model.case import HELD, Case, FirstFailingHop, ProbeResult
from wizard.model.diagnosis import Confidence, Evidence
from wizard.model.log_report import LogLine
from wizard.model.resolution import Delivery, RequestResolution
from wizard.model.timeline import Timeline, is_live
from wizard.text.display import safe, seconds

REACHED = frozenset({"live", "ended", "cut", "late"})
SILENT_ENDS = frozenset({"refused", "timeout", "dns"})


def results(found: Iterable[ProbeResult], encoding: str) -> tuple[ProbeResult, ...]:
    """The probes of one encoding, those not offered by the server left out."""
    return tuple(
        result for result in found if result.timeline.probe.encoding == encoding and result.counts
    )


def held(case: Case, encoding: str = "identity") -> tuple[ProbeResult, ...]:
    """The proxied probes of that encoding that are held."""
    return tuple(result for result in results(case.proxy, encoding) if result.outcome in HELD)


def live_direct(case: Case, encoding: str = "identity") -> tuple[ProbeResult, ...]:
    """The direct probes of that encoding whose data came."""
    return tuple(result for result in results(case.direct, encoding) if is_live(result.timeline))


def ping_gap(case: Case) -> float | None:
    """The longest silence between two events or pings that was seen on any probe, in seconds."""
    gaps = [result.timeline.ping_gap_s for result in (*case.direct, *case.proxy)]
    return max((gap for gap in gaps if gap is not None), default=None)


def x_accel_buffering(case: Case) -> str | None:
    """What the backend says in X-Accel-Buffering, in lower case; None if not or not known."""
    for result in case.direct:
        if (value := result.timeline.header("x-accel-buffering")) is not None:
            return value.strip().lower()
    return None


def predicted(case: Case, result: ProbeResult) -> frozenset[str]:
    """What the config allows for this probe; empty where nothing can be said."""
    label = result.timeline.probe.label
    return frozenset(p.delivery.result for p in case.predictions if p.label == label)


def could_hold(case: Case, result: ProbeResult) -> bool:
    """Whether the config predicts that this probe is held, for some framing of the backend."""
    return bool(predicted(case, result) & {"held", "headers-held"})


def rows(case: Case, result: ProbeResult) -> tuple[Delivery, ...]:
    """The rows of the delivery model that apply to this probe."""
    label = result.timeline.probe.label
    return tuple(p.delivery for p in case.predictions if p.label == label)


def proxied_by(resolution: RequestResolution | None) -> bool:
    """Whether the config says that this path goes to a backend."""
    return bool(resolution and resolution.upstream and resolution.upstream.kind != "static")


def buffering(resolution: RequestResolution) -> bool:
    """Whether the config has buffering on here; the backend's header is not considered."""
    return resolution.value(f"{resolution.prefix}_buffering") != "off"


def ignores_header(resolution: RequestResolution, name: str) -> bool:
    """Whether proxy_ignore_headers (or its like) names this header."""
    ignored = resolution.value(f"{resolution.prefix}_ignore_headers")
    return name.lower() in ignored.lower().split()


def passes_here(case: Case) -> bool | None:
    """Whether the proxied requests are known to pass the Nginx of the config: it listens on the
    port that was asked, or its logs hold our own lines. False where logs were read that hold none,
    and None where nothing says so: a port may be mapped, or TLS ended in front of it."""
    lines = [line for report in case.logs for line in report.lines]
    if (case.resolution and case.resolution.listens) or any(
        line.ours and line.client for line in lines
    ):
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


def certainty(failing: FirstFailingHop) -> Confidence:
    """How sure it is that a proxy between two places does it: where both are proxies that were
    asked themselves, it was measured; what stands outside of all of them has no name yet; and two
    direct places may have reached two backends."""
    sure: dict[str, Confidence] = {"hop": "confirmed", "outside": "likely"}
    return sure.get(failing.kind, "possible")


def between(failing: FirstFailingHop) -> str:
    """What sets a loss between two places apart from all others."""
    where = "outside" if failing.kind == "outside" else f"at {failing.name}"
    return f"The same request is fine at {failing.inner}, one place further in, and not {where}."


def result_evidence(result: ProbeResult) -> Evidence:
    """A probe as evidence."""
    return Evidence("probe", result.timeline.probe.label, f"{result.outcome}: {result.why}")


def of_direct(result: ProbeResult) -> Evidence:
    """A live direct probe as evidence: when the first event came, which, and how it is framed."""
    line = result.timeline
    first = next((item for item in line.tail if getattr(item, "type", "")), None)
    name = (
        f" (event: {safe(first.type, 40)})" if first is not None and hasattr(first, "type") else ""
    )
    framing = f", {_framing(line)}" if line.framing else ""
    return Evidence(
        "probe",
        line.probe.label,
        f"live: first data after {seconds(line.first_data_s)}{name}{framing}",
    )


def _framing(line: Timeline) -> str:
    words = {"close": "no length, not chunked", "length": "with a length", "h2": "HTTP/2"}
    return words.get(line.framing or "", line.framing or "")


def of_setting(resolution: RequestResolution, name: str) -> Evidence:
    """A setting in force as evidence, with where it comes from."""
    setting = resolution.effective.get(name)
    if setting is None:
        return Evidence("config", resolution.config.main, f"{name} is not set")
    if setting.where is None:
        place = (
            str(resolution.location.directive.where)
            if resolution.location
            else resolution.config.main
        )
        return Evidence(
            "config", place, f"{name} {safe(setting.value)}: Nginx's default, nothing sets it"
        )
    inherited = "" if setting.level == "location" else f", inherited from {setting.level}"
    return Evidence("config", setting.origin, f"{name} {safe(setting.value)}{inherited}")


def of_log(line: LogLine) -> Evidence:
    """A log line as evidence."""
    return Evidence("log", line.file, f"{line.meaning or line.tag}: {safe(line.text, 600)}")
