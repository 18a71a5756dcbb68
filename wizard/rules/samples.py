"""Small cases for the rules' own samples: each names only what matters to it."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin

from wizard.handshake import Exchange, Handshake, Side, Stage, Transport
from wizard.judge import judge
from wizard.model import Case, Place, Prediction, Target
from wizard.nginx.site import Delivery, LocationRef, Request, Result, Setting, Site, Upstream
from wizard.nginx.tree import Config, Directive, Where
from wizard.timeline import Encoding, Leg, Timeline

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
) -> Case:
    """A case whose four legs are `live`, `held`, `cut` or a status; gzip as plain if not named."""
    extra = tuple((direct_headers or {}).items())
    directs = (
        _line("sse-direct", direct, "identity", extra),
        _line("sse-direct", direct_gzip or direct, "gzip", extra),
    )
    proxied = (
        _line("sse-proxy", proxy, "identity"),
        _line("sse-proxy", proxy_gzip or proxy, "gzip"),
    )
    site = _site(settings or {}, peers)
    return Case(
        Target(PROXY_URL, direct=(Place(DIRECT_URL),), conf=Place("nginx.conf")),
        root=_root(),
        proxy=tuple(judge(line, directs) for line in proxied),
        direct=tuple(map(judge, directs)),
        site=site,
        root_site=site,
        predictions=tuple(_prediction(line, site) for line in proxied),
        handshakes=handshakes,
    )


def hands(
    side: Side,
    *,
    transport: Transport = "http+sse",
    stage: Stage = "done",
    status: int = 202,
    endpoint: str = "/message?sessionId=1",
    body: str = "",
) -> Handshake:
    """A handshake that came as far as `stage`; `status` and `body` answered its POST."""
    url = PROXY_URL if side == "proxy" else DIRECT_URL
    post_url = urljoin(url, endpoint) if transport == "http+sse" else url
    answer = Timeline(
        Leg(f"mcp-{side}", post_url), status=status, http="1.1", headers_s=0.003, excerpt=body
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
        exchanges=(Exchange("initialize", answer),),
    )


def _line(
    name: str, kind: str, encoding: Encoding, extra: tuple[tuple[str, str], ...] = ()
) -> Timeline:
    url = PROXY_URL if name == "sse-proxy" else DIRECT_URL
    line = Timeline(Leg(name, url, "1.1", encoding), dns_s=0.0, connect_s=0.001)
    match kind:
        case "held":
            return replace(line, ended="open", waited_s=2.0)
        case "live":
            return replace(_arrived(line, extra), ended="open", waited_s=5.0)
        case "cut":
            broken = "incomplete chunked read"
            return replace(_arrived(line, extra), ended="reset", waited_s=1.01, detail=broken)
        case status:
            answer = replace(line, status=int(status), http="1.1", headers_s=0.002)
            return replace(answer, ended="eof", waited_s=0.002)


def _arrived(line: Timeline, extra: tuple[tuple[str, str], ...]) -> Timeline:
    return replace(
        line,
        status=200,
        http="1.1",
        headers=(*STREAM, *extra),
        headers_s=0.005,
        first_byte_s=0.006,
        first_data_s=0.006,
        first_event_s=0.006,
        last_byte_s=0.006,
        bytes=80,
        events=1,
    )


def _root() -> Timeline:
    headers = (("content-type", "application/json"), ("server", "nginx/1.22.1"))
    leg = Leg("root-proxy", "http://127.0.0.1:8081/")
    return Timeline(
        leg, headers_s=0.003, status=200, http="1.1", headers=headers, ended="eof", waited_s=0.003
    )


def _site(settings: Mapping[str, str], peers: tuple[str, ...]) -> Site:
    where = Where("nginx.conf", 6)
    directive = Directive("location", ("/",), where, 16, ())
    effective = {
        name: Setting(name, value, "location", Where("nginx.conf", 7 + number))
        for number, (name, value) in enumerate(settings.items())
    }
    return Site(
        Request("/sse", host="127.0.0.1", port=8081),
        Config("nginx.conf", ()),
        "1.22.1",
        None,
        LocationRef("", "/", directive),
        Upstream("proxy", f"http://{peers[0]}", peers, "/sse", where),
        effective,
        ("h1",),
    )


def _prediction(line: Timeline, site: Site) -> Prediction:
    """Held where buffering is on and the sample says that this leg is held."""
    held = site.value("proxy_buffering") == "on" and line.headers_s is None
    result: Result = "held" if held else "live"
    return Prediction(line.leg.label, Delivery("h1", line.leg.encoding, "chunked", result))
