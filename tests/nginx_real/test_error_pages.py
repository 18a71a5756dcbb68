"""Error pages that stand in for what the backend answers, behind a real Nginx."""

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
from tests.nginx_real.test_check import investigate
from tests.nginx_real.test_gates_and_limits import evidence_texts
from tests.probe.mcp.server import Request, response

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

PAGE = "location = /app { default_type text/html; return 200 '<title>app</title>'; }"
PASS = "proxy_pass http://$BOT1; proxy_buffering off; proxy_read_timeout 1h;"
INTERCEPTS = "proxy_intercept_errors on;"


def refusing(status: int) -> Refusal:
    """Refuse everything but `/` with this status."""

    def refuse(request: Request) -> bytes:
        return response(status, b'{"error": "no"}')

    return refuse


@pytest.mark.parametrize(
    ("status", "lines", "page"),
    [
        (404, "error_page 404 =200 /app;", PAGE),
        (401, "error_page 401 403 = /app;", PAGE),
        (500, "error_page 500 502 =200 @page;", PAGE.replace("= /app", "@page")),
        (404, "error_page 404 =200 /missing.html;", "location = /missing.html { root /none; }"),
    ],
    ids=["404", "401 by the page's status", "500 to a named location", "no page"],
)
async def test_a_status_of_the_backend_that_a_page_hides(
    nginx: str, tmp_path: Path, status: int, lines: str, page: str
) -> None:
    server = f"location / {{ {PASS} {INTERCEPTS} {lines} }} {page}"
    bot = Bot(refusing(status))
    async with behind_nginx(nginx, tmp_path, peers(bot), server, path="/events") as target:
        everything, with_direct, alone = subsets(target)
        investigation = await investigate(everything)
        diagnosis = investigation.diagnosis
        assert diagnosis is not None
        assert causes(diagnosis) == {"error-page-masks": "confirmed"}
        assert f"The backend itself answers {status}" in diagnosis.causes[0].distinguishes
        for less in (with_direct, alone):
            assert not faults((await conclude(less))[1])
        recommendation = investigation.recommendation
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        after, judged = await conclude(everything)
        assert {result.timeline.status for result in after.proxy} == {status}
        assert "error-page-masks" not in causes(judged)


@pytest.mark.parametrize(
    "lines", [f"{INTERCEPTS} error_page 404 /app;", "error_page 404 =200 /app;", INTERCEPTS]
)
async def test_a_status_that_clients_see_is_not_masked(
    nginx: str, tmp_path: Path, lines: str
) -> None:
    server = f"location / {{ {PASS} {lines} }} {PAGE}"
    bot = Bot(refusing(404))
    async with behind_nginx(nginx, tmp_path, peers(bot), server, path="/events") as target:
        case, diagnosis = await conclude(target)
    assert {result.timeline.status for result in case.proxy} == {404}
    assert causes(diagnosis) == {}


async def test_an_error_of_nginx_itself_that_a_page_hides(nginx: str, tmp_path: Path) -> None:
    """Nothing listens at the address that the config has."""
    dead = PASS.replace("$BOT1", "127.0.0.1:9")
    server = f"location / {{ {dead} error_page 502 =200 /app; }} {PAGE}"
    async with behind_nginx(nginx, tmp_path, peers(Bot()), server, path="/events") as target:
        _, diagnosis = await conclude(target)
    assert causes(diagnosis) == {"error-page-masks": "confirmed"}
    assert "connect() failed" in evidence_texts(diagnosis)
