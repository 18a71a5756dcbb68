"""Evidence for findings: a measurement, a setting or a log line in one sentence."""

from wizard.diagnose.facts import product, streams
from wizard.diagnose.facts.directives import is_proxied, place_of
from wizard.diagnose.outcome import classify
from wizard.model.case import Case, FollowUpResult
from wizard.model.config import Directive
from wizard.model.diagnosis import Evidence
from wizard.model.handshake import Side
from wizard.model.log_report import LogLine
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.model.timeline import Timeline
from wizard.text.display import labelled, phrases, safe, seconds, summarize_body
from wizard.text.messages import tr
from wizard.text.urls import split_url

_HTTP_VERSIONS = tr("1.0 is the default before 1.29.7, and 1.1 from it on")
_FRAMINGS = {"close": tr("no length, not chunked"), "length": tr("with a length"), "h2": "HTTP/2"}


def result_evidence(result: ProbeResult) -> Evidence:
    """A probe and its outcome."""
    return Evidence(
        "probe",
        result.timeline.probe.label,
        tr("{outcome}: {why}", outcome=result.outcome_word, why=result.why),
    )


def direct_evidence(result: ProbeResult) -> Evidence:
    """A live direct probe: when the first data came, which event, and how it is framed."""
    timeline = result.timeline
    event = next(filter(None, (getattr(item, "type", "") for item in timeline.tail)), "")
    name = tr(" (event: {event})", event=safe(event, 40)) if event else ""
    framing = timeline.framing or ""
    text = tr(
        "live: first data after {first_data_s}{name}",
        first_data_s=seconds(timeline.first_data_s),
        name=name,
    )
    text = phrases((text, _FRAMINGS.get(framing, framing))) if framing else text
    return Evidence("probe", timeline.probe.label, text)


def live_direct_evidence(case: Case) -> tuple[Evidence, ...]:
    """The first live direct probe without compression; empty if there is none."""
    return tuple(map(direct_evidence, streams.live_direct_probes(case)[:1]))


def setting_evidence(resolution: RequestResolution, name: str) -> Evidence:
    """A setting in force and where it comes from."""
    setting = resolution.settings.get(name)
    if setting is None or (setting.where is None and not setting.value):
        text = tr("{name} is not set", name=name)
        return Evidence("config", resolution.config.main, text, name)
    if setting.where is None:
        text = tr(
            "{name} {setting}: Nginx's default, nothing sets it",
            name=name,
            setting=safe(setting.value),
        )
        if name == "proxy_http_version" and resolution.version is None:
            text = tr(
                "nothing sets {name}, and Nginx's version is not known: {http_versions}",
                name=name,
                http_versions=_HTTP_VERSIONS,
            )
        return Evidence("config", place_of(resolution, name), text, name)
    inherited = (
        "" if setting.level == "location" else tr(", inherited from {level}", level=setting.level)
    )
    return Evidence("config", setting.origin, f"{name} {safe(setting.value)}{inherited}", name)


def line_evidence(line: Directive) -> Evidence:
    """A line of the config as it is written."""
    text = safe(" ".join((line.name, *line.args)), 120)
    return Evidence("config", str(line.where), text, line.name)


def setting_evidences(resolution: RequestResolution | None, *names: str) -> tuple[Evidence, ...]:
    """Settings in force and where they come from; empty without a config."""
    return tuple(setting_evidence(resolution, name) for name in names) if resolution else ()


def log_evidence(line: LogLine) -> Evidence:
    """A log line and its meaning."""
    meaning = line.meaning or line.tag
    text = labelled(meaning, safe(line.text, 600))
    return Evidence("log", line.file, text, short=meaning)


def follow_up_evidence(follow_up: FollowUpResult) -> Evidence:
    """A follow-up and its outcome."""
    timeline = follow_up.timeline
    result = classify(timeline)
    outcome = tr("{outcome}: {why}", outcome=result.outcome_word, why=result.why)
    text = labelled(safe(follow_up.why, 300), outcome + body_suffix(timeline))
    return Evidence("follow-up", timeline.probe.label, text)


def body_suffix(timeline: Timeline) -> str:
    """The summary of a response's body in brackets; empty for a stream."""
    body = summarize_body(timeline.excerpt.strip())
    return tr(" ({note})", note=body) if body else ""


def post_evidence(timeline: Timeline) -> Evidence:
    """A POST and its answer."""
    path = safe(split_url(timeline.probe.url).path or "/", 120)
    if timeline.status is None:
        silence = safe(timeline.detail or timeline.ended or "silence", 120)
        return Evidence(
            "probe",
            timeline.probe.label,
            tr("POST {path} got no answer: {silence}", path=path, silence=silence),
        )
    body = safe(timeline.excerpt.strip(), 80)
    page = tr("Nginx's own page") if product.is_nginx_page(timeline.excerpt) else body
    text = tr(
        "POST {path} answered {status} after {headers_s}",
        path=path,
        status=timeline.status,
        headers_s=seconds(timeline.headers_s),
    )
    text = labelled(text, page) if page and timeline.status >= 400 else text
    return Evidence("probe", timeline.probe.label, text)


def endpoint_evidence(case: Case, side: Side) -> Evidence | None:
    """The endpoint that the stream of this side names; None without an endpoint event."""
    handshake = case.handshake(side)
    if handshake is None or not handshake.endpoint:
        return None
    endpoint = safe(handshake.endpoint.partition("?")[0], 120)
    return Evidence(
        "probe", f"mcp-{side}", tr("the endpoint event says {endpoint}", endpoint=endpoint)
    )


def path_evidence(resolution: RequestResolution) -> Evidence:
    """Where the config leads a path: its location, and the path that the backend is asked for."""
    path = safe(resolution.request.path, 120)
    if resolution.location is None:
        server = resolution.server
        where = str(server.directive.where) if server else resolution.config.main
        return Evidence("config", where, tr("{path}: no location matches it", path=path))
    text = tr(
        "{path} is served by {location_name}",
        path=path,
        location_name=location_name(resolution.location),
    )
    where = str(resolution.location.directive.where)
    upstream = resolution.upstream
    if upstream is None or not is_proxied(resolution):
        return Evidence("config", where, tr("{text}, which passes it to no backend", text=text))
    passed = tr("{kind}_pass {passed}", kind=upstream.kind, passed=safe(upstream.passed, 120))
    uri = upstream.request_uri
    backend_path = safe(uri.partition("?")[0], 120) if uri else tr("a path that variables decide")
    text = tr(
        "{text}: {passed} asks the backend for {backend_path}",
        text=text,
        passed=passed,
        backend_path=backend_path,
    )
    return Evidence("config", str(upstream.where or where), text)


def location_name(location: LocationRef) -> str:
    """A location as the config writes it: `location = /sse`."""
    return safe(f"location {location.modifier} {location.path}".replace("  ", " "), 80)


def path_evidences(case: Case) -> tuple[Evidence, ...]:
    """Where the config leads the stream's path and the messages' path, as far as it was read."""
    resolutions = (case.resolution, case.message_resolution)
    return tuple(path_evidence(resolution) for resolution in resolutions if resolution)
