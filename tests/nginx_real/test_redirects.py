"""Redirects and lost prefixes behind a real Nginx: which ones lose a client."""

from pathlib import Path

import pytest

from tests.nginx_real.bot import (
    Bot,
    Refusal,
    behind_nginx,
    causes,
    conclude,
    faults,
    peers,
    subsets,
)
from tests.probe.mcp.server import Request, response

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
LIVE = "proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 1h;"


def redirecting(path: str, location: str, status: int = 307) -> Refusal:
    """Redirect this path; `$host` in the location is the Host under which it was asked."""

    def refuse(request: Request) -> bytes | None:
        asked, _, query = request.path.partition("?")
        target = location.replace("$host", request.headers["host"])
        target += f"?{query}" if query else ""
        return response(status, b"", Location=target) if asked == path else None

    return refuse


HOST = "proxy_set_header Host $http_host;"
ROOT = f"location / {{ proxy_pass http://$BOT1; {HOST} {LIVE} }}"
API = f"location /api/ {{ proxy_pass http://$BOT1/; {HOST} {LIVE} }}"


@pytest.mark.parametrize(
    ("server", "path", "expected"),
    [
        (ROOT, "/mcp", [set(), set(), set()]),
        (ROOT.replace("$http_host", "$host"), "/mcp", [{"slash-redirect"}] * 3),
        (ROOT.replace(HOST, ""), "/mcp", [set(), set(), set()]),
        (API, "/api/mcp", [{"slash-redirect"}, {"slash-redirect"}, set()]),
        (API + f"location /mcp/ {{ proxy_pass http://$BOT1; {HOST} }}", "/api/mcp", [set()]),
    ],
    ids=["followed", "without its port", "rewritten", "prefix lost", "prefix routed"],
)
async def test_a_framework_that_adds_a_slash(
    nginx: str, tmp_path: Path, server: str, path: str, expected: list[set[str]]
) -> None:
    servers = peers(Bot(redirecting("/mcp", "http://$host/mcp/")))
    async with behind_nginx(nginx, tmp_path, servers, server, path=path, direct="/mcp") as target:
        for each, ids in zip(subsets(target), expected, strict=False):
            _, diagnosis = await conclude(each)
            assert faults(diagnosis) == ids, diagnosis
            if not ids:
                assert diagnosis.verdict == "inconclusive"


STRIPPED = f"location /mcp/bot {{ proxy_pass http://$BOT1/; {LIVE} }}"


@pytest.mark.parametrize("status", [307, 308, 301])
async def test_another_server_redirects_the_messages(
    nginx: str, tmp_path: Path, status: int
) -> None:
    """`location /mcp/bot` with `proxy_pass …/` asks for `//sse`; the endpoint lacks the prefix."""
    bot = Bot(message="/messages/")
    other = Bot(redirecting("/messages/", "/messages", status), message="/none")
    server = f"{STRIPPED} location / {{ proxy_pass http://$BOT2; }}"
    running = behind_nginx(
        nginx, tmp_path, peers(bot, other), server, path="/mcp/bot/sse", direct="/sse"
    )
    async with running as target:
        everything, with_direct, alone = subsets(target)
        _, diagnosis = await conclude(everything)
        assert causes(diagnosis) == {"endpoint-prefix-lost": "confirmed"}, diagnosis
        _, diagnosis = await conclude(with_direct)
        assert causes(diagnosis) == {"endpoint-prefix-lost": "likely"}, diagnosis
        _, diagnosis = await conclude(alone)
        assert not faults(diagnosis), diagnosis


SLASHED = "location /message/ { proxy_pass http://$BOT1/message; } location / { return 404; }"


async def test_nginx_adds_a_slash_to_the_messages(nginx: str, tmp_path: Path) -> None:
    """A 301 of Nginx: a client that follows it sends a GET."""
    server = f"location /sse {{ proxy_pass http://$BOT1; {LIVE} }} {SLASHED}"
    async with behind_nginx(nginx, tmp_path, peers(Bot()), server) as target:
        everything, with_direct, alone = subsets(target)
        _, diagnosis = await conclude(everything)
        assert causes(diagnosis) == {"slash-redirect": "confirmed"}, diagnosis
        for each in (with_direct, alone):
            assert not faults((await conclude(each))[1])


async def test_a_backend_that_redirects_each_message(nginx: str, tmp_path: Path) -> None:
    """The mount of Starlette: clients follow the 307, directly and through the proxy."""
    bot = Bot(redirecting("/message", "http://$host/message/"))
    async with behind_nginx(nginx, tmp_path, peers(bot), ROOT) as target:
        for each in subsets(target):
            _, diagnosis = await conclude(each)
            assert not faults(diagnosis), diagnosis
