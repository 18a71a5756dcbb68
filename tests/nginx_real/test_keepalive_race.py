"""A backend that closes kept connections behind a real Nginx: which requests fail, and why."""

import asyncio
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import HTTP_1_1_DEFAULT_SINCE, parse_version
from tests.nginx_real.bot import apply, behind_nginx, causes, faults
from tests.nginx_real.test_check import investigate
from tests.probe.mcp.server import event, read
from tests.probe.scripted import CHUNKED, Act, chunk
from wizard.lab.nginx_process import version
from wizard.model.target import Target

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

LIVE = "proxy_buffering off; proxy_read_timeout 1h;"
KEPT = 'proxy_http_version 1.1; proxy_set_header Connection "";'
TIMED = """log_format timed '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "-"'
    ' "$http_user_agent" rt=$request_time';
upstream bot { server $BOT1; keepalive 4; }
"""
LOG = "access_log access.log timed;"
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def closing(seen: Counter[str]) -> Act:
    """A backend that answers one request on each connection, keeps it, and closes it at the next.

    `/events` is a stream for GET. `seen` counts the requests by method and by their number.
    """

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read(reader)
        seen[f"{request.method} first"] += 1
        if request.method == "GET" and request.path == "/events":
            writer.write(CHUNKED)
            leaving = asyncio.ensure_future(reader.read())
            while not leaving.done():
                writer.write(chunk(event(b"1", "tick")))
                await asyncio.wait({leaving}, timeout=0.2)
            return
        writer.write(JSON)
        await writer.drain()
        request = await read(reader)
        seen[f"{request.method} second"] += 1

    return act


async def send(target: Target, method: str) -> int:
    """Send one request of another client; its status."""
    port = urlsplit(target.url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    path = "/events" if method == "POST" else "/other"
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: 2\r\n\r\n{{}}".encode())
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


@pytest.mark.parametrize(("method", "second"), [("POST", 502), ("GET", 200)])
async def test_a_post_on_a_closed_connection_fails_and_a_get_is_repeated(
    nginx: str, tmp_path: Path, method: str, second: int
) -> None:
    seen = Counter[str]()
    server = f"{LOG} location / {{ proxy_pass http://bot; {KEPT} {LIVE} }}"
    running = behind_nginx(nginx, tmp_path, (closing(seen),), server, path="/events", http=TIMED)
    async with running as target:
        assert [await send(target, method) for _ in range(2)] == [200, second]
        assert seen[f"{method} second"] == 1
        investigation = await investigate(target)
        diagnosis = investigation.diagnosis
        assert diagnosis is not None
        assert causes(diagnosis) == ({"keepalive-race": "likely"} if second == 502 else {})
        recommendation = investigation.recommendation
        assert (recommendation is not None) is (second == 502)
        if recommendation is not None:
            assert recommendation.diff is not None
            assert "keepalive_timeout 4s;" in recommendation.diff
            await apply(nginx, target, recommendation.diff)


async def test_without_a_time_a_crash_looks_alike(nginx: str, tmp_path: Path) -> None:
    server = f"location / {{ proxy_pass http://bot; {KEPT} {LIVE} }}"
    backend = closing(Counter())
    async with behind_nginx(
        nginx, tmp_path, (backend,), server, path="/events", http=TIMED
    ) as target:
        assert [await send(target, "POST") for _ in range(2)] == [200, 502]
        diagnosis = (await investigate(target)).diagnosis
    assert diagnosis is not None
    assert causes(diagnosis) == {"keepalive-race": "possible"}


@pytest.mark.parametrize("passed", ["bot", "$BOT1"])
async def test_a_new_nginx_keeps_connections_to_an_upstream_block(
    nginx: str, tmp_path: Path, passed: str
) -> None:
    """An older one closes each connection to the backend after its request, and every Nginx those
    to an address in proxy_pass."""
    is_new = parse_version(version(nginx)) >= HTTP_1_1_DEFAULT_SINCE
    is_kept = is_new and passed == "bot"
    server = f"{LOG} location / {{ proxy_pass http://{passed}; {LIVE} }}"
    http = TIMED.replace("keepalive 4;", "")
    running = behind_nginx(
        nginx, tmp_path, (closing(Counter()),), server, path="/events", http=http
    )
    async with running as target:
        answers = [await send(target, "POST") for _ in range(2)]
        diagnosis = (await investigate(target)).diagnosis
    assert diagnosis is not None
    assert answers == [200, 502 if is_kept else 200]
    assert ("keepalive-race" in faults(diagnosis)) is is_kept
