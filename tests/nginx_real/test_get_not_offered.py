"""Endpoints that answer POST and no GET, behind a real Nginx."""

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
from tests.nginx_real.test_gates_and_limits import evidence_texts
from tests.probe.mcp.server import Request, response
from wizard.model.diagnosis import Diagnosis

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

SERVER = "location / { proxy_pass http://$BOT1; proxy_http_version 1.1; %s }"
LIVE = "proxy_buffering off; proxy_read_timeout 1h;"


def refusing_get(answer: bytes) -> Refusal:
    """Answer each GET so."""

    def refuse(request: Request) -> bytes | None:
        return answer if request.method == "GET" else None

    return refuse


def risks(diagnosis: Diagnosis) -> set[str]:
    return {risk.id for risk in diagnosis.risks}


@pytest.mark.parametrize("status", [400, 404])
async def test_a_get_that_fails_beside_a_session_is_a_risk(
    nginx: str, tmp_path: Path, status: int
) -> None:
    bot = Bot(refusing_get(response(status, b'{"error": "no stream"}')))
    async with behind_nginx(nginx, tmp_path, peers(bot), SERVER % LIVE, path="/mcp") as target:
        for each in subsets(target):
            _, diagnosis = await conclude(each)
            assert (diagnosis.verdict, causes(diagnosis)) == ("healthy", {})
            assert "get-not-offered" in risks(diagnosis)


async def test_a_document_instead_of_a_stream_is_the_servers_fault(
    nginx: str, tmp_path: Path
) -> None:
    bot = Bot(refusing_get(response(200, b'{"name": "bot"}')))
    async with behind_nginx(nginx, tmp_path, peers(bot), SERVER % LIVE, path="/mcp") as target:
        everything, with_direct, alone = subsets(target)
        for each in (everything, with_direct):
            _, diagnosis = await conclude(each)
            assert causes(diagnosis) == {"get-not-offered": "confirmed"}
            assert diagnosis.causes[0].fix.where == "backend"
        assert causes((await conclude(alone))[1]) == {"get-not-offered": "likely"}


async def test_405_beside_a_session_is_right(nginx: str, tmp_path: Path) -> None:
    async with behind_nginx(nginx, tmp_path, peers(Bot()), SERVER % LIVE, path="/mcp") as target:
        _, diagnosis = await conclude(target)
    assert (diagnosis.verdict, causes(diagnosis)) == ("healthy", {})
    assert "get-not-offered" not in risks(diagnosis)


@pytest.mark.parametrize(
    ("lines", "held"), [("", "would hold"), (LIVE, "would pass such a stream on")]
)
@pytest.mark.parametrize("allow", [{"Allow": "POST"}, {}], ids=["Allow: POST", "no Allow"])
async def test_an_endpoint_that_answers_post_is_asked_for_by_post(
    nginx: str, tmp_path: Path, lines: str, held: str, allow: dict[str, str]
) -> None:
    bot = Bot(refusing_get(response(405, b'{"detail": "Method Not Allowed"}', **allow)))
    running = behind_nginx(nginx, tmp_path, peers(bot), SERVER % lines, path="/v1/chat/completions")
    async with running as target:
        everything, with_direct, alone = subsets(target)
        _, diagnosis = await conclude(everything)
        assert diagnosis.verdict == "inconclusive"
        assert causes(diagnosis) == {"get-not-offered": "possible"}
        assert held in evidence_texts(diagnosis)
        for each in (with_direct, alone):
            _, diagnosis = await conclude(each)
            assert not faults(diagnosis)
            assert "--request POST --data" in diagnosis.causes[0].distinguishes
    assert {request.method for request in bot.requests} == {"GET"}


async def test_an_endpoint_that_allows_other_methods_is_not_said_to_answer_post(
    nginx: str, tmp_path: Path
) -> None:
    bot = Bot(refusing_get(response(405, b"", Allow="PUT, DELETE")))
    async with behind_nginx(nginx, tmp_path, peers(bot), SERVER % LIVE, path="/files") as target:
        _, diagnosis = await conclude(target)
    assert "get-not-offered" not in causes(diagnosis)
