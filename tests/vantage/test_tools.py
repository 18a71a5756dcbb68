"""Each HTTP tool alone at a vantage: the same events as of a local probe, also over TLS."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from tests.probe.scripted import CHUNKED, HEAD, chunk, saying, serving
from tests.probe.websocket_server import accepting, frame
from tests.vantage.remote import TOOLS, follow, prefix_with_only, vantage_session
from wizard.diagnose.outcome import classify
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.probe.websocket_connection import LEFT_AT_PING
from wizard.vantage.http.request import RemoteRequest
from wizard.vantage.http.tools import choose_tool

EVENT = b"event: endpoint\ndata: /message?sessionId=1\n\n"
RAW_TOOLS = [name for name in TOOLS if "wget" not in name]
with_each_tool = pytest.mark.parametrize("tool", TOOLS)


@with_each_tool
async def test_a_stream_to_its_end(tool: str, tmp_path: Path) -> None:
    session = vantage_session(prefix_with_only(tool, tmp_path))
    async with serving(saying(CHUNKED, chunk(EVENT), chunk(b": ping\n\n"), chunk(b""))) as url:
        timeline = await follow(url, session)
    assert (timeline.status, timeline.framing, timeline.events, timeline.comments) == (
        200,
        "chunked",
        1,
        1,
    )
    assert timeline.ended == "eof"
    times = [timeline.connect_s, timeline.headers_s, timeline.first_byte_s, timeline.first_event_s]
    assert None not in times
    assert times == sorted(times, key=lambda at: at or 0.0)
    assert session.discovered is not None
    assert (session.discovered.tool, session.discovered.problem) == (tool.split()[-1], "")
    assert session.discovered.round_trip_s is not None
    assert session.discovered.zone == "+0000"


@pytest.mark.parametrize("tool", RAW_TOOLS)
async def test_a_websocket(tool: str, tmp_path: Path) -> None:
    session, received = vantage_session(prefix_with_only(tool, tmp_path)), list[bytes]()
    messages = (frame(1, b"hello"), frame(2, bytes(300)), frame(8, b"\x03\xe8"))
    async with serving(accepting(*messages), read_first=False) as url:
        closed = await follow(url, session, upgrade=True)
    act = accepting(frame(1, b"hello"), frame(9), then="open", received=received)
    async with serving(act, read_first=False) as url:
        pinged = await follow(url, session, upgrade=True)
    async with serving(accepting(messages[0]), read_first=False) as url:
        broken = await follow(url, session, upgrade=True)
    assert (closed.status, closed.events, closed.ended) == (101, 2, "eof"), closed
    assert closed.detail == "closed by the server: 1000"
    assert (pinged.events, pinged.ended, pinged.detail) == (1, "open", LEFT_AT_PING)
    assert received in ([], [b""]), "nothing is sent: the tool cannot answer"
    assert (broken.events, broken.ended, broken.is_websocket) == (1, "reset", True)


@pytest.mark.parametrize("tool", ["wget", "busybox wget"])
async def test_wget_says_that_it_cannot_open_a_websocket(tool: str, tmp_path: Path) -> None:
    session = vantage_session(prefix_with_only(tool, tmp_path))
    async with serving(accepting(), read_first=False) as url:
        timeline = await follow(url, session, upgrade=True)
    assert (timeline.ended, timeline.status) == ("unreached", None)
    assert (
        timeline.detail == "wget there cannot open a WebSocket: it needs curl, python3, bash or nc"
    )
    assert classify(timeline).outcome == "not-asked"


@with_each_tool
async def test_a_truncated_stream(tool: str, tmp_path: Path) -> None:
    async with serving(saying(CHUNKED, chunk(EVENT))) as url:
        timeline = await follow(url, vantage_session(prefix_with_only(tool, tmp_path)))
    assert (timeline.events, timeline.ended) == (1, "reset")
    assert timeline.detail


@with_each_tool
async def test_another_status(tool: str, tmp_path: Path) -> None:
    answer = saying(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc")
    async with serving(answer) as url:
        timeline = await follow(url, vantage_session(prefix_with_only(tool, tmp_path)))
    assert (timeline.status, timeline.ended) == (404, "eof")
    assert (timeline.framing, timeline.excerpt) == ("length", "abc") or tool == "busybox wget"


@with_each_tool
async def test_no_answer(tool: str, tmp_path: Path) -> None:
    async with serving(saying()) as url:
        timeline = await follow(url, vantage_session(prefix_with_only(tool, tmp_path)))
    assert (timeline.headers_s, timeline.ended) == (None, "reset")
    assert timeline.detail


@with_each_tool
async def test_no_connection_and_no_address(tool: str, tmp_path: Path) -> None:
    session = vantage_session(prefix_with_only(tool, tmp_path))
    timeline = await follow("http://127.0.0.1:1/", session)
    assert timeline.ended == "refused"
    assert "Connection refused" in timeline.detail
    timeline = await follow("http://nosuch.invalid/", session)
    assert timeline.ended == "dns"
    assert timeline.detail.startswith("no address there: ")


@with_each_tool
async def test_a_post_with_its_body(tool: str, tmp_path: Path) -> None:
    received: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        received.append(await reader.readexactly(len(body)))
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    body = b'{"a": "\\"$HOME\\" `x` \\\\n \xc3\xa9",\n "b": 1}'
    spec = RequestSpec("POST", (("Content-Type", "application/json"),), body)
    async with serving(answer, read_first=False) as url:
        timeline = await follow(url, vantage_session(prefix_with_only(tool, tmp_path)), spec=spec)
    assert (timeline.status, timeline.ended) == (202, "eof")
    assert received[1] == body
    head = received[0].decode().lower()
    assert head.startswith("post /sse http/1.1\r\n")
    assert "content-type: application/json\r\n" in head
    assert "user-agent: ssewizard/" in head
    assert head.count("content-length:") == head.count("host:") == 1


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a\0b", b"x" * 200_000, b"token=abcDEF12345"])
def test_a_body_that_no_argument_can_hold_is_not_sent_by_wget(body: bytes) -> None:
    request = RemoteRequest("http://h/", "POST", (("Content-Type", "a/b"),), body)
    for help_text in ("GNU Wget", "BusyBox"):
        assert isinstance(choose_tool({"wget": help_text}, request), str)
    chosen = choose_tool({"wget": "GNU Wget", "python3": "Python 3"}, request)
    assert getattr(chosen, "name", "") == "python3"


@with_each_tool
async def test_a_compressed_stream(tool: str, tmp_path: Path) -> None:
    packer = zlib.compressobj(wbits=31)
    body = packer.compress(EVENT) + packer.flush(zlib.Z_SYNC_FLUSH)
    answer = saying(HEAD + b"Content-Encoding: gzip\r\n\r\n" + body)
    async with serving(answer) as url:
        timeline = await follow(
            url, vantage_session(prefix_with_only(tool, tmp_path)), encoding="gzip"
        )
    assert (timeline.bytes, timeline.events, timeline.ended) == (len(body), 1, "eof")


@pytest.mark.parametrize("tool", RAW_TOOLS)
async def test_a_redirect_is_not_followed(tool: str, tmp_path: Path) -> None:
    answer = saying(b"HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    async with serving(answer) as url:
        timeline = await follow(url, vantage_session(prefix_with_only(tool, tmp_path)))
    assert (timeline.status, timeline.ended) == (307, "eof")
    assert timeline.header("location") == "http://127.0.0.1:1/"


@pytest.mark.parametrize("tool", RAW_TOOLS)
async def test_connect_to_and_a_header_of_the_user(tool: str, tmp_path: Path) -> None:
    received: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with serving(answer, read_first=False) as url:
        port = int(url.split(":")[2].split("/")[0])
        options = ProbeOptions(
            connect_to=("127.0.0.1", port), headers=(("Authorization", 'B "x\\y"'),)
        )
        timeline = await follow(
            "http://public.example/a?b=[1]",
            vantage_session(prefix_with_only(tool, tmp_path)),
            options=options,
            name="sse-proxy",
        )
    assert timeline.status == 204
    head = received[0].decode()
    assert head.startswith("GET /a?b=[1] HTTP/1.1\r\n")
    assert "Host: public.example\r\n" in head
    assert 'Authorization: B "x\\y"\r\n' in head


@pytest.mark.parametrize("tool", ["wget", "busybox wget"])
async def test_a_request_is_not_sent_if_ps_would_show_a_secret(tool: str, tmp_path: Path) -> None:
    options = ProbeOptions(headers=(("Authorization", "Bearer hunter2"),))
    timeline = await follow(
        "http://127.0.0.1:1/", vantage_session(prefix_with_only(tool, tmp_path)), options=options
    )
    assert timeline.ended == "unreached"
    assert "the header Authorization" in timeline.detail


async def test_a_vantage_without_tools(tmp_path: Path) -> None:
    prefix = prefix_with_only("nc", tmp_path)
    (tmp_path / "nc").unlink()
    timeline = await follow("http://127.0.0.1:1/", vantage_session(prefix))
    assert (timeline.ended, timeline.detail) == (
        "unreached",
        "web: it has none of curl, wget, python3, bash and nc",
    )


async def test_a_gzip_bomb_is_stopped() -> None:
    bomb = gzip.compress(b"data: x\n" * 2_000_000, compresslevel=9)
    answer = saying(HEAD + b"Content-Encoding: gzip\r\n\r\n" + bomb)
    async with serving(answer) as url:
        timeline = await follow(url, vantage_session(["env"]), encoding="gzip")
    assert "expand" in timeline.detail


def test_a_request_goes_to_the_first_tool_that_can_make_it() -> None:
    secret = RemoteRequest("http://h/", headers=(("X-Key", "1"),))
    tools = {"wget": "GNU Wget 1.21.3", "python3": "3.11"}
    assert getattr(choose_tool(tools, RemoteRequest("http://h/")), "name", "") == "wget"
    assert getattr(choose_tool(tools, secret), "name", "") == "python3"
    busybox = {"wget": "BusyBox v1.35", "nc": "BusyBox v1.35"}
    assert getattr(choose_tool(busybox, RemoteRequest("http://h/")), "name", "") == "nc"
    assert getattr(choose_tool(busybox, RemoteRequest("https://h/")), "name", "") == "wget"
    assert "https is not possible there" in str(
        choose_tool({"nc": "x"}, RemoteRequest("https://h/"))
    )
    h2 = RemoteRequest("https://h/", version="2")
    assert "HTTP/2 is not possible" in str(choose_tool({"curl": "curl 7.1\nFeatures: SSL"}, h2))
    assert getattr(choose_tool({"curl": "Features: HTTP2 SSL"}, h2), "name", "") == "curl"


TLS_TOOLS = ["curl", "wget", "python3"]


@asynccontextmanager
async def https() -> AsyncIterator[str]:
    """The URL of a stream behind an untrusted certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(CHUNKED + chunk(b"data: x\n\n") + chunk(b""))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/sse"


@pytest.mark.parametrize("tool", TLS_TOOLS)
async def test_a_stream_over_tls(tool: str, tmp_path: Path) -> None:
    async with https() as url:
        timeline = await follow(
            url,
            vantage_session(prefix_with_only(tool, tmp_path)),
            options=ProbeOptions(insecure=True),
        )
    assert (timeline.events, timeline.ended) == (1, "eof")
    times = [timeline.connect_s, timeline.tls_s, timeline.headers_s]
    assert None not in times
    assert times == sorted(times, key=lambda at: at or 0.0)


@pytest.mark.parametrize("tool", TLS_TOOLS)
async def test_a_certificate_that_does_not_verify(tool: str, tmp_path: Path) -> None:
    async with https() as url:
        timeline = await follow(url, vantage_session(prefix_with_only(tool, tmp_path)))
    assert (timeline.headers_s, timeline.ended) == (None, "tls")
    assert "certificate" in timeline.detail


@pytest.mark.parametrize("tool", ["bash", "nc", "busybox nc"])
async def test_tls_with_a_tool_that_has_none(tool: str, tmp_path: Path) -> None:
    timeline = await follow(
        "https://127.0.0.1:1/", vantage_session(prefix_with_only(tool, tmp_path))
    )
    assert timeline.ended == "unreached"
    assert timeline.detail.startswith("https is not possible there")
