"""Backends behind a real Nginx that refuse the Host that it passes on."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import (
    Bot,
    Refusal,
    apply,
    behind_nginx,
    causes,
    conclude,
    faults,
    peers,
    subsets,
)
from tests.probe.mcp.server import Request, response
from tests.tools import require
from wizard.recommend import recommend

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
LIVE = "proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 1h;"
ID = "host-origin-rejected"
NO_SESSION = b'{"jsonrpc":"2.0","error":{"message":"Missing session ID"},"id":null}'


def guard(
    *allowed: str, status: int = 403, body: bytes = b"", methods: str = "GET POST"
) -> Refusal:
    """Refuse hosts that are not allowed; `localhost` stands for the bot's own address."""

    def refuse(request: Request) -> bytes | None:
        host = request.headers.get("host", "")
        if host in allowed or request.method not in methods.split():
            return None
        message = body or b'{"jsonrpc":"2.0","error":{"message":"Invalid Host: %b"},"id":null}'
        return response(status, message.replace(b"%b", host.encode()))

    return refuse


def server(host: str, passed: str = "$BOT1") -> str:
    header = f"proxy_set_header Host {host};" if host else ""
    return f"location / {{ proxy_pass http://{passed}; {header} {LIVE} }}"


POOL = "upstream bots { server $BOT1; }"
CASES = {
    "without its port": (server("$host"), ["own", "public"], "$http_host"),
    "an upstream's name": (server("", "bots"), ["own", "public"], "$http_host"),
    "an inner name": (server("inner.local"), ["own"], "own"),
    "the public name": (server("$http_host"), ["own"], "own"),
}


CONFIDENCES = ("confirmed", "likely", "likely")


@pytest.mark.parametrize(("conf", "allowed", "host"), CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize(
    ("path", "methods"), [("/sse", "GET"), ("/mcp", "GET POST"), ("/mcp", "POST")]
)
async def test_the_host_that_nginx_sends_is_tried(
    nginx: str,
    tmp_path: Path,
    conf: str,
    allowed: list[str],
    host: str,
    path: str,
    methods: str,
) -> None:
    """With the config; without it the public name alone can be tried, and the answer is read."""
    bot = Bot()
    async with behind_nginx(nginx, tmp_path, peers(bot), conf, path=path, http=POOL) as target:
        own, public = target.direct[0].locator.split("/")[2], target.url.split("/")[2]
        names = {"own": own, "public": public, "$http_host": "$http_host"}
        bot.refuse = guard(*(names[name] for name in allowed), methods=methods)
        for each, confidence in zip(subsets(target), CONFIDENCES, strict=True):
            case, diagnosis = await conclude(each)
            assert causes(diagnosis) == {ID: confidence}, diagnosis
            if case.resolution:
                recommendation = recommend(case, diagnosis)
                assert recommendation is not None
                assert f"proxy_set_header Host {names[host]};" in recommendation.block


@pytest.mark.parametrize("path", ["/sse", "/mcp"])
@pytest.mark.parametrize("conf", [server("$host"), server("", "bots")], ids=["$host", "upstream"])
async def test_the_host_that_was_shown_to_be_served_fixes_it(
    nginx: str, tmp_path: Path, conf: str, path: str
) -> None:
    require("patch")
    bot = Bot()
    async with behind_nginx(nginx, tmp_path, peers(bot), conf, path=path, http=POOL) as target:
        hosts = (target.direct[0].locator.split("/")[2], target.url.split("/")[2])
        bot.refuse = guard(*hosts, status=421)
        recommendation = recommend(*await conclude(target))
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        _, diagnosis = await conclude(target)
        assert diagnosis.verdict == "healthy", diagnosis


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (421, b"Invalid Host header"),
        (400, b"Invalid host header"),
        (400, b"<h1>Bad Request (400)</h1> DisallowedHost at /mcp"),
        (403, b'{"error":{"message":"Invalid Host: %b"}}'),
        (403, b"Blocked host: %b"),
        (403, b'Blocked request. This host ("%b") is not allowed.'),
    ],
)
async def test_a_refusal_names_the_host_by_itself(
    nginx: str, tmp_path: Path, status: int, body: bytes
) -> None:
    """With the URL alone, over Streamable HTTP: its GET is refused as its POST is."""
    bot = Bot(guard("bot.local", status=status, body=body))
    async with behind_nginx(nginx, tmp_path, peers(bot), server("$host"), path="/mcp") as target:
        alone = replace(target, direct=(), conf=None, logs=())
        assert causes((await conclude(alone))[1]) == {ID: "likely"}


async def test_another_refusal_is_not_about_the_host(nginx: str, tmp_path: Path) -> None:
    """The backend refuses what comes through a proxy, whatever its Host is."""

    def refuse(request: Request) -> bytes | None:
        is_forwarded = "x-forwarded-for" in request.headers
        return response(403, b"forbidden") if is_forwarded else None

    conf = server("$host").replace("Host", "X-Forwarded-For $remote_addr; proxy_set_header Host")
    for path in ("/sse", "/mcp"):
        async with behind_nginx(nginx, tmp_path, peers(Bot(refuse)), conf, path=path) as target:
            for each in subsets(target):
                _, diagnosis = await conclude(each)
                assert not faults(diagnosis), diagnosis
                assert diagnosis.verdict == "inconclusive"


@pytest.mark.parametrize(
    ("status", "body", "is_named"),
    [(400, NO_SESSION, True), (406, NO_SESSION, True), (403, NO_SESSION, False)],
)
async def test_an_origin_that_is_refused(
    nginx: str, tmp_path: Path, status: int, body: bytes, is_named: bool
) -> None:
    """Without it the server admits the GET, and misses a session in it."""

    def refuse(request: Request) -> bytes | None:
        if "origin" in request.headers:
            return response(403, b"Invalid Origin header", kind="text/plain")
        is_bare = request.method == "GET" and "mcp-session-id" not in request.headers
        return response(status, body) if is_bare else None

    async with behind_nginx(nginx, tmp_path, peers(Bot(refuse)), server(""), path="/mcp") as target:
        _, diagnosis = await conclude(
            replace(target, headers=(("Origin", "https://app.example"),), conf=None, logs=())
        )
    assert causes(diagnosis) == ({ID: "confirmed"} if is_named else {})
