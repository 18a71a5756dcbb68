"""The metadata of a 401 behind a real Nginx: not routed, moved, guarded, or of another resource."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import Bot, behind_nginx, causes, conclude, peers, subsets
from tests.probe.mcp.server import Request, response

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
WELL_KNOWN = "/.well-known/oauth-protected-resource"
MCP = "location /mcp { proxy_pass http://$BOT1; proxy_set_header Host $http_host; }"
PASSED = f"location {WELL_KNOWN} {{ proxy_pass http://$BOT1; }}"


def guarded_bot(path: str = WELL_KNOWN, scheme: str = "http", resource: str = "/mcp") -> Bot:
    """A bot that asks for a token, and names metadata at the Host that it was asked under."""

    def refuse(request: Request) -> bytes | None:
        url = f"{scheme}://{request.headers['host']}"
        if request.path == WELL_KNOWN:
            document = {"resource": f"http://{request.headers['host']}{resource}"}
            return response(200, json.dumps(document).encode())
        if "authorization" in request.headers:
            return None
        challenge = f'Bearer resource_metadata="{url}{path}"'
        return response(401, b"{}", WWW_Authenticate=challenge)

    return Bot(refuse)


PAGES = f"root html; location / {{ try_files $uri /index.html; }} {MCP}"
ROUTED = f"{MCP} {PASSED.replace(';', '; proxy_set_header Host $http_host;')}"
LOST, MISMATCH = "oauth-metadata-lost", "oauth-metadata-mismatch"
CASES = {
    "a single-page app": (PAGES, guarded_bot(), {LOST: "confirmed"}),
    "not routed": (f"{MCP} location / {{ return 404; }}", guarded_bot(), {LOST: "confirmed"}),
    "a login": (
        f"{MCP} location / {{ return 302 /login?next=$uri; }}",
        guarded_bot(),
        {LOST: "confirmed"},
    ),
    "a gate before it": (
        f"{MCP} location / {{ auth_basic staff; auth_basic_user_file nginx.conf; }}",
        guarded_bot(),
        {LOST: "confirmed"},
    ),
    "routed": (ROUTED, guarded_bot(), {}),
    "without its port": (
        f"{MCP} {PASSED.replace(';', '; proxy_set_header Host $host;')}",
        guarded_bot(),
        {MISMATCH: "confirmed"},
    ),
    "another path": (ROUTED, guarded_bot(resource="/bot"), {MISMATCH: "confirmed"}),
    "the root": (ROUTED, guarded_bot(resource=""), {MISMATCH: "possible"}),
}


@pytest.mark.parametrize(("server", "bot", "expected"), CASES.values(), ids=CASES.keys())
async def test_the_document_is_read(
    nginx: str, tmp_path: Path, server: str, bot: Bot, expected: dict[str, str]
) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html/index.html").write_text("<!doctype html><title>App</title>", "utf-8")
    async with behind_nginx(nginx, tmp_path, peers(bot), server, path="/mcp") as target:
        for each in subsets(target):
            bot.requests.clear()
            _, diagnosis = await conclude(each)
            assert causes(diagnosis) == expected, diagnosis
            asked = [request for request in bot.requests if WELL_KNOWN in request.path]
            assert {request.method for request in asked} <= {"GET"}
            assert len(asked) <= 3


async def test_a_token_that_nginx_drops_is_not_lost_metadata(nginx: str, tmp_path: Path) -> None:
    """The backend accepts the token: what tells a client how to get one is not the cause."""
    server = PAGES.replace("proxy_set", 'proxy_set_header Authorization ""; proxy_set')
    async with behind_nginx(nginx, tmp_path, peers(guarded_bot()), server, path="/mcp") as target:
        for each in subsets(replace(target, headers=(("Authorization", "Bearer abc"),))):
            _, diagnosis = await conclude(each)
            assert diagnosis.verdict != "healthy", diagnosis
            assert set(causes(diagnosis)) <= {"header-dropped"}
            assert LOST in {risk.id for risk in diagnosis.risks}
