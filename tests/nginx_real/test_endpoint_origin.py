"""An endpoint event with an absolute URL, behind a real Nginx: who has to change what."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.nginx_real.bot import Bot, apply, behind_nginx, causes, conclude
from tests.probe.mcp.server import Request
from tests.tools import require
from wizard.recommend import recommend

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
LOCATION = "location / { proxy_pass http://$BOT1; proxy_buffering off; }"


@dataclass
class BotOfHost(Bot):
    """Its endpoint is at the Host that it was asked under, or at an address of its own."""

    own: str = ""

    async def handle(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        origin = f"http://{self.own or request.headers['host']}"
        self.message = f"{origin}/message" if request.method == "GET" else "/message"
        await super().handle(request, reader, writer)


async def test_the_host_that_nginx_passes_on_is_what_the_backend_names(
    nginx: str, tmp_path: Path
) -> None:
    require("patch")
    async with behind_nginx(nginx, tmp_path, [BotOfHost().serve], LOCATION) as target:
        case, diagnosis = await conclude(target)
        assert causes(diagnosis) == {"endpoint-other-origin": "confirmed"}
        assert diagnosis.causes[0].fix.where == "nginx"
        recommendation = recommend(case, diagnosis)
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        _, after = await conclude(target)
    assert (after.verdict, after.causes) == ("healthy", ()), after


async def test_the_backend_names_an_address_of_its_own(nginx: str, tmp_path: Path) -> None:
    bot = BotOfHost(own="10.9.8.7:8000")
    async with behind_nginx(nginx, tmp_path, [bot.serve], LOCATION) as target:
        case, diagnosis = await conclude(target)
    assert causes(diagnosis) == {"endpoint-other-origin": "confirmed"}
    assert diagnosis.causes[0].fix.where == "backend"
    assert recommend(case, diagnosis) is None
