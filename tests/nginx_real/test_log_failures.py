"""Causes that the lines of other clients show, on a real Nginx."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import HTTP_1_1_DEFAULT_SINCE, parse_version
from tests.nginx_real.other_clients import (
    FORMAT,
    investigate_after,
    send,
    serving,
    silent_server,
)
from tests.nginx_real.running import running_nginx
from tests.nginx_real.test_check import apply_and_verify, case_and_diagnosis, investigate
from tests.nginx_real.test_standing_stream import plain_stream
from tests.probe.mcp.server import running, streamable
from wizard.diagnose.facts.logs import standing_stream_lines
from wizard.lab import Lab, scenario_named
from wizard.lab.nginx_process import free_ports, version
from wizard.lab.scenario import Behaviour
from wizard.model.target import Source, Target

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
POST = "POST /message?sessionId=0"

SLOW_FOR_OTHERS = """
listen $LISTEN; access_log access.log ingress; proxy_buffering off; proxy_read_timeout 1s;
location / { proxy_pass http://$BACKEND; proxy_read_timeout 1h; }
location = /message {
    error_page 418 = @slow;
    if ($http_user_agent = "mcp/1") { return 418; }
    proxy_pass http://$BACKEND;
}
location @slow { proxy_pass http://127.0.0.1:%s; }
"""


async def test_slow_messages_of_other_clients(nginx: str) -> None:
    async with silent_server() as port:
        case, diagnosis, statuses = await investigate_after(
            nginx, SLOW_FOR_OTHERS % port, [(POST,), (POST,)], http=FORMAT
        )
    assert statuses == [504, 504]
    assert {result.outcome for result in case.proxy} == {"live"}
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("header-timeout-504", "likely")
    texts = [item.text for item in cause.evidence]
    assert texts[0].startswith("2 lines about other requests (POST /message): the backend did not")
    assert texts[1].startswith("2 lines about other requests (POST /message): answered 504")
    assert texts[2] == "proxy_read_timeout 1s, inherited from server"


async def test_slow_requests_for_another_path_accuse_nobody(nginx: str) -> None:
    other = SLOW_FOR_OTHERS.replace("/message", "/report")
    async with silent_server() as port:
        _, diagnosis, statuses = await investigate_after(
            nginx, other % port, [("POST /report",)], http=FORMAT
        )
    assert statuses == [504]
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


PLAIN = "listen $LISTEN; proxy_buffering off; proxy_read_timeout 1h; error_log error.log info;"
PASS = "location / { proxy_pass http://$BACKEND; }"
TOKEN = f"Authorization: Bearer {'x' * 9000}"


async def test_a_token_that_fits_no_buffer_and_the_fix(nginx: str) -> None:
    server, backend = f"{PLAIN} {PASS}", Behaviour(ping_s=0.2)
    scenario = replace(scenario_named("healthy"), server=server, backend=backend)
    async with Lab(scenario, nginx=nginx) as lab:
        target = replace(lab.target, headers=(("Authorization", f"Bearer {'x' * 9000}"),))
        investigation = await investigate(target)
        case, diagnosis = case_and_diagnosis(investigation)
        verified = await apply_and_verify(lab, investigation)
    assert {result.timeline.status for result in case.proxy} == {400}
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("request-header-too-large", "confirmed")
    assert any("large_client_header_buffers is not set" in item.text for item in cause.evidence)
    assert verified is not None
    assert verified.state == "pass", verified


async def test_a_token_of_another_client_that_fits_no_buffer(nginx: str) -> None:
    requests = [("GET /sse", TOKEN), ("GET /sse", TOKEN)]
    case, diagnosis, statuses = await investigate_after(nginx, f"{PLAIN} {PASS}", requests)
    assert statuses == [400, 400]
    assert {result.outcome for result in case.proxy} == {"live"}
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("request-header-too-large", "likely")
    assert cause.evidence[0].text.startswith("2 lines about other requests (GET /sse): a header")


async def test_a_body_of_another_client_that_is_too_large(nginx: str) -> None:
    server = f"{PLAIN} client_max_body_size 1k; {PASS}"
    case, diagnosis, statuses = await investigate_after(nginx, server, [(POST,)], body="x" * 2000)
    assert statuses == [413]
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("body-too-large", "likely")
    assert cause.evidence[0].text.startswith("1 line about other requests (POST /message): Nginx")
    assert case.handshake("proxy").is_complete  # type: ignore[union-attr]


async def test_another_path_that_is_refused_accuses_nobody(nginx: str) -> None:
    server = f"{PLAIN} {PASS} location = /report {{ proxy_pass http://$CLOSED; }}"
    _, diagnosis, statuses = await investigate_after(nginx, server, [("GET /report",)])
    assert statuses == [502]
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


async def test_a_proxy_protocol_header_that_the_listener_does_not_expect(nginx: str) -> None:
    """The front sends one with each request; our own requests to Nginx itself are well."""
    async with Lab(replace(scenario_named("healthy")), nginx=nginx) as lab:
        status = await send(lab.url, "PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\nGET /sse")
        _, diagnosis = case_and_diagnosis(await investigate(lab.target))
    assert status == 400
    assert diagnosis.verdict == "healthy"


async def test_a_held_http_2_client_that_leaves(nginx: str) -> None:
    """It is logged as 200 with 0 bytes."""
    scenario = scenario_named("tls")
    server = scenario.server.replace(" ssl;", " ssl http2;", 1) + "access_log access.log ingress;"
    backend = replace(scenario.backend, framing="close")
    scenario = replace(scenario, server=server, http=FORMAT, backend=backend)
    async with Lab(scenario, nginx=nginx) as lab:
        case = (await investigate(lab.target)).case
        again = (await investigate(lab.target)).case
    tags = {line.client: line.tag for report in case.logs for line in report.lines if line.client}
    assert tags["sse-proxy h1 identity"] == "held-499"
    assert tags["sse-proxy h2 identity"] == "held-200"
    assert all(not any(each.history.left) for each in again.logs if each.history)


@pytest.mark.parametrize(
    ("http", "confidence"), [("1.0", "likely"), ("1.1", "possible")], ids=["1.0", "1.1"]
)
async def test_the_log_tells_that_a_sessions_stream_was_answered(
    nginx: str, tmp_path: Path, http: str, confidence: str
) -> None:
    """Without a direct URL: the POSTs are answered, and of the GET stream nothing is passed on."""
    (port,), log = free_ports(1), tmp_path / "own.log"
    async with running(streamable(plain_stream())) as backend:
        passed = f"proxy_http_version {http}; proxy_pass {backend.url.removesuffix('/sse')};"
        lines = f"access_log {log} ingress; location / {{ {passed} }}"
        async with running_nginx(nginx, tmp_path, port, lines, FORMAT) as conf:
            target = Target(
                f"http://127.0.0.1:{port}/mcp",
                conf=Source(str(conf)),
                logs=(Source(str(log)),),
                stall=3.0,
            )
            case, diagnosis = case_and_diagnosis(await investigate(target))
    (line,) = standing_stream_lines(case)
    assert (line.tag, line.method) == ("held-499", "GET")
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("idle-headers-held", confidence)
    assert "though the backend had answered 200" in cause.evidence[1].text


async def test_failures_of_an_earlier_run_are_not_other_clients(nginx: str) -> None:
    """The error log names no User-Agent, but the access log does."""
    scenario = scenario_named("header-timeout-504")
    async with Lab(scenario, nginx=nginx) as lab:
        first = (await investigate(lab.target)).case
        again = (await investigate(replace(lab.target, mcp="never"))).case
    tags = {line.tag for report in first.logs for line in report.lines}
    assert {"gateway", "header-timeout"} <= tags
    assert [each.history.failures for each in again.logs if each.history] in ([()], [(), ()])


async def http_1_0_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that closes the connection on any other version than HTTP/1.0."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b" HTTP/1.0\r\n" in head:
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"data: 1\n\n")
                await writer.drain()
                await asyncio.sleep(0.2)


async def test_a_backend_that_cannot_speak_http_1_1(nginx: str) -> None:
    async with serving(http_1_0_only) as port:
        passed = f"location / {{ proxy_pass http://127.0.0.1:{port}; proxy_buffering off; }}"
        scenario = replace(scenario_named("healthy"), server=f"listen $LISTEN; {passed}")
        async with Lab(scenario, nginx=nginx) as lab:
            direct = (Source(f"http://127.0.0.1:{port}/sse"),)
            investigation = await investigate(replace(lab.target, direct=direct))
            _, diagnosis = case_and_diagnosis(investigation)
    has_new_default = parse_version(version(nginx)) >= HTTP_1_1_DEFAULT_SINCE
    named = [(cause.id, cause.confidence) for cause in diagnosis.causes[:1]]
    assert (named == [("new-default-regression", "confirmed")]) is has_new_default, diagnosis


async def test_a_dead_peer_that_nginx_skips_while_we_ask(nginx: str) -> None:
    """A customer met it moments ago, and for `fail_timeout` nobody else does."""
    http = "upstream bots { server $STUCK fail_timeout=1m; server $BACKEND; }"
    server = f"{PLAIN} proxy_connect_timeout 1s; location / {{ proxy_pass http://bots; }}"
    case, diagnosis, _ = await investigate_after(nginx, server, [(POST,), (POST,)], http=http)
    assert {result.outcome for result in case.proxy} == {"live"}
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("dead-peer-replay", "likely")
    assert "no connection to the backend within the connect timeout" in cause.evidence[0].text


async def test_a_silent_stream_of_another_client_that_was_cut(nginx: str) -> None:
    server = SLOW_FOR_OTHERS.replace("= /message", "= /sse")
    async with serving(headers_and_silence) as port:
        case, diagnosis, statuses = await investigate_after(
            nginx, server % port, [("GET /sse",)], http=FORMAT
        )
    assert statuses == [200]
    assert {result.outcome for result in case.proxy} == {"live"}
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("idle-read-timeout", "likely")
    assert "sent nothing for as long as the read timeout" in cause.evidence[0].text


async def headers_and_silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with the headers of a stream, and send nothing more."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
    await reader.read()
