"""Streams that a body filter keeps back, behind a real Nginx with Debian's modules or njs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import Bot, apply, behind_nginx, causes, conclude, peers, subsets
from tests.nginx_real.test_body_filters import SCRIPTS, available_filters
from tests.nginx_real.test_check import investigate
from tests.tools import skip_inapplicable
from wizard.model.target import Target

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

PASS = "proxy_pass http://$BOT1; proxy_http_version %s; proxy_read_timeout 1h;"
OFF = "proxy_buffering off;"
UPPER, KEEPS_EVENTS = "string.upper(ngx.arg[1])", "string.gsub(ngx.arg[1], 'ping', 'PING')"


@asynccontextmanager
async def filtered(
    nginx: str, folder: Path, name: str, more: str = "", version: str = "1.1"
) -> AsyncIterator[Target]:
    """A stream behind the filter of that name; skips the test if this Nginx does not have it."""
    main, filters = available_filters(nginx)
    chosen = next((each for each in filters if each.name == name), None)
    if chosen is None:
        skip_inapplicable(f"this Nginx has no {name}")
    (folder / "scripts.js").write_text(SCRIPTS.replace("toUpperCase()", "replace('ping', 'PING')"))
    http = chosen.http.replace("$scripts", str(folder / "scripts.js")) + "\n"
    directives = chosen.directives.replace(UPPER, KEEPS_EVENTS)
    server = f"location / {{ {PASS % version} {more} {directives} }}"
    running = behind_nginx(
        nginx, folder, peers(Bot()), server, path="/events", http=http, main=main
    )
    async with running as target:
        yield target


@pytest.mark.parametrize("name", ["lua", "njs"])
async def test_a_script_that_holds_while_buffering_is_on(
    nginx: str, tmp_path: Path, name: str
) -> None:
    async with filtered(nginx, tmp_path, name) as target:
        everything, with_direct, alone = subsets(target)
        investigation = await investigate(everything)
        assert investigation.diagnosis is not None
        assert causes(investigation.diagnosis) == {"response-filter": "confirmed"}
        for less in (with_direct, alone):
            assert "response-filter" not in causes((await conclude(less))[1])
        recommendation = investigation.recommendation
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        _, after = await conclude(everything)
        assert (after.verdict, after.causes) == ("healthy", ())


@pytest.mark.parametrize("name", ["lua", "njs", "ssi", "subs", "lua-headers"])
async def test_filters_that_hold_nothing_are_not_accused(
    nginx: str, tmp_path: Path, name: str
) -> None:
    async with filtered(nginx, tmp_path, name, OFF) as target:
        _, diagnosis = await conclude(target)
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


async def test_a_filter_that_collects_holds_with_buffering_off(nginx: str, tmp_path: Path) -> None:
    async with filtered(nginx, tmp_path, "lua-collects", OFF) as target:
        investigation = await investigate(target)
    assert investigation.diagnosis is not None
    assert causes(investigation.diagnosis) == {"response-filter": "likely"}
    assert investigation.recommendation is not None
    assert any("body_filter_by_lua_block" in note for note in investigation.recommendation.adapt)


async def test_buffers_that_hold_by_themselves_are_the_cause(nginx: str, tmp_path: Path) -> None:
    """HTTP/1.0 to the backend is held with the filter and without it."""
    async with filtered(nginx, tmp_path, "njs", version="1.0") as target:
        _, diagnosis = await conclude(target)
    assert causes(diagnosis) == {"proxy-buffering-hold": "confirmed"}


BROWSER = ("Accept-Encoding", "gzip, deflate, br")


async def test_brotli_holds_for_a_client_that_accepts_it(nginx: str, tmp_path: Path) -> None:
    async with filtered(nginx, tmp_path, "brotli") as target:
        _, without = await conclude(target)
        assert "response-filter" not in causes(without)
        investigation = await investigate(replace(target, headers=(BROWSER,)))
        diagnosis, recommendation = investigation.diagnosis, investigation.recommendation
        assert diagnosis is not None
        assert causes(diagnosis) == {"response-filter": "confirmed"}
        assert "sse-proxy h1 br" in str(diagnosis.causes[0].evidence)
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        _, after = await conclude(replace(target, headers=(BROWSER,)))
        assert "response-filter" not in causes(after)
