"""The metadata of a 401 behind a real Nginx: not routed, moved, guarded, or of another resource."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import Bot, apply, behind_nginx, causes, conclude, peers, subsets
from tests.probe.mcp.server import Request, response
from tests.tools import require
from wizard.recommend import recommend

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


GUARDED = (
    "auth_basic staff; auth_basic_user_file nginx.conf; deny 10.0.0.1;"
    " location / { return 404; }"
    " location ^~ /mcp { auth_basic off; proxy_pass http://$BOT1; proxy_set_header Host $http_host;"
    " add_header X-Own 1; }"
)
LOST_ROUTES = {name: CASES[name][0] for name in ("a single-page app", "not routed", "a login")}
LOST_ROUTES |= {
    "a gate before it": CASES["a gate before it"][0],
    "a gate around both": GUARDED,
    "an exact location in its place": f"{MCP} location = {WELL_KNOWN} {{ return 404; }}",
    "below the stream's prefix": f"{MCP.replace('/mcp', '/')} "
    f"location ^~ /.well-known {{ return 404; }}",
}


@pytest.mark.parametrize("server", LOST_ROUTES.values(), ids=LOST_ROUTES)
async def test_a_route_to_the_document(nginx: str, tmp_path: Path, server: str) -> None:
    """The backend was asked for the document: then a location for it is recommended."""
    require("patch")
    (tmp_path / "html").mkdir()
    (tmp_path / "html/index.html").write_text("<!doctype html><title>App</title>", "utf-8")
    bot = peers(guarded_bot())
    async with behind_nginx(nginx, tmp_path, bot, server, path="/mcp") as target:
        case, diagnosis = await conclude(target)
        assert causes(diagnosis) == {LOST: "confirmed"}
        recommendation = recommend(case, diagnosis)
        assert recommendation is not None
        if f"= {WELL_KNOWN}" in server:
            assert "put these lines in its place" in " ".join(recommendation.adapt)
            return
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        assert causes((await conclude(target))[1]) == {}


async def test_a_document_that_the_backend_lacks_too(nginx: str, tmp_path: Path) -> None:
    """No route of Nginx helps."""
    missing = peers(guarded_bot(path=f"{WELL_KNOWN}/elsewhere"))
    server = f"{MCP} location / {{ return 404; }}"
    async with behind_nginx(nginx, tmp_path, missing, server, path="/mcp") as target:
        case, diagnosis = await conclude(target)
    assert [cause.fix.where for cause in diagnosis.causes] == ["backend"]
    assert recommend(case, diagnosis) is None


def forwarded_bot(trusted: str) -> Bot:
    """A bot that builds its URLs from the header of that name; its own name without it."""

    def refuse(request: Request) -> bytes | None:
        host = request.headers.get(trusted, request.headers["host"])
        url = f"{request.headers.get('x-forwarded-proto', 'http')}://{host}"
        if request.path == WELL_KNOWN:
            return response(200, json.dumps({"resource": f"{url}/mcp"}).encode())
        challenge = f'Bearer resource_metadata="{url}{WELL_KNOWN}"'
        return response(401, b"{}", WWW_Authenticate=challenge)

    return Bot(refuse)


BARE = (
    "proxy_set_header X-A a; location / { proxy_pass http://$BOT1; deny 10.0.0.1; }"
    f" location = {WELL_KNOWN} {{ proxy_pass http://$BOT1; proxy_set_header Host $http_host;"
    " proxy_set_header X-Forwarded-Host $http_host; }"
)


@pytest.mark.parametrize("trusted", ["host", "x-forwarded-host"])
async def test_headers_that_were_shown_to_help(nginx: str, tmp_path: Path, trusted: str) -> None:
    require("patch")
    bot = forwarded_bot(trusted)
    async with behind_nginx(nginx, tmp_path, peers(bot), BARE, path="/mcp") as target:
        case, diagnosis = await conclude(target)
        assert set(causes(diagnosis)) == {LOST}, diagnosis
        recommendation = recommend(case, diagnosis)
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        bot.requests.clear()
        assert causes((await conclude(target))[1]) == {}
        proxied = [request for request in bot.requests if "x-a" in request.headers]
        assert proxied, "the headers of before are still sent"


async def test_a_token_that_nginx_drops_is_not_lost_metadata(nginx: str, tmp_path: Path) -> None:
    """The backend accepts the token: what tells a client how to get one is not the cause."""
    server = PAGES.replace("proxy_set", 'proxy_set_header Authorization ""; proxy_set')
    async with behind_nginx(nginx, tmp_path, peers(guarded_bot()), server, path="/mcp") as target:
        for each in subsets(replace(target, headers=(("Authorization", "Bearer abc"),))):
            _, diagnosis = await conclude(each)
            assert diagnosis.verdict != "healthy", diagnosis
            assert set(causes(diagnosis)) <= {"header-dropped"}
            assert LOST in {risk.id for risk in diagnosis.risks}


OTHER_HEADERS = {
    "a prefix": f"{MCP} {PASSED.replace(';', '; proxy_set_header Host $host;')}",
    "the path itself": MCP
    + PASSED.replace(";", "; proxy_set_header Host $host;").replace("n /", "n = /"),
    "the upstream's name": f"{MCP} {PASSED}",
}


@pytest.mark.parametrize("server", OTHER_HEADERS.values(), ids=OTHER_HEADERS)
async def test_metadata_that_gets_other_headers_than_the_stream(
    nginx: str, tmp_path: Path, server: str
) -> None:
    require("patch")
    bot = peers(guarded_bot())
    async with behind_nginx(nginx, tmp_path, bot, server, path="/mcp") as target:
        case, diagnosis = await conclude(target)
        assert causes(diagnosis) == {MISMATCH: "confirmed"}
        recommendation = recommend(case, diagnosis)
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        assert causes((await conclude(target))[1]) == {}


async def test_a_resource_of_its_own_setting_is_the_backend_s(nginx: str, tmp_path: Path) -> None:
    document = response(200, json.dumps({"resource": "https://elsewhere.example/mcp"}).encode())
    bot = guarded_bot()
    refuse = bot.refuse
    bot.refuse = lambda request: document if request.path == WELL_KNOWN else refuse(request)
    async with behind_nginx(nginx, tmp_path, peers(bot), ROUTED, path="/mcp") as target:
        case, diagnosis = await conclude(target)
    assert [cause.fix.where for cause in diagnosis.causes] == ["backend"]
    assert recommend(case, diagnosis) is None
