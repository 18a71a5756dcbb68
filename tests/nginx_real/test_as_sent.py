"""The request that is shown as sent is what the backend gets, line for line."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from tests.conftest import parse_version
from tests.nginx_real import delivery_rows
from tests.nginx_real.delivery_conf import HTTP2_DIRECTIVE
from tests.nginx_real.observation import MODEL
from tests.nginx_real.random_requests import ConfigWriter, RandomRequest
from tests.nginx_real.recording_backend import (
    RecordingBackend,
    RequestHead,
    recording_backend,
    send_http1,
    send_http2,
)
from tests.nginx_real.test_server_and_location import running
from wizard.lab.nginx_process import free_ports, version
from wizard.lab.scenario import CONF_FRAME
from wizard.model.config import Config
from wizard.model.probe import Probe
from wizard.model.resolution import Request
from wizard.model.sent_request import SentHeader, SentRequest
from wizard.model.target import Http, Target
from wizard.model.timeline import Timeline
from wizard.nginx.as_sent import as_sent
from wizard.nginx.load import read_config
from wizard.nginx.resolve import request_for, resolve_request
from wizard.probe.probe import run_probe
from wizard.probe.request import ProbeOptions, RequestSpec, request_headers, spec_of

pytestmark = pytest.mark.nginx

SERVERS, REQUESTS = 10, 8
"""Pairs of servers per config, and requests per pair."""
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 11))]
HTTP2_UPSTREAM = (1, 29, 4)
"""The version since which `proxy_http_version 2` exists."""


@dataclass
class Comparison:
    """Compares what the backend gets with what is shown.

    Attributes:
        passed: How many requests the backend got.
        undecided: How many header values of these were shown as not decided, of `headers`.
    """

    config: Config
    version: str
    backend: RecordingBackend
    faults: list[str] = field(default_factory=list)
    passed: int = 0
    headers: int = 0
    undecided: int = 0

    def send(self, port: int, request: RandomRequest, http: Http) -> None:
        """Send the request, and keep what differs."""
        status = _send(port, request, http)
        got = self.backend.take()
        path, _, query = request.uri.partition("?")
        asked = Request(path, "a.test", "http", port, query, request.method)
        resolution = resolve_request(self.config, asked, self.version)
        size = None if request.body is None else len(request.body)
        sent = as_sent(
            resolution, request.headers, method=request.method, body_bytes=size, http=http
        )
        if fault := difference(got, sent):
            self.faults.append(f"{fault}\n{request}\nstatus {status}\ngot {got}\n{sent}")
        values = [each.value for each in sent.headers] if sent else []
        self.passed += got is not None
        self.headers += len(values)
        self.undecided += values.count(None)


@pytest.mark.parametrize("http", ["1.1", "2"])
@pytest.mark.parametrize("seed", SEEDS)
def test_random_requests_reach_the_backend_as_shown(nginx: str, seed: int, http: Http) -> None:
    nginx_version = version(nginx)
    writer = ConfigWriter(seed, http2=parse_version(nginx_version) >= HTTP2_UPSTREAM)
    ports = free_ports(2 * SERVERS)
    with recording_backend() as backend:
        text = _config(writer, nginx_version, ports, backend)
        with running(nginx, text, ports) as conf:
            comparison = Comparison(read_config(str(conf)), nginx_version, backend)
            for port in ports[http == "2" :: 2]:
                for _ in range(REQUESTS):
                    comparison.send(port, writer.request(), http)
    assert not comparison.faults, "\n\n".join(comparison.faults[:4])
    assert comparison.passed > 0.8 * SERVERS * REQUESTS
    assert comparison.undecided < 0.1 * comparison.headers


@pytest.mark.parametrize("http", ["1.1", "2"])
def test_the_delivery_config_sends_what_is_shown(nginx: str, http: Http) -> None:
    names = ("h1", "tls", "h2c", "other")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    rows = [row.location for row in delivery_rows.ALL_ROWS]
    locations = {each.name: each for each in rows if "/" not in each.backend}
    with recording_backend() as backend, tempfile.TemporaryDirectory() as name:
        ports |= dict.fromkeys(delivery_rows.BACKENDS, backend.port)
        text = MODEL.write(version(nginx), ports, Path(name))
        with running(nginx, text, [ports["h1"]]) as conf:
            comparison = Comparison(read_config(str(conf)), version(nginx), backend)
            for location in locations:
                request = RandomRequest("GET", f"/{location}/sse?a=1", _BROWSER, None)
                comparison.send(ports["h2c" if http == "2" else "h1"], request, http)
    assert not comparison.faults, "\n\n".join(comparison.faults[:4])
    assert comparison.passed == len(locations)


_BROWSER = (
    ("Host", "a.test"), ("Connection", "keep-alive"), ("Accept", "text/event-stream"),
    ("Accept-Encoding", "gzip, br"), ("Cookie", "sid=a"), ("X_Id", "7"),
)  # fmt: skip


def _config(
    writer: ConfigWriter, nginx_version: str, ports: Sequence[int], backend: RecordingBackend
) -> str:
    has_directive = parse_version(nginx_version) >= HTTP2_DIRECTIVE
    flag = "" if has_directive else " http2"
    servers = [writer.http()]
    for plain, h2c in zip(ports[::2], ports[1::2], strict=True):
        listens = f"listen 127.0.0.1:{plain}; listen 127.0.0.1:{h2c}{flag};"
        listens += " http2 on;" if has_directive else ""
        for names in ("other.test", "a.test *.test"):
            servers.append(writer.server(names).replace("LISTEN", listens))
    user = "user root;\n" if os.geteuid() == 0 else ""
    http = "\n".join(servers).replace("BACKEND", str(backend.port))
    http = http.replace("SOCKET", backend.socket)
    frame = CONF_FRAME.format(user=user, http=http, server="listen 127.0.0.1:1;")
    return frame.replace("server {\nlisten 127.0.0.1:1;\n    }", "")


def _send(port: int, request: RandomRequest, http: Http) -> int:
    body = request.body or b""
    if http == "2":
        return send_http2(port, _http2_headers(request), body)
    if request.is_chunked:
        body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    return send_http1(port, f"{request.method} {request.uri} HTTP/1.1", request.headers, body)


def _http2_headers(request: RandomRequest) -> list[tuple[str, str]]:
    """The headers as an HTTP/2 client sends them: the Host first, none of a connection."""
    host = dict(request.headers)["Host"]
    own = [(":method", request.method), (":scheme", "http"), (":authority", host)]
    skipped = {"host", "connection", "keep-alive", "upgrade", "proxy-connection"}
    skipped.add("transfer-encoding")
    lines = [(n.lower(), v) for n, v in request.headers if n.lower() not in skipped]
    return [*own, (":path", request.uri), *lines]


def difference(got: RequestHead | None, sent: SentRequest | None) -> str:
    """In what the request differs from the one that is shown; empty if it does not."""
    if got is None or sent is None:
        is_refused = sent is None or any("400" in doubt for doubt in sent.doubts)
        return "" if got is None and is_refused else "passed on or not"
    uri = got.line.split(" ", 1)[1].rpartition(" ")[0] if sent.uri is None else sent.uri
    if got.line != (line := f"{sent.method} {uri} HTTP/{sent.http}"):
        return f"line {line}"
    lines = list(got.headers)
    for header in sent.headers:
        if lines and lines[0][0] == header.name and header.value in (lines[0][1], None):
            lines.pop(0)
        elif header.value is not None:
            return f"header {header}"
    return f"more: {lines}" if lines else ""


@pytest.mark.parametrize("http", ["1.1", "2"])
@pytest.mark.parametrize("body", [b"", b'{"stream": true}'])
def test_our_own_probes_are_passed_on_as_shown(nginx: str, http: Http, body: bytes) -> None:
    plain, tls = free_ports(2)
    port, scheme = (tls, "https") if http == "2" else (plain, "http")
    target = Target(
        f"{scheme}://localhost:{port}/v1/chat?a=1",
        headers=(("Authorization", "Bearer abc"), ("X_Id", "7")),
        method="POST" if body else "GET",
        body=body,
    )
    with recording_backend() as backend, tempfile.TemporaryDirectory() as name:
        certificate = trustme.CA().issue_cert("localhost")
        certificate.private_key_and_cert_chain_pem.write_to_path(f"{name}/pem")
        text = _probed_config(version(nginx), name, (plain, tls), backend)
        with running(nginx, text, (plain, tls)) as conf:
            probe = Probe("sse-proxy", target.url, http)
            spec = spec_of(target)
            options = ProbeOptions(headers=target.headers, insecure=True)
            timeline = asyncio.run(_probe(probe, options, spec))
            resolution = resolve_request(
                read_config(str(conf)), request_for(target.url, target.method), version(nginx)
            )
    assert (timeline.status, timeline.http) == (200, http)
    headers = request_headers(probe, options, spec)
    size = len(body) if body else None
    sent = as_sent(resolution, headers, method=target.method, body_bytes=size, http=http)
    assert difference(backend.take(), sent) == ""
    assert sent is not None
    assert sent.header("X-Host") == SentHeader(
        "X-Host", f"localhost:{port}", sent.headers[0].where, "$http_host"
    )


def _probed_config(
    nginx_version: str, folder: str, ports: tuple[int, int], backend: RecordingBackend
) -> str:
    has_directive = parse_version(nginx_version) >= HTTP2_DIRECTIVE
    plain, tls = ports
    server = [
        f"listen {plain}; listen {tls} ssl{'' if has_directive else ' http2'};",
        "http2 on;" if has_directive else "",
        f"ssl_certificate {folder}/pem; ssl_certificate_key {folder}/pem;",
        "location / { proxy_set_header X-Host $http_host; proxy_set_header Connection '';",
        f"proxy_http_version 1.1; proxy_pass http://127.0.0.1:{backend.port}/api/; }}",
    ]
    user = "user root;\n" if os.geteuid() == 0 else ""
    return CONF_FRAME.format(user=user, http="", server="\n".join(server))


async def _probe(probe: Probe, options: ProbeOptions, spec: RequestSpec) -> Timeline:
    timeline = Timeline(probe)
    async for event in run_probe(probe, options, spec):
        timeline = timeline.fold([event])
    return timeline
