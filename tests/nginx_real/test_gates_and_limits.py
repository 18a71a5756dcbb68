"""Authentication, limits, caches and balancing on a real Nginx, beyond the lab's scenarios."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import INSTALLED
from tests.nginx_real.test_check import case_and_diagnosis, investigate
from tests.nginx_real.test_mcp_sdk import proxied_sdk, sdk
from tests.probe.scripted import CHUNKED, chunk
from wizard.diagnose.diagnose import diagnose
from wizard.lab import Lab, scenario_named
from wizard.lab.scenario import Behaviour
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
__all__ = ["sdk"]

HEALTHY = scenario_named("healthy")
PASS = "proxy_pass http://$BACKEND; proxy_buffering off; proxy_read_timeout 1h;"


async def investigate_server(
    nginx: str, server: str, http: str = "", **behaviour: object
) -> tuple[Case, Diagnosis]:
    """The case and diagnosis of this server block."""
    backend = Behaviour(ping_s=0.2, **behaviour)  # type: ignore[arg-type]
    scenario = replace(HEALTHY, server=f"listen $LISTEN; {server}", http=http, backend=backend)
    async with Lab(scenario, nginx=nginx) as lab:
        return case_and_diagnosis(await investigate(lab.target))


def only_cause(diagnosis: Diagnosis) -> tuple[str, str]:
    (cause,) = diagnosis.causes
    return cause.id, cause.confidence


def evidence_texts(diagnosis: Diagnosis) -> str:
    return "\n".join(item.text for cause in diagnosis.causes for item in cause.evidence)


async def test_the_challenge_of_basic_auth_is_shown(nginx: str) -> None:
    gate = 'auth_basic "staff"; auth_basic_user_file nginx.conf;'
    _, diagnosis = await investigate_server(
        nginx, f"location / {{ {PASS} }} location /sse {{ {gate} {PASS} }}"
    )
    assert only_cause(diagnosis) == ("auth-gate", "confirmed")
    assert "it asks for Basic (realm: staff)" in evidence_texts(diagnosis)


async def test_a_stream_that_waits_for_the_cache(nginx: str) -> None:
    server = f"location / {{ proxy_http_version 1.1; {PASS.replace('off', 'on')} {LOCKED} }}"
    http = "proxy_cache_path cache keys_zone=one:1m;"
    _, diagnosis = await investigate_server(nginx, server, http)
    assert only_cause(diagnosis) == ("cache-replay", "likely")


LOCKED = (
    "proxy_cache one; proxy_cache_valid 1h; proxy_cache_lock on; "
    "proxy_ignore_headers Cache-Control Expires;"
)


async def test_a_redirect_to_a_login(nginx: str) -> None:
    server = f"""
    location / {{ {PASS} }}
    location /sse {{ auth_request /auth; error_page 401 = @login; {PASS} }}
    location = /auth {{ internal; return 401; }}
    location @login {{ return 302 https://sso.example.com/login?rd=/sse; }}
    """
    _, diagnosis = await investigate_server(nginx, server)
    assert only_cause(diagnosis) == ("auth-gate", "confirmed")
    assert "https://sso.example.com/login" in evidence_texts(diagnosis)


async def test_without_the_config_a_gate_is_likely(nginx: str) -> None:
    gate = 'auth_basic "staff"; auth_basic_user_file nginx.conf;'
    scenario = replace(HEALTHY, server=f"listen $LISTEN; location / {{ {gate} {PASS} }}")
    async with Lab(scenario, nginx=nginx) as lab:
        target = replace(lab.target, conf=None, logs=())
        case = (await investigate(target)).case
    assert only_cause(diagnose(case)) == ("auth-gate", "likely")


async def test_a_gate_that_lets_us_in_is_healthy(nginx: str) -> None:
    server = f"""
    location / {{ auth_request /auth; {PASS} }}
    location = /auth {{ internal; return 204; }}
    """
    _, diagnosis = await investigate_server(nginx, server)
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


async def test_requests_that_wait_in_turn(nginx: str) -> None:
    """The second of two requests is delayed by 2.5 s.

    The backend needs 0.4 s itself, so a stream counts as held only after 8 s, and the second is
    late even if a busy machine sends it a second or two after the first.
    """
    zone = "limit_req_zone $binary_remote_addr zone=one:1m rate=24r/m; limit_req_log_level error;"
    server = f"error_log error.log warn; location / {{ {PASS} }}"
    server += f"location /sse {{ limit_req zone=one burst=9; {PASS} }}"
    case, diagnosis = await investigate_server(nginx, server, zone, first_s=0.4)
    assert sorted(result.outcome for result in case.proxy) == ["late", "live"]
    assert only_cause(diagnosis) == ("limits", "confirmed")
    assert "Nginx delayed the request" in evidence_texts(diagnosis)


async def test_all_requests_wait_in_turn(nginx: str) -> None:
    """`GET /` is served first, so every stream is delayed by 2.5 s or more."""
    zone = "limit_req_zone $binary_remote_addr zone=one:1m rate=24r/m; limit_req_log_level error;"
    server = f"error_log error.log warn; limit_req zone=one burst=9; location / {{ {PASS} }}"
    case, diagnosis = await investigate_server(nginx, server, zone, first_s=0.4)
    assert {result.outcome for result in case.proxy} <= {"late", "held"}
    assert only_cause(diagnosis) == ("limits", "confirmed")


@pytest.mark.parametrize(
    ("zone", "limit"),
    [
        ("limit_req_zone $binary_remote_addr zone=one:1m rate=1r/s;", "limit_req zone=one;"),
        ("limit_conn_zone $binary_remote_addr zone=one:1m;", "limit_conn one 1;"),
    ],
    ids=["rate", "number"],
)
async def test_a_limit_that_only_our_own_probes_exceed(zone: str, limit: str, nginx: str) -> None:
    """A client opens one stream, and its messages go to a path without the limit."""
    server = f"location / {{ {PASS} }} location /sse {{ {limit} {PASS} }}"
    _, diagnosis = await investigate_server(nginx, server, zone)
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())
    assert [risk.id for risk in diagnosis.risks] == ["limits"]


async def test_a_limit_with_its_own_status(nginx: str) -> None:
    zone = "limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m; limit_req_status 429;"
    server = f"location / {{ {PASS} }} location /sse {{ limit_req zone=one; {PASS} }}"
    _, diagnosis = await investigate_server(nginx, server, zone)
    assert only_cause(diagnosis) == ("limits", "confirmed")


async def test_peers_that_share_the_root_path(nginx: str) -> None:
    """The root path is requested first, so it waits for the dead peer."""
    http = "upstream bots { server $STUCK; server $BACKEND; }"
    server = "location / { proxy_pass http://bots; proxy_buffering off;"
    server += "proxy_connect_timeout 1s; proxy_read_timeout 1h; }"
    case, diagnosis = await investigate_server(nginx, server, http)
    assert {result.outcome for result in case.proxy} == {"live"}
    assert only_cause(diagnosis) == ("dead-peer-replay", "confirmed")
    assert only_cause(diagnose(replace(case, logs=()))) == ("dead-peer-replay", "likely")


async def test_two_peers_that_are_one_backend_are_healthy(nginx: str) -> None:
    """Nothing keeps a client at one peer, and nothing needs to."""
    http = "upstream bots { server $BACKEND; server $BACKEND; }"
    server = "location / { proxy_pass http://bots; proxy_buffering off; proxy_read_timeout 1h; }"
    case, diagnosis = await investigate_server(nginx, server, http)
    assert [each.timeline.status for each in case.follow_ups] == [202] * 6
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


async def test_a_dead_peer_with_a_longer_timeout_than_our_wait(nginx: str) -> None:
    http = "upstream bots { server $STUCK; server $BACKEND; }"
    server = f"location / {{ {PASS} }} location = /sse {{ proxy_pass http://bots;"
    server += "proxy_buffering off; proxy_read_timeout 1h; }"
    case, diagnosis = await investigate_server(nginx, server, http)
    assert {result.outcome for result in case.proxy} == {"live", "held"}
    assert only_cause(diagnosis) == ("dead-peer-replay", "likely")


async def test_a_cache_that_stores_no_stream_is_no_fault(nginx: str) -> None:
    http = "proxy_cache_path cache keys_zone=one:1m;"
    server = f"location / {{ proxy_cache one; {PASS} }}"
    _, diagnosis = await investigate_server(nginx, server, http)
    assert diagnosis.verdict == "healthy"


SCENARIOS = ("incident", "healthy", "auth-gate", "limits", "no-affinity", "cache-replay")


@pytest.mark.parametrize("name", SCENARIOS)
async def test_an_investigation_makes_few_requests(name: str, nginx: str) -> None:
    async with Lab(scenario_named(name), nginx=nginx) as lab:
        case = (await investigate(lab.target)).case
        requests = len(lab.logs[0].read_text("utf-8").splitlines())
    assert requests <= 16
    if name == "auth-gate":
        assert [sent.purpose for sent in case.follow_ups] == ["as-sent"]
    if name == "healthy":
        assert [sent.purpose for sent in case.follow_ups] == ["affinity"] * 3
    if name == "incident":
        assert [sent.purpose for sent in case.follow_ups] == ["free-worker"]


async def test_the_sdk_refuses_the_name_that_nginx_passes_on(
    sdk: int, nginx: str, tmp_path: Path
) -> None:
    lines = "proxy_set_header Host $host; proxy_buffering off;"
    async with proxied_sdk(nginx, tmp_path, sdk, lines) as target:
        case, diagnosis = case_and_diagnosis(await investigate(target))
    assert {result.timeline.status for result in case.proxy} == {421}
    assert only_cause(diagnosis) == ("host-origin-rejected", "confirmed")
    assert "Host: 127.0.0.1: status: HTTP 421 (Invalid Host header)" in evidence_texts(diagnosis)


async def test_the_sdk_refuses_an_origin(sdk: int, nginx: str, tmp_path: Path) -> None:
    async with proxied_sdk(nginx, tmp_path, sdk, "proxy_buffering off;") as target:
        target = replace(target, headers=(("Origin", "https://elsewhere.example"),))
        case, diagnosis = case_and_diagnosis(await investigate(target))
    assert {result.timeline.status for result in (*case.proxy, *case.direct)} == {403}
    assert only_cause(diagnosis) == ("host-origin-rejected", "confirmed")


class OneWorker:
    """A synchronous server: while it streams to one client, all others wait."""

    def __init__(self) -> None:
        self._free = asyncio.Lock()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one request of one connection, after the one before it."""
        async with self._free:
            head = await reader.readuntil(b"\r\n\r\n")
            if re.match(rb"GET /sse", head):
                event = b"event: endpoint\ndata: /message?sessionId=1\n\n"
                writer.write(CHUNKED + chunk(event))
                await reader.read()
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
            writer.close()


@asynccontextmanager
async def one_worker() -> AsyncIterator[int]:
    """Run such a server; yield its port."""
    server = await asyncio.start_server(OneWorker().serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_backend_with_one_synchronous_worker(tmp_path: Path) -> None:
    """On one Nginx only: the version does not matter, and the test is slow."""
    nginx = next(iter(INSTALLED.values()))
    async with one_worker() as port, proxied_sdk(nginx, tmp_path, port, "") as target:
        _, diagnosis = case_and_diagnosis(await investigate(replace(target, stall=2.0)))
    assert only_cause(diagnosis) == ("backend-blocked", "confirmed")


def challenge_conf(url: str) -> str:
    header = f"add_header WWW-Authenticate 'Bearer resource_metadata=\"{url}\"' always;"
    return f"location = /sse {{ {header} return 401; }} location / {{ {PASS} }}"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://$LISTEN/.well-known/oauth-protected-resource", "confirmed"),
        ("http://$BACKEND/.well-known/oauth-protected-resource", "confirmed"),
        ("http://svc-bot-prod:12213/.well-known/oauth-protected-resource", "likely"),
        ("http://$LISTEN/", None),
    ],
)
async def test_metadata_that_leads_nowhere(nginx: str, url: str, expected: str | None) -> None:
    _, diagnosis = await investigate_server(nginx, challenge_conf(url))
    causes = {cause.id: cause.confidence for cause in diagnosis.causes}
    assert causes.get("oauth-metadata-lost") == expected
