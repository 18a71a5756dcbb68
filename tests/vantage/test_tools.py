"""Each tool that a place may have, alone there: the same events as a probe from here."""

import asyncio
import gzip
import zlib
from pathlib import Path

import pytest

from tests.probe.scripted import CHUNKED, HEAD, chunk, saying, serving
from tests.vantage.afar import TOOLS, follow, only, vantage_session
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.vantage.http.request import RemoteRequest
from wizard.vantage.http.tools import choose_tool

EVENT = b"event: endpoint\ndata: /message?sessionId=1\n\n"
RAW = [name for name in TOOLS if "wget" not in name]
each = pytest.mark.parametrize("tool", TOOLS)


@each
async def test_a_stream_to_its_end(tool: str, tmp_path: Path) -> None:
    place = vantage_session(only(tool, tmp_path))
    async with serving(saying(CHUNKED, chunk(EVENT), chunk(b": ping\n\n"), chunk(b""))) as url:
        line = await follow(url, place)
    assert (line.status, line.framing, line.events, line.comments) == (200, "chunked", 1, 1)
    assert line.ended == "eof"
    times = [line.connect_s, line.headers_s, line.first_byte_s, line.first_event_s]
    assert None not in times
    assert times == sorted(times, key=lambda at: at or 0.0)
    assert place.discovered is not None
    assert (place.discovered.tool, place.discovered.problem) == (tool.split()[-1], "")
    assert place.discovered.round_trip_s is not None
    assert place.discovered.zone == "+0000"


@each
async def test_a_cut(tool: str, tmp_path: Path) -> None:
    async with serving(saying(CHUNKED, chunk(EVENT))) as url:
        line = await follow(url, vantage_session(only(tool, tmp_path)))
    assert (line.events, line.ended) == (1, "reset")
    assert line.detail


@each
async def test_another_status(tool: str, tmp_path: Path) -> None:
    act = saying(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc")
    async with serving(act) as url:
        line = await follow(url, vantage_session(only(tool, tmp_path)))
    assert (line.status, line.ended) == (404, "eof")
    assert (line.framing, line.excerpt) == ("length", "abc") or tool == "busybox wget"


@each
async def test_no_answer(tool: str, tmp_path: Path) -> None:
    async with serving(saying()) as url:
        line = await follow(url, vantage_session(only(tool, tmp_path)))
    assert (line.headers_s, line.ended) == (None, "reset")
    assert line.detail


@each
async def test_no_connection_and_no_address(tool: str, tmp_path: Path) -> None:
    place = vantage_session(only(tool, tmp_path))
    line = await follow("http://127.0.0.1:1/", place)
    assert line.ended == "refused"
    assert "Connection refused" in line.detail
    line = await follow("http://nosuch.invalid/", place)
    assert line.ended == "dns"
    assert line.detail.startswith("no address there: ")


@each
async def test_a_post_with_its_body(tool: str, tmp_path: Path) -> None:
    got: list[bytes] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.readuntil(b"\r\n\r\n"))
        got.append(await reader.readexactly(len(body)))
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    body = b'{"a": "\\"$HOME\\" `x` \\\\n \xc3\xa9",\n "b": 1}'
    spec = RequestSpec("POST", (("Content-Type", "application/json"),), body)
    async with serving(act, read_first=False) as url:
        line = await follow(url, vantage_session(only(tool, tmp_path)), spec=spec)
    assert (line.status, line.ended) == (202, "eof")
    assert got[1] == body
    head = got[0].decode().lower()
    assert head.startswith("post /sse http/1.1\r\n")
    assert "content-type: application/json\r\n" in head
    assert "user-agent: ssewizard/" in head
    assert head.count("content-length:") == head.count("host:") == 1


@each
async def test_a_compressed_stream(tool: str, tmp_path: Path) -> None:
    packer = zlib.compressobj(wbits=31)
    body = packer.compress(EVENT) + packer.flush(zlib.Z_SYNC_FLUSH)
    act = saying(HEAD + b"Content-Encoding: gzip\r\n\r\n" + body)
    async with serving(act) as url:
        line = await follow(url, vantage_session(only(tool, tmp_path)), encoding="gzip")
    assert (line.bytes, line.events, line.ended) == (len(body), 1, "eof")


@pytest.mark.parametrize("tool", RAW)
async def test_a_redirect_is_not_followed(tool: str, tmp_path: Path) -> None:
    act = saying(b"HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    async with serving(act) as url:
        line = await follow(url, vantage_session(only(tool, tmp_path)))
    assert (line.status, line.ended) == (307, "eof")
    assert line.header("location") == "http://127.0.0.1:1/"


@pytest.mark.parametrize("tool", RAW)
async def test_connect_to_and_a_header_of_the_users(tool: str, tmp_path: Path) -> None:
    got: list[bytes] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with serving(act, read_first=False) as url:
        port = int(url.split(":")[2].split("/")[0])
        options = ProbeOptions(
            connect_to=("127.0.0.1", port), headers=(("Authorization", 'B "x\\y"'),)
        )
        line = await follow(
            "http://public.example/a?b=[1]",
            vantage_session(only(tool, tmp_path)),
            options=options,
            name="sse-proxy",
        )
    assert line.status == 204
    head = got[0].decode()
    assert head.startswith("GET /a?b=[1] HTTP/1.1\r\n")
    assert "Host: public.example\r\n" in head
    assert 'Authorization: B "x\\y"\r\n' in head


@pytest.mark.parametrize("tool", ["wget", "busybox wget"])
async def test_what_ps_would_show_is_not_asked(tool: str, tmp_path: Path) -> None:
    options = ProbeOptions(headers=(("Authorization", "Bearer hunter2"),))
    line = await follow(
        "http://127.0.0.1:1/", vantage_session(only(tool, tmp_path)), options=options
    )
    assert line.ended == "unreached"
    assert "the header Authorization" in line.detail


async def test_a_place_with_nothing(tmp_path: Path) -> None:
    prefix = only("nc", tmp_path)
    (tmp_path / "nc").unlink()
    line = await follow("http://127.0.0.1:1/", vantage_session(prefix))
    assert (line.ended, line.detail) == (
        "unreached",
        "web: it has none of curl, wget, python3, bash and nc",
    )


async def test_a_bomb_is_left_alone() -> None:
    bomb = gzip.compress(b"data: x\n" * 2_000_000, compresslevel=9)
    act = saying(HEAD + b"Content-Encoding: gzip\r\n\r\n" + bomb)
    async with serving(act) as url:
        line = await follow(url, vantage_session(["env"]), encoding="gzip")
    assert "expand" in line.detail


def test_what_a_tool_cannot_ask_another_does_or_it_is_said_why() -> None:
    secret = RemoteRequest("http://h/", headers=(("X-Key", "1"),))
    has = {"wget": "GNU Wget 1.21.3", "python3": "3.11"}
    assert getattr(choose_tool(has, RemoteRequest("http://h/")), "name", "") == "wget"
    assert getattr(choose_tool(has, secret), "name", "") == "python3"
    both = {"wget": "BusyBox v1.35", "nc": "BusyBox v1.35"}
    assert getattr(choose_tool(both, RemoteRequest("http://h/")), "name", "") == "nc"
    assert getattr(choose_tool(both, RemoteRequest("https://h/")), "name", "") == "wget"
    assert "https is not possible there" in str(
        choose_tool({"nc": "x"}, RemoteRequest("https://h/"))
    )
    h2 = RemoteRequest("https://h/", version="2")
    assert "HTTP/2 is not possible" in str(choose_tool({"curl": "curl 7.1\nFeatures: SSL"}, h2))
    assert getattr(choose_tool({"curl": "Features: HTTP2 SSL"}, h2), "name", "") == "curl"
