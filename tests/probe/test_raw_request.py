"""The exact bytes of a request: what arrives at the server, and the same events as of any probe."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
import trustme

from tests.probe.scripted import CHUNKED, HEAD, Act, chunk, saying, serving
from tests.vantage.remote import prefix_with_only, vantage_session
from wizard.model.events import SseEvent
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline
from wizard.probe.probe import run_probe
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.text.urls import unix_url
from wizard.vantage.http.request import NO_EXACT_BYTES, RemoteRequest
from wizard.vantage.http.tools import choose_tool
from wizard.vantage.session import VantageSession

EVENT = b"event: endpoint\ndata: /message?sessionId=1\n\n"
WIRE = b"GET /other?x=1 HTTP/1.0\r\nX-b: 2\r\nHost: a.test\r\nx-B: 3\r\nConnection: close\r\n\r\n"
SPEC = RequestSpec(wire=WIRE)


async def send(
    act: Act, spec: RequestSpec = SPEC, *, session: VantageSession | None = None
) -> tuple[Timeline, bytes]:
    """The timeline, and the bytes that arrived."""
    arrived = bytearray()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.extend(await reader.readuntil(b"\r\n\r\n"))
        await act(reader, writer)

    async with serving(keep, read_first=False) as url:
        return await follow(url, spec, session), bytes(arrived)


async def follow(
    url: str, spec: RequestSpec = SPEC, session: VantageSession | None = None
) -> Timeline:
    probe = Probe("follow-up-direct", url, vantage="web" if session else "local")
    sessions = {"web": session} if session else {}
    timeline = Timeline(probe)
    async for event in run_probe(
        probe, ProbeOptions(insecure=True, vantage_sessions=sessions), spec
    ):
        timeline = timeline.fold([event])
    return timeline


async def test_exactly_these_bytes_arrive() -> None:
    timeline, arrived = await send(saying(HEAD + b"\r\n" + EVENT))
    assert arrived == WIRE
    assert (timeline.framing, timeline.events, timeline.ended) == ("close", 1, "eof")
    times = [timeline.dns_s, timeline.connect_s, timeline.headers_s, timeline.first_event_s]
    assert None not in times
    assert times == sorted(times, key=lambda at: at or 0.0)


@pytest.mark.parametrize(
    ("parts", "then", "events", "framing", "ended"),
    [
        ((CHUNKED, chunk(EVENT), chunk(b": ping\n\n"), chunk(b"")), "open", 1, "chunked", "eof"),
        ((HEAD + b"Content-Length: %d\r\n\r\n" % len(EVENT), EVENT), "open", 1, "length", "eof"),
        ((CHUNKED, chunk(EVENT)), "close", 1, "chunked", "reset"),
        ((), "close", 0, None, "reset"),
        ((), "reset", 0, None, "reset"),
        ((b"HTTP/1.1 200 OK\r\nA: " + b"x" * 300_000,), "open", 0, None, "reset"),
        ((b"\x00\xff\x1b[31m" * 10,), "close", 0, None, "reset"),
    ],
    ids=["chunked", "length", "truncated", "nothing", "reset", "endless-header", "binary"],
)
async def test_the_response_is_read_by_its_framing(
    parts: tuple[bytes, ...], then: str, events: int, framing: str | None, ended: str
) -> None:
    timeline, _ = await send(saying(*parts, then=then))
    assert (timeline.events, timeline.framing, timeline.ended) == (events, framing, ended)
    assert timeline.detail.isprintable()


@asynccontextmanager
async def serving_tls(act: Act) -> AsyncIterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await act(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/sse"


async def test_over_tls() -> None:
    async with serving_tls(saying(CHUNKED, chunk(EVENT), chunk(b""))) as url:
        timeline = await follow(url)
    assert (timeline.events, timeline.ended) == (1, "eof")
    assert timeline.tls_s is not None


async def test_tls_to_a_plain_port() -> None:
    async with serving(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), read_first=False) as url:
        timeline = await follow(url.replace("http:", "https:"))
    assert timeline.ended == "tls"


async def test_over_a_unix_socket(tmp_path: Path) -> None:
    arrived = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(HEAD + b"\r\n" + EVENT)
        writer.close()

    path = str(tmp_path / "s")
    async with await asyncio.start_unix_server(serve, path):
        timeline = await follow(unix_url(path, "/sse"))
    assert bytes(arrived) == WIRE
    assert (timeline.events, timeline.ended) == (1, "eof")


async def test_a_refused_port() -> None:
    assert (await follow("http://127.0.0.1:1/sse")).ended == "refused"


async def test_leaving_closes_the_connection() -> None:
    left = asyncio.Event()

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(EVENT))
        await reader.read()
        left.set()

    async with serving(act) as url:
        async with aclosing(run_probe(Probe("d", url), ProbeOptions(), SPEC)) as events:
            async for event in events:
                if isinstance(event, SseEvent):
                    break
        async with asyncio.timeout(5):
            await left.wait()


@pytest.mark.parametrize("tool", ["python3", "bash", "nc"])
async def test_from_a_vantage(tool: str, tmp_path: Path) -> None:
    session = vantage_session(prefix_with_only(tool, tmp_path))
    timeline, arrived = await send(saying(CHUNKED, chunk(EVENT), chunk(b"")), session=session)
    assert arrived == WIRE
    assert (timeline.events, timeline.ended) == (1, "eof")


def test_a_tool_that_writes_the_request_itself_is_not_used() -> None:
    request = RemoteRequest("http://a/sse", wire=WIRE)
    assert choose_tool({"curl": "curl 8", "wget": "GNU Wget"}, request) == NO_EXACT_BYTES
    chosen = choose_tool({"curl": "curl 8", "bash": "bash"}, request)
    assert not isinstance(chosen, str)
    assert chosen.name == "bash"
