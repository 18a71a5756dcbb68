"""Run `check` on broken servers: a verdict, a report, never a traceback."""

import asyncio
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme

from tests.cli.command import CommandResult, run_check, run_command
from tests.probe.scripted import CHUNKED, HEAD, chunk, saying, serving

EVENT = b"event: endpoint\ndata: /message?sessionId=hunter2\n\n"


def unused_port() -> int:
    """A port where nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def tls_server() -> AsyncIterator[int]:
    """The port of a TLS server with a certificate of an unknown authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(HEAD + b"\r\n" + EVENT)
            await writer.drain()
            await reader.read()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def assert_inconclusive(run: CommandResult, *texts: str) -> None:
    assert (run.status, run.err) == (3, "")
    text = " ".join(run.out.split())
    assert text.startswith("INCONCLUSIVE The stream at the URL: ")
    for expected in texts:
        assert expected in text
    assert "Next: " in text
    assert re.search(r"(fault|skipped) URL ", text), "no proxy is named where none was seen"


async def test_an_unknown_host_is_inconclusive() -> None:
    assert_inconclusive(
        await run_check("http://no-such-host.invalid/sse"), "no address for no-such-host"
    )


async def test_a_refused_port_is_inconclusive() -> None:
    assert_inconclusive(
        await run_check(f"http://127.0.0.1:{unused_port()}/sse"), "Connection refused"
    )


async def test_an_invalid_certificate_is_inconclusive_unless_insecure() -> None:
    async with tls_server() as port:
        url = f"https://127.0.0.1:{port}/sse"
        assert_inconclusive(
            await run_check(url), "the certificate does not verify", "issuer", "add --insecure to"
        )
        lenient = await run_check(url, "--insecure", "--no-mcp")
    assert (lenient.status, lenient.err) == (0, "")
    assert "hunter2" not in lenient.out


async def test_plain_http_to_a_tls_port_is_named() -> None:
    async with tls_server() as port:
        assert_wrong_scheme(await run_check(f"http://127.0.0.1:{port}/sse"), "https:// in the URL")


async def test_tls_to_a_plain_port_is_named() -> None:
    async with serving(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), read_first=False) as url:
        run = await run_check(url.replace("http:", "https:"))
    assert_wrong_scheme(run, "http:// in the URL")


def assert_wrong_scheme(run: CommandResult, fix: str) -> None:
    assert (run.status, run.err) == (1, "")
    text = " ".join(run.out.split())
    assert "The URL has the wrong scheme for its port" in text
    assert fix in text


BROKEN: dict[str, tuple[bytes, str]] = {
    "closes-at-once": (b"", "closed before an answer"),
    "garbage": (b"\x00\xff\x1b[2J garbage\r\n\r\n", "not HTTP"),
    "endless-header": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, "not valid HTTP"),
    "not-a-number": (b"HTTP/1.1 OK 200\r\n\r\n", "not valid HTTP"),
}


@pytest.mark.parametrize(("sent", "why"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_server_that_does_not_speak_http_is_inconclusive(sent: bytes, why: str) -> None:
    async with serving(saying(sent), read_first=False) as url:
        run = await run_check(url)
    assert_inconclusive(run, why)
    assert "\x1b" not in run.out


async def test_a_stream_that_breaks_is_inconclusive() -> None:
    async with serving(saying(CHUNKED, chunk(EVENT))) as url:
        run = await run_check(url, "--format", "json")
    assert (run.status, run.err) == (3, "")
    report = json.loads(run.out)
    assert report["checks"][1]["runs"][0]["ended"] == "reset"
    assert "hunter2" not in run.out


async def test_a_silent_stream_is_held_after_stall() -> None:
    async with serving(saying(then="open")) as url:
        run = await asyncio.to_thread(
            run_command, "check", url, "--stall", "0.3", "--format", "json"
        )
    report = json.loads(run.out)
    assert run.status == 3
    assert {probe["outcome"] for probe in report["checks"][1]["runs"]} == {"held"}


async def test_a_refused_backend_alone_proves_nothing() -> None:
    """502 and a refusing direct URL: the cause is likely, but no config was given that names it."""
    bad = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
    async with serving(saying(bad)) as url:
        run = await run_check(url, "--direct", f"http://127.0.0.1:{unused_port()}/sse")
    assert run.status in (1, 3)
    assert "upstream-unreachable (confirmed)" not in run.out
    assert run.err == ""
