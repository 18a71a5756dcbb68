"""Sessions behind a real Nginx that spreads requests, and behind backends of several processes."""

import itertools
from binascii import crc32
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nginx_real.bot import (
    Bot,
    apply,
    behind_nginx,
    causes,
    conclude,
    peers,
    subsets,
    workers,
)
from tests.probe.mcp.server import response
from tests.probe.scripted import Act
from tests.tools import require
from wizard.model.diagnosis import Diagnosis
from wizard.recommend import recommend

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
ID = "no-affinity"
SERVER = "location / { proxy_pass http://bots; proxy_buffering off; proxy_read_timeout 1h; }"
UNKNOWN_400 = response(400, b'{"error":{"message":"Session not found"}}')
ANSWERS = {"404": response(404, b"session not found", "text/plain"), "400": UNKNOWN_400}


def upstream(count: int, *lines: str) -> str:
    servers = " ".join(f"server $BOT{number};" for number in range(1, count + 1))
    return f"upstream bots {{ {' '.join(lines)} {servers} }}"


def bots(count: int, unknown: bytes | None = ANSWERS["404"], prefix: str = "") -> list[Bot]:
    """Bots whose every second session a hash of `prefix` and its id leads to another bot."""
    made = [Bot(unknown=unknown) for _ in range(count)]
    for number, bot in enumerate(made):
        bot.ids = _ids(number, count, prefix)
    return made


def _ids(number: int, count: int, prefix: str) -> Iterator[str]:
    """Ids that lead elsewhere, then here, in turn (`ngx_http_upstream_get_hash_peer`)."""
    is_here = False
    for value in itertools.count():
        key = f"{prefix}{value}-{number}".encode()
        if ((crc32(key) >> 16 & 0x7FFF) % count == number) is is_here:
            is_here = not is_here
            yield f"{value}-{number}"


def where(diagnosis: Diagnosis) -> str:
    return diagnosis.causes[0].fix.where


METHODS = {
    "in turn": (2, ()),
    "three in turn": (3, ()),
    "the fewest connections": (2, ("least_conn;",)),
    "the id in the query": (2, ("hash $arg_session_id;",)),
    "the id in a header": (2, ("hash $http_mcp_session_id;",)),
    "the whole request": (3, ("hash $request_uri$http_mcp_session_id;",)),
}
PREFIXES = {"/sse": "/message?session_id=", "/mcp": "/mcp"}


@pytest.mark.parametrize(("count", "lines"), METHODS.values(), ids=METHODS.keys())
@pytest.mark.parametrize("path", ["/sse", "/mcp"])
@pytest.mark.parametrize("unknown", [*ANSWERS.values(), None], ids=[*ANSWERS, "silent"])
async def test_peers_that_do_not_share_sessions(
    nginx: str, tmp_path: Path, count: int, lines: tuple[str, ...], path: str, unknown: bytes | None
) -> None:
    """Whatever chance decides: never healthy, and no other cause.

    A key that no request of the transport has is empty: then Nginx takes the peers in turn.
    """
    require("patch")
    prefix = PREFIXES[path] if any("request_uri" in line for line in lines) else ""
    servers, http = peers(*bots(count, unknown, prefix)), upstream(count, *lines)
    async with behind_nginx(nginx, tmp_path, servers, SERVER, path=path, http=http) as target:
        case, diagnosis = await conclude(target)
        assert diagnosis.causes, (diagnosis, case.follow_ups)
        assert set(causes(diagnosis)) == {ID}, diagnosis
        assert where(diagnosis) == "nginx"
        recommendation = recommend(case, diagnosis)
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        _, diagnosis = await conclude(target)
        assert diagnosis.verdict == "healthy", diagnosis


@pytest.mark.parametrize("path", ["/sse", "/mcp"])
async def test_without_the_config(nginx: str, tmp_path: Path, path: str) -> None:
    """The loss is between Nginx and its peers: the backend that was asked directly has none."""
    servers, http = peers(*bots(2)), upstream(2)
    async with behind_nginx(nginx, tmp_path, servers, SERVER, path=path, http=http) as target:
        _, with_direct, alone = subsets(target)
        for each, place in ((with_direct, "nginx"), (alone, "backend")):
            _, diagnosis = await conclude(each)
            assert set(causes(diagnosis)) == {ID}, diagnosis
            assert where(diagnosis) == place


@pytest.mark.parametrize("path", ["/sse", "/mcp"])
@pytest.mark.parametrize("unknown", [*ANSWERS.values(), None], ids=[*ANSWERS, "silent"])
async def test_several_workers_behind_one_address(
    nginx: str, tmp_path: Path, path: str, unknown: bytes | None
) -> None:
    """Nginx cannot choose between them: no setting of it is recommended."""
    server: Act = workers(bots(2, unknown))
    conf = SERVER.replace("//bots", "//$BOT1")
    async with behind_nginx(nginx, tmp_path, (server,), conf, path=path) as target:
        for each in subsets(target):
            case, diagnosis = await conclude(each)
            assert diagnosis.verdict != "healthy", diagnosis
            assert set(causes(diagnosis)) <= {ID}, diagnosis
            if each.direct:
                assert causes(diagnosis), (diagnosis, case.follow_ups)
            assert not causes(diagnosis) or where(diagnosis) == "backend"
            assert recommend(case, diagnosis) is None


@pytest.mark.parametrize("path", ["/sse", "/mcp"])
async def test_peers_that_share_their_sessions(nginx: str, tmp_path: Path, path: str) -> None:
    bot = Bot()
    servers, http = peers(bot, bot), upstream(2)
    async with behind_nginx(nginx, tmp_path, servers, SERVER, path=path, http=http) as target:
        for each in subsets(target):
            _, diagnosis = await conclude(each)
            assert diagnosis.verdict == "healthy", diagnosis


async def test_messages_without_their_query_are_not_lost_by_chance(
    nginx: str, tmp_path: Path
) -> None:
    """Two peers, but each message lacks its session's id: whichever it reaches."""
    missing = response(400, b"session_id is required", "text/plain")
    server = SERVER + "location /message { set $to bots; proxy_pass http://$to/message; }"
    servers, http = peers(*bots(2, missing)), upstream(2, "ip_hash;")
    async with behind_nginx(nginx, tmp_path, servers, server, http=http) as target:
        for each in subsets(target):
            assert ID not in causes((await conclude(each))[1])
