"""Gates, limits, caches and chance on a real Nginx, in the variants that no scenario shows."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import INSTALLED
from tests.nginx_real.test_check import concluded, investigate
from tests.nginx_real.test_mcp_sdk import proxied, sdk
from tests.probe.scripted import CHUNKED, chunk
from wizard.diagnose.diagnose import diagnose
from wizard.lab import Lab, scenario_named
from wizard.lab.scenario import Behaviour
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis

pytestmark = pytest.mark.nginx
__all__ = ["sdk"]

HEALTHY = scenario_named("healthy")
PASS = "proxy_pass http://$BACKEND; proxy_buffering off; proxy_read_timeout 1h;"


async def found(
    nginx: str, server: str, http: str = "", **behaviour: object
) -> tuple[Case, Diagnosis]:
    """What is concluded of this server block."""
    backend = Behaviour(ping_s=0.2, **behaviour)  # type: ignore[arg-type]
    made = replace(HEALTHY, server=f"listen $LISTEN; {server}", http=http, backend=backend)
    async with Lab(made, nginx=nginx) as lab:
        return concluded(await investigate(lab.target))


def only(diagnosis: Diagnosis) -> tuple[str, str]:
    (cause,) = diagnosis.causes
    return cause.id, cause.confidence


def texts(diagnosis: Diagnosis) -> str:
    return "\n".join(one.text for cause in diagnosis.causes for one in cause.evidence)


async def test_basic_auth_shows_its_challenge(nginx: str) -> None:
    gate = 'auth_basic "staff"; auth_basic_user_file nginx.conf;'
    _, diagnosis = await found(nginx, f"location / {{ {PASS} }} location /sse {{ {gate} {PASS} }}")
    assert only(diagnosis) == ("auth-gate", "confirmed")
    assert "it asks for Basic (realm: staff)" in texts(diagnosis)


async def test_a_redirect_to_a_login(nginx: str) -> None:
    server = f"""
    location / {{ {PASS} }}
    location /sse {{ auth_request /auth; error_page 401 = @login; {PASS} }}
    location = /auth {{ internal; return 401; }}
    location @login {{ return 302 https://sso.example.com/login?rd=/sse; }}
    """
    _, diagnosis = await found(nginx, server)
    assert only(diagnosis) == ("auth-gate", "confirmed")
    assert "https://sso.example.com/login" in texts(diagnosis)


async def test_without_the_config_a_gate_is_likely(nginx: str) -> None:
    gate = 'auth_basic "staff"; auth_basic_user_file nginx.conf;'
    made = replace(HEALTHY, server=f"listen $LISTEN; location / {{ {gate} {PASS} }}")
    async with Lab(made, nginx=nginx) as lab:
        bare = replace(lab.target, conf=None, logs=())
        case = (await investigate(bare)).case
    assert only(diagnose(case)) == ("auth-gate", "likely")


async def test_a_gate_that_lets_us_in_is_healthy(nginx: str) -> None:
    server = f"""
    location / {{ auth_request /auth; {PASS} }}
    location = /auth {{ internal; return 204; }}
    """
    _, diagnosis = await found(nginx, server)
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


async def test_requests_that_wait_in_turn(nginx: str) -> None:
    """The second of two requests is delayed by 2.5 s.

    The backend needs 0.4 s itself, so a stream counts as held only after 8 s, and the second is
    late even if a busy machine sends it a second or two after the first.
    """
    zone = "limit_req_zone $binary_remote_addr zone=one:1m rate=24r/m; limit_req_log_level error;"
    server = f"error_log error.log warn; location / {{ {PASS} }}"
    server += f"location /sse {{ limit_req zone=one burst=9; {PASS} }}"
    case, diagnosis = await found(nginx, server, zone, first_s=0.4)
    assert sorted(result.outcome for result in case.proxy) == ["late", "live"]
    assert only(diagnosis) == ("limits", "confirmed")
    assert "Nginx delayed it" in texts(diagnosis)


async def test_a_status_of_its_own_for_what_is_too_much(nginx: str) -> None:
    zone = "limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m; limit_req_status 429;"
    server = f"location / {{ {PASS} }} location /sse {{ limit_req zone=one; {PASS} }}"
    _, diagnosis = await found(nginx, server, zone)
    assert only(diagnosis) == ("limits", "confirmed")


async def test_peers_that_share_the_root_path(nginx: str) -> None:
    """The root path is asked first: it is the one that waits for the dead peer."""
    http = "upstream bots { server $STUCK; server $BACKEND; }"
    server = "location / { proxy_pass http://bots; proxy_buffering off;"
    server += "proxy_connect_timeout 1s; proxy_read_timeout 1h; }"
    case, diagnosis = await found(nginx, server, http)
    assert {result.outcome for result in case.proxy} == {"live"}
    assert only(diagnosis) == ("dead-peer-replay", "confirmed")
    assert only(diagnose(replace(case, logs=()))) == ("dead-peer-replay", "likely")


async def test_two_peers_that_are_one_backend_are_healthy(nginx: str) -> None:
    """Nothing keeps a client at one, and nothing has to."""
    http = "upstream bots { server $BACKEND; server $BACKEND; }"
    server = "location / { proxy_pass http://bots; proxy_buffering off; proxy_read_timeout 1h; }"
    case, diagnosis = await found(nginx, server, http)
    assert [one.timeline.status for one in case.follow_ups] == [202] * 8
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


async def test_a_peer_whose_timeout_we_do_not_wait_for(nginx: str) -> None:
    http = "upstream bots { server $STUCK; server $BACKEND; }"
    server = f"location / {{ {PASS} }} location = /sse {{ proxy_pass http://bots;"
    server += "proxy_buffering off; proxy_read_timeout 1h; }"
    case, diagnosis = await found(nginx, server, http)
    assert {result.outcome for result in case.proxy} == {"live", "held"}
    assert only(diagnosis) == ("dead-peer-replay", "likely")


async def test_a_cache_that_keeps_no_stream_is_no_fault(nginx: str) -> None:
    http = "proxy_cache_path cache keys_zone=one:1m;"
    server = f"location / {{ proxy_cache one; {PASS} }}"
    _, diagnosis = await found(nginx, server, http)
    assert diagnosis.verdict == "healthy"


SCENARIOS = ("incident", "healthy", "auth-gate", "limits", "no-affinity", "cache-replay")


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_handful_of_requests_in_all(name: str, nginx: str) -> None:
    async with Lab(scenario_named(name), nginx=nginx) as lab:
        case = (await investigate(lab.target)).case
        asked = len(lab.logs[0].read_text("utf-8").splitlines())
    assert asked <= 16
    if name in ("incident", "healthy", "auth-gate", "limits"):
        assert case.follow_ups == ()


async def test_the_sdk_refuses_the_name_that_nginx_passes_on(
    sdk: int, nginx: str, tmp_path: Path
) -> None:
    lines = "proxy_set_header Host $host; proxy_buffering off;"
    async with proxied(nginx, tmp_path, sdk, lines) as target:
        case, diagnosis = concluded(await investigate(target))
    assert {result.timeline.status for result in case.proxy} == {421}
    assert only(diagnosis) == ("host-origin-rejected", "confirmed")
    assert "Host: 127.0.0.1: status: HTTP 421 (Invalid Host header)" in texts(diagnosis)


async def test_the_sdk_refuses_an_origin(sdk: int, nginx: str, tmp_path: Path) -> None:
    async with proxied(nginx, tmp_path, sdk, "proxy_buffering off;") as target:
        target = replace(target, headers=(("Origin", "https://elsewhere.example"),))
        case, diagnosis = concluded(await investigate(target))
    assert {result.timeline.status for result in (*case.proxy, *case.direct)} == {403}
    assert only(diagnosis) == ("host-origin-rejected", "confirmed")


class OneWorker:
    """A synchronous server: while it streams to one, all others wait in line."""

    def __init__(self) -> None:
        self._free = asyncio.Lock()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request, when its turn comes."""
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
    """Its port."""
    server = await asyncio.start_server(OneWorker().serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_backend_with_one_synchronous_worker(tmp_path: Path) -> None:
    """Not a matter of which Nginx, and slow for what it is: on one of them."""
    nginx = next(iter(INSTALLED.values()))
    async with one_worker() as port, proxied(nginx, tmp_path, port, "") as target:
        _, diagnosis = concluded(await investigate(replace(target, stall=2.0)))
    assert only(diagnosis) == ("backend-blocked", "confirmed")


def challenge(url: str) -> str:
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
    _, diagnosis = await found(nginx, challenge(url))
    causes = {cause.id: cause.confidence for cause in diagnosis.causes}
    assert causes.get("oauth-metadata-lost") == expected
