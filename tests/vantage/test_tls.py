"""TLS as the tools over there speak it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from tests.probe.scripted import CHUNKED, chunk
from tests.vantage.afar import follow, only, vantage_session
from wizard.probe.request import ProbeOptions

SECURE = ["curl", "wget", "python3"]


@asynccontextmanager
async def https() -> AsyncIterator[str]:
    """The URL of a stream behind a certificate that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(CHUNKED + chunk(b"data: x\n\n") + chunk(b""))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/sse"


@pytest.mark.parametrize("tool", SECURE)
async def test_a_stream_over_tls(tool: str, tmp_path: Path) -> None:
    async with https() as url:
        line = await follow(
            url, vantage_session(only(tool, tmp_path)), options=ProbeOptions(insecure=True)
        )
    assert (line.events, line.ended) == (1, "eof")
    times = [line.connect_s, line.tls_s, line.headers_s]
    assert None not in times
    assert times == sorted(times, key=lambda at: at or 0.0)


@pytest.mark.parametrize("tool", SECURE)
async def test_a_certificate_that_does_not_verify(tool: str, tmp_path: Path) -> None:
    async with https() as url:
        line = await follow(url, vantage_session(only(tool, tmp_path)))
    assert (line.headers_s, line.ended) == (None, "tls")
    assert "certificate" in line.detail


@pytest.mark.parametrize("tool", ["bash", "nc", "busybox nc"])
async def test_tls_that_no_tool_there_speaks(tool: str, tmp_path: Path) -> None:
    line = await follow("https://127.0.0.1:1/", vantage_session(only(tool, tmp_path)))
    assert line.ended == "unreached"
    assert line.detail.startswith("https is not possible there")
