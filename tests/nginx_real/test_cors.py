"""Pages of another origin on a real Nginx: which of their requests a browser would refuse."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import Bot, apply, behind_nginx, causes, conclude, peers, subsets
from tests.probe.mcp.server import Request, response
from tests.tools import require
from wizard.recommend import recommend

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
APP = "https://app.example.com"
PASS = "location / { proxy_pass http://$BOT1; proxy_buffering off; proxy_read_timeout 1h; }"
ANY = {"Access_Control_Allow_Origin": "*"}
PREFLIGHT = {
    **ANY,
    "Access_Control_Allow_Methods": "GET, POST, DELETE",
    "Access_Control_Allow_Headers": "content-type, authorization, mcp-session-id, "
    "mcp-protocol-version",
}


def answering(preflight: bytes) -> Bot:
    """A bot that allows every origin, and answers a preflight with these bytes."""

    def refuse(request: Request) -> bytes | None:
        return preflight if request.method == "OPTIONS" else None

    return Bot(refuse, headers=ANY)


ALLOWED = response(204, b"", "text/plain", **PREFLIGHT)
WITHOUT_SESSION = response(
    204, b"", **{**PREFLIGHT, "Access_Control_Allow_Headers": "content-type, mcp-protocol-version"}
)
ANY_HEADER = response(204, b"", **{**PREFLIGHT, "Access_Control_Allow_Headers": "*"})
NO_PREFLIGHT = response(405)
AUTHORIZED = ("Authorization", "Bearer abc")
CASES = {
    "an EventSource needs none": ("/events", NO_PREFLIGHT, (), {}, 0),
    "a cookie is no header of the page": ("/events", NO_PREFLIGHT, (("Cookie", "a=b"),), {}, 0),
    "fetch with a token": ("/events", ANY_HEADER, (AUTHORIZED,), {"cors": "confirmed"}, 1),
    "fetch with a token, allowed": ("/events", ALLOWED, (AUTHORIZED,), {}, 1),
    "messages are JSON": ("/sse", NO_PREFLIGHT, (), {"cors": "confirmed"}, 1),
    "messages are allowed": ("/sse", ALLOWED, (), {}, 1),
    "a session": ("/mcp", WITHOUT_SESSION, (), {"cors": "confirmed"}, 1),
    "a session, allowed": ("/mcp", ALLOWED, (), {}, 1),
    "a session, any header": ("/mcp", ANY_HEADER, (), {}, 1),
}


@pytest.mark.parametrize(
    ("path", "preflight", "headers", "expected", "count"), CASES.values(), ids=CASES.keys()
)
async def test_only_a_needed_preflight_counts(
    nginx: str,
    tmp_path: Path,
    path: str,
    preflight: bytes,
    headers: tuple[tuple[str, str], ...],
    expected: dict[str, str],
    count: int,
) -> None:
    bot = answering(preflight)
    async with behind_nginx(nginx, tmp_path, peers(bot), PASS, path=path) as target:
        for each in subsets(replace(target, headers=(("Origin", APP), *headers))):
            bot.requests.clear()
            _, diagnosis = await conclude(each)
            assert causes(diagnosis) == expected, diagnosis
            assert [request.method for request in bot.requests].count("OPTIONS") == count
            if not expected:
                assert diagnosis.verdict == "healthy", diagnosis


NEVER = Bot()
OWN = "add_header Access-Control-Allow-Origin *;"
MENDED = {
    "no layer allows the stream": ("/events", NEVER, PASS, ()),
    "no layer allows a stream with a token": ("/events", NEVER, PASS, (AUTHORIZED,)),
    "no layer allows the messages": ("/sse", NEVER, PASS, ()),
    "no layer allows a session": ("/mcp", NEVER, f"add_header X-Own 1; {PASS}", (AUTHORIZED,)),
    "the backend answers no preflight": ("/sse", answering(NO_PREFLIGHT), PASS, ()),
    "the backend forgets a header": ("/mcp", answering(WITHOUT_SESSION), PASS, ()),
    "Nginx's own answer forgets a header": (
        "/sse",
        NEVER,
        PASS.replace(
            "proxy_buffering",
            f"{OWN} if ($request_method = 'OPTIONS') {{ {OWN} "
            "add_header Access-Control-Allow-Headers X-Kept; return 204; } proxy_buffering",
        ),
        (),
    ),
    "a password around it": (
        "/mcp",
        NEVER,
        "auth_basic staff; auth_basic_user_file users;" + PASS,
        (("Authorization", "Basic dTpw"),),
    ),
    "Nginx allows another origin": (
        "/mcp",
        NEVER,
        f"add_header Access-Control-Allow-Origin https://b.example always; {PASS}",
        (),
    ),
    "both layers": ("/events", answering(ALLOWED), f"{OWN} add_header X-Own 1; {PASS}", ()),
    "both layers, and a session": (
        "/mcp",
        answering(ALLOWED),
        f"{OWN} proxy_hide_header X-Hidden; {PASS}",
        (),
    ),
}


@pytest.mark.parametrize(("path", "bot", "server", "headers"), MENDED.values(), ids=MENDED)
async def test_the_change_lets_the_page_read(
    nginx: str,
    tmp_path: Path,
    path: str,
    bot: Bot,
    server: str,
    headers: tuple[tuple[str, str], ...],
) -> None:
    """One layer sends each header, the preflight is answered, and what guards the path stays."""
    require("patch")
    (tmp_path / "users").write_text("u:{PLAIN}p\n", "utf-8")
    async with behind_nginx(nginx, tmp_path, peers(bot), server, path=path) as target:
        target = replace(target, headers=(("Origin", APP), *headers))
        case, diagnosis = await conclude(target)
        assert set(causes(diagnosis)) == {"cors"}, diagnosis
        recommendation = recommend(case, diagnosis)
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        case, diagnosis = await conclude(target)
        assert diagnosis.verdict == "healthy", diagnosis
        assert "cors" not in {risk.id for risk in diagnosis.risks}
        if "b.example" in server:
            others = replace(target, headers=(("Origin", "https://b.example"),))
            assert (await conclude(others))[1].verdict == "healthy"
        if "X-Own" in server:
            answers = [answer for answer in case.proxied_answers if answer.status == 200]
            assert answers
            assert all(answer.header("x-own") == "1" for answer in answers)
        if "auth_basic" in server:
            _, diagnosis = await conclude(replace(target, headers=(("Origin", APP),)))
            assert "auth-gate" in causes(diagnosis)


REFUSING = {
    "limit_except": PASS.replace(
        "proxy_buffering", "limit_except GET POST { deny all; } proxy_buffering"
    ),
    "the server": f"if ($request_method = OPTIONS) {{ return 403; }} {PASS}",
    "the location before": "location / { auth_basic staff; auth_basic_user_file users; root html;"
    f" try_files $uri @bot; }} {PASS.replace('location /', 'location @bot')}",
}


@pytest.mark.parametrize("server", REFUSING.values(), ids=REFUSING)
async def test_a_preflight_that_no_location_can_answer(
    nginx: str, tmp_path: Path, server: str
) -> None:
    """Then the reader is told where it is refused."""
    (tmp_path / "users").write_text("u:{PLAIN}p\n", "utf-8")
    headers = (("Origin", APP), ("Authorization", "Basic dTpw"))
    async with behind_nginx(nginx, tmp_path, peers(NEVER), server, path="/mcp") as target:
        case, diagnosis = await conclude(replace(target, headers=headers))
        assert set(causes(diagnosis)) == {"cors"}, diagnosis
        recommendation = recommend(case, diagnosis)
    assert recommendation is not None
    assert "request_method" not in recommendation.block.replace(server, "")
    assert "OPTIONS" in " ".join(recommendation.adapt)


@pytest.mark.parametrize("path", ["/events", "/mcp"])
async def test_what_the_backend_decides_is_not_taken_over(
    nginx: str, tmp_path: Path, path: str
) -> None:
    """It allows another origin: who may read its answers is its own decision."""
    bot = Bot(headers={"Access_Control_Allow_Origin": "https://b.example"})
    async with behind_nginx(nginx, tmp_path, peers(bot), PASS, path=path) as target:
        case, diagnosis = await conclude(replace(target, headers=(("Origin", APP),)))
    assert [cause.fix.where for cause in diagnosis.causes] == ["backend"]
    assert recommend(case, diagnosis) is None


@pytest.mark.parametrize(
    ("path", "origin"), [("/events", "https://b.example"), ("/mcp", "https://b.example")]
)
async def test_the_answer_itself_must_allow_the_origin(
    nginx: str, tmp_path: Path, path: str, origin: str
) -> None:
    """The stream of an EventSource, and the reply to a POST, which is no event stream."""
    bot = answering(ALLOWED)
    bot.headers = {"Access_Control_Allow_Origin": origin}
    async with behind_nginx(nginx, tmp_path, peers(bot), PASS, path=path) as target:
        for each in subsets(replace(target, headers=(("Origin", APP),))):
            _, diagnosis = await conclude(each)
            assert causes(diagnosis) == {"cors": "confirmed"}, diagnosis


async def test_two_layers_that_each_allow_it(nginx: str, tmp_path: Path) -> None:
    server = PASS.replace("proxy_read", "add_header Access-Control-Allow-Origin *; proxy_read")
    bot = Bot(headers=ANY)
    async with behind_nginx(nginx, tmp_path, peers(bot), server, path="/events") as target:
        for each in subsets(replace(target, headers=(("Origin", APP),))):
            _, diagnosis = await conclude(each)
            assert causes(diagnosis) == {"cors": "likely"}, diagnosis
