"""Redirects to https, made by a real Nginx for the URL of an MCP server and for a plain stream."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import Bot, behind_nginx, causes, conclude, faults, peers, subsets

pytestmark = [pytest.mark.nginx, pytest.mark.slow]


@pytest.mark.parametrize(
    "server",
    [
        "return 301 https://$host$request_uri;",
        "rewrite ^ https://$host$request_uri? permanent;",
        "location / { return 302 https://mcp.example$request_uri; }",
    ],
)
async def test_the_url_of_an_mcp_server_is_redirected(
    nginx: str, tmp_path: Path, server: str
) -> None:
    async with behind_nginx(nginx, tmp_path, peers(Bot()), server, path="/mcp") as target:
        everything, with_direct, alone = subsets(target)
        _, diagnosis = await conclude(everything)
        assert causes(diagnosis) == {"scheme-redirect": "confirmed"}
        assert "https://" in diagnosis.causes[0].fix.summary
        for less in (with_direct, alone):
            _, diagnosis = await conclude(less)
            assert causes(diagnosis) == {"scheme-redirect": "likely"}


async def test_a_post_is_redirected(nginx: str, tmp_path: Path) -> None:
    server = "return 301 https://$host$request_uri;"
    async with behind_nginx(nginx, tmp_path, peers(Bot()), server, path="/events") as target:
        target = replace(target, method="POST", body=b"{}", direct=())
        _, diagnosis = await conclude(target)
    assert causes(diagnosis) == {"scheme-redirect": "confirmed"}


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ("return 301 https://$host$request_uri;", "/events"),
        ("return 308 https://$host$request_uri;", "/mcp"),
    ],
    ids=["a plain stream", "308"],
)
async def test_a_redirect_that_clients_follow_well_is_no_fault(
    nginx: str, tmp_path: Path, server: str, path: str
) -> None:
    async with behind_nginx(nginx, tmp_path, peers(Bot()), server, path=path) as target:
        for each in subsets(target):
            _, diagnosis = await conclude(each)
            assert not faults(diagnosis)
            assert causes(diagnosis) == {"scheme-redirect": "possible"}


@pytest.mark.parametrize(
    "server",
    ["return 301 https://$host/login;", "return 301 https://$host$request_uri/;"],
    ids=["another path", "a slash"],
)
async def test_redirects_to_other_paths_are_others(nginx: str, tmp_path: Path, server: str) -> None:
    async with behind_nginx(nginx, tmp_path, peers(Bot()), server, path="/mcp") as target:
        _, diagnosis = await conclude(target)
    assert "scheme-redirect" not in causes(diagnosis)
