"""Small cases for the rules' own samples: each names only what matters to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urljoin

from wizard import nginx
from wizard.diagnose.outcome import classify
from wizard.logs.formats import parse_line
from wizard.model.case import Case, Prediction
from wizard.model.config import Config, Directive, Where
from wizard.model.handshake import Exchange, Handshake, HandshakeStage, Side, Transport
from wizard.model.log_report import LogLine, LogReport
from wizard.model.resolution import (
    Delivery,
    LocationRef,
    Request,
    RequestResolution,
    Result,
    Setting,
    Upstream,
)
from wizard.model.target import Place, Target
from wizard.model.timeline import Encoding, Probe, Timeline
from wizard.nginx.load import from_text
from wizard.nginx.prediction import predictions, request_for
from wizard.probe.mcp.message_path import message_resolution

PROXY_URL = "http://127.0.0.1:8081/sse"
DIRECT_URL = "http://127.0.0.1:12213/sse"
STREAM = (("content-type", "text/event-stream"), ("transfer-encoding", "chunked"))


def case(
    *,
    proxy: str,
    direct: str,
    proxy_gzip: str = "",
    direct_gzip: str = "",
    settings: Mapping[str, str] | None = None,
    direct_headers: Mapping[str, str] | None = None,
    peers: tuple[str, ...] = ("127.0.0.1:12213",),
    handshakes: tuple[Handshake, ...] = (),
    url: str = PROXY_URL,
    conf: str = "",
    version: str = "1.22.1",
    logs: tuple[LogLine, ...] = (),
) -> Case:
    """A case whose four probes are as `_line` knows them; gzip as plain if not named.

    Args:
        url: The stream's URL through the proxy.
        conf: A config that serves it, read as a real one; instead of `settings`.
        logs: Lines of one log file.
    """
    extra = tuple((direct_headers or {}).items())
    plain, zipped = direct, direct_gzip or direct
    directs = tuple(_line("sse-direct", kind, way, extra) for kind, way in _ways(plain, zipped))
    plain, zipped = proxy, proxy_gzip or proxy
    proxied = tuple(_line("sse-proxy", kind, way, url=url) for kind, way in _ways(plain, zipped))
    resolution = read(conf, url, version) if conf else _resolution(settings or {}, peers)
    made = Case(
        Target(url, direct=(Place(DIRECT_URL),), conf=Place("nginx.conf")),
        root=_root(),
        proxy=tuple(classify(line, directs) for line in proxied),
        direct=tuple(map(classify, directs)),
        resolution=resolution,
        root_resolution=resolution,
        logs=(LogReport("error.log", logs, len(logs)),) if logs else (),
        predictions=_predicted(resolution, proxied, directs, real=bool(conf)),
        handshakes=handshakes,
    )
    return replace(made, message_resolution=message_resolution(made)) if conf else made


def posted(conf: str, status: int, body: str = "") -> Case:
    """Live on both sides; the handshake's POST is taken direct, and answered so by the proxy."""
    refused = hands("proxy", stage="initialize", status=status, body=body)
    return case(proxy="live", direct="live", conf=conf, handshakes=(refused, hands("direct")))


def _ways(plain: str, zipped: str) -> tuple[tuple[str, Encoding], ...]:
    return ((plain, "identity"), (zipped, "gzip"))


def _predicted(
    resolution: RequestResolution,
    proxied: Sequence[Timeline],
    direct: Sequence[Timeline],
    *,
    real: bool,
) -> tuple[Prediction, ...]:
    """From a config that was read, as always; else as the sample's own probes were."""
    if real:
        return predictions(resolution, [line.probe for line in proxied], direct)
    return tuple(_prediction(line, resolution) for line in proxied)


def logged(text: str, *, client: str = "", ours: bool = True) -> LogLine:
    """A line of a log, read as a real one."""
    said = parse_line(text)
    return LogLine("error.log", text, said.kind, ours, said.tag, said.meaning, client)


def hands(
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
) -> Handshake:
    """A handshake that came as far as `stage`; `status` and `body` answered its POST of `sent`
    bytes after `took` seconds."""
    url = url or (PROXY_URL if side == "proxy" else DIRECT_URL)
    post_url = urljoin(url, endpoint) if transport == "http+sse" else url
    answer = Timeline(
        Probe(f"mcp-{side}", post_url), status=status, http="1.1", headers_s=took, excerpt=body
    )
    why = "" if stage == "done" else f"POST answered {status}"
    return Handshake(
        side,
        url,
        transport,
        stage,
        why,
        endpoint=endpoint if transport == "http+sse" else "",
        post_url=post_url,
        version="2024-11-05" if stage == "done" else "",
        exchanges=(Exchange("initialize", answer, sent),),
    )


def _line(
    name: str,
    kind: str,
    encoding: Encoding,
    extra: tuple[tuple[str, str], ...] = (),
    url: str = DIRECT_URL,
) -> Timeline:
    """One probe: `live`, `silent` (headers alone), `held`, `cut`, `closed` (no answer),
    `redirect:URL`, `html` or a status.

    `live:70` was watched for 70 s, `cut:60` ended 60 s after its last byte.
    """
    line = Timeline(Probe(name, url, "1.1", encoding), dns_s=0.0, connect_s=0.001)
    kind, _, more = kind.partition(":")
    match kind:
        case "held":
            return replace(line, ended="open", waited_s=2.0)
        case "live":
            return replace(_arrived(line, extra), ended="open", waited_s=float(more or 5.0))
        case "silent":
            return replace(_begun(line, extra), ended="open", waited_s=5.0)
        case "cut":
            broken, end = "incomplete chunked read", float(more or 1.0) + 0.01
            return replace(_arrived(line, extra), ended="reset", waited_s=end, detail=broken)
        case "html":
            page = replace(_begun(line, (("content-type", "text/html"),)), status=200)
            return replace(page, headers=page.headers[-1:], ended="eof", waited_s=0.007)
        case "closed":
            return replace(line, ended="eof", waited_s=0.002, detail="connection closed")
        case "redirect":
            answer = replace(line, status=301, http="1.1", headers=(("location", more),))
            return replace(answer, headers_s=0.002, ended="eof", waited_s=0.002)
        case status:
            answer = replace(line, status=int(status), http="1.1", headers_s=0.002)
            return replace(answer, ended="eof", waited_s=0.002)


def _begun(line: Timeline, extra: tuple[tuple[str, str], ...]) -> Timeline:
    return replace(
        line,
        status=200,
        http="1.1",
        headers=(*STREAM, *extra),
        headers_s=0.005,
        last_byte_s=0.005,
    )


def _arrived(line: Timeline, extra: tuple[tuple[str, str], ...]) -> Timeline:
    return replace(
        _begun(line, extra),
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


def read(conf: str, url: str, version: str = "1.22.1") -> RequestResolution:
    """What a config says of a URL."""
    return nginx.inspect(from_text(conf, "nginx.conf"), request_for(url), version)


def _resolution(settings: Mapping[str, str], peers: tuple[str, ...]) -> RequestResolution:
    where = Where("nginx.conf", 6)
    directive = Directive("location", ("/",), where, 16, ())
    effective = {
        name: Setting(name, value, "location", Where("nginx.conf", 7 + number))
        for number, (name, value) in enumerate(settings.items())
    }
    return RequestResolution(
        Request("/sse", host="127.0.0.1", port=8081),
        Config("nginx.conf", ()),
        "1.22.1",
        None,
        LocationRef("", "/", directive),
        Upstream("proxy", f"http://{peers[0]}", peers, "/sse", where),
        effective,
        ("h1",),
    )


def _prediction(line: Timeline, resolution: RequestResolution) -> Prediction:
    """Held where buffering is on and the sample says that this probe is held."""
    held = resolution.value("proxy_buffering") == "on" and line.headers_s is None
    result: Result = "held" if held else "live"
    return Prediction(line.probe.label, Delivery("h1", line.probe.encoding, "chunked", result))
