"""Builders of small cases: a test names only what matters to it."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin

from wizard.diagnose.outcome import classify
from wizard.diagnose.predictions import predict
from wizard.logs.formats import parse_line
from wizard.model.case import Case, FollowUpResult, Prediction
from wizard.model.config import Config, Directive, Position
from wizard.model.events import SseEvent
from wizard.model.handshake import Exchange, Handshake, HandshakeStage, Side, Transport
from wizard.model.log_report import LogLine, LogReport
from wizard.model.probe import Encoding, Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.received import Received
from wizard.model.resolution import (
    Delivery,
    LocationRef,
    Request,
    RequestResolution,
    Result,
    Setting,
    Upstream,
)
from wizard.model.target import Hop, Source, Target
from wizard.model.timeline import Timeline, size_of_header
from wizard.model.wire import Wire
from wizard.nginx.load import config_from_text
from wizard.nginx.resolve import request_for, resolve_request
from wizard.probe.mcp.message_path import message_resolution

Headers = tuple[tuple[str, str], ...]

PROXY_URL = "http://127.0.0.1:8081/sse"
DIRECT_URL = "http://127.0.0.1:12213/sse"
HOPS = (Hop("edge", Source("http://edge/sse")), Hop("inner", Source("http://inner/sse")))
STREAM: Headers = (("content-type", "text/event-stream"), ("transfer-encoding", "chunked"))


def make_case(
    *,
    proxy: str,
    direct: str,
    proxy_gzip: str = "",
    direct_gzip: str = "",
    settings: Mapping[str, str] | None = None,
    proxy_headers: Mapping[str, str] | None = None,
    direct_headers: Mapping[str, str] | None = None,
    peers: tuple[str, ...] = ("127.0.0.1:12213",),
    handshakes: tuple[Handshake, ...] = (),
    url: str = PROXY_URL,
    conf: str = "",
    version: str = "1.22.1",
    logs: tuple[LogLine, ...] = (),
) -> Case:
    """Return a case of four probes, whose kinds `make_timeline` explains.

    Args:
        proxy: Kind of the plain probe through the proxy.
        proxy_gzip: Kind of the probe that accepts gzip; as the plain one if not given.
        settings: Directives in force for the stream, where no whole config is needed.
        proxy_headers: Headers of the proxied streams, besides or instead of the usual ones.
        direct_headers: The same of the direct streams.
        peers: Addresses behind the location, used with `settings`.
        url: The stream's URL through the proxy.
        conf: The text of a config, parsed and resolved as a real one; instead of `settings`.
        version: The version of Nginx.
        logs: Lines of one log file.
    """
    directs = _timelines("sse-direct", direct, direct_gzip, DIRECT_URL, direct_headers)
    proxied = _timelines("sse-proxy", proxy, proxy_gzip, url, proxy_headers)
    resolution = (
        resolve(conf, url, version) if conf else _resolution_of_settings(settings or {}, peers)
    )
    case = Case(
        Target(url, direct=(Source(DIRECT_URL),), conf=Source("nginx.conf")),
        root=_root(),
        proxy=tuple(classify(timeline, directs) for timeline in proxied),
        direct=tuple(map(classify, directs)),
        resolution=resolution,
        root_resolution=resolution,
        logs=(LogReport("error.log", logs, len(logs)),) if logs else (),
        predictions=tuple(_agreeing_prediction(timeline, resolution) for timeline in proxied),
        handshakes=handshakes,
    )
    if not conf:
        return case
    predictions = predict(case, (timeline.probe for timeline in proxied))
    return replace(case, message_resolution=message_resolution(case), predictions=predictions)


def make_post_case(
    conf: str,
    status: int,
    body: str = "",
    *,
    url: str = PROXY_URL,
    took: float = 0.003,
    direct_took: float = 0.003,
) -> Case:
    """Return a case with live streams whose POST fails through the proxy and not directly.

    Args:
        status: The proxied answer to the POST, `took` seconds after it.
        body: The beginning of that answer's body.
    """
    failed = make_handshake(
        "proxy", stage="initialize", status=status, body=body, url=url, took=took
    )
    handshakes = (failed, make_handshake("direct", took=direct_took))
    return make_case(proxy="live", direct="live", url=url, conf=conf, handshakes=handshakes)


def _timelines(
    name: str, plain: str, gzip: str, url: str, headers: Mapping[str, str] | None
) -> tuple[Timeline, Timeline]:
    """The timelines of the plain probe and of the one that accepts gzip."""
    extra = tuple((headers or {}).items())
    return (
        make_timeline(name, plain, "identity", extra, url),
        make_timeline(name, gzip or plain, "gzip", extra, url),
    )


def _agreeing_prediction(timeline: Timeline, resolution: RequestResolution) -> Prediction:
    """Held if buffering is on and this probe got nothing, else live."""
    held = resolution.value("proxy_buffering") == "on" and timeline.headers_s is None
    result: Result = "held" if held else "live"
    probe = timeline.probe
    return Prediction(probe.label, Delivery("h1", probe.encoding, "chunked", result))


def result_at(
    kind: str, name: str = "sse-direct", hop: str = "", vantage: str = "local"
) -> ProbeResult:
    """Return a probe at another hop or vantage; the kind `not-asked` could not be made there."""
    result = make_case(proxy="held" if kind == "not-asked" else kind, direct="live").proxy[0]
    probe = replace(
        result.timeline.probe, name=name, hop=hop, vantage=vantage, url=f"http://{hop}/sse"
    )
    timeline: Timeline = replace(result.timeline, probe=probe)
    if kind == "not-asked":
        timeline = replace(timeline, ended="unreached", detail="web: no such place")
    return classify(
        timeline, [result.timeline for result in make_case(proxy="live", direct="live").direct]
    )


def case_of_hops(outside: str, edge: str, inner: str, direct: str = "live") -> Case:
    """Return a case with two hops between the URL and the backend, without config and logs.

    Rules get it from `narrow_to_hop`: reduced to the hop at which the stream stops.
    """
    case = make_case(proxy=outside, direct=direct)
    hops = (result_at(edge, "sse-hop", "edge"), result_at(inner, "sse-hop", "inner"))
    target = replace(case.target, hops=HOPS, conf=None)
    return replace(
        case,
        target=target,
        hops=hops,
        resolution=None,
        root_resolution=None,
        predictions=(),
        logs=(),
    )


def make_log_line(text: str, *, client: str = "", ours: bool = True) -> LogLine:
    """Return a line of a log, classified as a real one."""
    line = parse_line(text)
    return LogLine(
        "error.log", text, line.kind, ours, line.tag, line.meaning, client, sign=line.sign
    )


def make_passed_line() -> LogLine:
    """Return the line of an access log that shows a 200 with bytes for the plain proxied probe."""
    time = "23/Nov/2026:16:00:00 +0000"
    text = f'10.0.0.1 - - [{time}] "GET /sse HTTP/1.1" 200 80 "-" "ssewizard"'
    return make_log_line(text, client="sse-proxy h1 identity")


def make_handshake(
    side: Side,
    *,
    transport: Transport = "http+sse",
    stage: HandshakeStage = "done",
    status: int = 202,
    endpoint: str = "/message?sessionId=1",
    body: str = "",
    took: float = 0.003,
    sent: int = 170,
    url: str = "",
    opening: str = "initialize",
) -> Handshake:
    """Return a handshake that came as far as `stage`.

    Args:
        opening: The message that it posts first: `discover` since MCP 2026-07-28.
        status: The answer to its POST.
        body: The beginning of the answer's body.
        took: Seconds until the answer.
        sent: The size of the POST's body in bytes.
    """
    url = url or (PROXY_URL if side == "proxy" else DIRECT_URL)
    post_url = urljoin(url, endpoint) if transport == "http+sse" else url
    answer = Timeline(
        Probe(f"mcp-{side}", post_url), status=status, http="1.1", headers_s=took, excerpt=body
    )
    return Handshake(
        side,
        url,
        transport,
        stage,
        "" if stage == "done" else f"POST answered {status}",
        endpoint=endpoint if transport == "http+sse" else "",
        post_url=post_url,
        version="2024-11-05" if stage == "done" else "",
        exchanges=(Exchange(opening, answer, sent),),
    )


def make_follow_up(
    purpose: str, status: int, *, side: str = "direct", body: str = ""
) -> FollowUpResult:
    """Return a follow-up with this answer; 200 is a live stream, 0 is no answer."""
    timeline = Timeline(
        Probe(f"follow-up-{side}", "http://127.0.0.1/sse"),
        connect_s=0.001,
        waited_s=2.0,
        ended="open",
    )
    if status:
        timeline = replace(timeline, status=status, http="1.1", headers_s=0.003, excerpt=body)
    if status == 200:
        timeline = replace(timeline, headers=STREAM[:1], first_data_s=0.004, events=1)
    return FollowUpResult(purpose, timeline, "asked once more")


def with_answer(case: Case, headers: Headers = (), body: str = "") -> Case:
    """Set headers and a body of the proxied answers, and of direct ones of the same status."""

    def changed(result: ProbeResult) -> ProbeResult:
        timeline = result.timeline
        return classify(replace(timeline, headers=_merged(timeline.headers, headers), excerpt=body))

    status = case.proxy[0].timeline.status
    return replace(
        case,
        proxy=tuple(map(changed, case.proxy)),
        direct=tuple(
            changed(result) if result.timeline.status == status else result
            for result in case.direct
        ),
    )


def _merged(headers: Headers, extra: Headers) -> Headers:
    """The headers with further ones, which replace those of the same name."""
    names = {name for name, _ in extra}
    return (*(header for header in headers if header[0] not in names), *extra)


def with_endpoint(result: ProbeResult, endpoint: str) -> ProbeResult:
    """Let the first event of a stream name this endpoint."""
    event = SseEvent(0.006, "endpoint", endpoint, "")
    return replace(result, timeline=replace(result.timeline, tail=(event,)))


def make_timeline(
    name: str, kind: str, encoding: Encoding, extra: Headers = (), url: str = DIRECT_URL
) -> Timeline:
    """Return the timeline of one probe.

    Args:
        kind: `live`, `silent` (headers alone), `held` (nothing), `cut`, `closed` (no answer),
            `redirect:URL`, `html`, one of `UNREADABLE_OUTCOMES` or a status. `live:70` was watched
            for 70 s; `cut:60` ended 60 s after its last byte.
        extra: Further headers of a stream.
    """
    probe = Timeline(Probe(name, url, "1.1", encoding), dns_s=0.0, connect_s=0.001)
    kind, _, detail = kind.partition(":")
    match kind:
        case "held":
            return replace(probe, ended="open", waited_s=2.0)
        case "live":
            watched_s = float(detail or 5.0)
            return replace(_with_event(probe, extra), ended="open", waited_s=watched_s)
        case "silent":
            return replace(_with_headers(probe, extra), ended="open", waited_s=5.0)
        case "cut":
            problem, end = "incomplete chunked read", float(detail or 1.0) + 0.01
            return replace(_with_event(probe, extra), ended="reset", waited_s=end, detail=problem)
        case "html":
            page = _with_headers(probe, (("content-type", "text/html"),))
            return replace(page, headers=page.headers[-1:], ended="eof", waited_s=0.007)
        case "closed":
            return replace(probe, ended="eof", waited_s=0.002, detail="connection closed")
        case "not-http" | "partial-head" | "only-interim" | "not-sent":
            return _without_head(probe, kind)
        case "undecodable":
            wire = Wire(undecodable="the compressed data is broken", body_start="data: 1")
            stream = _with_headers(probe, (("content-encoding", "gzip"),))
            return replace(stream, bytes=80, ended="open", waited_s=0.01, wire=wire)
        case "redirect":
            answer = replace(probe, status=301, http="1.1", headers=(("location", detail),))
            return replace(answer, headers_s=0.002, ended="eof", waited_s=0.002)
        case status:
            answer = replace(probe, status=int(status), http="1.1", headers_s=0.002)
            return replace(answer, ended="eof", waited_s=0.002)


def _without_head(timeline: Timeline, kind: str) -> Timeline:
    """A request that was not sent whole, or an answer without complete headers."""
    if kind == "not-sent":
        return replace(timeline, ended="open", waited_s=2.0, wire=Wire(sending_s=0.001))
    wire = Wire(sending_s=0.001, sent_s=0.001)
    if kind == "not-http":
        got = Received(9, "SSH-2.0-x", 0.002, 0.002, problem="there is no status line")
        return replace(timeline, ended="reset", waited_s=0.002, wire=replace(wire, received=got))
    interim = 3 if kind == "only-interim" else 0
    got = Received(0 if interim else 11, "HTTP/1.1 20", 0.002, 1.5, interim)
    return replace(timeline, ended="open", waited_s=2.0, wire=replace(wire, received=got))


def _with_headers(timeline: Timeline, extra: Headers) -> Timeline:
    return replace(
        timeline,
        status=200,
        http="1.1",
        headers=_merged(STREAM, extra),
        header_bytes=size_of_header(_merged(STREAM, extra)),
        headers_s=0.005,
        last_byte_s=0.005,
    )


def _with_event(timeline: Timeline, extra: Headers) -> Timeline:
    return replace(
        _with_headers(timeline, extra),
        first_byte_s=0.006,
        first_data_s=0.006,
        first_event_s=0.006,
        last_byte_s=0.006,
        bytes=80,
        events=1,
    )


def _root() -> Timeline:
    headers = (("content-type", "application/json"), ("server", "nginx/1.22.1"))
    probe = Probe("root-proxy", "http://127.0.0.1:8081/")
    return Timeline(
        probe, headers_s=0.003, status=200, http="1.1", headers=headers, ended="eof", waited_s=0.003
    )


def resolve(conf: str, url: str, version: str | None = "1.22.1") -> RequestResolution:
    """Resolve a URL in the text of a config."""
    return resolve_request(config_from_text(conf, "nginx.conf"), request_for(url), version)


def _resolution_of_settings(
    settings: Mapping[str, str], peers: tuple[str, ...]
) -> RequestResolution:
    where = Position("nginx.conf", 6)
    effective = {
        name: Setting(name, value, "location", Position("nginx.conf", line))
        for line, (name, value) in enumerate(settings.items(), start=7)
    }
    return RequestResolution(
        Request("/sse", host="127.0.0.1", port=8081),
        Config("nginx.conf", ()),
        "1.22.1",
        None,
        LocationRef("", "/", Directive("location", ("/",), where, 16, ())),
        Upstream("proxy", f"http://{peers[0]}", peers, "/sse", where),
        effective,
        ("h1",),
    )
